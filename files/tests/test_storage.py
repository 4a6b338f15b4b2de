"""The folder: what is on the disk, who may read it, and that it is there after a power cut."""

import errno
import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def save(name, content=b"hello"):
    return default_storage.save(name, ContentFile(content))


def test_only_the_user_of_the_site_may_read(folder):
    save("someone/a.txt")
    assert stat.S_IMODE((folder / "someone/a.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "someone").stat().st_mode) == 0o700


def test_the_file_and_the_way_to_it_are_on_the_disk_before_it_counts_as_saved(folder, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    save("someone/a.txt")
    path = folder / "someone/a.txt"
    assert synced == [str(place) for place in (path, path.parent, folder)]


def test_nothing_but_the_file_is_left(folder):
    save("someone/a.txt")
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / "someone/a.txt"]


def test_no_half_is_left_where_the_disk_has_no_room(folder):
    class Endless(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"the first half"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        default_storage.save("someone/a.txt", Endless(b""))
    assert list(folder.iterdir()) == []


def test_what_does_not_reach_the_disk_is_not_left(folder, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        save("someone/a.txt")
    assert list(folder.iterdir()) == []


def test_the_last_file_takes_the_folder_along(folder):
    save("someone/a.txt")
    save("someone/b.txt")
    default_storage.delete("someone/a.txt")
    assert (folder / "someone").exists()
    default_storage.delete("someone/b.txt")
    assert list(folder.iterdir()) == []


def test_what_is_gone_already_can_be_deleted(folder):
    save("someone/a.txt")
    default_storage.delete("someone/a.txt")
    default_storage.delete("someone/a.txt")


def test_a_folder_that_vanishes_while_a_file_is_saved_is_made_again(folder, monkeypatch):
    opened = os.open

    def vanishing(path, *args, **kwargs):
        monkeypatch.setattr(os, "open", opened)
        Path(path).parent.rmdir()
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", vanishing)
    save("someone/a.txt")
    assert (folder / "someone/a.txt").read_bytes() == b"hello"


def test_lists_all_keys_in_order(folder):
    for name in ("b/2", "a/3", "b/1"):
        save(name)
    (folder / "stray").write_text("not in anybody's folder")
    assert list(default_storage.list_keys()) == ["a/3", "b/1", "b/2"]


def test_before_the_first_upload_there_are_none(folder):
    assert list(default_storage.list_keys()) == []


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt"])
def test_nothing_is_written_outside(folder, name):
    with pytest.raises(SuspiciousFileOperation):
        save(name)
    assert not (folder.parent / "a.txt").exists()
