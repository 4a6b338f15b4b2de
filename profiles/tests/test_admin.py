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
    """Delete users on the first one's page or with the action of the list."""
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


def test_filters_by_avatar(client):
    give_avatar(make_profile().user)
    make_profile(email="bob@example.org")
    found = client.get(LIST, {"avatar__isempty": "0"}).content
    assert b"ada@example.org" in found
    assert b"bob@example.org" not in found


def test_statements_do_not_grow_with_users(client, django_assert_num_queries):
    make_profile()
    with django_assert_num_queries(3):
        client.get(LIST)
    for number in range(30):
        make_profile(email=f"p{number}@example.org")
    with django_assert_num_queries(3):
        client.get(LIST)


def test_changes_a_zone(client):
    profile = make_profile()
    assert change(client, profile, timezone="Europe/London").status_code == 302
    profile.refresh_from_db()
    assert profile.timezone == "Europe/London"


@pytest.mark.parametrize("fields", [{"timezone": "Narnia"}, {"locale": "tlh"}, {"bio": "x" * 2049}])
def test_accepts_only_valid_values(client, fields):
    response = change(client, make_profile(), **fields)
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == set(fields)


def test_saving_does_not_restore_an_old_avatar(client, monkeypatch):
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


def test_removes_the_avatars_of_selected_users(client):
    ada, bob = make_profile(), make_profile(email="bob@example.org")
    give_avatar(ada.user)
    action = {"action": "remove_avatars", "_selected_action": [ada.pk, bob.pk]}
    assert b"1 removed." in client.post(LIST, action, follow=True).content
    assert list_stored_keys() == set()


def test_deleting_a_profile_deletes_its_avatar(client):
    profile = make_profile()
    give_avatar(profile.user)
    client.post(f"{LIST}{profile.pk}/delete/", {"post": "yes"})
    assert not Profile.objects.exists()
    assert list_stored_keys() == set()
    assert not StoredObject.objects.exists()


@pytest.mark.parametrize("way", ["alone", "chosen"])
def test_deleting_a_user_leaves_nothing(client, way):
    profile = make_profile()
    give_avatar(profile.user)
    assert remove(client, profile.user, way=way).status_code == 302
    assert not Profile.objects.exists()
    assert list_stored_keys() == set()
    assert not StoredObject.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.object_id) == ("a deleted user", None)


@pytest.mark.parametrize("way", ["alone", "chosen"])
def test_last_administrator_cannot_be_deleted(client, way):
    ada, grace = make_profile().user, User.objects.get(email="grace@example.org")
    page = remove(client, grace, *([ada] if way == "chosen" else []), way=way, follow=True)
    assert b"You are the last administrator" in page.content
    assert b"uccessfully" not in page.content
    assert set(User.objects.all()) == {ada, grace}
    assert not LogEntry.objects.exists()


def test_other_administrator_can_delete_their_account(client):
    make_admin(email="next@example.org")
    grace = User.objects.get(email="grace@example.org")
    assert remove(client, grace, way="alone", follow=True).status_code == 200
    assert User.objects.get().email == "next@example.org"


def test_deletion_asks_first(client):
    ada = make_profile().user
    chosen = {"action": "delete_selected", "_selected_action": [ada.pk]}
    assert b"Are you sure" in client.post(PEOPLE, chosen).content
    assert User.objects.filter(pk=ada.pk).exists()


def test_delete_action_needs_the_permission(client):
    clerk = make_user(email="carl@example.org", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(clerk)
    assert b"delete_selected" not in client.get(PEOPLE).content


def test_profiles_cannot_be_added(client):
    assert client.get(f"{LIST}add/").status_code == 403
