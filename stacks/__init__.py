"""What gets deployed, one capability a file."""
