"""The mail queue: a row per mail, written in the sender's transaction and sent by a worker."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import make_msgid
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils import timezone

from config.observe.events import Kind, send_event

# Existing queues do not fit: django-mailer holds a transaction while it talks to the mail server,
# django-post_office can send a mail twice with two workers and has no growing delays, and
# django-tasks-db neither retries nor frees the tasks of a killed worker.

# A claimed mail is claimed again after this time, which is longer than a delivery. If a worker is
# killed after sending, the mail arrives twice: better than a code that never arrives.
LEASE: Final = timedelta(seconds=60)
# Doubled with every attempt, up to the maximum.
RETRY_DELAY: Final = timedelta(seconds=10)
MAX_RETRY_DELAY: Final = timedelta(minutes=15)
# Of mails that were sent or given up.
RETENTION: Final = timedelta(days=14)

logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """Result of an attempt; no error means success."""

    error: str = ""
    is_permanent: bool = False


class MailQuerySet(models.QuerySet["Mail"]):
    def enqueue(self, message: EmailMessage, *, lifetime: timedelta) -> None:
        """Create a row per recipient; the mail is not sent after its lifetime."""
        now = timezone.now()
        for recipient in message.recipients():
            self.create(
                sender=message.from_email,
                recipient=recipient,
                subject=str(message.subject),
                body=str(message.body),
                message_id=make_msgid(domain=settings.MAIL_DOMAIN),
                queued_at=now,
                due_at=now,
                void_at=now + lifetime,
            )

    def claim(self, count: int) -> list[Mail]:
        """Claim up to `count` due mails for LEASE, those with the fewest attempts first."""
        now = timezone.now()
        due = self.filter(state=Mail.State.WAITING, due_at__lte=now, void_at__gt=now)
        with transaction.atomic():
            candidates = due.order_by("attempts", "due_at").select_for_update(skip_locked=True)
            if mails := list(candidates[:count]):
                claimed = self.filter(pk__in=[mail.pk for mail in mails])
                claimed.update(attempts=models.F("attempts") + 1, due_at=now + LEASE)
        for mail in mails:
            mail.attempts += 1
        return mails

    def count_waiting(self) -> int:
        return self.filter(state=Mail.State.WAITING).count()

    def try_again(self) -> int:
        """Requeue mails that were given up and whose lifetime is not over."""
        now = timezone.now()
        given_up = self.filter(state=Mail.State.GIVEN_UP, void_at__gt=now)
        return given_up.update(
            state=Mail.State.WAITING, attempts=0, due_at=now, finished_at=None, last_error=""
        )

    def clean_up(self) -> None:
        """Give up expired mails, erase their bodies and delete old rows."""
        now = timezone.now()
        for mail in self.filter(state=Mail.State.WAITING, void_at__lte=now, due_at__lte=now):
            mail.give_up(mail.last_error or "no worker tried to send it in time")
        self.filter(void_at__lte=now, due_at__lte=now).exclude(body="").update(body="")
        self.filter(finished_at__lt=now - RETENTION).delete()


class Mail(models.Model):
    """One mail to one e-mail address."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"

    sender = models.TextField()
    recipient = models.TextField()
    subject = models.TextField()
    body = models.TextField(editable=False)  # contains codes and links; erased when sent or expired
    message_id = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    queued_at = models.DateTimeField("queued")
    due_at = models.DateTimeField("next attempt")
    void_at = models.DateTimeField("void from")
    finished_at = models.DateTimeField("sent or given up", null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mails"
        indexes = [
            models.Index(
                name="mail_waiting",
                fields=["attempts", "due_at"],
                condition=models.Q(state="waiting"),
            ),
            models.Index(name="mail_newest_first", fields=["-queued_at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.recipient}"

    def record(self, outcome: Outcome) -> None:
        next_attempt = timezone.now() + get_retry_delay(self.attempts)
        if not outcome.error:
            self._end(Mail.State.SENT, body="", last_error="")
        elif outcome.is_permanent or next_attempt >= self.void_at:
            self.give_up(outcome.error)
        elif self._write(due_at=next_attempt, last_error=outcome.error):
            logger.warning("mail %s: attempt %s failed: %s", self.pk, self.attempts, outcome.error)
        send_event(Kind.MAIL_FAILED if outcome.error else Kind.MAIL_SENT)

    def give_up(self, error: str) -> None:
        # The body stays, so that `try_again` can send it.
        if self._end(Mail.State.GIVEN_UP, last_error=error):
            logger.error("mail %s: given up after %s attempts: %s", self.pk, self.attempts, error)
            send_event(Kind.MAIL_GIVEN_UP)

    def _end(self, state: State, **values: Any) -> bool:
        return self._write(state=state, finished_at=timezone.now(), **values)

    def _write(self, **values: Any) -> bool:
        """Return whether the row was still waiting; a later attempt may have finished it."""
        waiting = Mail.objects.filter(pk=self.pk, state=Mail.State.WAITING)
        if values.get("state") != Mail.State.SENT:
            waiting = waiting.filter(attempts=self.attempts)
        return bool(waiting.update(**values))


def get_retry_delay(attempts: int) -> timedelta:
    return min(RETRY_DELAY * (1 << min(attempts - 1, 16)), MAX_RETRY_DELAY)
