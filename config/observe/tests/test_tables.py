import pytest
from django.db import OperationalError

from config.observe import tables
from config.observe.catalogue import Reading
from config.observe.tables import TableReader

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "ai4ceo_mails_waiting"


@pytest.fixture
def answers():
    """Return a list of what the query returns or raises, one after the other."""
    return []


@pytest.fixture
def reader(answers):
    def query():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return TableReader({NAME: query})


def test_reads_once_a_minute(reader, answers):
    answers += [3, 4]
    reader.poll()
    reader.poll()
    assert reader.readings == [Reading(NAME, (), 3)]


def test_readings_expire_with_an_outage(reader, answers, monkeypatch, caplog):
    monkeypatch.setattr(tables, "INTERVAL", 0)
    answers += [3, OperationalError("FATAL: the database is away"), 4]
    found = []
    for _ in range(3):
        reader.poll()
        found.append(reader.readings)
    assert found == [[Reading(NAME, (), 3)], [], [Reading(NAME, (), 4)]]
    assert "the tables cannot be read: the database is away" in caplog.text
