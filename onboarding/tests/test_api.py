"""GET /api/experts"""

import pytest

from accounts.tests.people import make_user
from onboarding.tests.experts import make_expert, make_experts

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    client.force_login(make_user())
    return client


def test_lists_the_active_experts(member):
    expert = make_expert()
    make_expert(slug="gone", is_active=False)
    assert member.get("/api/experts").json() == [
        {
            "id": expert.pk,
            "slug": "navigator",
            "name": "Navigator",
            "description": "Knows the way.",
            "icon": "N",
        }
    ]


@pytest.mark.parametrize("count", [1, 200])
def test_costs_two_statements(member, count, django_assert_num_queries):
    make_experts(count)
    with django_assert_num_queries(2):
        assert len(member.get("/api/experts").json()) == count


def test_returns_the_requested_page(member):
    make_experts(4)
    part = member.get("/api/experts?limit=2&offset=1").json()
    assert [expert["slug"] for expert in part] == ["expert-002", "expert-003"]


@pytest.mark.parametrize("limit", ["abc", "1.5", "1.0", "+1", "1_0", "0", "501", "-1", ""])
def test_invalid_limit_is_422(member, limit):
    response = member.get("/api/experts", {"limit": limit})
    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["limit"]


@pytest.mark.parametrize(
    ("query", "field"), [("limt=1", "limt"), ("limit=1&limit=2", "limit"), ("q=x", "q")]
)
def test_unknown_or_repeated_parameter_is_422(member, query, field):
    response = member.get(f"/api/experts?{query}")
    assert (response.status_code, list(response.json()["fields"])) == (422, [field])


def test_offset_beyond_the_end_returns_an_empty_list(member):
    assert member.get("/api/experts?offset=10000000").json() == []


def test_continues_after_an_expert(member, django_assert_num_queries):
    make_experts(4)
    first, second = member.get("/api/experts?limit=2").json()
    assert [first["slug"], second["slug"]] == ["expert-001", "expert-002"]
    with django_assert_num_queries(2):
        following = member.get(f"/api/experts?limit=1&after={second['id']}").json()
    assert [expert["slug"] for expert in following] == ["expert-003"]
    assert member.get("/api/experts?after=999999999").json() == []


@pytest.mark.parametrize("after", ["0", "-1", "x", ""])
def test_invalid_after_is_422(member, after):
    response = member.get("/api/experts", {"after": after})
    assert (response.status_code, list(response.json()["fields"])) == (422, ["after"])


def test_anonymous_is_401(client):
    assert client.get("/api/experts").status_code == 401


def test_rejects_post(member):
    assert member.post("/api/experts").status_code == 405
