from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Write each mail into its own file; names sort by time.

    Django's file names (second, object id) are not unique among the worker's forked processes.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)  # type: ignore[misc]  # only `filemail:` has one
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns()}-{os.getpid()}"
            unfinished = folder / f".{name}"
            try:
                unfinished.write_bytes(message.message().as_bytes())
                unfinished.rename(folder / f"{name}.eml")
            finally:
                unfinished.unlink(missing_ok=True)
        return len(email_messages)
