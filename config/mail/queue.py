from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from config.mail.models import Mail


class QueueBackend(BaseEmailBackend):
    """E-mail backend that writes messages into the queue."""

    def __init__(self, *, lifetime: timedelta) -> None:
        super().__init__()
        self.lifetime = lifetime

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if message.attachments or getattr(message, "alternatives", None):
                raise ValueError("The queue accepts plain text mails only.")
            Mail.objects.enqueue(message, lifetime=self.lifetime)
        return len(email_messages)
