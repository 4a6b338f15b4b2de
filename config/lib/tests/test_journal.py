from concurrent.futures import ThreadPoolExecutor

import pytest

from config.lib.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "events", 1000)


def test_returns_the_entries_in_order(journal):
    assert journal.read() == []
    journal.append({"name": "a\nb"})
    journal.append({"name": "ü"})
    assert journal.read() == [{"name": "a\nb"}, {"name": "ü"}]


def test_keeps_the_newest_in_a_bounded_space(journal):
    for number in range(1000):
        journal.append({"number": number})
    kept = [entry["number"] for entry in journal.read()]
    assert kept == list(range(kept[0], 1000))
    assert 60 < len(kept) < 140
    assert journal.path.stat().st_size + journal.older.stat().st_size < 2 * (1000 + 20)


def test_entries_of_several_writers_do_not_mix(tmp_path):
    journal = Journal(tmp_path / "events", 1_000_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: journal.append({"number": number}), range(400)))
    assert sorted(entry["number"] for entry in journal.read()) == list(range(400))


def test_skips_an_incomplete_line(journal):
    journal.path.write_bytes(b'{"number": 1}\n{"num\n')
    journal.append({"number": 2})
    assert journal.read() == [{"number": 1}, {"number": 2}]


def test_a_missing_folder_raises_nothing(tmp_path):
    journal = Journal(tmp_path / "none" / "events", 1000)
    journal.append({"number": 1})
    assert journal.read() == []


def test_only_the_owner_may_read_the_file(journal):
    journal.append({"number": 1})
    assert journal.path.stat().st_mode & 0o777 == 0o600
