"""The preparation on Spark: what Glue runs."""
