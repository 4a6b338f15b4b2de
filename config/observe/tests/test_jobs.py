"""Each run of a job is recorded, and the next scrape shows it."""

import time

import pytest
from django.core.management import CommandError

from config.database.cli import execute
from config.observe.jobs import add_rows, read_run, record_job


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "metrics"


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_a_command_is_recorded(scrape):
    began = time.time()
    assert execute(["manage.py", "clear_sessions"]) == 0
    found = scrape()
    assert found.get("ai4ceo_job_success", command="clear_sessions") == 1
    assert found.get("ai4ceo_job_rows", command="clear_sessions") == 0
    assert 0 < found.get("ai4ceo_job_seconds", command="clear_sessions") < 60
    for name in ("last_run", "last_success"):
        assert found.get(f"ai4ceo_job_{name}_timestamp_seconds", command="clear_sessions") >= began


def test_counts_rows(scrape):
    for _ in range(2):
        with record_job("purge_files"):
            add_rows(3)
            add_rows(4)
    assert scrape().get("ai4ceo_job_rows", command="purge_files") == 7


def test_a_failure_keeps_the_time_of_the_last_success(scrape):
    with record_job("backup"):
        pass
    success = read_run("backup")["last_success"]
    with pytest.raises(CommandError), record_job("backup"):
        raise CommandError
    found = scrape()
    assert found.get("ai4ceo_job_success", command="backup") == 0
    assert found.get("ai4ceo_job_last_success_timestamp_seconds", command="backup") == success
    assert found.get("ai4ceo_job_last_run_timestamp_seconds", command="backup") > success


def test_an_interrupted_job_has_failed():
    with pytest.raises(KeyboardInterrupt), record_job("backup"):
        raise KeyboardInterrupt
    assert read_run("backup")["success"] == 0


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_does_not_record_what_does_nothing(folder):
    with pytest.raises(SystemExit):
        execute(["manage.py", "clear_sessions", "--help"])
    assert execute(["manage.py", "seed_experts", "--dry-run"]) == 0
    assert execute(["manage.py", "check"]) == 0
    assert not folder.exists()


def test_a_job_succeeds_although_it_cannot_be_recorded(folder, caplog):
    folder.write_text("not a folder")
    with record_job("backup"):
        pass
    assert "the run of backup was not recorded" in caplog.text


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"rows": "many"}', "\x00"])
def test_a_damaged_file_has_no_metrics(folder, scrape, text):
    folder.mkdir()
    (folder / "backup.json").write_text(text)
    assert scrape().list("ai4ceo_job_rows") == []


def test_leaves_one_file_for_each_job(folder):
    for _ in range(5):
        with record_job("backup"):
            pass
    assert [path.name for path in folder.iterdir()] == ["backup.json"]
