"""Log format: one line per event, as text or JSON, without secrets."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from config.database.errors import is_unavailable
from config.lib.request_ids import request_id

# Loggers below django.security for requests that any client can cause.
CLIENT_ERRORS: Final = (
    "DisallowedHost",
    "RequestDataTooBig",
    "TooManyFieldsSent",
    "TooManyFilesSent",
)
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS: Final = ("text", "json")
TEXT: Final = "{asctime} {levelname} {name} {request_id}: {message}"

# Characters that end or colour a line, or make it display differently.
UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
# Values that give access: tokens in links, passwords, signatures. And e-mail addresses.
SECRETS: Final = (
    (re.compile(r"((?:reset|confirm-email)(?:/|%2f)(?:key(?:/|%2f))?)[^\s\"'<>]+", re.I), r"\1***"),
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"), r"\1***"),
    (
        re.compile(
            r"\b((?:[\w-]*(?:token|passw(?:or)?d|secret|signature|credential)|"
            r"sessionid|session_key)[\"']?\)?[=:][(\"' ]*)[^\s&;,)\"']+",
            re.I,
        ),
        r"\1***",
    ),
    (re.compile(r"[\w.+-]+(?:@|%40)\w[\w.-]*"), "***"),
)


def escape(text: str) -> str:
    """Return the text as one line, with unprintable characters as Python escapes."""
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def mask_secrets(text: str) -> str:
    for secret, replacement in SECRETS:
        text = secret.sub(replacement, text)
    return text


class LineFormatter(logging.Formatter):
    """Format each event as one line and indent tracebacks, so input cannot forge log lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        record.request_id = request_id.get() or "-"
        return escape(mask_secrets(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        parts = traceback.format_exception(ei[1]) if ei[1] else []
        return "\n".join(line for part in parts for line in _indent(part))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  logging's name
        return "\n".join(_indent(f"  {stack_info}"))


class JSONFormatter(LineFormatter):
    """Format each event as one line of JSON, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": mask_secrets(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def _indent(part: str) -> list[str]:
    # A frame's lines are source code; an exception's message may contain input.
    is_frame = part.lstrip(" |").startswith("File ")
    lines = part.rstrip("\n").split("\n") if is_frame else [part.strip("\n")]
    return [f"    {escape(mask_secrets(line))}" for line in lines if line]


class OutageFilter(logging.Filter):
    """Drop database outages, which the 503 response already logs in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is None or not is_unavailable(record.exc_info[1])


class TracebackFilter(logging.Filter):
    """Drop the traceback of errors that any client can cause."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


def build_logging_config(level: str, style: str) -> dict[str, Any]:
    """Return LOGGING: one line per event, on standard error."""
    formatters: dict[str, Any] = {
        "text": {"()": LineFormatter, "fmt": TEXT, "style": "{"},
        "json": {"()": JSONFormatter},
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
        "filters": {
            "without_traceback": {"()": TracebackFilter},
            "without_outages": {"()": OutageFilter},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "security": {"level": "INFO"},
            "django": {"handlers": [], "propagate": True},
            "django.request": {"filters": ["without_outages"]},
            **{
                f"django.security.{name}": {"filters": ["without_traceback"]}
                for name in CLIENT_ERRORS
            },
        },
    }
