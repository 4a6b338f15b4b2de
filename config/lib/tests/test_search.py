import unicodedata

import pytest

from accounts.models import Session, User
from accounts.tests.people import make_user
from config.lib.search import filter_by_words
from onboarding.models import Expert
from onboarding.tests.experts import make_expert
from profiles.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def experts():
    make_expert(slug="people", name="People", description="HR, hiring and C++ (R&D)")
    make_expert(slug="through", name="Throughput", description="e-mail_flow through caf\u00e9s")
    make_expert(slug="japan", name="\u5e74\u6b21\u5831\u544a\u66f8", description="x")


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("HR", {"people"}),
        ("hir PEOP", {"people"}),
        ("roughput", set()),
        ("d)", {"people"}),
        ("c++", {"people"}),
        (".*", set()),
        ("mail flow", {"through"}),
        (unicodedata.normalize("NFD", "caf\u00e9"), {"through"}),
        ("\uff28\uff32", {"people"}),
        ("\u5831\u544a", {"japan"}),
        ("HR through", set()),
        ("\\", set()),
        ("a\0", set()),
    ],
)
def test_finds_words_by_prefix(text, slugs):
    rows = filter_by_words(Expert.objects.all(), text, "name", "description")
    assert {row.slug for row in rows} == slugs


def test_finds_decomposed_letters():
    make_expert(slug="nfd", name=unicodedata.normalize("NFD", "\u00c9cole"), description="x")
    assert filter_by_words(Expert.objects.all(), "\u00e9cole", "name").get().slug == "nfd"


@pytest.mark.parametrize(
    ("text", "found"), [("love", True), ("ada love", True), ("ada zebra", False), ("velace", False)]
)
def test_finds_words_of_a_related_row(client, text, found):
    client.force_login(make_user(email="ada@example.org", name="Lovelace"))
    sessions = filter_by_words(Session.objects.all(), text, "user__email", "user__name")
    assert sessions.exists() is found
    assert filter_by_words(User.objects.all(), text, "email", "name").exists() is found


def test_finds_words_in_the_row_or_a_related_one():
    user = make_user(email="ada@example.org", name="Lovelace")
    Profile.for_user(user).store(timezone="Europe/Berlin")
    fields = ("user__email", "user__name", "timezone")
    for text, count in (("berlin", 1), ("europe ada", 1), ("love", 1), ("paris", 0)):
        assert filter_by_words(Profile.objects.all(), text, *fields).count() == count, text
