from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

FILES = ["web.ini", "web.userlist", "jobs.ini", "jobs.userlist"]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.PGBOUNCER_DIR = tmp_path / "var" / "pgbouncer"
    return settings.PGBOUNCER_DIR


@pytest.fixture(autouse=True)
def _password(settings):
    settings.POSTGRES = {
        name: replace(server, password=f"s3cret-{name}")
        for name, server in settings.POSTGRES.items()
    }


def run(*arguments):
    out = StringIO()
    call_command("pgbouncer_config", *arguments, stdout=out)
    return out.getvalue()


def test_prints_both_files_and_no_password(folder):
    printed = run()
    assert printed.count("[pgbouncer]") == printed.count("[databases]") == 2
    assert "POOL_WEB_*" in printed
    assert "POOL_JOBS_*" in printed
    assert "s3cret" not in printed
    assert not folder.exists()


def test_written_files_are_private(folder):
    assert run("--write") == "".join(f"{folder / name}: changed\n" for name in FILES)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert '"s3cret-web"' in (folder / "web.userlist").read_text()


def test_names_changed_files(folder):
    run("--write")
    (folder / "jobs.ini").write_text("mine")
    (folder / "web.ini").chmod(0o644)
    assert [line.split(": ")[1] for line in run("--write").splitlines()] == [
        "changed",
        "unchanged",
        "changed",
        "unchanged",
    ]
    assert (folder / "web.ini").stat().st_mode & 0o777 == 0o600


def test_replaces_files_atomically(folder):
    run("--write")
    (folder / "web.ini").write_text("old")
    before = (folder / "web.ini").open()
    run("--write")
    with before:
        assert before.read() == "old"
    assert "[pgbouncer]" in (folder / "web.ini").read_text()


def test_check_passes_after_write(folder):
    run("--write")
    assert run("--check") == "PgBouncer's files are up to date.\n"


def test_check_names_every_stale_file_and_the_fix(folder):
    run("--write")
    (folder / "web.ini").write_text("old")
    (folder / "jobs.userlist").unlink()
    (folder / "web.userlist").chmod(0o640)
    with pytest.raises(CommandError) as caught:
        run("--check")
    assert str(caught.value) == (
        f"{folder}/web.ini is stale; {folder}/web.userlist is open to others; "
        f"{folder}/jobs.userlist is missing. "
        "Run `manage.py pgbouncer_config --write`, then restart PgBouncer."
    )


def test_check_fails_after_a_policy_change(settings):
    run("--write")
    web = replace(settings.POOLS["web"], max_connections=7)
    settings.POOLS = settings.POOLS | {"web": web}
    with pytest.raises(CommandError, match=r"/web.ini is stale\. Run"):
        run("--check")


def test_check_fails_after_a_change_of_the_budget(settings):
    run("--write")
    settings.POOLS = {n: replace(pool, budget=50) for n, pool in settings.POOLS.items()}
    with pytest.raises(CommandError, match=r"/web.ini is stale; .*/jobs.ini is stale\. Run"):
        run("--check")


def test_unwritable_value_is_one_clear_error(settings):
    settings.PGBOUNCER_HOST = "/run/a,/run/b"
    with pytest.raises(CommandError, match="is a list: give one directory or IP address"):
        run("--write")


def test_write_and_check_exclude_each_other():
    with pytest.raises(CommandError, match="not allowed with argument"):
        run("--write", "--check")
