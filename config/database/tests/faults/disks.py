"""A site with some directories on small disks, which a test can fill."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.tests.site import Site

# In a user namespace an unprivileged user may mount a tmpfs. PostgreSQL refuses to run as root,
# so a second namespace inside it maps the user back.
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
MOUNT = """
for disk in "$@"; do mkdir -p "$disk" && mount -t tmpfs -o size=64m,mode=700 none "$disk"; done
exec unshare --user --map-user="$OUTER_UID" --map-group="$OUTER_GID" deploy/up -d
"""


class SiteOnSmallDisks(Site):
    """Only the site's processes see the disks; a test reaches them by `inside`.

    There is one worker, so that it opens its temporary directory before that is full.
    """

    disks = ("files", "mail", "temporary", "tables", "wal")

    def __init__(self, folder, **environment):
        super().__init__(folder, WEB_WORKERS="1", **environment)
        self.environment |= {
            "TMPDIR": str(self.disk("temporary")),
            "OUTER_UID": str(os.getuid()),
            "OUTER_GID": str(os.getgid()),
        }

    def disk(self, name):
        return self.folder / "var" / name

    def inside(self, name):
        supervisord = (self.run_dir / "supervisord.pid").read_text().strip()
        return Path(f"/proc/{supervisord}/root{self.disk(name)}")

    def up(self):
        disks = [str(self.disk(name)) for name in self.disks]
        self.run_script(*NAMESPACE, "sh", "-ec", MOUNT, "sh", *disks)
        self.move_tables()
        self.move_wal()

    def move_tables(self):
        with self.superuser() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{self.disk('tables')}'")
            for all_there_are in ("TABLE ALL", "INDEX ALL"):
                move = f"ALTER {all_there_are} IN TABLESPACE pg_default SET TABLESPACE small"
                connection.execute(move)

    def move_wal(self):
        self.supervisor("stop", "postgres")
        folder = self.folder / "var/postgres/pg_wal"
        shutil.copytree(folder, self.inside("wal"), dirs_exist_ok=True)
        shutil.rmtree(folder)
        folder.symlink_to(self.disk("wal"))
        self.supervisor("start", "postgres")
        self.wait_until_ready()

    def list_files(self, name):
        disk = self.inside(name)
        return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}

    @contextmanager
    def fill(self, name):
        filler = self.inside(name) / "filler"
        with filler.open("wb", buffering=0) as file:
            fill_file(file)
        try:
            yield
        finally:
            filler.unlink()


def fill_file(file):
    for size in (1 << 20, 1 << 12):
        with pytest.raises(OSError, match="No space left on device"):
            write_forever(file, b"x" * size)


def write_forever(file, data):
    while True:
        file.write(data)
