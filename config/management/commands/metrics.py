from __future__ import annotations

import signal
import sys
import threading
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from config.database.replicas.sampler import start_samplers
from config.mail.models import Mail
from config.observe.exporter import Exporter
from config.observe.machine import fetch
from config.observe.receiver import Receiver
from config.observe.server import MetricsServer, Page, View
from files.models import StoredObject

ADDRESS: Final = "127.0.0.1"
POLL_INTERVAL: Final = 1.0  # seconds
# Seconds for which a thread may run while another waits: events must not wait for a scrape.
SWITCH_INTERVAL: Final = 0.001


class Command(BaseCommand):
    help = "Serves metrics for Prometheus until it is stopped."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL)
        exporter = Exporter(
            {
                "ai4ceo_mails_waiting": Mail.objects.count_waiting,
                "ai4ceo_storage_oldest_leftover_seconds": StoredObject.objects.get_oldest_age,
            }
        )
        start_samplers()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        with open_server(exporter.registry) as server:
            Receiver(settings.METRICS_SOCKET, exporter.counters.count).start()
            threading.Thread(target=server.serve_forever, daemon=True).start()
            while not stopped.wait(POLL_INTERVAL):
                exporter.poll()
            server.shutdown()
        exporter.close()


def open_server(registry: CollectorRegistry) -> MetricsServer:
    views: dict[str, View] = {"/metrics": lambda accept: render_metrics(registry, accept)}
    if settings.HAPROXY:
        views["/haproxy"] = render_haproxy
    try:
        return MetricsServer((ADDRESS, settings.METRICS_PORT), views)
    except OSError as error:
        raise CommandError(
            f"port {settings.METRICS_PORT} on {ADDRESS} is not available ({error.strerror}): "
            "choose another with METRICS_PORT."
        ) from error


def render_metrics(registry: CollectorRegistry, accept: str) -> Page:
    encode, content_type = choose_encoder(accept)
    return Page(200, content_type, encode(registry))


def render_haproxy(accept: str) -> Page:
    try:
        return Page(*fetch(f"{settings.RUN_DIR}/haproxy-metrics.sock", "GET", "/metrics"))
    except OSError as error:
        return Page(502, "text/plain", f"HAProxy does not answer: {error.strerror}\n".encode())
