"""Kernels for notebooks that run by themselves: copies of a warm process, or new ones.

What costs most in a short notebook is to start an interpreter, to import pandas and
matplotlib, and to read the tables. A process that has done so once can be copied by
the system in milliseconds: each notebook gets a copy of its own, can change nothing
in another's, and dies with whoever started it. Where that is not possible (no
``fork``, or other threads are running), a kernel is started in the usual way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

from stockpile.reports.fork import end_with_parent

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager


@contextlib.contextmanager
def kernel_manager(folder: Path, log: Path, *, fork: bool) -> Iterator[type[AsyncKernelManager]]:
    """Make the class of a kernel manager whose one kernel is this very interpreter.

    Parameters
    ----------
    folder : pathlib.Path
        Where the kernel works, and keeps what IPython wants to keep.
    log : pathlib.Path
        What the kernel itself prints goes here.
    fork : bool
        Copy this process; see `stockpile.reports.fork.may_fork`. Otherwise start a new one.

    Yields
    ------
    type
        For papermill's ``kernel_manager_class``.
    """
    with tempfile.TemporaryDirectory(prefix="stockpile-") as sockets, log.open("ab") as out:
        if not fork:
            yield _started(folder, out)
            return
        connection = Path(sockets) / "kernel.json"
        _describe(connection)
        child = os.fork()
        if child == 0:
            _become_kernel(connection, folder, out)
        process = _Process(child)
        try:
            yield _attached(connection, process)
        finally:
            process.kill()
            process.wait()


def _describe(connection: Path) -> None:
    """Write how to reach a kernel: by sockets in a folder that no other user can enter."""
    from jupyter_client.connect import write_connection_file

    # Unlike a free port, a name in a folder of one's own cannot be taken by someone else.
    write_connection_file(
        str(connection),
        transport="ipc",
        ip=str(connection.with_name("socket")),
        key=os.urandom(32).hex().encode(),
    )


def _become_kernel(connection: Path, folder: Path, log: IO[bytes]) -> NoReturn:
    """Turn this copy of the process into a kernel; it never returns to its caller."""
    try:
        end_with_parent()
        parent = os.getppid()
        os.setsid()  # an interrupt at the terminal is for the runner to deal with
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        os.chdir(folder)
        os.environ["IPYTHONDIR"] = str(folder / ".ipython")
        _as_new()
        from ipykernel.kernelapp import IPKernelApp
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        app = IPKernelApp.instance(config=config, parent_handle=parent)
        app.initialize(["-f", str(connection)])
        app.start()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _as_new() -> None:
    """Undo what the process may have been told that a new interpreter would not know."""
    warnings.resetwarnings()
    warnings.simplefilter("ignore", DeprecationWarning)
    if "matplotlib" in sys.modules:
        import matplotlib

        matplotlib.rcdefaults()
        matplotlib.use("agg")


class _Process:
    """A copy of this process, with what `subprocess.Popen` would offer."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin = self.stdout = self.stderr = None

    def poll(self) -> int | None:
        return self._wait(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int | None:
        return self._wait(0)

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, code = os.waitpid(self.pid, options)
            except ChildProcessError:
                self.returncode = -1
            else:
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(code)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _attached(connection: Path, process: _Process) -> type[AsyncKernelManager]:
    """Make a manager of a kernel that is there already."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    spec = KernelSpec(**get_kernel_dict())

    class Provisioner(LocalProvisioner):
        async def pre_launch(self, **options: Any) -> dict[str, Any]:
            manager: Any = self.parent
            self.connection_info = manager.get_connection_info()
            return {"cmd": []}

        async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
            self.process = cast(Any, process)
            self.pid = process.pid
            return self.connection_info

    class ForkedKernel(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.load_connection_file(str(connection))
            self.provisioner = Provisioner(kernel_id="forked", kernel_spec=spec, parent=self)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return ForkedKernel


def _started(folder: Path, log: IO[bytes]) -> type[AsyncKernelManager]:
    """Make a manager that starts this interpreter anew, whatever kernels are registered."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import TraitError

    # The user's own start-up files have no part in a report.
    env = {"IPYTHONDIR": str(folder / ".ipython")}
    package = Path(__file__).resolve().parents[1]
    if package.parent.name != "site-packages":
        # From a checkout: the kernel imports the very package that runs here.
        paths = [str(package.parent), os.environ.get("PYTHONPATH", "")]
        env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    # Its command is that of sys.executable; and it knows what this ipykernel can do.
    spec = KernelSpec(**get_kernel_dict(), env=env)

    class OwnKernel(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            # Other users of the machine cannot listen in, where both sides know how.
            with contextlib.suppress(TraitError):
                if self.has_trait("transport_encryption"):
                    self.transport_encryption = "auto"

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            # What the kernel says of its own comings and goings is no news to a scheduler.
            await super().start_kernel(**options, stdout=log, stderr=log)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return OwnKernel
