"""What runs in Lambda, one folder a function."""
