import pytest

from accounts.tests.people import make_admin, make_user
from files.models import StoredObject
from profiles.models import Profile
from profiles.tests.pictures import give_avatar, stored

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/profiles/profile/"


@pytest.fixture(autouse=True)
def _grace(client):
    client.force_login(make_admin())


def make_profile(**overrides):
    email = overrides.pop("email", "ada@example.org")
    return Profile.objects.create(user=make_user(email=email), **overrides)


def change(client, profile, **fields):
    form = {"bio": "", "timezone": "UTC", "locale": "en"} | fields
    return client.post(f"{LIST}{profile.pk}/change/", form)


def test_lists_and_searches(client):
    make_profile(timezone="Europe/London")
    make_profile(email="bob@example.org")
    assert b"Europe/London" in client.get(LIST).content
    found = client.get(LIST, {"q": "bob"}).content
    assert b"bob@example.org" in found
    assert b"ada@example.org" not in found


def test_filters_those_with_a_picture(client):
    give_avatar(make_profile().user)
    make_profile(email="bob@example.org")
    found = client.get(LIST, {"avatar__isempty": "0"}).content
    assert b"ada@example.org" in found
    assert b"bob@example.org" not in found


def test_the_statements_are_as_many_for_many_people(client, django_assert_num_queries):
    make_profile()
    with django_assert_num_queries(3):
        client.get(LIST)
    for number in range(30):
        make_profile(email=f"p{number}@example.org")
    with django_assert_num_queries(3):
        client.get(LIST)


def test_corrects_a_zone(client):
    profile = make_profile()
    assert change(client, profile, timezone="Europe/London").status_code == 302
    profile.refresh_from_db()
    assert profile.timezone == "Europe/London"


@pytest.mark.parametrize("fields", [{"timezone": "Narnia"}, {"locale": "tlh"}, {"bio": "x" * 2049}])
def test_takes_only_what_the_person_could_choose(client, fields):
    response = change(client, make_profile(), **fields)
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == set(fields)


def test_a_correction_does_not_bring_a_former_picture_back(client, monkeypatch):
    profile = make_profile()
    give_avatar(profile.user)
    former = Profile.full_clean

    def meanwhile(self, *args, **options):
        Profile.objects.update(avatar=None)
        former(self, *args, **options)

    monkeypatch.setattr(Profile, "full_clean", meanwhile)
    change(client, profile, bio="Corrected.")
    profile.refresh_from_db()
    assert (profile.bio, profile.avatar_id) == ("Corrected.", None)


def test_removes_pictures_of_those_who_have_one(client):
    ada, bob = make_profile(), make_profile(email="bob@example.org")
    give_avatar(ada.user)
    action = {"action": "remove_avatars", "_selected_action": [ada.pk, bob.pk]}
    assert b"1 removed." in client.post(LIST, action, follow=True).content
    assert stored() == set()


def test_deleting_a_profile_takes_its_picture_away(client):
    profile = make_profile()
    give_avatar(profile.user)
    client.post(f"{LIST}{profile.pk}/delete/", {"post": "yes"})
    assert not Profile.objects.exists()
    assert stored() == set()
    assert not StoredObject.objects.exists()


def test_deleting_a_person_leaves_the_picture_to_the_purge(client):
    profile = make_profile()
    give_avatar(profile.user)
    client.post(f"/admin/accounts/user/{profile.pk}/delete/", {"post": "yes"})
    assert not Profile.objects.exists()
    assert StoredObject.objects.due().count() == 1


def test_nobody_adds_one(client):
    assert client.get(f"{LIST}add/").status_code == 403
