"""The log: what a line looks like in both forms, and what must never stand in one."""

import json
import logging
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.client import connect
from fakes.grants import stranger
from fakes.status_receiver import Body
from fakes.worker_process import LOADED, Stage, WorkerProcess, envelope, stage
from hypothesis import given
from hypothesis import strategies as st

from pyworker.logs import JsonFormatter, TextFormatter, set_up_logging

TEXT_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) [a-z_.]+: \S.*"
)


@pytest.fixture(name="stage")
async def _stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as around:
        yield around


def record(message: str, *arguments: object, fields: object = None) -> logging.LogRecord:
    made = logging.LogRecord("pyworker.run", logging.INFO, "", 0, message, arguments, None)
    made.created, made.msecs = 1_779_537_600.123, 123.0
    if fields is not None:
        made.fields = fields
    return made


def failed_record() -> logging.LogRecord:
    made = record("it failed")
    try:
        raise ValueError("first line\nsecond line")
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


# --- one line


def test_a_text_line_has_time_level_place_message_and_fields() -> None:
    fields = {"status": 200, "workload": 12.5, "problem": "it's two words", "empty": ""}
    line = TextFormatter().format(record("request %d", 7, fields=fields))
    assert line == (
        "2026-05-23T12:00:00.123Z INFO pyworker.run: request 7"
        " status=200 workload=12.5 problem=\"it's two words\" empty=''"
    )


def test_a_json_line_has_the_same_as_members() -> None:
    fields = {"status": 200, "workload": 12.5, "problem": "two words"}
    line = JsonFormatter().format(record("request %d", 7, fields=fields))
    assert json.loads(line) == {
        "time": "2026-05-23T12:00:00.123Z",
        "level": "INFO",
        "logger": "pyworker.run",
        "message": "request 7",
        **fields,
    }


def test_a_text_line_stays_one_line_and_obeys_no_terminal() -> None:
    line = TextFormatter().format(record("said: %s", "a\nb\r\x1b[2Jc", fields={"route": "/a\nb"}))
    assert line.endswith(r"said: a\nb\r\x1b[2Jc route='/a\nb'")


def test_a_traceback_follows_a_text_line_and_is_a_member_of_a_json_line() -> None:
    text = TextFormatter().format(failed_record())
    assert text.splitlines()[0].endswith("INFO pyworker.run: it failed")
    assert text.endswith("ValueError: first line\nsecond line")
    line = JsonFormatter().format(failed_record())
    assert "\n" not in line
    assert json.loads(line)["traceback"].endswith("ValueError: first line\nsecond line")


_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_KEY = st.from_regex("[a-z_]+", fullmatch=True)
_ANY_VALUE = st.one_of(_ANY_TEXT, st.integers(), st.floats(), st.booleans(), st.binary(), st.none())


@given(_ANY_TEXT, st.dictionaries(_KEY, _ANY_VALUE, max_size=3))
def test_whatever_is_logged_is_one_line_of_each_form(message: str, fields: dict[str, Any]) -> None:
    made = record("%s", message, fields=fields)
    text = TextFormatter().format(made)
    assert len(text.splitlines()) == 1
    line = JsonFormatter().format(made)
    assert "\n" not in line
    assert {"time", "level", "logger", "message"} <= json.loads(line).keys()


# --- the whole process's log


@pytest.fixture
def logging_kept() -> Iterator[logging.Logger]:
    """The root logger, whose handlers and level are put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    flags = logging.logThreads, logging.logProcesses, logging.logMultiprocessing
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.logThreads, logging.logProcesses, logging.logMultiprocessing = flags


def test_setting_up_again_does_not_double_lines(
    logging_kept: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        set_up_logging("WARNING", "text")
    logging.getLogger("pyworker.test").warning("once")
    logging.getLogger("pyworker.test").info("not at all")
    logging.getLogger("httpx").info("POST http://a/?api_key=x")
    assert [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["once"]


async def live(stage: Stage, **settings: str) -> tuple[str, list[int]]:
    """A worker's whole life with all kinds of requests: its stderr, and the statuses it gave."""
    statuses: list[int] = []
    async with stage.worker(**settings) as worker:
        statuses += await ask(worker, envelope(10))  # 503: the model loads
        stage.model_log.write_text(LOADED)
        await stage.autoscaler.status(lambda status: status["loadtime"] > 0)
        good = envelope(10)
        bad_payload = good.replace(b'"max_new_tokens": 10', b'"max_new_tokens": "ten"')
        for body in (
            good,
            good[:-20],  # not JSON
            good.replace(b'"reqnum"', b'"signature"'),  # a key twice
            good.replace(b'"cost": 10.0', b'"cost": "ten"'),
            bad_payload,
            stranger().envelope(grant=stranger().grant()),
            b"x" * 2048 * 1024,  # over the limit
        ):
            statuses += await ask(worker, body)
        worker.process.send_signal(signal.SIGINT)
        assert await worker.process.exit_code() == 0
    assert worker.process.out.text == ""
    return worker.process.err.text, statuses


