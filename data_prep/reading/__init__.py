"""Files → rows: CSV, JSON Lines and Parquet, of this machine or in S3."""
