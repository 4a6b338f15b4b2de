import multiprocessing

import pytest

from config.lib.shared_file import SharedFile

LINE = b"x" * 99 + b"\n"


def open_log(folder, **options):
    return SharedFile(folder / "a.log", **{"max_bytes": 1000, "backups": 3} | options)


def count_lines(folder):
    return {path.name: len(path.read_text().splitlines()) for path in folder.glob("a.log*")}


def test_appends_lines_for_the_owner_only(tmp_path):
    log = open_log(tmp_path)
    for _ in range(3):
        log.write(LINE)
    log.close()
    assert (tmp_path / "a.log").read_text() == ("x" * 99 + "\n") * 3
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_keeps_a_bounded_number_of_bounded_files(tmp_path):
    log = open_log(tmp_path)
    for _ in range(75):
        log.write(LINE)
    log.close()
    wanted = {"a.log": 5, "a.log.1": 10, "a.log.2": 10, "a.log.3": 10, "a.log.lock": 0}
    assert count_lines(tmp_path) == wanted


def test_follows_a_file_that_another_process_rotated(tmp_path):
    one, other = open_log(tmp_path), open_log(tmp_path)
    for log in [one, *[other] * 10, one, other]:
        log.write(LINE)
    one.close()
    other.close()
    assert count_lines(tmp_path) == {"a.log": 3, "a.log.1": 10, "a.log.lock": 0}


def test_makes_a_deleted_file_again(tmp_path):
    log = open_log(tmp_path)
    log.write(LINE)
    (tmp_path / "a.log").unlink()
    log.write(LINE)
    log.close()
    assert count_lines(tmp_path)["a.log"] == 1


def write_many(folder):
    log = open_log(folder, max_bytes=20_000, backups=20)
    for _ in range(500):
        log.write(LINE)
    log.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_several_processes_lose_and_mix_no_line(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(tmp_path,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    lines = [line for path in tmp_path.glob("a.log*") for line in path.read_text().splitlines()]
    assert lines == ["x" * 99] * 2000


def test_a_line_that_cannot_be_written_raises_nothing(tmp_path):
    log = open_log(tmp_path / "missing")
    log.write(LINE)
    log.close()
