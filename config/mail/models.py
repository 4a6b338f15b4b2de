"""Mail as rows: written in the transaction of what it tells about, sent by a worker.

The queues there are do not fit: django-mailer holds a transaction while it talks to the mail
server, django-post_office has two workers send the same mail and pauses evenly, django-tasks-db
neither tries again nor frees what a killed worker had.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import make_msgid
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils import timezone

# How long whoever has taken a mail may be silent about it before the next one takes it, longer
# than a delivery lasts. A worker that is killed may have sent its mails, so that they come twice:
# better than a code that never comes.
LEASE: Final = timedelta(seconds=60)
# Doubled with every attempt, up to the longest.
PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=15)
# How long mails are kept that were sent or given up.
KEPT: Final = timedelta(days=14)

logger = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """How an attempt ended: without an error, or with one that passes or lasts."""

    error: str = ""
    lasts: bool = False


class MailQuerySet(models.QuerySet["Mail"]):
    def queue(self, message: EmailMessage, *, lifetime: timedelta) -> None:
        """Write a row for each recipient; nobody wants the mail any more after its lifetime."""
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
        """Take so many of the mails that are due, first those that were never tried.

        Nobody else takes them before LEASE is over.
        """
        now = timezone.now()
        due = self.filter(state=Mail.State.WAITING, due_at__lte=now, void_at__gt=now)
        with transaction.atomic():
            chosen = due.order_by("attempts", "due_at").select_for_update(skip_locked=True)
            if mails := list(chosen[:count]):
                taken = self.filter(pk__in=[mail.pk for mail in mails])
                taken.update(attempts=models.F("attempts") + 1, due_at=now + LEASE)
        for mail in mails:
            mail.attempts += 1
        return mails

    def try_again(self) -> int:
        """Put mails that were given up back into the queue, where they still tell something."""
        now = timezone.now()
        given_up = self.filter(state=Mail.State.GIVEN_UP, void_at__gt=now)
        return given_up.update(
            state=Mail.State.WAITING, attempts=0, due_at=now, finished_at=None, last_error=""
        )

    def tidy(self) -> None:
        """Give up what is void, forget what nobody may read any more, and remove what is old."""
        now = timezone.now()
        for mail in self.filter(state=Mail.State.WAITING, void_at__lte=now, due_at__lte=now):
            mail.give_up(mail.last_error or "nothing tried to send it in time")
        self.filter(void_at__lte=now, due_at__lte=now).exclude(body="").update(body="")
        self.filter(finished_at__lt=now - KEPT).delete()


class Mail(models.Model):
    """One mail to one address."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"

    sender = models.TextField()
    recipient = models.TextField()
    subject = models.TextField()
    body = models.TextField(editable=False)  # has codes and links: only until it is sent or void
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
            )
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.recipient}"

    def record(self, outcome: Outcome) -> None:
        """Note how the attempt ended that `claim` began."""
        next_attempt = timezone.now() + pause_after(self.attempts)
        if not outcome.error:
            self._end(Mail.State.SENT, body="", last_error="")
        elif outcome.lasts or next_attempt >= self.void_at:
            self.give_up(outcome.error)
        elif self._write(due_at=next_attempt, last_error=outcome.error):
            logger.warning("%s: attempt %s failed: %s", self, self.attempts, outcome.error)

    def give_up(self, error: str) -> None:
        # Until it is void it may be tried again, for which its body stays.
        if self._end(Mail.State.GIVEN_UP, last_error=error):
            logger.error("%s: given up after %s attempts: %s", self, self.attempts, error)

    def _end(self, state: State, **values: Any) -> bool:
        return self._write(state=state, finished_at=timezone.now(), **values)

    def _write(self, **values: Any) -> bool:
        """Whether the row still waited for this attempt: another one may have ended it."""
        waiting = Mail.objects.filter(pk=self.pk, state=Mail.State.WAITING)
        if values.get("state") != Mail.State.SENT:
            waiting = waiting.filter(attempts=self.attempts)
        return bool(waiting.update(**values))


def pause_after(attempts: int) -> timedelta:
    return min(PAUSE * (1 << min(attempts - 1, 16)), LONGEST_PAUSE)
