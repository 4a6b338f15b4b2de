"""The folder storage: permissions, syncing, failures."""

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


def test_only_the_site_s_system_user_can_read(folder):
    save("someone/a.txt")
    assert stat.S_IMODE((folder / "someone/a.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "someone").stat().st_mode) == 0o700


def test_syncs_the_file_and_its_folders(folder, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    save("someone/a.txt")
    path = folder / "someone/a.txt"
    assert synced == [str(place) for place in (path, path.parent, folder)]


def test_leaves_only_the_file(folder):
    save("someone/a.txt")
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / "someone/a.txt"]


def test_removes_incomplete_files_on_a_full_disk(folder):
    class Endless(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"the first half"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        default_storage.save("someone/a.txt", Endless(b""))
    assert list(folder.iterdir()) == []


def test_removes_files_that_cannot_be_synced(folder, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        save("someone/a.txt")
    assert list(folder.iterdir()) == []


def test_deleting_the_last_file_removes_the_folder(folder):
    save("someone/a.txt")
    save("someone/b.txt")
    default_storage.delete("someone/a.txt")
    assert (folder / "someone").exists()
    default_storage.delete("someone/b.txt")
    assert list(folder.iterdir()) == []


def test_deleting_a_missing_file_is_no_error(folder):
    save("someone/a.txt")
    default_storage.delete("someone/a.txt")
    default_storage.delete("someone/a.txt")


def test_recreates_a_folder_removed_meanwhile(folder, monkeypatch):
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


def test_lists_nothing_before_the_first_upload(folder):
    assert list(default_storage.list_keys()) == []


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt"])
def test_does_not_write_outside_the_folder(folder, name):
    with pytest.raises(SuspiciousFileOperation):
        save(name)
    assert not (folder.parent / "a.txt").exists()
