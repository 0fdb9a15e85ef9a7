"""The serve program, run as a process and called over HTTP."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.local_aws.blazingtext.blazingtext_job import SERVE_PROGRAM, Job, make_job, reviews

REQUEST = json.dumps({"instances": ["a lovely film"]}).encode()
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job that has been trained."""
    job = make_job(tmp_path_factory.mktemp("job") / "ml", train=reviews(600))
    job.train()
    return job


@contextmanager
def serving(job: Job) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A serving process and its port; the process must end by itself afterwards."""
    with job.start(SERVE_PROGRAM, "--port", "0") as process:
        assert process.stdout is not None
        host, _, port = process.stdout.readline().decode().rpartition(":")
        assert host == "listening on 127.0.0.1"
        yield process, int(port)


@pytest.fixture(scope="module")
def port(job: Job) -> Iterator[int]:
    with serving(job) as (_, port):
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def call(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes, str | None]:
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return response.status, response.read(), response.getheader("Content-Type")


def raw_answer(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer


def test_ping_is_200_and_empty(connection: http.client.HTTPConnection) -> None:
    assert call(connection, "GET", "/ping")[:2] == (200, b"")


def test_invocation_is_answered_in_its_content_type(
    connection: http.client.HTTPConnection,
) -> None:
    status, body, content_type = call(connection, "POST", "/invocations", REQUEST, JSON)
    assert (status, content_type) == (200, "application/json")
    assert json.loads(body)[0]["label"] == ["__label__positive"]


def test_connection_is_kept_for_the_next_request(connection: http.client.HTTPConnection) -> None:
    call(connection, "POST", "/invocations", b"{", JSON)
    kept = connection.sock
    assert call(connection, "POST", "/invocations", REQUEST, JSON)[0] == 200
    assert connection.sock is kept


def test_body_without_content_type_is_415(connection: http.client.HTTPConnection) -> None:
    assert call(connection, "POST", "/invocations", REQUEST)[:2] == (
        415,
        b"content-type application/octet-stream not supported",
    )


def test_malformed_body_is_400_with_one_sentence(connection: http.client.HTTPConnection) -> None:
    assert call(connection, "POST", "/invocations", b"{", JSON) == (
        400,
        b"The body is not valid JSON.",
        "text/plain; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/predict", 404),
        ("GET", "/invocations", 405),
        ("POST", "/ping", 405),
        ("DELETE", "/ping", 501),
    ],
)
def test_there_is_nothing_but_ping_and_invocations(
    connection: http.client.HTTPConnection, method: str, path: str, status: int
) -> None:
    body = b"{}" if method == "POST" else None
    assert call(connection, method, path, body)[0] == status


def test_body_over_sagemakers_limit_is_413(port: int) -> None:
    answer = raw_answer(
        port, b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 6291457\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", [b"Content-Length: -1\r\n", b"Content-Length: x\r\n", b""])
def test_body_without_a_length_is_411(port: int, length: bytes) -> None:
    answer = raw_answer(port, b"POST /invocations HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 411 ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 only")
def test_only_the_loopback_interface_is_bound(port: int) -> None:
    with socket.socket() as other:
        # Free on another loopback address, because only 127.0.0.1 is taken.
        other.bind(("127.0.0.2", port))


def test_client_that_hangs_up_does_no_harm(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    assert call(connection, "GET", "/ping")[0] == 200
    connection.close()


def test_is_ready_within_two_seconds(job: Job) -> None:
    started = time.monotonic()
    with serving(job):
        assert time.monotonic() - started < 2


def test_end_of_standard_input_ends_it(job: Job) -> None:
    with serving(job) as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0


def test_sigterm_ends_it_although_a_connection_is_open(job: Job) -> None:
    with serving(job) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        call(connection, "GET", "/ping")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        connection.close()


def test_request_in_flight_is_answered_after_sigterm(job: Job) -> None:
    head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(REQUEST)
    with serving(job) as (process, port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(head + length + REQUEST[:10])
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            client.sendall(REQUEST[10:])
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert process.wait(5) == 0
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_requests_sent_just_before_sigterm_are_answered(job: Job) -> None:
    head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(REQUEST) + REQUEST
    with serving(job) as (process, port):
        clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(20)]
        for client in clients:
            client.sendall(request)
        process.send_signal(signal.SIGTERM)
        answers = [client.recv(12) for client in clients]
        for client in clients:
            client.close()
        assert process.wait(5) == 0
    assert answers == [b"HTTP/1.1 200"] * 20


def test_taken_port_is_told_in_one_line(job: Job, port: int) -> None:
    with job.start(SERVE_PROGRAM, "--port", str(port)) as process:
        assert process.stdout is not None
        log = process.stdout.read().decode()
        assert process.wait(5) == 1
    assert log.startswith(f"cannot serve model.bin on port {port}: ")
    assert log.count("\n") == 1


def test_missing_model_is_told_in_one_line(tmp_path: Path) -> None:
    with make_job(tmp_path / "ml").start(SERVE_PROGRAM, "--port", "0") as process:
        assert process.stdout is not None
        log = process.stdout.read().decode()
        assert process.wait(5) == 1
    assert log.startswith("cannot serve model.bin on port 0: ")
    assert log.count("\n") == 1
