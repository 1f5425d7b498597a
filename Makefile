# Everything a person or a scheduled job runs. The first run sets up .venv; later ones start at once.

PYTHON = python3
TREATY =
AS_OF =
OUT = reports
STATES =
FROM = 2011-01-01
TO = 2026-01-01
EVERY = 6M
EXAMPLES = 20000
SOAK = 1
SINCE = HEAD~1
WHICH = newest
SHARE = tests/common tests/treaty tests/ledger tests/stock tests/rating tests/results tests/cli/test_maintain.py
ARGS =

VENV := .venv
AIRFLOW := .venv-airflow
BIN := $(VENV)/bin
PIP = PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip install -qq -c constraints.txt
PINNED := $(VENV)/.made pyproject.toml constraints.txt

# Each of many processes would compile all modules anew, for half a second, if none were kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help report batch test test-slow test-versions test-faults soak test-sentences test-browser test-airflow check hindsight columns tidy diff data backtest gallery claims method corrections recompute lab bench fuzz docs clean

help: ## List what can be run
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make report TREATY=ccm AS_OF=2012-04-19 OUT=reports   one treaty (or a folder), another day'
	@echo '  make report STATES=none                               pages of states: none, open, all (else: that had stock)'
	@echo '  make test ARGS="-k ledger -x"                         anything pytest takes'
	@echo '  make report PYTHON=python3.12                         the Python that .venv is made with'

report: $(VENV)/.report ## Write the status reports: all treaties, as of today
	@$(BIN)/stockpile report $(if $(TREATY),--treaty "$(TREATY)") $(if $(AS_OF),--as-of "$(AS_OF)") \
		$(if $(STATES),--states "$(STATES)") --out "$(OUT)"

batch: $(VENV)/.report ## Write the reports of many days: make batch FROM=2011-01-01 TO=2026-01-01 EVERY=6M
	@$(BIN)/stockpile batch --from "$(FROM)" --to "$(TO)" --every "$(EVERY)" \
		$(if $(TREATY),--treaty "$(TREATY)") --out "$(OUT)" $(ARGS)

test: $(VENV)/.dev ## Run the tests, the examples in the documentation among them
	@$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

test-slow: $(VENV)/.dev ## Run the long tests: whole reports, notebooks, the wheel, very many cases
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m slow $(ARGS)

test-versions: ## Test a share with the lowest or the newest versions: make test-versions WHICH=lowest
	@"$(PYTHON)" -m venv --clear .venv-$(WHICH)
	@.venv-$(WHICH)/bin/python -m pip install -qq --upgrade pip
	@.venv-$(WHICH)/bin/python tools/versions.py $(WHICH) > .venv-$(WHICH)/constraints.txt
	@.venv-$(WHICH)/bin/python -m pip install -qq -c .venv-$(WHICH)/constraints.txt '.[report]' pytest hypothesis frictionless nbformat
	@.venv-$(WHICH)/bin/python -c 'import stockpile, sys, numpy, pandas; \
		print("Python", sys.version.split()[0], "numpy", numpy.__version__, "pandas", pandas.__version__)'
	@.venv-$(WHICH)/bin/python -m pytest -q $(SHARE) $(ARGS)

test-faults: $(VENV)/.dev ## Break things on purpose: killed runs, full disks, lost workers
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m faults tests/faults $(ARGS)

soak: $(VENV)/.dev ## The same for hours: 50 kills, 35,000 damaged inputs, 700 damaged earlier reports, or a share of it: SOAK=0.2
	@STOCKPILE_SOAK="$(SOAK)" $(BIN)/python -m pytest -q -n 2 --dist loadfile -m faults tests/faults $(ARGS)
	@$(MAKE) --no-print-directory fuzz

test-sentences: $(VENV)/.dev ## Hold every sentence and total of every quarter against the tables
	@$(BIN)/python -m pytest -q -n auto -m sentences tests/test_sentences.py tests/tools tests/claims $(ARGS)

hindsight: $(VENV)/.report ## List the ratings that facts known later contradict
	@$(BIN)/python tools/hindsight.py

test-browser: $(VENV)/.browser ## Open reports and JupyterLab in a real browser; needs Debian's chromium
	@$(BIN)/python -m pytest -q -m browser tests/browser $(ARGS)

