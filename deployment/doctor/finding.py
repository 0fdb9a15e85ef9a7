"""What one check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a finding means for a deployment."""

    FINE = "fine"
    NOTICE = "notice"
    """It may go on; also what could not be looked at."""
    PROBLEM = "problem"
    """It would fail, or fail at its next update."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's, and how to mend what it says."""

    check: str
    """What was looked at, in a word or two."""
    verdict: Verdict
    said: str
    mend: str = ""
    """A command; empty where nothing is to be mended."""


def fine(check: str, said: str) -> Finding:
    """Nothing to mend."""
    return Finding(check=check, verdict=Verdict.FINE, said=said)


def notice(check: str, said: str, mend: str = "") -> Finding:
    """Worth knowing, and no reason to stop."""
    return Finding(check=check, verdict=Verdict.NOTICE, said=said, mend=mend)


def problem(check: str, said: str, mend: str) -> Finding:
    """A reason to stop."""
    return Finding(check=check, verdict=Verdict.PROBLEM, said=said, mend=mend)
