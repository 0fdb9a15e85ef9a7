"""How sure the model may say it is: measured by the evaluation, applied by the API.

Pure functions of the standard library, because both Lambda functions ship them. docs/calibration.md
has what they are worth.
"""

from lambdas.confidence.calibration import (
    NONE,
    Calibration,
    CalibrationError,
    calibrated,
    is_unsure,
)
from lambdas.confidence.fit import Example, fit
from lambdas.confidence.reliability import expected_calibration_error

__all__ = [
    "NONE",
    "Calibration",
    "CalibrationError",
    "Example",
    "calibrated",
    "expected_calibration_error",
    "fit",
    "is_unsure",
]
