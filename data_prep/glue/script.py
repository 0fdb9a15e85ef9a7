"""What Glue starts; everything else is in the zip beside it."""

import sys

from data_prep.spark.job import main

# Not for 0: to Glue, any SystemExit is the end of a run that failed.
if exit_status := main():
    sys.exit(exit_status)
