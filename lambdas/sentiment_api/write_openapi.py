"""Prints the API's description, for the copy of it that stands in the repository.

`python -m lambdas.sentiment_api.write_openapi > docs/openapi.json`; a test compares the two. It is
that of a tier that asks for API keys; `write_openapi iam` and `write_openapi none` print the
others'.
"""

import argparse
import sys
from typing import get_args

from lambdas.sentiment_api.access import Access, Authorization
from lambdas.sentiment_api.api import app
from lambdas.sentiment_api.openapi import render

DEPLOYED_UNDER = "/v1"
"""The stage, on the gateway's own host."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="write_openapi", description=__doc__)
    parser.add_argument(
        "authorization", nargs="?", choices=get_args(Authorization), default="api-key"
    )
    asked = Access(authorization=parser.parse_args().authorization)
    sys.stdout.write(render(app, asked, server=DEPLOYED_UNDER) + "\n")
