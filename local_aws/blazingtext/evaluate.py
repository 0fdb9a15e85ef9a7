"""Prints a model's accuracy on one file: `python -m local_aws.blazingtext.evaluate MODEL FILE`.

A process of its own, because fastText's `test` keeps the interpreter from
handling signals for as long as it runs, and two channels then use two cores.
The output is JSON: `{"examples": 2500, "accuracy": 0.9036}`.
"""

import json
import sys

import fasttext_pybind  # type: ignore[import-not-found]


def main() -> None:
    """Count the lines whose most probable label is right (precision at one)."""
    model_path, text_path = sys.argv[1:]
    model = fasttext_pybind.fasttext()
    model.loadModel(model_path)
    examples, accuracy, _ = model.test(text_path, 1, 0.0)
    json.dump({"examples": examples, "accuracy": accuracy if examples else 0.0}, sys.stdout)


if __name__ == "__main__":
    main()
