"""A mail server that hangs after accepting connections slows no page."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from accounts.tests.people import PASSWORD
from config.mail.models import Mail
from config.tests.processes import get_status, gunicorn, manage, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "t" * 32
MANY = 31


def post(port, path, number, **fields):
    headers = {
        "Cookie": f"csrftoken={TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"192.0.2.{number}",
    }
    body = urlencode(fields | {"csrfmiddlewaretoken": TOKEN})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    connection.close()
    return response.status


def test_31_hanging_mails_slow_no_page(mail_server):
    where = {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}", "TRUSTED_PROXY_COUNT": "1"}
    with gunicorn(**where) as port, manage("send_mail", **where) as worker:
        try:
            with ThreadPoolExecutor(MANY) as executor:
                requests = [
                    executor.submit(
                        post, port, "/accounts/password/reset/", n, email=f"hang-{n}@example.org"
                    )
                    for n in range(1, MANY + 1)
                ]
            assert {response.result() for response in requests} == {302}
            wait_until(lambda: mail_server.attempts.total() >= 16, 30, "the worker's mails hang")
            account = {"email": "hang@example.org", "password1": PASSWORD}
            assert post(port, "/accounts/signup/", 99, **account) == 302
            assert [get_status(port, path) for path in ("/", "/readyz", "/healthz")] == [200] * 3
        finally:
            worker.kill()
            worker.communicate(timeout=30)
    assert mail_server.received == []
    assert Mail.objects.filter(state="waiting").count() == MANY + 1
