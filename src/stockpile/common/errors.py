"""The error that says what is wrong with a folder or a file."""


class DataError(ValueError):
    """A data folder or file cannot be read as what it has to be.

    The message names the file, the place in it, what was found and what would
    be right. Single bad rows do not raise: they are rejected and accounted for.
    """
