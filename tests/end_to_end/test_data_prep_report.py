"""The page of `report` in a real browser: it fetches nothing and runs nothing.

tests/unit/data_prep/report/test_report.py holds the structure to the same without a browser:
where there is none, only what a browser does with the page is skipped.
"""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data_prep.report.page import write_report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
)
RUN = "<script>document.title = 'it ran'</script>"


class Listener(ThreadingHTTPServer):
    """Remembers who asked for what."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Ear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/asked"


class _Ear(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(tmp_path: Path, listener: Listener) -> Path:
    review = f'</bdi></style><img src="{listener.url}">{RUN}'
    lines = [f"__label__{label} {review} {n}\n" for label in "ab" for n in range(20)]
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text("".join(lines), encoding="utf-8")
    return write_report(tmp_path)


def opened(page: Path, profile: Path) -> str:
    """The page's elements once it is loaded."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"shows what a browser does, and here is none of {', '.join(BROWSERS)}")
    command = [browser, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_hostile_reviews_are_shown_and_do_nothing(
    page: Path, tmp_path: Path, listener: Listener
) -> None:
    dom = opened(page, tmp_path / "profile")
    assert ": what is in the data</title>" in dom
    assert "&lt;img" in dom
    assert listener.asked == []


def test_policy_holds_where_escaping_would_fail(
    page: Path, tmp_path: Path, listener: Listener
) -> None:
    content = page.read_text(encoding="utf-8")
    injected = f'<body>{RUN}<img src="{listener.url}"><b onclick="x()" style="color:red">x</b>'
    page.write_text(content.replace("<body>", injected), encoding="utf-8")
    assert ": what is in the data</title>" in opened(page, tmp_path / "profile")
    assert listener.asked == []


def test_browser_would_have_run_and_fetched_it_without_the_policy(
    page: Path, tmp_path: Path, listener: Listener
) -> None:
    page.write_text(f'<title>x</title>{RUN}<img src="{listener.url}">', encoding="utf-8")
    assert "<title>it ran</title>" in opened(page, tmp_path / "profile")
    assert listener.asked == ["/asked"]
