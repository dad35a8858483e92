"""Traces that cross HTTP, gRPC and Kafka (W3C Trace Context), made by hand and few.

Automatic instrumentation costs more than the requests themselves, so the few spans there are
are opened here and at the doors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
)
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


class Tracing:
    """Opens spans, and carries their context across processes as a `traceparent`."""

    def __init__(self, provider: TracerProvider | None) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("kith") if provider else None

    @contextmanager
    def span(self, name: str, kind: SpanKind, traceparent: str | None = None) -> Iterator[Span]:
        """Run a block in a span, a child of `traceparent` or else of the current span."""
        if self._tracer is None:
            yield trace.INVALID_SPAN
            return
        with self._tracer.start_as_current_span(
            name, context=_parent(traceparent), kind=kind,
            record_exception=False, set_status_on_exception=False,  # a message may hold anything
        ) as span:  # fmt: skip
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def close(self) -> None:
        """Send what is waiting."""
        if self._provider:
            self._provider.shutdown()


def configure(service: str, traces: str, ratio: float = 1.0) -> Tracing:
    """Make the tracing that `traces` asks for: `off`, `console`, `file:PATH` or `otlp`.

    Raises ValueError for anything else. Only `otlp` is batched: the others are for people who
    look on. `otlp` is configured by the standard OTEL_EXPORTER_OTLP_* variables.
    """
    if traces == "off":
        return Tracing(None)
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(ratio), resource=Resource({"service.name": service})
    )
    if traces == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    else:
        provider.add_span_processor(SimpleSpanProcessor(_visible_exporter(traces)))
    return Tracing(provider)


def current_traceparent() -> str | None:
    """The `traceparent` of the current span, to hand to the next hop; None without one."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    """The trace id a person can quote when reporting an error; None without a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def _parent(traceparent: str | None) -> Context | None:
    return _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None


def _visible_exporter(traces: str) -> SpanExporter:
    if traces == "console":
        return ConsoleSpanExporter(out=sys.stderr, formatter=_one_line)
    kind, _, path = traces.partition(":")
    if kind != "file" or not path:
        raise ValueError(f"traces must be off, console, file:PATH or otlp, not {traces!r}")
    return _FileExporter(Path(path))


class _FileExporter(ConsoleSpanExporter):
    """One JSON object a line, appended; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")
        super().__init__(out=self._file, formatter=_one_line)

    def shutdown(self) -> None:
        """See SpanExporter."""
        self._file.close()


def _one_line(span: ReadableSpan) -> str:
    line: str = span.to_json(indent=None)
    return line + "\n"
