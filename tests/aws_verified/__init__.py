"""`python -m tests.aws_verified`: a tier of its own on whatever AWS there is, verified, removed."""
