"""What a command can fail with that is nobody's bad input."""


class CdkError(RuntimeError):
    """The CDK CLI failed. The message is the end of what it printed."""
