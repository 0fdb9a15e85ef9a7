"""The embedded AWS: the same templates and the same Lambda code, on a laptop.

`python -m local_aws up` starts it; `from local_aws.server import EmbeddedAws` starts
it inside a test.
"""
