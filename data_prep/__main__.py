"""`python -m data_prep download | sample | prepare | report | upload`."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from data_prep import download, prepare, report
from data_prep.errors import DataPrepError
from data_prep.terminal import byte_progress
from data_prep.training_files import DatasetFiles, read_training_files
from data_prep.upload import (
    AWS_ERRORS,
    deploy_command,
    describe_aws_error,
    find_bucket,
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


def _upload(options: argparse.Namespace) -> None:
    quiet = options.json or options.quiet
    found = DatasetFiles.in_directory(options.directory)
    total = sum(file.stat().st_size for file in (found.train, found.test) if file.is_file())
    with byte_progress("reading", total=total, quiet=quiet) as progress:
        files = read_training_files(found, progress=progress)
    bucket = options.bucket or find_bucket(boto3.client("cloudformation"), options.tier)
    s3 = boto3.client("s3")
    uploaded = []
    for file, key in files.objects:
        name = f"uploading {file.path.name}"
        with byte_progress(name, total=file.size, quiet=quiet) as progress:
            sent = upload_file(s3, file, bucket=bucket, key=key, progress=progress)
        if sent:
            uploaded.append(key)
        if not quiet:
            state = "uploaded" if sent else "already there"
            print(f"s3://{bucket}/{key}: {state} ({file.size:,} bytes)", file=sys.stderr)
    command = deploy_command(files.train_key, files.test_key, options.tier)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_prep", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    download.add_command(commands)
    prepare.add_commands(commands)
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
