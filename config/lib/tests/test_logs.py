"""Log lines cannot be forged and contain no secrets."""

import json
import logging
from datetime import UTC, datetime

import pytest

from config.lib.logs import TEXT, JSONFormatter, LineFormatter
from config.lib.request_ids import request_id

LINE = LineFormatter("{levelname} {message}", style="{")


def format_record(message, *args, error=None):
    info = error and (type(error), error, None)
    return LINE.format(logging.LogRecord("site", 40, __file__, 1, message, args, info))


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\x1b[2J", "\x00", "\u202e", "\v"])
def test_escapes_line_breaks_and_control_characters(end):
    assert format_record("%s: down", f"/a{end}ERROR forged").startswith("ERROR /a\\")
    assert end not in format_record("%s", end)


def test_indents_an_exceptions_message():
    text = format_record("failed", error=ValueError("/a\nERROR forged\x1b[31m"))
    first, *others = text.splitlines()
    assert first == "ERROR failed"
    assert all(line.startswith("    ") for line in others)
    assert others[-1] == r"    ValueError: /a\nERROR forged\x1b[31m"
    assert not [line for line in others if line.strip().startswith("ERROR")]


@pytest.mark.parametrize(
    "text",
    [
        "/accounts/password/reset/key/1-SECRET/: the database is away",
        "Service Unavailable: /accounts/password/reset/key/1-SECRET/",
        "/accounts/login/?next=%2Faccounts%2Fpassword%2Freset%2Fkey%2F1-SECRET%2F",
        "/accounts/confirm-email/SECRET/",
        "postgresql://web:SECRET@db/site",
        "?token=SECRET&a=b",
        "X-Amz-Signature=SECRET",
        "DETAIL: Key (session_key)=(SECRET) already exists.",
        "Cookie: __Host-sessionid=SECRET; a=b",
    ],
)
def test_masks_secrets(text):
    assert "SECRET" not in format_record("%s", text)
    assert "SECRET" not in format_record("failed", error=ValueError(text))


def format_as_json(message, *args, error=None):
    info = error and (type(error), error, None)
    record = logging.LogRecord("site", 40, __file__, 1, message, args, info)
    return json.loads(JSONFormatter().format(record))


def test_writes_json():
    token = request_id.set("an-id")
    entry = format_as_json("%s: down", "/a\nb\u2028")
    request_id.reset(token)
    assert datetime.fromisoformat(entry.pop("time")).tzinfo == UTC
    wanted = {"level": "ERROR", "logger": "site", "request_id": "an-id"}
    assert entry == wanted | {"message": "/a\nb\u2028: down"}


def test_json_is_one_ascii_line_with_the_exception():
    error = ValueError("token=SECRET\n\u2028")
    info = (ValueError, error, None)
    record = logging.LogRecord("site", 40, __file__, 1, "failed", (), info)
    line = JSONFormatter().format(record)
    assert line.isascii()
    assert "\n" not in line
    assert "SECRET" not in line
    assert "ValueError" in json.loads(line)["exception"]


def test_text_names_the_request():
    token = request_id.set("an-id")
    line = LineFormatter(TEXT, style="{").format(
        logging.LogRecord("site", 40, __file__, 1, "down", (), None)
    )
    request_id.reset(token)
    assert line.endswith(" ERROR site an-id: down")


@pytest.mark.parametrize(
    "text", ["mail 7 to ada@example.org: given up", "?email=ada%40example.org", "<ada@localhost>"]
)
def test_masks_email_addresses(text):
    assert "ada" not in format_record("%s", text)
    assert "ada" not in format_as_json("%s", text)["message"]
