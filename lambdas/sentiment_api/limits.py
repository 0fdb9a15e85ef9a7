"""What one request may hold. Standard library only, so that `stacks/` can read it at synth.

The gateway enforces the number of texts, the function enforces all of them, and the OpenAPI
document states them.
"""

MAX_TEXTS = 100
"""Texts a request: enough to save the caller the round trips, and few enough that fastText, which
labels tens of thousands of texts a second, never keeps other callers waiting."""

MAX_TEXT_CHARACTERS = 20_000
"""Characters (Unicode code points) a text, half as many again as the longest of the 25,000 IMDB
training reviews has (13,704): the model never saw a longer text."""

MAX_BODY_BYTES = 1_048_576
"""Bytes a request body (1 MiB). A serverless endpoint takes 4 MB (SageMaker quota), and splitting
off punctuation can double a text; Lambda gives at most 6 MB, and JSON escapes make up to 3.7 MB of
the texts that the answer repeats."""

MAX_REPORTED_ERRORS = 2 * MAX_TEXTS
"""Entries in the `errors` of one answer: one for every text of a full request, and as many again
for the request itself. Without a limit, a body of unknown members could grow past Lambda's 6 MB."""

MAX_LABELS = 100
"""Labels that the endpoint is asked to score: `k` of the container, which gives all of them when
it has fewer. No sentiment scale comes near it; five stars are five."""
