"""What an answer costs must not tell whether an address has an account."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def cost(address):
    with CaptureQueriesContext(connection) as captured:
        answer = Client().post("/accounts/password/reset/", {"email": address})
    assert answer.status_code == 302
    return len(captured)


def test_a_reset_sends_as_many_statements_for_a_known_address_as_for_an_unknown():
    make_user()
    cost("warm@example.org")
    assert cost("ada@example.org") == cost("bob@example.org") > 0
