"""The start page: landing for anonymous users, catalogue for others."""

import pytest
from django.db import OperationalError

from accounts.tests.people import make_admin, make_user
from onboarding.models import Expert, ExpertQuerySet, Preferences
from onboarding.tests.experts import make_expert, make_experts
from profiles.models import Profile

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(client):
    client.force_login(make_user())
    return client


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_landing_offers_sign_up_and_sign_in_without_a_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = text(client.get("/"))
    assert 'href="/accounts/signup/"' in page
    assert 'href="/accounts/login/"' in page
    assert "Sign out" not in page


def test_user_sees_active_experts(member):
    make_expert()
    make_expert(slug="gone", name="Retired", is_active=False)
    page = text(member.get("/"))
    assert "Navigator" in page
    assert "Knows the way." in page
    assert "Retired" not in page


@pytest.mark.parametrize("count", [1, 200])
def test_costs_three_statements(member, count, django_assert_num_queries):
    make_experts(count)
    with django_assert_num_queries(3):
        member.get("/")


def test_does_not_load_prompts(member, django_assert_num_queries):
    make_expert()
    with django_assert_num_queries(3) as captured:
        member.get("/")
    assert "prompt" not in captured.captured_queries[-1]["sql"]


def test_navigation_fits_the_user(client):
    client.force_login(make_user())
    page = text(client.get("/"))
    assert 'action="/accounts/logout/"' in page
    assert 'href="/account/"' in page
    assert 'href="/admin/"' not in page
    client.force_login(make_admin())
    assert 'href="/admin/"' in text(client.get("/"))


def test_marks_the_current_page(member):
    assert '<a href="/" aria-current="page">Experts</a>' in text(member.get("/"))


def test_searches_and_keeps_the_search_text(member):
    make_experts(2)
    make_expert(name="Tax & more")
    page = text(member.get("/", {"q": "tax &"}))
    assert 'value="tax &amp;"' in page
    assert "Tax &amp; more" in page
    assert "Expert 001" not in page


def test_explains_an_empty_result(member):
    make_expert()
    page = text(member.get("/?q=zebra"))
    assert "No experts match “zebra”" in page
    assert '<a href="/">see all experts</a>' in page


def test_explains_an_empty_catalogue(member):
    assert "manage.py seed_experts" in text(member.get("/"))


@pytest.mark.parametrize("query", ["%00", "%FF", "x" * 5000, "a+" * 500])
def test_any_search_text_works(member, query):
    make_expert()
    assert "No experts match" in text(member.get(f"/?q=zebra+{query}"))


def test_shows_24_on_a_page_and_keeps_the_search_in_the_links(member):
    make_experts(50)
    page = text(member.get("/?q=expert&page=2"))
    assert page.count('class="card expert"') == 24
    assert "50 experts for “expert”, page 2 of 3" in page
    assert 'href="/?q=expert&amp;page=1"' in page
    assert 'href="/?q=expert&amp;page=3"' in page


@pytest.mark.parametrize(
    ("page", "expected"), [("abc", 1), ("", 1), ("0", 1), ("-1", 1), ("9" * 30, 2)]
)
def test_invalid_page_becomes_the_nearest_one(member, page, expected):
    make_experts(30)
    assert f"page {expected} of 2" in text(member.get("/", {"page": page}))


def test_htmx_gets_only_the_results(member):
    make_expert()
    part = text(member.get("/?q=navi", headers=HTMX))
    assert "Navigator" in part
    assert "<html" not in part


def test_htmx_history_restore_gets_the_whole_page(member):
    restore = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in text(member.get("/?q=navi", headers=restore))


def test_varies_on_htmx(member):
    assert "HX-Request" in member.get("/").headers["Vary"]


def test_truncates_long_searches(member):
    page = text(member.get("/", {"q": "y" * 101}))
    assert f'value="{"y" * 100}"' in page
    assert f"No experts match “{'y' * 100}”" in page


def test_numbers_use_the_user_s_locale(client):
    user = make_user()
    Profile.for_user(user).store(locale="de")
    client.force_login(user)
    make_experts(1001)
    assert "1.001 experts, page 1 of 42" in text(client.get("/"))


def test_htmx_reloads_the_page_after_the_session_ended(client):
    assert client.get("/?q=navi", headers=HTMX).headers["HX-Refresh"] == "true"


def test_rejects_post(member):
    assert member.post("/").status_code == 405


def test_busy_database_is_503_with_retry_after(member, monkeypatch):
    def busy(self, favourites=()):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr(ExpertQuerySet, "for_catalogue", busy)
    member.raise_request_exception = False
    response = member.get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "query_wait_timeout" not in response.content.decode()
    assert "Try again" in response.content.decode()


@pytest.fixture
def favourite(client):
    """Sign in a user whose favourite is the last expert by name; return its id."""
    user, key = make_user(), make_expert(name="Zebra").pk
    Preferences.for_user(user).store(experts=[key])
    client.force_login(user)
    return key


def test_favourites_come_first_with_a_badge(client, favourite):
    make_experts(30)
    page = text(client.get("/"))
    assert page.index("Zebra") < page.index("Expert 001") < page.index("Expert 023")
    assert "Expert 024" not in page
    assert page.count("</span> Favourite</span>") == 1
    assert f'action="/onboarding/experts/{favourite}/unfavourite/"' in page
    assert page.count("/favourite/") == 2 * 23


def test_last_page_has_the_rest_without_favourites(client, favourite):
    make_experts(30)
    page = text(client.get("/?page=2"))
    assert "Zebra" not in page
    assert page.index("Expert 024") < page.index("Expert 030")


def test_search_lists_favourites_first(client, favourite):
    make_experts(2)
    page = text(client.get("/?q=knows"))
    assert page.index("Zebra") < page.index("Expert 001")
    assert "Zebra" not in text(client.get("/?q=expert"))


def test_skips_deleted_and_inactive_favourites(client, favourite):
    make_experts(1)
    Expert.objects.filter(pk=favourite).update(is_active=False)
    assert "Zebra" not in text(client.get("/"))
    Expert.objects.filter(pk=favourite).delete()
    assert "1 expert<" in text(client.get("/"))


@pytest.mark.parametrize("count", [1, 200])
def test_favourites_cost_no_extra_statement(client, favourite, count, django_assert_num_queries):
    make_experts(count)
    with django_assert_num_queries(3):
        client.get("/")


def test_favourite_button_keeps_search_and_page(member):
    make_experts(30)
    page = text(member.get("/?q=expert&page=2"))
    assert 'name="next" value="/?q=expert&amp;page=2"' in page
    part = text(member.get("/?q=expert&page=2", headers=HTMX))
    assert 'name="next" value="/?q=expert&amp;page=2"' in part


def test_button_label_names_the_expert(member):
    key = make_expert().pk
    button = f'id="favourite-{key}" aria-label="Add to favourites: Navigator">Add to favourites<'
    assert button in text(member.get("/"))
