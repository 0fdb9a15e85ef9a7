"""Prints the API's description, for the copy of it that stands in the repository.

`python -m lambdas.sentiment_api.write_openapi > docs/openapi.json`; a test compares the two.
"""

import sys

from lambdas.sentiment_api.api import app
from lambdas.sentiment_api.openapi import render

if __name__ == "__main__":
    sys.stdout.write(render(app) + "\n")
