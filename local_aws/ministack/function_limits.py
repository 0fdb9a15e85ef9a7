"""Lambda's limits on what a function does: its memory, its files, its payloads.

ministack 1.5.33 holds a function to its time limit (lambda_runtime.py:1467) and to none of these.
"""

import json
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json
from ministack.services import lambda_svc

# "6 MB each for request and response (synchronous)" (docs.aws.amazon.com/lambda/latest/dg/
# gettingstarted-limits.html); the response's message adds what the envelope takes.
_PAYLOAD = 6_291_456
_RESPONSE_TOO_LARGE = {
    "errorType": "Function.ResponseSizeTooLarge",
    "errorMessage": (
        f"Response payload size exceeded maximum allowed payload size ({_PAYLOAD + 100} bytes)."
    ),
}
_DIED = "Worker process died"
"""lambda_runtime.py:1447: the function's process ended before it had answered."""
_EXITED = "Runtime exited with error: "

_MIB = 1024 * 1024
_PAGE = resource.getpagesize()
# A function that lasts longer than this is seen; one look takes 10 µs a process.
_LOOK_S = 0.05


def limit_functions() -> None:
    """Hold functions to Lambda's limits."""
    _limit_files()
    _say_how_it_ended()
    _limit_payloads()
    if Path("/proc/self/statm").exists():
        threading.Thread(target=_watch_memory, name="function-memory", daemon=True).start()


def _limit_files() -> None:
    """lambda_runtime.py:1192 starts a function's process without any limit.

    On AWS the files in /tmp together have `EphemeralStorage`; here each of them has it.
    """
    spawn = lambda_runtime.Worker._spawn

    def spawn_limited(worker: Any) -> None:
        spawn(worker)
        worker.process = worker._proc
        size = int(worker.config.get("EphemeralStorage", {}).get("Size", 512)) * _MIB
        if sys.platform == "linux":
            resource.prlimit(worker._proc.pid, resource.RLIMIT_FSIZE, (size, size))

    lambda_runtime.Worker._spawn = spawn_limited


def _say_how_it_ended() -> None:
    """lambda_runtime.py:1447 says only that it died; lambda_svc.py:5438 names the handler."""
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_look(worker: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        response: dict[str, Any] = invoke(worker, event, request_id, **more)
        if response.get("error") == _DIED:
            words = f"RequestId: {request_id} Error: {_EXITED}{_ending(worker.process)}"
            response["error"] = words
        return response

    def execute_named(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = execute(func, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and _EXITED in str(body.get("errorMessage", "")):
            body["errorType"] = "Runtime.ExitError"
        elif _is_too_large(body):
            return {"body": _RESPONSE_TOO_LARGE, "error": True, "log": result.get("log", "")}
        return result

    lambda_runtime.Worker.invoke = invoke_and_look
    lambda_svc._execute_function_warm = execute_named


def _ending(process: subprocess.Popen[str]) -> str:
    status = process.returncode or 0
    if status >= 0:
        return f"exit status {status}"
    names = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault"}
    ended_by = signal.Signals(-status)
    return f"signal: {names.get(ended_by, ended_by.name)}"


def _is_too_large(body: Any) -> bool:
    """Whether an answer cannot leave Lambda; without writing out again what is surely small."""
    if isinstance(body, dict) and isinstance(body.get("body"), str):
        return len(body["body"]) > _PAYLOAD
    return isinstance(body, str) and len(body) > _PAYLOAD


def _limit_payloads() -> None:
    """lambda_svc.py:3047 takes a request of any size, and answers with one of any size."""
    invoke = lambda_svc._invoke

    async def invoke_within_limits(
        name: str, event: Any, headers: dict[str, str], *more: Any
    ) -> tuple[int, dict[str, str], bytes]:
        if int(headers.get("content-length") or 0) > _PAYLOAD:
            refusal: tuple[int, dict[str, str], bytes] = error_response_json(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {_PAYLOAD} bytes for the InvokeFunction operation",
                413,
            )
            return refusal
        status, answer_headers, body = await invoke(name, event, headers, *more)
        if len(body) > _PAYLOAD + 100:
            answer_headers["X-Amz-Function-Error"] = "Unhandled"
            return status, answer_headers, json.dumps(_RESPONSE_TOO_LARGE).encode()
        return status, answer_headers, body

    lambda_svc._invoke = invoke_within_limits


def _watch_memory() -> None:
    """End every function's process that takes more memory than the function has."""
    while True:
        time.sleep(_LOOK_S)
        for process, limit in list(_processes()):
            if _own_memory(process.pid) > limit:
                process.kill()


def _processes() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The processes of functions that wait or work, each with its limit in bytes."""
    for workers in list(lambda_runtime._workers.values()):
        for worker in list(workers):
            process = worker._proc
            if process is not None and process.poll() is None:
                yield process, int(worker.config.get("MemorySize", 128)) * _MIB


def _own_memory(pid: int) -> int:
    """The memory that a process shares with no file, in bytes.

    Less than what Lambda counts, which has the runtime's own pages in it: what is ended here
    would have been ended there.
    """
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * _PAGE
