"""Errors that the command line shows as one message, with exit status 2."""


class LocalAwsError(Exception):
    """Something a person can put right; the message says what is wrong and what to do."""


class UsageError(LocalAwsError):
    """What was asked cannot be done now."""


class EmbeddedAwsError(LocalAwsError):
    """The embedded AWS cannot start."""


class MinistackChangedError(LocalAwsError):
    """The installed ministack is not the one that our changes were verified with."""


class StateDirectoryError(LocalAwsError):
    """The state directory is in use, or cannot be written."""


class StateNotSavedError(LocalAwsError):
    """What has changed last is lost."""


class NoApiError(LocalAwsError):
    """There is no such stack, or it has no REST API."""
