"""What Spark does in its own words."""

import narwhals as nw
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType

from data_prep.transform.rows import Frame
from review_text import FOLDING, RULES, composed, replacement_for


class SparkEngine:
    """The distributed engine; see `data_prep.transform.rows.Engine`."""

    def normalised(self, frame: Frame, column: str) -> Frame:
        """In Python what no rule can do, then character by character, then rule by rule."""
        text = F.translate(_in_python(column), "".join(FOLDING), "".join(FOLDING.values()))
        for rule in RULES:
            text = F.regexp_replace(text, rule.pattern, replacement_for(rule, group="$1"))
        return _with(frame, column, text)

    def with_key(self, frame: Frame, *, of: str) -> Frame:
        """Spark's own `xxhash64`, whose seed is 42."""
        return _with(frame, "key", F.xxhash64(of))

    def with_bucket(self, frame: Frame, *, bits: int) -> Frame:
        """By a shift, which keeps the sign."""
        return _with(frame, "bucket", F.shiftright("key", 64 - bits) + (1 << (bits - 1)))


# Texts go to a process of Python and back, which takes a fraction of the time of the rules.
# Not the type's name: only a session can read it, and there is none yet.
_in_python = F.udf(composed, StringType(), useArrow=False)


def _with(frame: Frame, name: str, column: object) -> Frame:
    native: DataFrame = nw.to_native(frame)
    return nw.from_native(native.withColumn(name, column))  # type: ignore[arg-type]
