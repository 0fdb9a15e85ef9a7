"""Glue job runs of Spark jobs, on the Spark of this machine."""
