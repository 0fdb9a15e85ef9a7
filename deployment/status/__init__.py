"""`status`: what runs in a tier, read and never changed."""