async def ask(worker: WorkerProcess, body: bytes) -> list[int]:
    """Ask as the SDK's client does, which sends its key in the query and in a header."""
    async with worker.client() as client:
        answer = await client.post(
            "/generate?api_key=QUERYSECRET",
            content=body,
            headers={"Authorization": "Bearer BEARERSECRET", "Cookie": "id=COOKIESECRET"},
        )
        await client.get("/nowhere?api_key=QUERYSECRET")
        await client.get("/ready?api_key=QUERYSECRET")
    return [answer.status_code]


EXPECTED = [503, 200, 422, 422, 422, 422, 401, 413]


async def test_every_line_of_a_life_is_a_json_object(stage: Stage) -> None:
    settings = {"LOG_FORMAT": "json", "VAST_LOG_LEVEL": "DEBUG", "BODY_LIMIT_MIB": "1"}
    text, statuses = await live(stage, **settings)
    assert statuses == EXPECTED
    entries: list[Body] = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    for entry in entries:
        assert {"time", "level", "logger", "message"} <= entry.keys()
    told = [entry for entry in entries if entry["logger"] == "pyworker.request"]
    assert [entry["status"] for entry in told] == EXPECTED
    served = told[1]
    assert (served["outcome"], served["workload"], served["request_idx"]) == ("served", 10, 7)
    assert 0 <= served["queued_s"] <= served["ttft_s"] <= served["total_s"]
    assert served["bytes"] == len('{"generated_text": "Once upon a time."}')
    assert len({entry["request_id"] for entry in told}) == len(EXPECTED)


async def test_every_line_of_a_life_is_a_text_line(stage: Stage) -> None:
    text, statuses = await live(stage, VAST_LOG_LEVEL="debug", BODY_LIMIT_MIB="1")
    assert statuses == EXPECTED
    for line in text.splitlines():
        assert TEXT_LINE.fullmatch(line), line
    assert len(re.findall(r"pyworker\.request: request .*status=\d+", text)) == len(EXPECTED)


async def test_at_level_error_a_good_life_is_silent(stage: Stage) -> None:
    stage.model_log.write_text(LOADED)
    environ = {"VAST_LOG_LEVEL": "ERROR"}
    async with stage.silent_worker(**environ) as worker:
        assert (await ask(worker, envelope(10))) == [200]
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.process.exit_code() == 0
    assert worker.process.err.text == ""


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_secret_of_anybody_stands_in_the_log(stage: Stage, log_format: str) -> None:
    # An autoscaler that refuses a report and shows what it got, as some frameworks do.
    stage.autoscaler.answer = 422
    stage.autoscaler.answer_text = lambda body: b'{"detail": [{"input": ' + body + b"}]}"
    stage.model_log.write_text(LOADED)
    settings = {
        "LOG_FORMAT": log_format,
        "VAST_LOG_LEVEL": "DEBUG",
        "MASTER_TOKEN": "TOKENSECRET",
        "BODY_LIMIT_MIB": "1",
    }
    async with stage.worker(**settings) as worker:
        await worker.process.err.line("status 422")
        stage.autoscaler.answer = 200
    stage.autoscaler.statuses.clear()
    text, statuses = await live(stage, **settings)
    assert statuses == EXPECTED
    text += worker.process.err.text
    for secret in ("QUERYSECRET", "BEARERSECRET", "COOKIESECRET", "TOKENSECRET", *_signatures()):
        assert secret not in text


def _signatures() -> list[str]:
    """Parts of the signatures that were sent."""
    found = [
        json.loads(envelope(10))["auth_data"]["signature"],
        str(stranger().grant()["signature"]),
    ]
    return [signature[start : start + 24] for signature in found for start in (0, 100, 300)]


async def test_a_half_request_leaves_no_secret_either(stage: Stage) -> None:
    async with stage.ready_worker(VAST_LOG_LEVEL="DEBUG") as worker:
        client = await connect(worker.port)
        async with client.stream:
            await client.send(
                b"POST /generate?api_key=QUERYSECRET HTTP/1.1\r\nHost: w\r\n"
                b"Authorization: Bearer BEARERSECRET\r\nContent-Length: 9\r\n\r\n{"
            )
        await worker.process.err.line("pyworker.request")
        client = await connect(worker.port)
        async with client.stream:
            await client.send(b"GET /?api_key=QUERYSECRET\x00 HTTP/1.1\r\nX\r\n\r\n")
            assert b"400" in await client.rest()
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.process.exit_code() == 0
    assert "SECRET" not in worker.process.err.text
