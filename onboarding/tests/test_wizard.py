"""The three steps of the wizard."""

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from accounts.tests.people import make_user
from onboarding.forms import MAX_OFFERED
from onboarding.models import Preferences
from onboarding.tests.experts import make_expert, make_experts

pytestmark = pytest.mark.django_db
AWAY = ["https://evil.example/", "//evil.example", "javascript:x", "foo", "home", "é", "?q=1"]
NAME, TRAITS, EXPERTS = (f"/onboarding/{step}/" for step in ("name", "traits", "experts"))


@pytest.fixture
def ada(client):
    user = make_user(newcomer=True)
    client.force_login(user)
    return user


@pytest.fixture
def at(ada):
    """Put Ada's wizard at a step, with her answers so far."""

    def put(step, **answers):
        Preferences.for_user(ada).store(step=step, **answers)

    return put


def load_preferences(user):
    return Preferences.objects.get(pk=user.pk)


def text(response, *, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_goes_through_all_steps_to_home(client, ada):
    key = make_expert().pk
    assert client.get("/onboarding/").url == NAME
    assert client.post(NAME, {"name": "  Countess  "}).url == TRAITS
    assert client.post(TRAITS, {"traits": ["direct", "curious"]}).url == EXPERTS
    assert client.post(EXPERTS, {"experts": [key]}).url == "/"
    mine = load_preferences(ada)
    assert User.objects.get().name == "Countess"
    assert (mine.traits, mine.experts, mine.is_onboarded) == (["direct", "curious"], [key], True)
    assert "Welcome to AI4CEO!" in text(client.get("/"))


@pytest.mark.parametrize(
    ("step", "number", "label"),
    [("name", 1, "Your name"), ("traits", 2, "Your assistant"), ("experts", 3, "Your experts")],
)
def test_shows_the_progress(client, at, step, number, label):
    at(step)
    page = text(client.get(f"/onboarding/{step}/"))
    assert f'<label for="progress">Step {number} of 3</label>' in page
    assert f'<progress id="progress" max="3" value="{number}">' in page
    assert f'<span aria-current="step">{label}</span>' in page
    assert f"<title>Step {number} of 3: {label} · AI4CEO</title>" in page


@pytest.mark.parametrize("step", ["name", "traits", "experts"])
def test_resumes_at_the_reached_step(client, at, step):
    at(step)
    assert client.get("/onboarding/").url == f"/onboarding/{step}/"


def test_name_starts_with_the_account_s_name(client, ada):
    assert 'value="Ada Lovelace"' in text(client.get(NAME))


@pytest.mark.parametrize("name", ["x" * 129, "nul\0"])
def test_invalid_name_is_an_error_at_the_field(client, ada, name):
    page = text(client.post(NAME, {"name": name}), status=422)
    assert 'id="id_name_error"' in page
    assert f'value="{name}"' in page
    assert User.objects.get().name == "Ada Lovelace"
    assert client.get("/onboarding/").url == NAME


def test_requires_a_trait(client, at, ada):
    at("traits")
    page = text(client.post(TRAITS), status=422)
    assert '<ul class="errorlist" id="id_traits_error"><li>Choose at least one trait.' in page
    assert load_preferences(ada).step == "traits"


def test_rejects_unknown_traits_and_keeps_the_selection(client, at, ada):
    at("traits")
    page = text(client.post(TRAITS, {"traits": ["direct", "rude"]}), status=422)
    assert "Choose from friendly, concise" in page
    assert page.count(" checked") == 1
    assert load_preferences(ada).traits == []


def test_experts_are_optional(client, at, ada):
    at("experts")
    assert client.post(EXPERTS).url == "/"
    assert load_preferences(ada).is_onboarded


@pytest.mark.parametrize("key", ["abc", "0", "1.5", "9" * 40, "9" * 5000, "\0"])
def test_rejects_unknown_experts(client, at, ada, key):
    at("experts")
    page = text(client.post(EXPERTS, {"experts": [key]}), status=422)
    assert "Choose experts from the list." in page
    assert not load_preferences(ada).is_onboarded


@pytest.mark.parametrize("count", [1, 200])
def test_offers_a_bounded_number_of_experts_with_two_statements(
    client, at, count, django_assert_num_queries
):
    make_experts(count)
    at("experts")
    with django_assert_num_queries(2):
        page = text(client.get(EXPERTS))
    assert page.count('type="checkbox"') == min(count, MAX_OFFERED)


def test_always_offers_selected_experts(client, at):
    make_experts(100)
    at("experts", experts=[make_expert(name="Zebra").pk])
    page = text(client.get(EXPERTS))
    assert "Zebra" in page
    assert page.count(" checked") == 1


def test_keeps_inactive_favourites_without_showing_them(client, at, ada):
    inactive, here = make_expert(name="Retired", is_active=False).pk, make_expert(slug="here").pk
    at("experts", experts=[inactive])
    assert "Retired" not in text(client.get(EXPERTS))
    client.post(EXPERTS, {"experts": [here]})
    assert load_preferences(ada).experts == [here, inactive]


def test_explains_missing_experts(client, at):
    at("experts")
    assert "There are no experts yet." in text(client.get(EXPERTS))


@pytest.mark.parametrize(
    ("step", "then"), [("name", TRAITS), ("traits", EXPERTS), ("experts", "/")]
)
def test_skip_goes_on_and_stores_nothing(client, at, ada, step, then):
    at(step)
    page = text(client.get(f"/onboarding/{step}/"))
    assert f'formaction="/onboarding/{step}/skip/"' in page
    form = {"name": "Bob", "traits": ["direct"], "experts": ["1"]}
    assert client.post(f"/onboarding/{step}/skip/", form).url == then
    mine = load_preferences(ada)
    assert (User.objects.get().name, mine.traits, mine.experts) == ("Ada Lovelace", [], [])
    assert mine.is_onboarded == (then == "/")


def test_back_shows_the_saved_answers(client, ada):
    client.post(NAME, {"name": "Countess"})
    client.post(TRAITS, {"traits": ["direct"]})
    assert f'<a class="back" href="{TRAITS}">Back</a>' in text(client.get(EXPERTS))
    page = text(client.get(TRAITS))
    assert 'value="direct" id="id_traits_4" checked' in page
    assert f'<a class="back" href="{NAME}">Back</a>' in page
    page = text(client.get(NAME))
    assert 'value="Countess"' in page
    assert 'class="back"' not in page


def test_repeating_an_earlier_step_keeps_the_progress(client, at, ada):
    at("experts")
    assert client.post(NAME, {"name": "Countess"}).url == TRAITS
    assert load_preferences(ada).step == "experts"


@pytest.mark.parametrize("path", [TRAITS, EXPERTS])
def test_cannot_skip_ahead(client, ada, path):
    assert client.get(path).url == NAME
    assert client.post(path, {"traits": ["direct"]}).url == NAME
    assert client.post(f"{path}skip/").url == NAME
    assert not Preferences.objects.exists()


def test_unknown_step_is_404(client, ada):
    assert client.get("/onboarding/shoes/").status_code == 404
    assert client.post("/onboarding/shoes/skip/").status_code == 404


@pytest.mark.parametrize("path", ["/onboarding/", NAME, TRAITS, EXPERTS])
def test_onboarded_user_is_redirected_home(client, path):
    client.force_login(make_user())
    assert client.get(path).url == "/"


def test_onboarded_user_changes_nothing(client):
    client.force_login(make_user())
    assert client.post(NAME, {"name": "Countess"}).url == "/"
    assert client.post(f"{NAME}skip/").url == "/"
    assert User.objects.get().name == "Ada Lovelace"


@pytest.mark.parametrize("path", [NAME, f"{NAME}skip/"])
def test_onboarded_user_sees_an_explanation(client, path):
    client.force_login(make_user())
    words = "Your setup is already complete. You can change it in your profile."
    assert words in text(client.post(path, {"name": "Countess"}, follow=True))
    assert words not in text(client.get(NAME, follow=True))


def test_finishing_again_keeps_the_first_timestamp(at, ada):
    before = timezone.now()
    at("experts", finished_at=before)
    Preferences.for_user(ada).finish()
    assert load_preferences(ada).finished_at == before


def test_ends_at_the_next_page(client, ada):
    query = "?next=%2Faccount%2F"
    assert client.get(f"/onboarding/{query}").url == NAME + query
    assert f'action="{NAME}{query}"' in text(client.get(NAME + query))
    assert client.post(NAME + query, {"name": "Ada"}).url == TRAITS + query
    assert client.post(f"{TRAITS}skip/{query}").url == EXPERTS + query
    assert client.post(EXPERTS + query).url == "/account/"


@pytest.mark.parametrize(
    "away",
    [*AWAY, "/" + "x" * 5000],
)
def test_does_not_redirect_to_other_sites(client, at, away):
    at("experts")
    assert client.get("/onboarding/", {"next": away}).url == EXPERTS
    assert client.post(f"{EXPERTS}skip/", query_params={"next": away}).url == "/"
    assert client.get("/onboarding/", {"next": away}).url == "/"


@pytest.mark.parametrize("path", ["/onboarding/", NAME])
def test_anonymous_must_sign_in(client, path):
    assert client.get(path).url == f"/accounts/login/?next={path}"


def test_rejects_other_methods(client, ada):
    assert client.post("/onboarding/").status_code == 405
    assert client.put(NAME).status_code == 405
    assert client.put(f"{NAME}skip/").status_code == 405


def test_skip_by_get_returns_to_the_wizard(client, ada):
    assert client.get(f"{NAME}skip/?next=%2Ffiles%2F").url == "/onboarding/?next=%2Ffiles%2F"
    assert not Preferences.objects.exists()


def test_step_and_answer_are_stored_together(client, ada, monkeypatch):
    def broken(preferences, step):
        raise DatabaseError

    monkeypatch.setattr(Preferences, "complete_step", broken)
    with pytest.raises(DatabaseError):
        client.post(NAME, {"name": "Countess"})
    assert User.objects.get().name == "Ada Lovelace"


@pytest.mark.parametrize("step", ["name", "traits"])
def test_step_without_experts_costs_only_the_session_s_statement(
    client, at, step, django_assert_num_queries
):
    at(step)
    with django_assert_num_queries(1):
        client.get(f"/onboarding/{step}/")
