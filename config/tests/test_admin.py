"""What holds for every admin page, whatever the request."""

import re

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from config.mail.tests.rows import queue_mail
from files.tests.rows import make_row
from onboarding.models import Preferences
from onboarding.tests.experts import make_expert
from profiles.models import Profile
from tours.models import Tour

pytestmark = pytest.mark.django_db

MODELS = [
    "accounts/user",
    "accounts/session",
    "account/emailaddress",
    "auth/group",
    "files/file",
    "mail/mail",
    "files/storedobject",
    "onboarding/expert",
    "onboarding/preferences",
    "profiles/profile",
    "tours/tour",
]


@pytest.fixture
def admin(client):
    client.raise_request_exception = False
    client.force_login(make_admin())
    return client


@pytest.fixture
def german(admin):
    user = User.objects.get()
    Profile.for_user(user).store(locale="de", timezone="Europe/Berlin")
    return admin


def populate():
    user = make_user()
    Client().force_login(user)
    make_row(user, size=125_900)
    make_expert()
    Group.objects.create(name="Editors")
    Profile.for_user(user).store(bio="Writes programs.")
    Preferences.for_user(user).finish()
    Tour.objects.create(user=user)
    queue_mail()


@pytest.mark.parametrize(
    "path",
    [
        "/admin/%00",
        "/admin/?next=%00",
        "/admin/r/1/%00/",
        "/admin/files/file/?content_type=%00",
        "/admin/files/file/?%00=1",
        "/admin/onboarding/preferences/?trait=%00",
        "/admin/onboarding/preferences/?step=%00",
        "/admin/onboarding/preferences/?step__exact=%00",
        *(f"/admin/{model}/?q=%00" for model in MODELS),
        *(f"/admin/{model}/%00/change/" for model in MODELS),
        "/admin/files/storedobject/%00/delete/",
        "/admin/files/storedobject/%00/history/",
    ],
)
def test_rejects_a_null_character_in_the_url(admin, path):
    assert admin.get(path).status_code == 400


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("key", ["abc", "%25", "9" * 30, "9" * 5000])
def test_malformed_key_is_404(admin, model, key):
    for page in ("change", "delete", "history"):
        assert admin.get(f"/admin/{model}/{key}/{page}/").status_code in (302, 403, 404)


@pytest.mark.parametrize("model", [model for model in MODELS if model != "files/storedobject"])
@pytest.mark.parametrize("key", ["abc", "a\0b", ""])
def test_ignores_impossible_rows(admin, model, key):
    populate()
    for confirmed in ({}, {"post": "yes"}):
        form = {"action": "delete_selected", "_selected_action": [key]} | confirmed
        assert admin.post(f"/admin/{model}/", form).status_code == 400


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ("account/emailaddress", "make_verified"),
        ("mail/mail", "try_again"),
        ("onboarding/expert", "activate"),
        ("profiles/profile", "remove_avatars"),
        ("tours/tour", "offer_again"),
    ],
)
def test_own_actions_ignore_impossible_rows(admin, model, action):
    populate()
    form = {"action": action, "_selected_action": ["abc"]}
    assert admin.post(f"/admin/{model}/", form).status_code == 400


def test_ignores_deleted_rows(admin):
    form = {"action": "activate", "_selected_action": ["9" * 30]}
    assert admin.post("/admin/onboarding/expert/", form, follow=True).status_code == 200


@pytest.mark.parametrize("key", ["abc", "00000000-0000-0000-0000-000000000000"])
def test_rows_have_no_link_to_the_site(admin, key):
    kind = ContentType.objects.get_for_model(User)
    assert admin.get(f"/admin/r/{kind.pk}/{key}/").status_code == 404


def test_programming_errors_are_raised(admin, monkeypatch):
    def fails(self, request):
        raise ValueError

    monkeypatch.setattr("tours.admin.TourAdmin.get_queryset", fails)
    assert admin.get("/admin/tours/tour/").status_code == 500


@pytest.mark.parametrize("path", ["/admin/?next=%00", "/admin/r/1/%00/"])
def test_anonymous_users_are_redirected_to_sign_in_first(client, path):
    assert client.get(path).url.startswith("/admin/login/?next=")


def test_sizes_and_times_are_localised(german):
    populate()
    page = german.get("/admin/files/file/").content.decode()
    row = page[page.index("125,9 KB") :][:200]
    assert re.search(r"\d\d\.\d\d\.\d{4}, \d\d:\d\d</td>", row)


@pytest.mark.parametrize("model", MODELS)
def test_no_page_mixes_time_formats(german, model):
    populate()
    page = german.get(f"/admin/{model}/").content.decode()
    row = re.search(rf'href="(/admin/{model}/[^"]+/change/)', page)[1]
    for content in (page, german.get(row).content.decode()):
        assert not re.search(r"\d (a\.m\.|p\.m\.)|midnight|noon", content)


def test_times_are_sortable(german):
    ada, bob = make_user(), make_user(email="bob@example.org")
    User.objects.filter(pk=bob.pk).update(date_joined="2020-01-01T00:00Z")
    rows = german.get("/admin/accounts/user/?o=6").context["cl"].queryset
    assert rows[0] == bob
    rows = german.get("/admin/accounts/user/?o=-6").context["cl"].queryset
    assert rows[0] == ada
