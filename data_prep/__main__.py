"""`python -m data_prep download | sample | prepare | report | upload`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from data_prep.command_words import with_values_joined
from data_prep.errors import DataPrepError
from data_prep.reading.shown import command_line
from data_prep.transform.allocator import reuse_memory

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

COMMANDS = {
    "download": "data_prep.download.command",
    "sample": "data_prep.prepare",
    "prepare": "data_prep.prepare",
    "report": "data_prep.report.page",
    "upload": "data_prep.upload",
}
"""Which module has which command: the others are not loaded, which would take .3 s."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if it did its work, 2 (with one message) if it could not."""
    words = sys.argv[1:] if arguments is None else [*arguments]
    reuse_memory()
    if isinstance(sys.stdout, TextIOWrapper):
        # A file name that is not UTF-8 must not end a command, least of all after its work.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser(words).parse_args(with_values_joined(words))
    options.command = command_line(["python", "-m", "data_prep", *words])
    try:
        options.run(options)
    except DataPrepError as error:
        print(f"data_prep: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("data_prep: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_prep", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked_for = [COMMANDS[words[0]]] if words and words[0] in COMMANDS else COMMANDS.values()
    for module in dict.fromkeys(asked_for):
        import_module(module).add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
