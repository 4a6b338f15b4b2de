"""One mail to the mail server."""

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

# Seconds for the whole delivery; EMAIL_TIMEOUT, for a step, is no limit for a server that says one
# letter at a time.
LIMIT: Final = 30
LONGEST_ERROR: Final = 500
# A copy of the worker, which is ready at once; it has but one thread.
PROCESSES: Final = multiprocessing.get_context("fork")


class Delivery:
    """A mail on its way in a process of its own, which can be ended whatever it waits for."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.end = time.monotonic() + LIMIT
        self.answer, said = PROCESSES.Pipe(duplex=False)
        self.process = PROCESSES.Process(target=_deliver, args=(mail, said), daemon=True)
        self.process.start()
        said.close()

    def outcome(self) -> Outcome | None:
        """How it ended; None while it is on its way and has time."""
        if self.answer.poll():
            return self._last_word()
        if time.monotonic() < self.end:
            return None
        return self.break_off(f"it was not over after {LIMIT} s")

    def break_off(self, reason: str) -> Outcome:
        self.process.kill()
        self.process.join()
        self.answer.close()
        return Outcome(reason)

    def _last_word(self) -> Outcome:
        try:
            outcome: Outcome = self.answer.recv()
        except EOFError:
            outcome = Outcome("its process ended")
        self.process.join()
        self.answer.close()
        return outcome


def _deliver(mail: Mail, said: Connection[Any, Any]) -> None:
    # The worker, which waits for its deliveries, is the one to be told to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    said.send(deliver(mail))


def deliver(mail: Mail) -> Outcome:
    """Hand the mail to the mail server, as the same message in every attempt."""
    headers = {"Message-ID": mail.message_id, "Date": format_datetime(mail.queued_at)}
    message = EmailMessage(mail.subject, mail.body, mail.sender, [mail.recipient], headers=headers)
    try:
        message.send()
    except Exception as error:
        return Outcome(described(error), is_lasting(error))
    return Outcome()


def is_lasting(error: Exception) -> bool:
    """Whether the server refuses this mail or its recipient for good, or it cannot be written.

    What it says before it is about the site or its password, which an operator may mend.
    """
    if isinstance(error, SMTPRecipientsRefused):
        return all(code // 100 == 5 for code, _ in error.recipients.values())
    if isinstance(error, SMTPDataError):
        return error.smtp_code // 100 == 5
    return isinstance(error, ValueError) and not isinstance(error, OSError)


def described(error: Exception) -> str:
    """One line."""
    if isinstance(error, SMTPRecipientsRefused):
        said = "; ".join(_reply(*reply) for reply in error.recipients.values())
    elif isinstance(error, SMTPResponseException):
        said = _reply(error.smtp_code, error.smtp_error)
    else:
        said = f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:LONGEST_ERROR]


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
