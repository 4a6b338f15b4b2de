from datetime import timedelta

from django.core.mail import EmailMessage

from config.mail.models import Mail
from config.mail.queue import QueueBackend


def queue_mail(name="ada", *, lifetime=timedelta(minutes=15)):
    message = EmailMessage("Your code", "BBBB-CCCC", "site@example.org", [f"{name}@example.org"])
    message.connection = QueueBackend(lifetime=lifetime)
    message.send()
    return Mail.objects.latest("pk")
