"""Spans of requests by OpenTelemetry, where an endpoint for them is configured; otherwise nothing is loaded."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from stratum_api.visit import Visit
from warehouse.errors import SettingInvalid

logger = logging.getLogger("stratum.api")


class Spans:
    """Makes a span around each request, continuing the trace its caller began."""

    def __init__(self, endpoint: str, exporter: Any = None) -> None:
        """Spans go to `endpoint`, or to an exporter of one's own; with neither there are none."""
        self._tracer: Any = None
        self._provider: Any = None
        if endpoint or exporter is not None:
            self._open(endpoint, exporter)

    def _open(self, endpoint: str, exporter: Any) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise SettingInvalid(
                "STRATUM_API_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: install stratum[telemetry]."
            ) from None
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "stratum-api"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("stratum.api")

    @contextlib.contextmanager
    def around(self, visit: Visit, headers: list[tuple[bytes, bytes]]) -> Iterator[None]:
        """A span as long as the block; neither keys nor addresses of callers are in it."""
        if self._tracer is None:
            yield
            return
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind, StatusCode

        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in headers
            if name in (b"traceparent", b"tracestate")
        }
        with self._tracer.start_as_current_span(visit.method, context=extract(carrier), kind=SpanKind.SERVER) as span:
            try:
                yield
            finally:
                span.update_name(f"{visit.method} {visit.operation}".strip())
                span.set_attribute("http.request.method", visit.method)
                span.set_attribute("http.response.status_code", visit.status)
                span.set_attribute("stratum.request_id", visit.request_id)
                span.set_attribute("stratum.account_id", visit.visitor.account_id)
                if visit.status >= 500:
                    span.set_status(StatusCode.ERROR)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()
