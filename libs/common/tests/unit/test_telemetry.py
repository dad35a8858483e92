"""Traces: written where asked, tied together across processes, and without anybody's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from common.telemetry import configure, current_trace_id, current_traceparent
from opentelemetry.trace import SpanKind

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _spans(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_spans_go_to_a_file_one_a_line_with_the_service(tmp_path: Path) -> None:
    tracing = configure("svc", f"file:{tmp_path / 'spans'}")
    with tracing.span("outer", SpanKind.SERVER), tracing.span("inner", SpanKind.INTERNAL):
        pass
    tracing.close()
    inner, outer = _spans(tmp_path / "spans")
    assert (inner["name"], outer["name"]) == ("inner", "outer")
    assert inner["parent_id"] == outer["context"]["span_id"]
    assert outer["resource"]["attributes"]["service.name"] == "svc"


def test_two_processes_may_share_a_file(tmp_path: Path) -> None:
    both = [configure(name, f"file:{tmp_path / 'spans'}") for name in ("a", "b")]
    for tracing in both:
        with tracing.span("x", SpanKind.SERVER):
            pass
    for tracing in both:
        tracing.close()
    assert len(_spans(tmp_path / "spans")) == 2


def test_a_span_continues_the_trace_it_is_given(tmp_path: Path) -> None:
    tracing = configure("svc", f"file:{tmp_path / 'spans'}")
    with tracing.span("call", SpanKind.SERVER, PARENT):
        handed_on = current_traceparent()
        assert current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    tracing.close()
    (span,) = _spans(tmp_path / "spans")
    assert span["parent_id"] == "0xb7ad6b7169203331"
    assert handed_on == f"00-0af7651916cd43dd8448eb211c80319c-{span['context']['span_id'][2:]}-01"


@pytest.mark.parametrize("garbage", ["x", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_traceparent_that_is_none_begins_a_new_trace(tmp_path: Path, garbage: str) -> None:
    tracing = configure("svc", f"file:{tmp_path / 'spans'}")
    with tracing.span("call", SpanKind.SERVER, garbage):
        assert current_traceparent() is not None
    tracing.close()
    assert _spans(tmp_path / "spans")[0]["parent_id"] is None


def test_what_is_not_sampled_by_its_parent_is_not_written(tmp_path: Path) -> None:
    tracing = configure("svc", f"file:{tmp_path / 'spans'}")
    with tracing.span("call", SpanKind.SERVER, PARENT[:-1] + "0"):
        assert (current_traceparent() or "").endswith("-00")
    tracing.close()
    assert _spans(tmp_path / "spans") == []


def test_an_error_is_marked_by_its_type_and_its_words_stay_out(tmp_path: Path) -> None:
    tracing = configure("svc", f"file:{tmp_path / 'spans'}")

    def fail() -> None:
        with tracing.span("call", SpanKind.SERVER):
            raise ValueError("what a person wrote")

    with pytest.raises(ValueError, match="person"):
        fail()
    tracing.close()
    assert "person" not in (tmp_path / "spans").read_text()
    assert _spans(tmp_path / "spans")[0]["status"] == {
        "status_code": "ERROR", "description": "ValueError",
    }  # fmt: skip


def test_without_tracing_there_is_no_span_and_nothing_to_hand_on() -> None:
    tracing = configure("svc", "off")
    with tracing.span("call", SpanKind.SERVER, PARENT) as span:
        assert not span.is_recording()
        assert current_traceparent() is None
        assert current_trace_id() is None
    tracing.close()


def test_the_console_shows_spans_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    tracing = configure("svc", "console")
    with tracing.span("call", SpanKind.SERVER):
        pass
    tracing.close()
    out, err = capsys.readouterr()
    assert (out, json.loads(err)["name"]) == ("", "call")


@pytest.mark.parametrize("traces", ["", "on", "file", "file:", "jaeger:x"])
def test_an_unknown_way_to_trace_is_refused(traces: str) -> None:
    with pytest.raises(ValueError, match="traces must be off"):
        configure("svc", traces)
