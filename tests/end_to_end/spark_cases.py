"""Runs the Spark job with each line of arguments (JSON) of a file, in one Spark."""

import json
import sys
from pathlib import Path

from data_prep.spark.job import main

for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    print(main(json.loads(line)), flush=True)
