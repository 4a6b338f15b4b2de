from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from config.mail.models import Mail, Outcome, get_retry_delay
from config.mail.queue import QueueBackend
from config.mail.tests.rows import queue_mail

pytestmark = pytest.mark.django_db

LATER, REFUSED = Outcome("451 later"), Outcome("550 no such user", is_permanent=True)


def claim_mail():
    (mail,) = Mail.objects.claim(10)
    return mail


def update_rows(**values):
    Mail.objects.update(**values)


def test_a_mail_is_claimed_once():
    mail = queue_mail()
    assert Mail.objects.claim(10) == [mail]
    assert Mail.objects.claim(10) == []


def test_a_mail_is_claimed_again_after_its_lease():
    mail = queue_mail()
    claim_mail()
    update_rows(due_at=timezone.now())
    assert (claim_mail(), Mail.objects.get().attempts) == (mail, 2)


def test_claims_mails_with_the_fewest_attempts_first():
    tried, new = queue_mail(), queue_mail("bob")
    Mail.objects.filter(pk=tried.pk).update(attempts=3)
    assert Mail.objects.claim(1) == [new]


def test_a_sent_mail_keeps_no_body():
    queue_mail()
    claim_mail().record(Outcome())
    mail = Mail.objects.get()
    assert (mail.state, mail.body, mail.last_error) == ("sent", "", "")
    assert mail.finished_at


def test_a_failed_attempt_is_retried_and_recorded():
    queue_mail()
    claim_mail().record(LATER)
    mail = Mail.objects.get()
    assert (mail.state, mail.last_error) == ("waiting", "451 later")
    assert mail.due_at > timezone.now()


def test_retry_delays_grow_to_15_minutes():
    delays = [get_retry_delay(attempts).total_seconds() for attempts in (1, 2, 3, 7, 8, 1000)]
    assert delays == [10, 20, 40, 640, 900, 900]


def test_a_permanent_error_is_given_up_and_logged(caplog):
    queue_mail()
    claim_mail().record(REFUSED)
    mail = Mail.objects.get()
    assert mail.state == "given_up"
    assert f"mail {mail.pk}: given up after 1 attempts: 550 no such user" in caplog.text
    assert "ada" not in caplog.text
    assert "BBBB-CCCC" not in caplog.text


def test_gives_up_if_the_next_attempt_would_be_too_late():
    queue_mail(lifetime=timedelta(seconds=9))
    claim_mail().record(LATER)
    assert Mail.objects.get().state == "given_up"


def test_an_expired_mail_is_given_up_and_its_body_erased():
    queue_mail(lifetime=timedelta(0))
    assert Mail.objects.claim(10) == []
    Mail.objects.clean_up()
    mail = Mail.objects.get()
    assert (mail.state, mail.body) == ("given_up", "")


def test_an_outdated_outcome_counts_only_if_the_mail_was_sent():
    queue_mail()
    first = claim_mail()
    update_rows(due_at=timezone.now())
    claim_mail()
    first.record(REFUSED)
    assert Mail.objects.get().state == "waiting"
    first.record(Outcome())
    assert Mail.objects.get().state == "sent"


def test_retries_given_up_mails_within_their_lifetime():
    queue_mail()
    claim_mail().record(REFUSED)
    assert Mail.objects.try_again() == 1
    claim_mail().record(REFUSED)
    update_rows(void_at=timezone.now())
    assert Mail.objects.try_again() == 0


def test_deletes_old_rows():
    queue_mail()
    claim_mail().record(Outcome())
    queue_mail("bob")
    update_rows(finished_at=timezone.now() - timedelta(days=15))
    Mail.objects.filter(recipient="bob@example.org").update(finished_at=None)
    Mail.objects.clean_up()
    assert Mail.objects.get().recipient == "bob@example.org"


def test_rejects_a_mail_with_a_second_body():
    message = EmailMultiAlternatives("Hello", "Text", to=["ada@example.org"])
    message.attach_alternative("<p>Text</p>", "text/html")
    message.connection = QueueBackend(lifetime=timedelta(1))
    with pytest.raises(ValueError, match="plain text"):
        message.send()


def test_counts_attempts_and_their_outcomes(list_events):
    for outcome in (Outcome(), LATER, REFUSED):
        queue_mail()
        claim_mail().record(outcome)
    kinds = [event["kind"] for event in list_events()]
    assert kinds == ["mail_sent", "mail_failed", "mail_given_up", "mail_failed"]
