"""Delivery of one mail to the mail server."""

from __future__ import annotations

import multiprocessing
import signal
import time
from email.utils import format_datetime
from multiprocessing.connection import Connection
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Final

from django.core.mail import EmailMessage

from config.mail.models import Mail, Outcome

# Seconds for the whole delivery. EMAIL_TIMEOUT limits each step only, which a server can stretch by
# sending one byte at a time.
DELIVERY_TIMEOUT: Final = 30
MAX_ERROR_LENGTH: Final = 500
# Forking is fast, and safe because the worker has a single thread.
PROCESSES: Final = multiprocessing.get_context("fork")


class Delivery:
    """Deliver a mail in its own process, which can be killed whatever it waits for."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.end = time.monotonic() + DELIVERY_TIMEOUT
        self.receiver, sender = PROCESSES.Pipe(duplex=False)
        self.process = PROCESSES.Process(target=_run, args=(mail, sender), daemon=True)
        self.process.start()
        sender.close()

    def poll(self) -> Outcome | None:
        """Return the outcome, or None while the delivery is running."""
        if self.receiver.poll():
            return self._receive_outcome()
        if time.monotonic() < self.end:
            return None
        return self.abort(f"the delivery timed out after {DELIVERY_TIMEOUT} s")

    def abort(self, reason: str) -> Outcome:
        self.process.kill()
        self.process.join()
        self.receiver.close()
        return Outcome(reason)

    def _receive_outcome(self) -> Outcome:
        try:
            outcome: Outcome = self.receiver.recv()
        except EOFError:
            outcome = Outcome("the delivery process ended")
        self.process.join()
        self.receiver.close()
        return outcome


def _run(mail: Mail, sender: Connection[Any, Any]) -> None:
    # The worker handles SIGINT and waits for its deliveries.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sender.send(deliver(mail))


def deliver(mail: Mail) -> Outcome:
    """Send the mail with the same Message-ID and Date in every attempt."""
    headers = {"Message-ID": mail.message_id, "Date": format_datetime(mail.queued_at)}
    message = EmailMessage(mail.subject, mail.body, mail.sender, [mail.recipient], headers=headers)
    try:
        message.send()
    except Exception as error:
        return Outcome(describe(error), is_permanent(error))
    return Outcome()


def is_permanent(error: Exception) -> bool:
    """Return whether the server rejects the mail or its recipient, or the mail is malformed.

    Errors before that concern the site or its password, which an operator can correct.
    """
    if isinstance(error, SMTPRecipientsRefused):
        return all(code // 100 == 5 for code, _ in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return error.smtp_code // 100 == 5
    return isinstance(error, ValueError) and not isinstance(error, OSError)


def describe(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        text = "; ".join(_format_reply(*reply) for reply in error.recipients.values())
    elif isinstance(error, SMTPResponseException):
        text = _format_reply(error.smtp_code, error.smtp_error)
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:MAX_ERROR_LENGTH]


def _format_reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
