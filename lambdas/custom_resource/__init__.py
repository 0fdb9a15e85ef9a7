"""What the custom resources' functions share."""
