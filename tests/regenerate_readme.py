"""`python -m tests.regenerate_readme`: runs what the README shows, and writes what it prints.

On an embedded AWS of its own: the demo, and then status, the API and a promotion on the tier that
the demo has deployed. A block of output is known by its first line. The end-to-end tests compare
the blocks with what they see (`normalised`), so that this needs to be run only when one fails.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Final

from stacks.repository import ROOT

README: Final = ROOT / "README.md"
DEMO: Final = "$ make demo"
STATUS: Final = "$ make status TIER=Sandbox"
PROMOTE: Final = "$ make promote FROM=Sandbox TO=Production"
ANSWER: Final = '{"results": ['
ASKED: Final = ("This show sucks!", "I had a great day")
"""What the README asks the API."""
SERVING: Final = "Serving until Ctrl-C."

_LEFT_OUT: Final = (
    # A terminal replaces what is announced by what was done.
    (r"^… .*\n", ""),
    # Only the first run prepares the sample.
    (r"^ *(?:read and normalised|rows in) (?:.*\n)*?(?=✓|…|\Z)", ""),
    (r"\n*^export (?:.*\n)+?make retrain .*\n*", "\n…\n"),
    (r"(x-api-key: \w{4})\w+(\w{4})'", r"\1…\2'"),
    (r"(s3://sandbox-trainingjob-databucket)[\w-]+", r"\1…"),
    # The demo's end, which nobody who still reads has asked for.
    (r"^    stopping the embedded AWS\n(?:.*\n?)*", ""),
    (r"[ \t]+$", ""),
)
_VOLATILE: Final = (
    (r"x-api-key: \S+'", "x-api-key: KEY'"),
    (r"\b[0-9a-f]{12}\b", "HASH"),
    (r"--api-key \w+", "--api-key ID"),
    (r"execute-api/\w+/", "execute-api/ID/"),
    (r"//\w+\.execute-api\.", "//ID.execute-api."),
    (r"s3://\S+/(datasets|models|evaluations)/", r"s3://BUCKET/\1/"),
    # What the tests' tiers are given so that their models are small.
    (r"^.*: (?:given now|kept from an earlier deployment .*)\n", ""),
    (r"\b(CREATE|UPDATE)_COMPLETE\b", "COMPLETE"),
    (r"(localhost|127\.0\.0\.1):\d+", "localhost:PORT"),
    (r"\b\d+(?:[.,:-]\d+)*\b", "N"),
    # `took 1 min 5 s` and `took 35 s`.
    (r"N min N s\b", "N s"),
    (r"[ \t]+", " "),
    # However many epochs.
    (r"^(.*\n)\1+", r"\1"),
)


def shown(output: str) -> str:
    """A program's output as the README has it: without what would lead away from the matter."""
    return _replaced(output, _LEFT_OUT).rstrip() + "\n"


def normalised(block: str) -> str:
    """A block without what differs from run to run: times, hashes, keys, ports, figures."""
    return _replaced(block, _VOLATILE)


def _replaced(text: str, replacements: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in replacements:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


def block(first_line: str, readme: str | None = None) -> str:
    """What the README shows after a command, or the block that begins so.

    Raises:
        LookupError: it has no such block, or several.
    """
    found = _pattern(first_line).findall(readme or README.read_text(encoding="utf-8"))
    if len(found) != 1:
        raise LookupError(f"README.md has {len(found)} blocks that begin with {first_line!r}")
    content: str = found[0][1]
    return content


def with_block(readme: str, first_line: str, content: str) -> str:
    """The README with another content of a block."""
    block(first_line, readme)
    return _pattern(first_line).sub(lambda found: found[1] + content + found[3], readme)


def _pattern(first_line: str) -> re.Pattern[str]:
    line = re.escape(first_line)
    # A command's own line stays; another first line is part of the content.
    start = rf"{line}\n" if first_line.startswith("$") else rf"(?={line})"
    return re.compile(rf"(^```\w+\n{start})(.*?)(^```$)", re.MULTILINE | re.DOTALL)


def answer_block(answer: Mapping[str, Any]) -> str:
    """An answer of the API, broken where a reader would break it."""
    results = ",\n".join(
        "   " + json.dumps(result, ensure_ascii=False).replace(', "scores"', ',\n    "scores"')
        for result in answer["results"]
    )
    others = [
        f' "{key}": ' + re.sub(r"(, \"[^\"]+\": [^,]+),", r"\1,\n          ", json.dumps(value))
        for key, value in answer.items()
        if key != "results"
    ]
    return ",\n".join([f'{{"results": [\n{results}\n ]', *others]) + "}\n"


def main() -> int:
    """Run everything and rewrite README.md; takes some minutes.

    Returns:
        0, or 1 if a program did not do what it should; README.md is as it was, then.
    """
    readme = README.read_text(encoding="utf-8")
    try:
        for first_line, content in _outputs().items():
            readme = with_block(readme, first_line, content)
    except (LookupError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    README.write_text(readme, encoding="utf-8")
    return 0


def _outputs() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [sys.executable, "-m", "local_aws", "demo"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        with demo:
            try:
                text = ""
                for line in demo.stdout or ():
                    text += line
                    if line.startswith(SERVING):
                        break
                else:
                    raise LookupError(f"The demo ended before it served:\n{text}")
                return {DEMO: shown(text), **_outputs_on_the_demo(text)}
            finally:
                demo.send_signal(signal.SIGINT)


def _outputs_on_the_demo(demo: str) -> dict[str, str]:
    exports = re.findall(r"^export (.*)$", demo, re.MULTILINE)[0]
    environment = dict(word.split("=", maxsplit=1) for word in shlex.split(exports))
    status = _deployment(environment, "status", "--tier", "Sandbox")
    promotion = _deployment(environment, "promote", "--from=Sandbox", "--to=Production")
    return {
        STATUS: shown(status),
        ANSWER: answer_block(_asked(demo)),
        PROMOTE: shown(promotion),
    }


def _deployment(environment: Mapping[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "deployment", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _asked(demo: str) -> dict[str, Any]:
    (url,) = re.findall(r"^curl (http://\S+)", demo, re.MULTILINE)
    (key,) = re.findall(r"x-api-key: (\w+)'", demo)
    request = urllib.request.Request(  # noqa: S310 - the demo's own URL
        url,
        data=json.dumps({"instances": ASKED}).encode(),
        headers={"content-type": "application/json", "x-api-key": key},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
        return answer


if __name__ == "__main__":
    sys.exit(main())
