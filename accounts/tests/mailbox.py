"""Contents of the mails that were sent."""

import re

from django.core import mail

from config.mail.delivery import deliver
from config.mail.models import Mail


def deliver_all():
    """Deliver the queued mails and return the outbox."""
    while queued := Mail.objects.claim(100):
        for row in queued:
            row.record(deliver(row))
    return mail.outbox


def get_code():
    (message,) = deliver_all()
    return re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", message.body, re.MULTILINE)[1]


def get_link():
    (message,) = deliver_all()
    return re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", message.body)[1]


def list_recipients():
    return [email for message in deliver_all() for email in message.to]
