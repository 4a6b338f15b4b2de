from datetime import timedelta

from django.core.mail import EmailMessage

from config.mail.models import Mail
from config.mail.queue import Queue


def queued(name="ada", *, lifetime=timedelta(minutes=15)):
    """A mail to this name in the queue."""
    message = EmailMessage("Your code", "BBBB-CCCC", "site@example.org", [f"{name}@example.org"])
    message.connection = Queue(lifetime=lifetime)
    message.send()
    return Mail.objects.latest("pk")
