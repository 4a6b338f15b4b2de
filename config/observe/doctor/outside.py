"""The storage of uploads, and the mail server and queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from config.mail.models import Mail
from config.observe.doctor.probe import Problem

# Seconds for each step of the conversation with the mail server.
MAIL_TIMEOUT: Final = 10
OK: Final = 250
# A mail that is due for longer than this has no worker.
LATE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(days=1)

CHECK_STORAGE: Final = (
    "Check the disk and the rights of {folder}, or the S3_* variables; then upload a file."
)
CHECK_MAIL: Final = (
    "Correct EMAIL_URL, or start the mail server; then run `manage.py doctor` again."
)
NO_MAIL_SERVER: Final = "Set EMAIL_URL, as in smtp+tls://USER:PASSWORD@HOST:587, and deploy/reload."
START_WORKER: Final = "Run `deploy/reload`; the end of var/log/mail.log says what stops the worker."
SEND_AGAIN: Final = "Mend the cause; then choose the mails in the admin and \u201cTry again\u201d."


def find_storage_problems() -> Iterator[Problem]:
    """Write, read and delete a small object."""
    step = CHECK_STORAGE.format(folder=settings.VAR_DIR / "files")
    content = uuid4().bytes
    try:
        name = default_storage.save(f"doctor/{uuid4()}", ContentFile(content))
        try:
            with default_storage.open(name) as file:
                stored = file.read()
        finally:
            default_storage.delete(name)
    except Exception as error:
        # Each kind of storage has its own errors.
        yield Problem(f"storage fails: {type(error).__name__}: {error}", step)
        return
    if stored != content:
        yield Problem("storage returned other bytes than were written", step)


def find_mail_server_problems() -> Iterator[Problem]:
    """Talk to the mail server as for a delivery, up to the sender, and send nothing."""
    backend = get_connection(timeout=MAIL_TIMEOUT)
    if not isinstance(backend, EmailBackend):
        if settings.HTTPS:
            yield Problem("no mail server is set: mail reaches nobody", NO_MAIL_SERVER)
        return
    try:
        backend.open()
        server: Any = backend.connection
        server.ehlo_or_helo_if_needed()
        code, reply = server.noop()
    except OSError as error:  # SMTPException is one
        where = f"{backend.host}:{backend.port}"
        yield Problem(f"the mail server {where} fails: {error}", CHECK_MAIL)
        return
    finally:
        backend.close()
    if code != OK:
        yield Problem(f"the mail server replies {code} {reply!r} to NOOP", CHECK_MAIL)


def find_queue_problems() -> Iterator[Problem]:
    now = timezone.now()
    late = Mail.objects.filter(state=Mail.State.WAITING, due_at__lt=now - LATE)
    if count := late.count():
        yield Problem(f"{count} mails are due since {LATE.seconds // 60} minutes", START_WORKER)
    given_up = Mail.objects.filter(state=Mail.State.GIVEN_UP, finished_at__gt=now - RECENT)
    if count := given_up.count():
        error = given_up.latest("finished_at").last_error
        yield Problem(f"{count} mails were given up within a day, the last: {error}", SEND_AGAIN)
