"""What turns rows of reviews into training lines, the same on Polars and on Spark."""
