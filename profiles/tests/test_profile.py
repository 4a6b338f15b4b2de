"""The profile's page."""

import pytest
from django.db import IntegrityError

from accounts.models import User
from accounts.tests.people import make_user
from files import images
from onboarding.models import Expert, Preferences
from onboarding.tests.experts import make_expert, make_experts
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar, list_stored_keys, make_image

pytestmark = pytest.mark.django_db

FIELDS = {
    "name": "Countess of Lovelace",
    "bio": "Writes programs.",
    "timezone": "Europe/London",
    "locale": "en-GB",
    "bot_traits": ["direct", "curious"],
}


def post(client, **fields):
    return client.post("/profile/", FIELDS | fields)


def load_values():
    """Return the stored values of the only user."""
    user = User.objects.select_related("profile", "preferences").get()
    profile, preferences = Profile.for_user(user), Preferences.for_user(user)
    return {
        "name": user.name,
        "bio": profile.bio,
        "timezone": profile.timezone,
        "locale": profile.locale,
        "bot_traits": preferences.traits,
        "experts": preferences.experts,
        "avatar": profile.avatar_id is not None,
    }


def list_errors(response):
    assert response.status_code == 422
    return set(response.context["form"].errors)


def test_shows_the_current_values(client, user):
    Profile.objects.create(user=user, bio="Writes programs.", timezone="Europe/London")
    Preferences.for_user(user).store(traits=["curious"], experts=[make_expert().pk])
    page = client.get("/profile/").content.decode()
    assert 'value="Ada Lovelace"' in page
    assert "Writes programs.</textarea>" in page
    assert 'value="Europe/London"' in page
    assert page.count(" checked") == 2
    for words in (
        'data-tour="profile"',
        ">AL<",
        "/profile/delete/",
        "/account/",
        "/profile/export/",
    ):
        assert words in page


def test_suggests_every_zone_and_locale(client, user):
    page = client.get("/profile/").content.decode()
    assert '<datalist id="timezone-options">' in page
    assert '<option value="America/New_York">America/New York</option>' in page
    assert '<option value="de-CH">German (Switzerland)</option>' in page


@pytest.mark.parametrize("typed", ["America/New York", "america/new_york", " AMERICA/NEW YORK "])
def test_accepts_other_spellings_of_a_zone(client, user, typed):
    assert post(client, timezone=typed).status_code == 302
    assert load_values()["timezone"] == "America/New_York"


def test_saves_everything_with_a_message(client, user):
    expert = make_expert()
    response = client.post(
        "/profile/", FIELDS | {"experts": [expert.pk], "image": make_image()}, follow=True
    )
    assert response.redirect_chain == [("/profile/", 302)]
    assert b"Your profile is saved." in response.content
    assert load_values() == FIELDS | {"experts": [expert.pk], "avatar": True}


def test_errors_are_at_the_fields_and_input_stays(client, user):
    response = post(client, timezone="Narnia", bio="Something new.")
    page = response.content.decode()
    assert list_errors(response) == {"timezone"}
    assert "Choose a city or time zone from the list" in page
    assert 'value="Narnia"' in page
    assert "Something new.</textarea>" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 129),
        ("name", "a\0b"),
        ("bio", "x" * 2049),
        ("bio", "a\0b"),
        ("timezone", ""),
        ("timezone", "UTC\0"),
        ("timezone", "x" * 100_000),
        ("locale", "tlh"),
        ("locale", ""),
        ("bot_traits", "evil"),
        ("bot_traits", "friendly\0"),
        ("experts", "1"),
        ("experts", "x"),
        ("experts", "1" * 30),
        ("experts", "\0"),
    ],
)
def test_one_invalid_field_saves_nothing(client, user, field, value):
    before = load_values()
    assert list_errors(post(client, **{field: value}, image=make_image())) == {field}
    assert load_values() == before
    assert list_stored_keys() == set()


def test_accepts_the_longest_values(client, user):
    bio = "x" * 1023 + "\n" + "y" * 1024
    assert post(client, name=f" {'x' * 128} ", bio=bio.replace("\n", "\r\n")).status_code == 302
    assert load_values()["name"] == "x" * 128
    assert load_values()["bio"] == bio


def test_traits_cannot_be_emptied(client, user):
    Preferences.for_user(user).store(traits=["curious"])
    assert list_errors(post(client, bot_traits=[])) == {"bot_traits"}


def test_traits_may_stay_empty(client, user):
    assert post(client, bot_traits=[]).status_code == 302


def test_keeps_inactive_favourites_without_showing_them(client, user):
    expert = make_expert()
    Preferences.for_user(user).store(experts=[expert.pk])
    Expert.objects.update(is_active=False)
    assert b"Navigator" not in client.get("/profile/").content
    post(client)
    assert load_values()["experts"] == [expert.pk]


def test_offers_a_bounded_list_with_the_favourites(client, user):
    make_experts(120)
    last = Expert.objects.get(slug="expert-120")
    Preferences.for_user(user).store(experts=[last.pk])
    page = client.get("/profile/").content.decode()
    assert page.count('name="experts"') < 100
    assert "Expert 120" in page


def test_storage_error_is_shown_at_the_avatar(client, user, monkeypatch):
    def full(*args, **options):
        raise OSError("no space left on device")

    before = load_values()
    monkeypatch.setattr("files.storage.Folder.save", full)
    response = post(client, image=make_image())
    assert (response.status_code, set(response.context["form"].errors)) == (503, {"image"})
    assert load_values() == before


def test_busy_decoder_is_shown_at_the_avatar(client, user, monkeypatch):
    before = load_values()
    monkeypatch.setattr("files.images.WAIT_SECONDS", 0.01)
    with images._decoder_slots, images._decoder_slots:
        response = post(client, image=make_image())
    assert response.status_code == 503
    assert response.context["form"].errors == {"image": [images.BUSY]}
    assert load_values() == before


@pytest.mark.django_db(transaction=True)
def test_failure_rolls_everything_back(client, user, monkeypatch):
    key, before = give_avatar(user), load_values()

    def fails(*changes):
        raise IntegrityError

    monkeypatch.setattr("profiles.forms.write", fails)
    with pytest.raises(IntegrityError):
        post(client, image=make_image())
    assert load_values() == before | {"avatar": True}
    assert list_stored_keys() == {key}


def test_costs_at_most_three_statements(client, user, django_assert_max_num_queries):
    make_experts(70)
    Preferences.for_user(user).store(experts=[Expert.objects.first().pk])
    with django_assert_max_num_queries(3):
        client.get("/profile/")


def test_anonymous_is_redirected_to_login(client):
    for method in (client.get, client.post):
        assert method("/profile/").url == "/accounts/login/?next=/profile/"


def test_rejects_other_methods(client, user):
    assert client.put("/profile/").status_code == 405


def test_does_not_change_other_users(client, user):
    Profile.objects.create(user=make_user(email="bob@example.org"), bio="Bob's.")
    post(client)
    assert Profile.objects.get(user__email="bob@example.org").bio == "Bob's."