test-airflow: $(VENV)/.report $(AIRFLOW)/.made ## Run the example DAG in the real Airflow, in an environment of its own
	@$(AIRFLOW)/bin/python -m pytest -q -c tests/airflow/pytest.ini --rootdir tests/airflow \
		--confcutdir tests/airflow -p no:cacheprovider tests/airflow $(ARGS)

fuzz: $(VENV)/.dev ## Read twenty thousand damaged folders and tables
	@STOCKPILE_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n auto -m slow tests/test_fuzz.py $(ARGS)

check: $(VENV)/.dev ## Check format, style, types and the direction of imports
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo --no-cache

columns: $(VENV)/.report ## Write docs/columns.md, the columns of the public frames
	@$(BIN)/python tools/columns_page.py

tidy: $(VENV)/.report ## Sort the raw tables, bring their data packages up to date, and check them
	@$(BIN)/stockpile tidy data/raw/* $(ARGS)

diff: $(VENV)/.report ## Say what the raw tables change since a commit: make diff SINCE=HEAD~1
	@$(BIN)/python tools/table_diff.py --since "$(SINCE)" $(ARGS)

data: $(VENV)/.report ## Build the tables in data/processed from those in data/raw
	@$(BIN)/stockpile data --out data/processed

backtest: $(VENV)/.report ## Replay the past and score the projections against baselines
	@$(BIN)/stockpile backtest $(if $(TREATY),--treaty "$(TREATY)")

gallery: $(VENV)/.report ## Draw every chart for six days, on one page
	@$(BIN)/python tools/gallery.py --out "$(OUT)/gallery"

recompute: $(VENV)/.dev ## Read the raw tables a second time, in another way, and print what differs
	@$(BIN)/python tools/recompute.py $(DAYS)

corrections: $(VENV)/.dev ## Say what earlier pages rated otherwise: docs/corrections.md
	@$(BIN)/python tools/corrections.py

claims: $(VENV)/.report ## Hold published totals against the ledger: docs/claims.md
	@$(BIN)/python -m stockpile.claims.claims

method: $(VENV)/.report ## Write the scores of the projections: docs/method.md, README.md
	@$(BIN)/python tools/method_page.py

lab: $(VENV)/.lab ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter-lab notebooks $(ARGS)

bench: $(VENV)/.dev ## Run the benchmarks
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: $(VENV)/.docs ## Build the documentation site, offline, into docs/_build
	@$(BIN)/python tools/docs_site.py --out docs/_build

clean: ## Remove .venv, caches and build output; reports and data stay
	rm -rf $(VENV) .venv-lowest .venv-newest $(AIRFLOW) build dist docs/_build .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find src tests benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# A stamp for each level of installation. `report` is part of `dev` and of `lab`, so that either also serves it.
# The pinned versions hold for the build environment too; pip has two names for that, by its age.
# A dependency group needs a recent pip.
define install
	@echo "Installing stockpile with $(EXTRAS)$(if $(GROUP), and the group $(GROUP)) into $(VENV), once; this takes a minute or two."
	@$(PIP) --upgrade pip
	@$(PIP) -e '.[$(EXTRAS)]' $(if $(GROUP),--group $(GROUP))
	@touch $@ $(VENV)/.report
endef

$(VENV)/.report: EXTRAS = report
$(VENV)/.report: $(PINNED)
	$(install)

$(VENV)/.dev: EXTRAS = cluster
$(VENV)/.dev: GROUP = dev
$(VENV)/.dev: $(PINNED)
	$(install)

$(VENV)/.lab: EXTRAS = lab
$(VENV)/.lab: $(PINNED)
	$(install)

$(VENV)/.docs: EXTRAS = report
$(VENV)/.docs: GROUP = docs
$(VENV)/.docs: $(PINNED)
	$(install)

$(VENV)/.browser: EXTRAS = cluster,lab
$(VENV)/.browser: GROUP = browser
$(VENV)/.browser: $(PINNED)
	$(install)
	@touch $(VENV)/.dev

$(AIRFLOW)/.made: tests/airflow/requirements.txt
	@"$(PYTHON)" -m venv --clear $(AIRFLOW)
	@$(AIRFLOW)/bin/python -m pip install -qq -r $<
	@touch $@

$(VENV)/.made:
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "There is no '$(PYTHON)' here; name a Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "stockpile needs Python 3.11 or newer and '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1); try: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@
