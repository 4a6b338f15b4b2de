"""The list of experts for a page: favourites first, cut at a number."""

import pytest

from accounts.tests.people import make_user
from onboarding import results
from onboarding.models import Expert
from onboarding.results import Results
from onboarding.tests.experts import make_expert, make_experts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_at_most(monkeypatch):
    monkeypatch.setattr(results, "MOST", 3)


def list_slugs(found, start=0, stop=24):
    return [expert.slug for expert in found[start:stop]]


@pytest.mark.parametrize("text", ["", "expert"])
@pytest.mark.parametrize(
    ("experts", "count", "is_cut"), [(2, 2, False), (3, 3, False), (4, 3, True)]
)
def test_counts_only_to_the_cut(text, experts, count, is_cut):
    make_experts(experts)
    found = Results(text, [])
    assert (found.count(), found.is_cut) == (count, is_cut)


@pytest.mark.parametrize("text", ["", "expert"])
@pytest.mark.parametrize("experts", [3, 5])
def test_lists_favourites_from_beyond_the_cut_first(text, experts):
    make_experts(experts)
    last = Expert.objects.get(slug=f"expert-{experts:03}")
    found = Results(text, [last.pk])
    assert list_slugs(found, 0, 2) == [last.slug, "expert-001"]
    assert list_slugs(found, 2, 3) == ["expert-002"]


@pytest.mark.parametrize("is_cut", [True, False])
def test_lists_only_active_matches(is_cut):
    make_experts(4 if is_cut else 2)
    make_expert(slug="tax", name="Tax")
    gone = make_expert(slug="gone", name="Expert 000", is_active=False)
    found = Results("expert", [gone.pk])
    assert found.is_cut == is_cut
    assert list_slugs(found, 0, 2) == ["expert-001", "expert-002"]


def test_page_says_that_there_are_more(client):
    client.force_login(make_user())
    make_experts(4)
    page = client.get("/").content.decode()
    assert "More than 3 experts<" in page
    assert "Search for a name or a topic" in page
