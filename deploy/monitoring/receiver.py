"""Print what Alertmanager sends, as a receiver for trying out: deploy/watch runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

WORDS: Final = {"firing": "FIRING", "resolved": "over"}


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        notification = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in notification["alerts"]:
            for line in describe(alert):
                sys.stdout.write(line + "\n")
        sys.stdout.flush()
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """No line for each request."""


def describe(alert: Mapping[str, Any]) -> Iterator[str]:
    labels, notes = alert["labels"], alert["annotations"]
    name = f"{labels['alertname']} ({labels['severity']}) of {labels.get('site', '?')}"
    yield f"{WORDS[alert['status']]} {name}: {notes['summary']}"
    if alert["status"] == "firing":
        yield f"    {notes['description']}"
        yield f"    First: {notes['first_step']}"
        yield f"    {notes['runbook_url']}"


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
