"""Fetches one file over HTTP so that what has arrived need not be fetched again."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from data_prep.errors import DataPrepError

MIB = 2**20
CHUNK_BYTES = 64 * 1024
MAX_REDIRECTS = 5
LONGEST_PAUSE_SECONDS = 60.0
# "Try again": RFC 9110 §15.5.9 and §15.6, RFC 6585 §4.
PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

Advance = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A file that never changes, and what is known about it."""

    url: str
    size: int
    """In bytes, exactly."""
    md5_first_mib: str
    """Tells a wrong file within its first MiB, in lower-case hexadecimal digits."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a bad connection is put up with."""

    attempts: int = 6
    """Attempts in a row that bring less than 1 MiB that is new."""
    pause_seconds: float = 1.0
    """Before the second attempt; each further pause is twice as long, up to a minute."""
    silence_seconds: float = 30.0
    """A connection over which nothing comes for this long is given up."""


class _InterruptedError(Exception):
    """The attempt ended early, through no fault of the user; another one may bring the rest."""

    def __init__(self, reason: str, wait_seconds: float = 0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class _Part:
    """The file as far as it has arrived, and beside it which version of it that is.

    The version is the server's own word for it, an ETag or a time stamp. Without one, a second
    part cannot be told to belong to the first, and a broken download starts anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> str:
        try:
            version = json.loads(self._note.read_text(encoding="utf-8"))["version"]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return version if isinstance(version, str) else ""

    def start(self, version: str) -> None:
        self.discard()
        self._note.write_text(json.dumps({"version": version}), encoding="utf-8")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        self._note.unlink(missing_ok=True)

    def append(self, chunks: Iterator[bytes], *, limit: int) -> None:
        """Unbuffered: what was received survives the process."""
        size = self.size
        with self.path.open("ab", buffering=0) as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise DataPrepError(f"the server sends more than {limit:,} bytes")
                file.write(chunk)

    def check_beginning(self, md5: str) -> None:
        with self.path.open("rb") as file:
            found = hashlib.md5(file.read(MIB), usedforsecurity=False).hexdigest()
        if found != md5:
            raise DataPrepError(f"its first MiB has the MD5 sum {found}, not {md5}")


def fetch(
    remote: Remote, path: Path, *, patience: Patience | None = None, advance: Advance | None = None
) -> None:
    """Brings `path` to the whole of `remote`, going on where a former call ended.

    Args:
        remote: What to fetch.
        path: The file that grows. It is removed if it turns out to be another file.
        patience: When to give up.
        advance: Is told how many bytes were gained, or lost (a negative number).

    Raises:
        DataPrepError: the server does not have that file, or cannot be reached for too long. In
            the second case `path` keeps what has arrived.
    """
    patience = patience or Patience()
    part = _Part(path)
    report = _Reporter(part, advance or (lambda _: None))
    failures = 0
    mark = part.size
    while True:
        try:
            _attempt(remote, part, patience, report)
        except _InterruptedError as error:
            report()
            if part.size >= mark + MIB:
                failures = 0
                mark = part.size
            failures += 1
            if failures >= patience.attempts:
                raise DataPrepError(
                    f"{remote.url}: {error}; gave up after {failures} attempts with "
                    f"{part.size:,} of {remote.size:,} bytes. Run the command again to go on "
                    "from there"
                ) from error
            pause = patience.pause_seconds * 2 ** (failures - 1)
            time.sleep(min(max(pause, error.wait_seconds), LONGEST_PAUSE_SECONDS))
        else:
            report()
            part.finish()
            return


class _Reporter:
    """Keeps a progress bar level with the file."""

    def __init__(self, part: _Part, advance: Advance) -> None:
        self._part, self._advance, self._shown = part, advance, 0

    def __call__(self) -> None:
        size = self._part.size
        self._advance(size - self._shown)
        self._shown = size


def _attempt(remote: Remote, part: _Part, patience: Patience, report: Callable[[], None]) -> None:
    """One request for what is missing. Returns when the file is whole and right."""
    if part.size > remote.size or (part.size < remote.size and not part.version):
        part.discard()
    if part.size >= min(MIB, remote.size):
        try:
            part.check_beginning(remote.md5_first_mib)
        except DataPrepError:
            part.discard()
    report()
    if part.size == remote.size:
        return
    with _response(remote.url, _request_headers(part), patience) as response:
        _accept(response, remote, part)
        try:
            part.append(_chunks(response, remote, part, report), limit=remote.size)
            if part.size < remote.size:
                raise _InterruptedError(f"the connection ended after {part.size:,} bytes")
            part.check_beginning(remote.md5_first_mib)
        except DataPrepError as error:
            part.discard()
            raise _wrong_file(remote, str(error)) from error


def _request_headers(part: _Part) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.version}
    return headers


@contextmanager
def _response(
    url: str, headers: Mapping[str, str], patience: Patience
) -> Iterator[requests.Response]:
    """The answer behind any redirects, never from https to http."""
    with requests.Session() as session:
        try:
            response = _follow(session, url, headers, patience)
        except (requests.exceptions.SSLError, ValueError) as error:  # ValueError: not a URL
            raise DataPrepError(f"{url}: {error}. Check --url") from error
        except requests.RequestException as error:
            raise _InterruptedError(_reason(error)) from error
        try:
            yield response
        except (requests.RequestException, HTTPError, ConnectionError, TimeoutError) as error:
            raise _InterruptedError(_reason(error)) from error
        finally:
            response.close()


def _follow(
    session: requests.Session, url: str, headers: Mapping[str, str], patience: Patience
) -> requests.Response:
    here = url
    for _ in range(MAX_REDIRECTS + 1):
        response = session.get(
            here,
            headers=dict(headers),
            stream=True,
            allow_redirects=False,
            timeout=patience.silence_seconds,
        )
        if not response.is_redirect:
            return response
        response.close()
        there = urljoin(here, response.headers["location"])
        schemes = {"https"} if urlsplit(here).scheme == "https" else {"https", "http"}
        if urlsplit(there).scheme not in schemes:
            raise DataPrepError(f"{here} redirects to {there}, which is not followed. Check --url")
        here = there
    raise DataPrepError(f"{url} redirects more than {MAX_REDIRECTS} times. Check --url")


def _reason(error: Exception) -> str:
    """In a person's words: the library's are a repr of its own objects."""
    if isinstance(error, requests.Timeout | TimeoutError):
        return "the server does not answer"
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot connect through the proxy"
    if isinstance(error, requests.ConnectionError):
        return "cannot connect, or the connection broke"
    return "the connection broke"


def _accept(response: requests.Response, remote: Remote, part: _Part) -> None:
    """Makes the part ready for the body that follows, or says why there is none to expect."""
    status = response.status_code
    if status in PASSING_STATUSES:
        wait = response.headers.get("retry-after", "")
        raise _InterruptedError(
            f"the server answers {status} {response.reason}",
            float(wait) if wait.isdecimal() else 0,
        )
    if status == 416:
        part.discard()
        raise _InterruptedError("the server cannot go on from where the download broke off")
    if status == 206:
        expected = f"bytes {part.size}-{remote.size - 1}/{remote.size}"
        if part.size and response.headers.get("content-range") == expected:
            return
        part.discard()
        raise _InterruptedError("the server sent another part than was asked for")
    if status != 200:
        raise DataPrepError(
            f"{remote.url}: the server answers {status} {response.reason}. Check --url"
        )
    length = response.headers.get("content-length")
    if length is not None and length != str(remote.size):
        part.discard()
        raise _wrong_file(remote, f"it has {length} bytes, not {remote.size:,}")
    part.start(_version(response))


def _version(response: requests.Response) -> str:
    """A validator that `If-Range` may carry (RFC 9110 §13.1.5): weak ETags are none."""
    tag = response.headers.get("etag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return response.headers.get("last-modified", "")


def _wrong_file(remote: Remote, how: str) -> DataPrepError:
    return DataPrepError(f"{remote.url} is not the file that was expected: {how}. Check --url")


def _chunks(
    response: requests.Response, remote: Remote, part: _Part, report: Callable[[], None]
) -> Iterator[bytes]:
    """The body as it was sent: even if it is called compressed, the archive is what we want."""
    checked = part.size >= MIB
    for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
        yield chunk
        report()
        if not checked and part.size >= MIB:
            part.check_beginning(remote.md5_first_mib)
            checked = True
