"""The Lambda function behind the sentiment API."""
