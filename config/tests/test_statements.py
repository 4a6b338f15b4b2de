"""What a page or an API call costs, counted where it arrives: in PostgreSQL's own log."""

import pytest
from django.test import Client

from accounts.tests.people import make_user
from config.tests.processes import ServerLog
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signed_in():
    client = Client()
    client.force_login(make_user())
    return client


def cost(client, path):
    """The statements of one GET, BEGIN, SET and health checks included."""
    client.get(path)
    log = ServerLog()
    assert client.get(path).status_code == 200
    return log.statements("ai4ceo web")


def test_an_authenticated_call_costs_one_statement_plus_its_own(signed_in):
    make_expert()
    statements = cost(signed_in, "/api/experts")
    assert len(statements) == 2
    assert "JOIN" in statements[0]
    assert "accounts_session" in statements[0]
    assert "accounts_user" in statements[0]


def test_a_page_that_is_about_the_person_alone_costs_two(signed_in):
    assert len(cost(signed_in, "/account/")) == 2


def test_home_costs_three_with_any_number_of_experts(signed_in):
    for number in range(30):
        make_expert(slug=f"expert-{number}")
    assert len(cost(signed_in, "/")) <= 3


def test_a_stranger_costs_none():
    assert cost(Client(), "/") == []


def test_readiness_costs_one_statement():
    assert cost(Client(), "/readyz") == ["SELECT 1"]
