"""What a job can be told about its own fault."""


class TrainingError(Exception):
    """The request or its data cannot be trained on; the text is the job's failure reason."""
