"""manage.py seed_experts"""

import io
import json
import sys
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from config.database.cli import use_jobs_pool
from config.tests.processes import ServerLog, wait_until
from onboarding import seeding
from onboarding.models import Expert
from onboarding.tests.experts import make_expert
from onboarding.tests.test_catalogue import GOOD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


@pytest.fixture(autouse=True)
def _jobs_pool():
    """Only the jobs role may create temporary tables."""
    with use_jobs_pool():
        yield


@pytest.fixture
def seed(tmp_path):
    """Load records from a file and return the command's output."""

    def run(records, **options):
        file = tmp_path / "experts.json"
        file.write_text(json.dumps(records))
        said = io.StringIO()
        call_command("seed_experts", file=file, stdout=said, **options)
        return said.getvalue().strip()

    return run


@pytest.fixture
def statements():
    """Capture the first word of each statement in PostgreSQL's log."""
    connection.ensure_connection()
    log = ServerLog()
    return lambda: [statement.split()[0] for statement in log.statements("ai4ceo jobs")]


def test_loads_five_default_experts():
    call_command("seed_experts", stdout=io.StringIO())
    slugs = set(Expert.objects.active().values_list("slug", flat=True))
    assert slugs == {"tech", "law", "tax", "hr", "design"}


def test_reports_created_updated_and_unchanged(seed):
    make_expert(**GOOD)
    make_expert(slug="law", name="Old")
    records = [GOOD, GOOD | {"slug": "law"}, GOOD | {"slug": "hr"}]
    assert seed(records) == "experts: 1 created, 1 updated, 1 unchanged"
    assert Expert.objects.get(slug="law").name == "Tax"


def test_second_run_changes_nothing(seed):
    seed([GOOD])
    before = Expert.objects.values().get()
    assert seed([GOOD]) == "experts: 0 created, 0 updated, 1 unchanged"
    assert Expert.objects.values().get() == before


def test_update_keeps_id_and_creation_time(seed):
    before = make_expert(slug="tax")
    seed([GOOD])
    after = Expert.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.updated_at > before.updated_at


def test_missing_fields_keep_their_values(seed):
    make_expert(slug="tax", is_active=False, personality="Dry.")
    seed([GOOD])
    after = Expert.objects.get()
    assert (after.name, after.is_active, after.personality) == ("Tax", False, "Dry.")


def test_experts_missing_in_the_file_stay(seed):
    make_expert()
    seed([GOOD])
    assert Expert.objects.count() == 2


def test_dry_run_reports_and_writes_nothing(seed):
    said = seed([GOOD], dry_run=True)
    assert said == "experts: 1 created, 0 updated, 0 unchanged (dry run, nothing written)"
    assert not Expert.objects.exists()


def test_invalid_record_in_a_later_batch_rolls_everything_back(seed, monkeypatch):
    monkeypatch.setattr(seeding, "BATCH_SIZE", 1)
    with pytest.raises(CommandError, match=r"record 2 \('law'\): name: .*Nothing was written\.$"):
        seed([GOOD, GOOD | {"slug": "law", "name": 7}])
    assert not Expert.objects.exists()


def test_error_message_ends_with_one_full_stop(seed):
    with pytest.raises(CommandError, match=r"cannot be blank\. Nothing was written\.$"):
        seed([GOOD | {"name": ""}])


def test_finds_duplicates_across_batches(seed, monkeypatch):
    monkeypatch.setattr(seeding, "BATCH_SIZE", 1)
    with pytest.raises(CommandError, match="record 2"):
        seed([GOOD, GOOD])


def test_costs_three_statements_per_batch(seed, statements):
    seed([GOOD | {"slug": f"expert-{number}"} for number in range(seeding.BATCH_SIZE + 1)])
    batch = ["COPY", "WITH", "TRUNCATE"]
    assert statements() == ["BEGIN", "SELECT", "CREATE", *batch, *batch, "COMMIT"]


def test_unchanged_experts_are_not_written(seed):
    seed([GOOD])
    before = row_version()
    seed([GOOD])
    assert row_version() == before


def row_version():
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid, xmax, cmin FROM onboarding_expert")
        return cursor.fetchall()


def test_new_record_gets_the_defaults(seed):
    seed([GOOD])
    expert = Expert.objects.get()
    assert (expert.is_active, expert.uses_retrieval, expert.icon) == (True, False, "")


def test_keeps_every_character(seed):
    name = "O'Brien %s \"\\ \u2028 \U0001f600"
    seed([GOOD | {"name": name}])
    assert Expert.objects.get().name == name


@pytest.mark.parametrize(("name", "reason"), [("none.json", "No such file"), (".", "Is a dir")])
def test_unreadable_file_is_a_one_line_error(tmp_path, name, reason):
    with pytest.raises(CommandError, match=rf"cannot be read: {reason}[^\n]*$"):
        call_command("seed_experts", file=tmp_path / name)


def test_shows_progress_only_on_a_terminal(seed, monkeypatch, capfd):
    seed([GOOD])
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    seed([GOOD])
    assert "100%" in capfd.readouterr().err


def test_concurrent_seeds_run_one_after_the_other():
    tallies = []

    def second():
        tallies.append(seeding.load([dict(GOOD)]))
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        seeding.acquire_lock()
        thread.start()
        wait_until(is_waiting_for_a_lock, 10, "the second seed waits")
        make_expert(**GOOD)
    thread.join(10)
    assert [str(tally) for tally in tallies] == ["0 created, 0 updated, 1 unchanged"]


def is_waiting_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()
