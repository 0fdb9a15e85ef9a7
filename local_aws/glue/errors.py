"""Why a job run cannot go on."""


class JobRunError(Exception):
    """The run ends as FAILED; the message becomes its ErrorMessage."""
