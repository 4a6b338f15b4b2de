import json
import re

import pytest

from config.observe.access_log import AccessLine, AccessLog

LINE = AccessLine("GET", r"files/(?P<pk>\d+)/$", 200, 1.9, 0.3, 1, "web", "a-key", "-")


def test_writes_text(tmp_path):
    AccessLog("file", "text", tmp_path).write("an-id", LINE)
    text = (tmp_path / "access.log").read_text()
    when, rest = text[:23], text[23:]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", when)
    assert rest == (
        r" INFO access an-id: method=GET route=files/(?P<pk>\d+)/$ status=200 ms=1.9 "
        "waited_ms=0.3 statements=1 pool=web user=a-key reason=-\n"
    )


def test_writes_json(tmp_path):
    AccessLog("file", "json", tmp_path).write("an-id", LINE)
    entry = json.loads((tmp_path / "access.log").read_text())
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("time"))
    labels = {"level": "INFO", "logger": "access", "request_id": "an-id"}
    assert entry == labels | LINE._asdict()


def test_writes_to_standard_error(tmp_path, capfd):
    AccessLog("stderr", "text", tmp_path).write("an-id", LINE)
    assert "an-id: method=GET" in capfd.readouterr().err


@pytest.mark.parametrize(("place", "is_on"), [("file", True), ("stderr", True), ("off", False)])
def test_can_be_turned_off(tmp_path, place, is_on):
    assert AccessLog(place, "text", tmp_path).is_on == is_on
