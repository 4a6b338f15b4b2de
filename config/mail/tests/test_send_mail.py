"""`manage.py send_mail` with a real mail server."""

import signal
import time
from contextlib import contextmanager

import pytest
from django.utils import timezone

from config.mail.models import Mail
from config.mail.tests.rows import queue_mail
from config.tests.processes import Activity, manage, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def run_worker(server):
    with manage("send_mail", EMAIL_URL=f"smtp://127.0.0.1:{server.port}") as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def get_states():
    return dict(Mail.objects.values_list("recipient", "state"))


def run_once(server):
    return manage("send_mail", "--once", EMAIL_URL=f"smtp://127.0.0.1:{server.port}")


def test_hanging_mails_do_not_delay_others(mail_server):
    with run_worker(mail_server):
        wait_until(lambda: Mail.objects.count() == 0, 1, "the queue is empty")
        for number in range(15):
            queue_mail(f"hang-{number}")
        wait_until(lambda: mail_server.attempts.total() == 15, 20, "all hang")
        started = time.monotonic()
        queue_mail()
        wait_until(lambda: "ada" in mail_server.recipients(), 5, "the mail arrives")
        assert time.monotonic() - started < 5
    assert set(get_states().values()) == {"waiting", "sent"}


def test_handles_each_error_of_the_server(mail_server):
    for name in ("refused", "later", "drop", "ada"):
        queue_mail(name)
    with run_once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "1 sent, 3 attempts failed.\n"
    assert get_states() == {
        "refused@example.org": "given_up",
        "later@example.org": "waiting",
        "drop@example.org": "waiting",
        "ada@example.org": "sent",
    }
    mail_server.behaves = True
    Mail.objects.update(due_at=timezone.now())
    with run_once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "2 sent, 0 attempts failed.\n"


def test_two_workers_send_each_mail_once(mail_server):
    for number in range(30):
        queue_mail(f"ada-{number}")
    with Activity() as activity, run_worker(mail_server), run_worker(mail_server):
        wait_until(lambda: set(get_states().values()) == {"sent"}, 40, "all are sent")
    assert sorted(mail_server.recipients()) == sorted(f"ada-{n}" for n in range(30))
    assert activity.jobs <= 3  # one more may be about to end


def test_mails_of_a_killed_worker_are_sent_later(mail_server):
    queue_mail("hang")
    with run_worker(mail_server) as process:
        wait_until(lambda: mail_server.attempts["hang"], 20, "it is being sent")
        process.kill()
    mail_server.behaves = True
    assert get_states() == {"hang@example.org": "waiting"}
    Mail.objects.update(due_at=timezone.now())
    with run_once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "1 sent, 0 attempts failed.\n"


def test_a_stopped_worker_exits_within_its_timeout(mail_server):
    queue_mail("hang")
    with run_worker(mail_server) as process:
        wait_until(lambda: mail_server.attempts["hang"], 20, "it is being sent")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert Mail.objects.get().last_error
