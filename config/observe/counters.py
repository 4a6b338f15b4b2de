"""Count the events that arrive; ignore malformed ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from config.observe.distribution import DURATIONS, STATEMENTS, WAITS, Distribution
from config.observe.events import MAX_EVENT_SIZE, METHODS, OTHER, Kind, Refusal, UploadRefusal
from config.observe.logged import REFUSALS as HAPROXY

# Routes beyond this number count as "other", so that no sender can make series without end.
MAX_ROUTES: Final = 300
ROUTE: Final = re.compile("[!-~]{1,100}")
PLACES: Final = {
    Refusal.QUERY_WAIT: "pgbouncer",
    Refusal.CLIENT_LIMIT: "pgbouncer",
    Refusal.STATEMENT_TIMEOUT: "postgresql",
    Refusal.DATABASE: "database",
    Refusal.STORAGE: "storage",
}
# The largest accepted numbers: of bytes, of requests in a bucket, and their seconds or statements.
MAX_BYTES: Final = 10**12
MAX_REQUESTS: Final = 1_000_000
MAX_TOTAL: Final = 10**9

Event = Mapping[str, Any]


class EventCounters:
    """The metrics of events, in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.routes: set[str] = set()
        self.events = self._count_by("events", "Events received.", "result")
        self.requests = self._count_by("requests", "Requests.", "route", "method", "status")
        self.refusals = self._count_by("refusals", "Requests with 503.", "place", "reason")
        self.refused_uploads = self._count_by("refused_uploads", "Uploads refused.", "reason")
        self.uploads = self._count_by("uploads", "Files stored.")
        self.bytes = self._count_by("upload_bytes", "Bytes of the files stored.")
        self.histograms = Histograms()
        registry.register(self.histograms)
        self.plain: dict[str, Counter] = {
            Kind.SIGN_IN: self._count_by("sign_ins", "Sign-ins."),
            Kind.FAILED_SIGN_IN: self._count_by("failed_sign_ins", "Failed sign-ins."),
            Kind.SIGN_UP: self._count_by("sign_ups", "Sign-ups."),
            Kind.MAIL_SENT: self._count_by("mails_sent", "Mails sent."),
            Kind.MAIL_FAILED: self._count_by("mail_failures", "Failed attempts to send a mail."),
            Kind.MAIL_GIVEN_UP: self._count_by("mails_given_up", "Mails given up."),
        }
        self._start_at_zero()

    def count(self, text: bytes) -> None:
        """Count the event; count as ignored what is no event."""
        try:
            self._count(parse(text))
        except (ValueError, KeyError, TypeError, RecursionError):
            self.events.labels("ignored").inc()
        else:
            self.events.labels("counted").inc()

    def count_haproxy_refusal(self, reason: str) -> None:
        self.refusals.labels("haproxy", reason).inc()

    def _count_by(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"ai4ceo_{name}", text, labels, registry=self.registry)

    def _start_at_zero(self) -> None:
        """Create the series with known labels: rate() misses a series' first value."""
        for result in ("counted", "ignored"):
            self.events.labels(result)
        for refusal, place in PLACES.items():
            self.refusals.labels(place, refusal.value)
        for reason in HAPROXY.values():
            self.refusals.labels("haproxy", reason)
        for refused in UploadRefusal:
            self.refused_uploads.labels(refused.value)

    def _count(self, event: Event) -> None:
        kind = event["kind"]
        if kind in self.plain:
            self.plain[kind].inc()
        elif kind == Kind.REQUESTS:
            self._count_requests(event)
        elif kind == Kind.UPLOAD:
            self.bytes.inc(get_number(event, "bytes", MAX_BYTES))
            self.uploads.inc()
        elif kind == Kind.REFUSED_UPLOAD:
            self.refused_uploads.labels(UploadRefusal(event["reason"]).value).inc()
        else:
            raise ValueError(kind)

    def _count_requests(self, event: Event) -> None:
        seconds = get_distribution(event, "seconds", DURATIONS)
        waits = get_distribution(event, "waits", WAITS)
        statements = get_distribution(event, "statements", STATEMENTS)
        count = sum(seconds.counts)
        status = int(get_number(event, "status", 599)) // 100
        method = event["method"] if event["method"] in METHODS else OTHER
        reason = Refusal(event["reason"]) if event["reason"] else None
        route = self._admit_route(event["route"])
        self.requests.labels(route, method, f"{status}xx").inc(count)
        self.histograms.merge(route, seconds, waits, statements)
        if reason:
            self.refusals.labels(PLACES[reason], reason.value).inc(count)

    def _admit_route(self, route: str) -> str:
        """Return the route as a label's value."""
        if route not in self.routes:
            if len(self.routes) >= MAX_ROUTES or not ROUTE.fullmatch(route):
                return OTHER
            self.routes.add(route)
        return route


class Histograms(Collector):
    """The distributions of all requests. prometheus_client's own histograms take single values."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.seconds: dict[str, Distribution] = {}
        self.waits, self.statements = Distribution(WAITS), Distribution(STATEMENTS)

    def merge(
        self, route: str, seconds: Distribution, waits: Distribution, statements: Distribution
    ) -> None:
        with self._lock:
            self.seconds.setdefault(route, Distribution(DURATIONS)).merge(seconds)
            self.waits.merge(waits)
            self.statements.merge(statements)

    def collect(self) -> list[HistogramMetricFamily]:
        waits = "Waits for a connection."
        with self._lock:
            return [
                build_histogram("request_seconds", "Durations.", self.seconds),
                build_histogram("request_wait_seconds", waits, {"": self.waits}),
                build_histogram("request_statements", "Statements.", {"": self.statements}),
            ]


def build_histogram(
    name: str, text: str, by_route: Mapping[str, Distribution]
) -> HistogramMetricFamily:
    """Build a family with the label `route`, or without a label if the only route is empty."""
    names = [] if "" in by_route else ["route"]
    family = HistogramMetricFamily(f"ai4ceo_{name}", text, labels=names)
    for route, values in by_route.items():
        family.add_metric([route] if route else [], values.list_buckets(), values.total)
    return family


def parse(text: bytes) -> Event:
    """Raise ValueError unless the text is a JSON object."""
    event = json.loads(text) if len(text) <= MAX_EVENT_SIZE else None
    if not isinstance(event, dict):
        raise ValueError(event)  # noqa: TRY004  malformed, like the others
    return event


def get_number(event: Event, name: str, limit: float) -> float:
    """Return the field's value. Raise ValueError unless it is a number from 0 to the limit."""
    value = event[name]
    if type(value) in (int, float) and 0 <= value <= limit:
        return float(value)
    raise ValueError(name)


def get_distribution(event: Event, name: str, bounds: tuple[float, ...]) -> Distribution:
    """Return the field's value. Raise ValueError, KeyError or TypeError unless it is one."""
    distribution, sent = Distribution(bounds), event[name]
    counts = sent["counts"]
    if type(counts) is not list or len(counts) != len(distribution.counts):
        raise ValueError(name)
    distribution.counts = [get_count(count) for count in counts]
    distribution.total = get_number(sent, "total", MAX_TOTAL)
    return distribution


def get_count(value: Any) -> int:
    if type(value) is int and 0 <= value <= MAX_REQUESTS:
        return value
    raise ValueError(value)
