"""The one exception that the command line turns into a message and exit code 2."""


class DataPrepError(Exception):
    """Says what is wrong, with which value, and what to do about it."""
