"""Remove temporary files of uploads that killed processes of older releases left behind."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

# Seconds; no upload takes as long.
MAX_AGE: Final = 3600


def remove_leftovers() -> int:
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
    return sum(_remove_if_old(path) for path in folder.glob("tmp*.upload*"))


def _remove_if_old(path: Path) -> bool:
    with suppress(OSError):
        info = path.lstat()
        is_ours = stat.S_ISREG(info.st_mode) and info.st_uid == os.getuid()
        if is_ours and info.st_mtime < time.time() - MAX_AGE:
            path.unlink()
            return True
    return False
