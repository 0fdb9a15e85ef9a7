"""What goes wrong in an evaluation, in words for the person who deploys."""

from lambdas.custom_resource.messages import CustomResourceError


class EvaluationError(CustomResourceError):
    """The model was not evaluated, or did not pass: nothing is served because of it."""
