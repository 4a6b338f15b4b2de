"""What the log says, and what it leaves out."""

from __future__ import annotations

import logging
from typing import Any, Final

from config.database.faults import is_unavailable

# What the log of Django's security calls them.
STRANGE: Final = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class WithoutOutages(logging.Filter):
    """Nothing of what the answer's own line in the log says already: 503 for want of a database."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is None or not is_unavailable(record.exc_info[1])


class WithoutTraceback(logging.Filter):
    """One line for what any stranger's request can bring about, where no code is at fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


def logging_config(level: str) -> dict[str, Any]:
    """LOGGING: one line for each event, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "filters": {
            "without_traceback": {"()": WithoutTraceback},
            "without_outages": {"()": WithoutOutages},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.request": {"filters": ["without_outages"]},
            **{f"django.security.{name}": {"filters": ["without_traceback"]} for name in STRANGE},
        },
    }
