"""Temporary files left behind by older releases."""

import os
import time

import pytest
from django.core.management import call_command

from files.temporary_files import MAX_AGE, remove_leftovers


@pytest.fixture
def folder(tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


def put(path, *, age=MAX_AGE + 60):
    path.write_bytes(b"half of an image")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_removes_old_files(folder):
    put(folder / "tmpab12cd.upload")
    put(folder / "tmpab12ce.upload.png")
    assert remove_leftovers() == 2
    assert list(folder.iterdir()) == []


def test_keeps_recent_files(folder):
    put(folder / "tmpab12cd.upload", age=MAX_AGE - 60)
    assert remove_leftovers() == 0


@pytest.mark.parametrize("name", ["tmpab12cd", "notes.upload", "tmpab12cd.txt"])
def test_keeps_files_with_other_names(folder, name):
    put(folder / name)
    assert remove_leftovers() == 0


def test_keeps_anything_but_files(folder):
    outside = put(folder / "kept.txt")
    (folder / "tmplink.upload").symlink_to(outside)
    (folder / "tmpfolder.upload").mkdir()
    for path in folder.glob("tmp*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    assert remove_leftovers() == 0
    assert outside.exists()


def test_keeps_other_users_files(folder, monkeypatch):
    put(folder / "tmpab12cd.upload")
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert remove_leftovers() == 0


def test_searches_the_system_s_folder_by_default(settings, monkeypatch, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = None
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    put(tmp_path / "tmpab12cd.upload")
    assert remove_leftovers() == 1


@pytest.mark.django_db
def test_purge_files_removes_them(folder):
    leftover = put(folder / "tmpab12cd.upload")
    call_command("purge_files")
    assert not leftover.exists()
