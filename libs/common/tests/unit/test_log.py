"""Logs: one JSON object a line, each once, with the trace it belongs to."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog
from common import log
from common.config import Secret
from common.telemetry import configure
from opentelemetry.trace import SpanKind


class Lines:
    """What was logged since the last question, as objects."""

    def __init__(self) -> None:
        self._out = io.StringIO()

    def configure(self, level: str) -> None:
        """Configure logging as a process does, with its standard error read here."""
        with redirect_stderr(self._out):
            log.configure("test", level)

    def __call__(self) -> list[dict[str, Any]]:
        text = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logging at level info; afterwards as it was."""
    root = logging.getLogger()
    # pytest's own come and go with each phase of a test
    before = [item for item in root.handlers if type(item).__name__ != "LogCaptureHandler"]
    level = root.level
    lines = Lines()
    lines.configure("info")
    yield lines
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_json_object_on_one_line(lines: Lines) -> None:
    log.get("here").info("enrollment.started", program_id="p\n1")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "enrollment.started", "program_id": "p\n1", "level": "info", "logger": "here",
        "service": "test",
    }  # fmt: skip


def test_the_standard_librarys_log_comes_out_the_same_way(lines: Lines) -> None:
    logging.getLogger("elsewhere").warning("%s is %d", "this", 5)
    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("this is 5", "warning", "elsewhere")
    assert line["service"] == "test"


def test_configuring_twice_does_not_log_twice(lines: Lines) -> None:
    lines.configure("info")
    log.get("here").info("a.b")
    logging.getLogger("elsewhere").warning("c")
    assert [line["event"] for line in lines()] == ["a.b", "c"]


def test_what_is_below_the_level_is_not_logged(lines: Lines) -> None:
    lines.configure("WARNING")
    log.get("here").info("a.b")
    logging.getLogger("elsewhere").info("c")
    log.get("here").warning("d.e")
    assert [line["event"] for line in lines()] == ["d.e"]


def test_chatty_libraries_are_heard_from_warnings_on(lines: Lines) -> None:
    logging.getLogger("aiokafka.consumer").info("joined")
    logging.getLogger("aiokafka.consumer").warning("lost")
    assert [line["event"] for line in lines()] == ["lost"]


def test_an_error_has_its_traceback_in_the_same_object(lines: Lines) -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        log.get("here").error("part.failed", exc_info=error)
    (line,) = lines()
    assert "ValueError: why" in line["exception"]
    assert "Traceback" in line["exception"]


def test_the_trace_id_is_there_inside_a_span_only(lines: Lines) -> None:
    tracing = configure("test", "off")
    log.get("here").info("without.provider")
    assert "trace_id" not in lines()[0]
    tracing = configure("test", "console")
    with tracing.span("call", SpanKind.SERVER) as span:
        log.get("here").info("inside")
        logging.getLogger("elsewhere").warning("inside too")
        expected = f"{span.get_span_context().trace_id:032x}"
        assert [line["trace_id"] for line in lines()] == [expected] * 2
    tracing.close()
    lines()
    log.get("here").info("after")
    assert "trace_id" not in lines()[0]


def test_a_secret_stays_one_in_a_log(lines: Lines) -> None:
    log.get("here").info("signed.in", password=Secret("hunter2"))
    assert lines()[0]["password"] == "***"
