"""A restart of PgBouncer loses no request."""

import threading

import pytest

from config.tests.processes import get_status, gunicorn, load, supervisorctl

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]


@pytest.fixture(scope="module")
def port():
    with gunicorn(WEB_WORKERS="1", WEB_THREADS="4") as port:
        yield port


def test_every_thread_answers_after_a_restart(port):
    before = load(port, "/readyz", {}, clients=8, requests=10)
    supervisorctl("restart", "pgbouncer-web")
    after = load(port, "/readyz", {}, clients=8, requests=10)
    assert set(before) == {200}
    assert set(after) == {200}


def test_request_waits_while_pgbouncer_is_down(port):
    answers = []
    assert get_status(port, "/readyz") == 200
    supervisorctl("stop", "pgbouncer-web")
    try:
        asking = threading.Thread(target=lambda: answers.append(get_status(port, "/readyz")))
        asking.start()
    finally:
        supervisorctl("start", "pgbouncer-web")
    asking.join()
    assert answers == [200]


def test_restart_under_load_fails_no_request(port):
    answers, done = [], threading.Event()
    asking = threading.Thread(
        target=lambda: answers.append(load(port, "/readyz", {}, clients=8, until=done))
    )
    asking.start()
    for _ in range(3):
        supervisorctl("restart", "pgbouncer-web")
    done.set()
    asking.join()
    assert set(answers[0]) == {200}
    assert answers[0][200] > 100
