"""manage.py send_mail as the supervisor runs it, beside a real mail server."""

import signal
import time
from contextlib import contextmanager

import pytest
from django.utils import timezone

from config.mail.models import Mail
from config.mail.tests.rows import queued
from config.tests.processes import Activity, manage, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def worker(server):
    with manage("send_mail", EMAIL_URL=f"smtp://127.0.0.1:{server.port}") as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def states():
    return dict(Mail.objects.values_list("recipient", "state"))


def once(server):
    return manage("send_mail", "--once", EMAIL_URL=f"smtp://127.0.0.1:{server.port}")


def test_a_mail_is_sent_within_seconds_beside_those_that_hang(mail_server):
    with worker(mail_server):
        wait_until(lambda: Mail.objects.count() == 0, 1, "nothing is there yet")
        for number in range(15):
            queued(f"hang-{number}")
        wait_until(lambda: mail_server.asked.total() == 15, 20, "all hang")
        began = time.monotonic()
        queued()
        wait_until(lambda: "ada" in mail_server.recipients(), 5, "the mail is there")
        assert time.monotonic() - began < 5
    assert set(states().values()) == {"waiting", "sent"}


def test_each_way_to_misbehave_ends_as_it_should(mail_server):
    for name in ("refused", "later", "drop", "ada"):
        queued(name)
    with once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "1 sent, 3 attempts failed.\n"
    assert states() == {
        "refused@example.org": "given_up",
        "later@example.org": "waiting",
        "drop@example.org": "waiting",
        "ada@example.org": "sent",
    }
    mail_server.behaves = True
    Mail.objects.update(due_at=timezone.now())
    with once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "2 sent, 0 attempts failed.\n"


def test_two_workers_send_each_mail_once_on_two_connections(mail_server):
    for number in range(30):
        queued(f"ada-{number}")
    with Activity() as activity, worker(mail_server), worker(mail_server):
        wait_until(lambda: set(states().values()) == {"sent"}, 40, "all are sent")
    assert sorted(mail_server.recipients()) == sorted(f"ada-{n}" for n in range(30))
    assert activity.jobs <= 3  # one more may be about to end


def test_what_a_killed_worker_had_is_sent_later(mail_server):
    queued("hang")
    with worker(mail_server) as process:
        wait_until(lambda: mail_server.asked["hang"], 20, "it is being sent")
        process.kill()
    mail_server.behaves = True
    assert states() == {"hang@example.org": "waiting"}
    Mail.objects.update(due_at=timezone.now())
    with once(mail_server) as process:
        assert process.communicate(timeout=60)[0] == "1 sent, 0 attempts failed.\n"


def test_a_worker_that_is_stopped_ends_within_its_farewell(mail_server):
    queued("hang")
    with worker(mail_server) as process:
        wait_until(lambda: mail_server.asked["hang"], 20, "it is being sent")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert Mail.objects.get().last_error
