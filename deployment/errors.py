"""What a command can fail with that is nobody's bad input."""


class WorkFailedError(RuntimeError):
    """A command could not do what it was asked for. The message is for a person."""


class CdkError(WorkFailedError):
    """The CDK CLI failed. The message is the end of what it printed, or what that means."""
