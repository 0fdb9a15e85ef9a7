"""`download`: the Amazon reviews of the challenge."""
