"""What the log says, and what it leaves out."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any, Final

from config.database.errors import is_unavailable

# What the log of Django's security calls them.
STRANGE: Final = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# What would end a line, colour it or show another text than it is.
UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
# What opens an account or a server to whoever reads it: a link's token, a password, a signature.
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
)


def escaped(text: str) -> str:
    """As one line: line breaks and other characters that cannot be seen, as Python writes them."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def masked(text: str) -> str:
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


class Line(logging.Formatter):
    """One line for each event, whatever a stranger has put into its words; what follows of a
    traceback is indented, so that none of it can be taken for an event."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        return escaped(masked(super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        parts = traceback.format_exception(ei[1]) if ei[1] else []
        return "\n".join(line for part in parts for line in _indented(part))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  logging's name
        return "\n".join(_indented(f"  {stack_info}"))


def _indented(part: str) -> list[str]:
    """A frame's lines are the code's own; those of an exception's words may be anybody's."""
    is_frame = part.lstrip(" |").startswith("File ")
    lines = part.rstrip("\n").split("\n") if is_frame else [part.strip("\n")]
    return [f"    {escaped(masked(line))}" for line in lines if line]


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
    line = {"()": Line, "fmt": "{asctime} {levelname} {name}: {message}", "style": "{"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
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
