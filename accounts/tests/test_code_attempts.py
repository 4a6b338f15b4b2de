from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.forms import BaseConfirmCodeForm
from django.db import connections
from django.test import Client

from accounts import code_attempts
from accounts.tests.people import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def run_at_once(call, count=12):
    def run_one(number):
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run_one, range(count)))


def test_concurrent_guesses_stop_at_the_limit():
    used = run_at_once(
        lambda _: code_attempts.use_guess("a@b.org", "BBBB-BBBB", max_guesses=3, seconds=60)
    )
    assert sum(used) == 3


def test_each_code_has_its_own_guesses():
    for code in ("BBBB-BBBB", "CCCC-CCCC"):
        assert code_attempts.use_guess("a@b.org", code, max_guesses=1, seconds=60)
        assert not code_attempts.use_guess("a@b.org", code, max_guesses=1, seconds=60)


def test_three_of_many_concurrent_codes_are_compared(client, monkeypatch):
    compared = []
    compare = BaseConfirmCodeForm.clean_code
    monkeypatch.setattr(
        BaseConfirmCodeForm, "clean_code", lambda form: compared.append(form) or compare(form)
    )
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": PASSWORD})
    key = client.cookies["sessionid"].value

    def guess(number):
        browser = Client(headers={"Cookie": f"sessionid={key}"})
        return browser.post("/accounts/confirm-email/", {"code": "BBBB-BBBB"}).status_code

    run_at_once(guess)
    assert len(compared) == 3
