"""The rules of favourites, and the buttons on home."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.tests.people import make_user
from onboarding import favourites
from onboarding.models import MAX_FAVOURITES, Expert, Preferences
from onboarding.tests.experts import make_expert, make_experts

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
AWAY = ["https://evil.example/", "//evil.example", "javascript:x", "foo", "A", "é", "?q=1"]


@pytest.fixture
def ada(client):
    user = make_user()
    client.force_login(user)
    return user


def list_favourites(user):
    return Preferences.objects.get(pk=user.pk).experts


def test_keeps_order_and_drops_duplicates_with_one_statement(django_assert_num_queries):
    first, second = make_expert(slug="first").pk, make_expert(slug="second").pk
    with django_assert_num_queries(1):
        assert favourites.validate([second, first, second], current=[]) == [second, first]


def test_current_inactive_favourite_may_stay_without_a_statement(
    django_assert_num_queries,
):
    inactive = make_expert(is_active=False).pk
    with django_assert_num_queries(0):
        assert favourites.validate([inactive], current=[inactive]) == [inactive]


@pytest.mark.parametrize("key", [0, -1, 2**31, 2**63 - 1, 2**63, 10**40])
def test_rejects_unknown_experts(key):
    known = make_expert().pk
    with pytest.raises(ValidationError) as caught:
        favourites.validate([known, key], current=[])
    assert caught.value.code == "unknown"


@pytest.mark.parametrize("key", [0, -1, 2**63])
def test_impossible_id_costs_no_statement(key, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(ValidationError):
        favourites.validate([key], current=[])


def test_rejects_inactive_experts():
    with pytest.raises(ValidationError):
        favourites.validate([make_expert(is_active=False).pk], current=[])


def test_rejects_more_than_fifty():
    make_experts(51)
    keys = list(Expert.objects.values_list("pk", flat=True))
    assert len(favourites.validate(keys[:50], current=[])) == MAX_FAVOURITES
    with pytest.raises(ValidationError, match="at most 50"):
        favourites.validate(keys, current=[])


def test_database_rejects_more_than_fifty():
    user = make_user()
    with pytest.raises(IntegrityError):
        Preferences.for_user(user).store(experts=list(range(51)))


def test_adds_and_redirects_back_to_the_search(client, ada):
    key = make_expert().pk
    form = {"next": "/?q=navi&page=1"}
    response = client.post(f"/onboarding/experts/{key}/favourite/", form)
    assert response.headers["Location"] == f"/?q=navi&page=1#expert-{key}"
    assert list_favourites(ada) == [key]


def test_adds_once_at_the_end(client, ada):
    first, second = make_expert(slug="first").pk, make_expert(slug="second").pk
    for key in (first, second, first):
        client.post(f"/onboarding/experts/{key}/favourite/")
    assert list_favourites(ada) == [first, second]


def test_adds_while_another_favourite_is_inactive(client, ada):
    inactive, here = make_expert(is_active=False).pk, make_expert(slug="here").pk
    Preferences.for_user(ada).store(experts=[inactive])
    client.post(f"/onboarding/experts/{here}/favourite/")
    assert list_favourites(ada) == [inactive, here]


def test_removes_and_ignores_a_second_click(client, ada):
    key, other = make_expert().pk, make_expert(slug="other").pk
    Preferences.for_user(ada).store(experts=[key, other])
    for _ in range(2):
        response = client.post(f"/onboarding/experts/{key}/unfavourite/")
        assert response.headers["Location"] == f"/#expert-{key}"
    assert list_favourites(ada) == [other]


def test_user_without_a_row_can_add_favourites(client):
    user = make_user(newcomer=True)
    client.force_login(user)
    key = make_expert().pk
    client.post(f"/onboarding/experts/{key}/favourite/")
    assert list_favourites(user) == [key]


def test_htmx_gets_only_the_card(client, ada):
    key = make_expert().pk
    path, form = f"/onboarding/experts/{key}", {"next": "/?q=navi"}
    card = client.post(f"{path}/favourite/", form, headers=HTMX).content.decode()
    assert "Favourite</span>" in card
    assert f'hx-post="{path}/unfavourite/"' in card
    assert 'name="next" value="/?q=navi"' in card
    assert "<html" not in card
    card = client.post(f"{path}/unfavourite/", form, headers=HTMX).content.decode()
    assert f'hx-post="{path}/favourite/"' in card


@pytest.mark.parametrize("active", [True, False])
def test_cannot_add_unknown_or_inactive_experts(client, ada, active):
    key = make_expert(is_active=False).pk + active
    assert client.post(f"/onboarding/experts/{key}/favourite/").status_code == 404
    assert client.post(f"/onboarding/experts/{'9' * 40}/favourite/").status_code == 404
    assert list_favourites(ada) == []


def test_rejects_the_fifty_first_with_a_message(client, ada):
    make_experts(51)
    *most, last = Expert.objects.values_list("pk", flat=True)
    Preferences.for_user(ada).store(experts=most)
    page = client.post(f"/onboarding/experts/{last}/favourite/", follow=True).content.decode()
    assert "Choose at most 50 experts." in page
    response = client.post(f"/onboarding/experts/{last}/favourite/", headers=HTMX)
    assert response.headers["HX-Refresh"] == "true"
    assert list_favourites(ada) == most


@pytest.mark.parametrize(
    "away",
    [*AWAY, "/?q=" + "x" * 2040],
)
def test_redirects_only_to_this_site(client, ada, away):
    key = make_expert().pk
    response = client.post(f"/onboarding/experts/{key}/favourite/", {"next": away})
    assert response.headers["Location"] == f"/#expert-{key}"


@pytest.mark.parametrize("verb", ["favourite", "unfavourite"])
def test_anonymous_must_sign_in_and_get_changes_nothing(client, verb):
    path = f"/onboarding/experts/{make_expert().pk}/{verb}/"
    assert client.post(path).url.startswith("/accounts/login/")
    assert client.get(path).url == "/"
    assert not Preferences.objects.filter(experts__len__gt=0).exists()


def test_does_not_change_other_users(client, ada):
    bob, key = make_user(email="bob@example.org"), make_expert().pk
    Preferences.for_user(bob).store(experts=[key])
    client.post(f"/onboarding/experts/{key}/favourite/")
    client.post(f"/onboarding/experts/{key}/unfavourite/")
    assert list_favourites(bob) == [key]


@pytest.mark.parametrize("key", [0, 2**63, 10**40])
def test_removing_an_impossible_id_is_no_error(client, ada, key):
    assert client.post(f"/onboarding/experts/{key}/unfavourite/").status_code == 302
    assert client.post(f"/onboarding/experts/{key}/unfavourite/", headers=HTMX).status_code == 404
    assert list_favourites(ada) == []


def test_htmx_reloads_the_page_after_the_session_ended(client):
    path = f"/onboarding/experts/{make_expert().pk}/favourite/"
    response = client.post(path, headers=HTMX)
    assert (response.headers["HX-Refresh"], response.content) == ("true", b"")
