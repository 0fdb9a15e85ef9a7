"""Where an object is in S3."""

from dataclasses import dataclass
from typing import Final, Self

SCHEME: Final = "s3://"


@dataclass(frozen=True)
class S3Address:
    """A bucket and a key; as text `s3://bucket/key`."""

    bucket: str
    key: str
    """May be empty, or end with a slash, where a folder is meant."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `s3://bucket/key`. What stands behind the bucket is the key, whatever it holds.

        Raises:
            ValueError: it does not begin so, or names no bucket.
        """
        bucket, _, key = text.removeprefix(SCHEME).partition("/")
        if not text.startswith(SCHEME) or not bucket:
            raise ValueError(f"{text!r} is no S3 address. It has the form s3://bucket/key")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"
