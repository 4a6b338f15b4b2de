from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from config.mail.models import Mail, Outcome, pause_after
from config.mail.queue import Queue
from config.mail.tests.rows import queued

pytestmark = pytest.mark.django_db

LATER, REFUSED = Outcome("451 later"), Outcome("550 no such user", lasts=True)


def claimed():
    (mail,) = Mail.objects.claim(10)
    return mail


def shift(**values):
    Mail.objects.update(**values)


def test_a_mail_is_claimed_once():
    mail = queued()
    assert Mail.objects.claim(10) == [mail]
    assert Mail.objects.claim(10) == []


def test_what_a_dead_worker_had_is_claimed_again_after_its_lease():
    mail = queued()
    claimed()
    shift(due_at=timezone.now())
    assert (claimed(), Mail.objects.get().attempts) == (mail, 2)


def test_those_never_tried_come_first():
    tried, new = queued(), queued("bob")
    Mail.objects.filter(pk=tried.pk).update(attempts=3)
    assert Mail.objects.claim(1) == [new]


def test_a_sent_mail_keeps_no_text():
    queued()
    claimed().record(Outcome())
    mail = Mail.objects.get()
    assert (mail.state, mail.body, mail.last_error) == ("sent", "", "")
    assert mail.finished_at


def test_a_failed_attempt_is_followed_by_another_and_says_why():
    queued()
    claimed().record(LATER)
    mail = Mail.objects.get()
    assert (mail.state, mail.last_error) == ("waiting", "451 later")
    assert mail.due_at > timezone.now()


def test_the_pauses_grow_up_to_a_quarter_of_an_hour():
    pauses = [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 7, 8, 1000)]
    assert pauses == [10, 20, 40, 640, 900, 900]


def test_a_lasting_refusal_ends_it_and_is_logged(caplog):
    queued()
    claimed().record(REFUSED)
    assert Mail.objects.get().state == "given_up"
    assert "ada@example.org: given up after 1 attempts: 550 no such user" in caplog.text
    assert "BBBB-CCCC" not in caplog.text


def test_it_is_given_up_when_the_next_attempt_would_be_too_late():
    queued(lifetime=timedelta(seconds=9))
    claimed().record(LATER)
    assert Mail.objects.get().state == "given_up"


def test_a_void_mail_is_not_sent_but_given_up_and_forgotten():
    queued(lifetime=timedelta(0))
    assert Mail.objects.claim(10) == []
    Mail.objects.tidy()
    mail = Mail.objects.get()
    assert (mail.state, mail.body) == ("given_up", "")


def test_the_outcome_of_an_attempt_that_another_followed_counts_only_if_it_was_sent():
    queued()
    first = claimed()
    shift(due_at=timezone.now())
    claimed()
    first.record(REFUSED)
    assert Mail.objects.get().state == "waiting"
    first.record(Outcome())
    assert Mail.objects.get().state == "sent"


def test_what_was_given_up_is_tried_again_while_it_tells_something():
    queued()
    claimed().record(REFUSED)
    assert Mail.objects.try_again() == 1
    claimed().record(REFUSED)
    shift(void_at=timezone.now())
    assert Mail.objects.try_again() == 0


def test_old_rows_are_removed():
    queued()
    claimed().record(Outcome())
    queued("bob")
    shift(finished_at=timezone.now() - timedelta(days=15))
    Mail.objects.filter(recipient="bob@example.org").update(finished_at=None)
    Mail.objects.tidy()
    assert Mail.objects.get().recipient == "bob@example.org"


def test_a_mail_with_a_second_body_is_refused():
    message = EmailMultiAlternatives("Hello", "Text", to=["ada@example.org"])
    message.attach_alternative("<p>Text</p>", "text/html")
    message.connection = Queue(lifetime=timedelta(1))
    with pytest.raises(ValueError, match="plain text"):
        message.send()
