import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from files.models import StoredObject
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar, list_stored_keys

pytestmark = pytest.mark.django_db(transaction=True)

LIST, PEOPLE = "/admin/profiles/profile/", "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def _grace(client):
    client.force_login(make_admin())


def make_profile(**overrides):
    email = overrides.pop("email", "ada@example.org")
    return Profile.objects.create(user=make_user(email=email), **overrides)


def change(client, profile, **fields):
    form = {"bio": "", "timezone": "UTC", "locale": "en"} | fields
    return client.post(f"{LIST}{profile.pk}/change/", form)


def remove(client, *people, way, **options):
    """Deletes them on the page of the first, or by the action on the list."""
    if way == "alone":
        return client.post(f"{PEOPLE}{people[0].pk}/delete/", {"post": "yes"}, **options)
    keys = [user.pk for user in people]
    form = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
    return client.post(PEOPLE, form, **options)


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
    assert list_stored_keys() == set()


def test_deleting_a_profile_takes_its_picture_away(client):
    profile = make_profile()
    give_avatar(profile.user)
    client.post(f"{LIST}{profile.pk}/delete/", {"post": "yes"})
    assert not Profile.objects.exists()
    assert list_stored_keys() == set()
    assert not StoredObject.objects.exists()


@pytest.mark.parametrize("way", ["alone", "chosen"])
def test_deleting_a_person_leaves_nothing(client, way):
    profile = make_profile()
    give_avatar(profile.user)
    assert remove(client, profile.user, way=way).status_code == 302
    assert not Profile.objects.exists()
    assert list_stored_keys() == set()
    assert not StoredObject.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.object_id) == ("a deleted user", None)


@pytest.mark.parametrize("way", ["alone", "chosen"])
def test_the_last_administrator_is_not_deleted(client, way):
    ada, grace = make_profile().user, User.objects.get(email="grace@example.org")
    page = remove(client, grace, *([ada] if way == "chosen" else []), way=way, follow=True)
    assert b"You are the last administrator" in page.content
    assert b"uccessfully" not in page.content
    assert set(User.objects.all()) == {ada, grace}
    assert not LogEntry.objects.exists()


def test_an_administrator_who_is_not_the_last_deletes_their_own_account(client):
    make_admin(email="next@example.org")
    grace = User.objects.get(email="grace@example.org")
    assert remove(client, grace, way="alone", follow=True).status_code == 200
    assert User.objects.get().email == "next@example.org"


def test_people_are_deleted_only_after_a_question(client):
    ada = make_profile().user
    chosen = {"action": "delete_selected", "_selected_action": [ada.pk]}
    assert b"Are you sure" in client.post(PEOPLE, chosen).content
    assert User.objects.filter(pk=ada.pk).exists()


def test_who_may_not_delete_people_has_no_such_action(client):
    clerk = make_user(email="carl@example.org", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(clerk)
    assert b"delete_selected" not in client.get(PEOPLE).content


def test_nobody_adds_one(client):
    assert client.get(f"{LIST}add/").status_code == 403
