"""Log lines cannot be forged and contain no secrets."""

import logging

import pytest

from config.lib.logs import LineFormatter

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
