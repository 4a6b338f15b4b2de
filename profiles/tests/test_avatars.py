import pytest
from django.template import Context, Template

from accounts.models import User
from accounts.tests.people import make_user
from profiles import avatars
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar, list_stored_keys


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("Ada King of Lovelace", "AL"),
        ("ada", "A"),
        ("  ", "X"),
        ("", "X"),
        ("(Ada) “Countess”", "AC"),
        ("ßeta", "S"),
        ("👩‍💻 Ada", "A"),
        ("👩‍💻", "X"),
        ("Ölgün Äström", "ÖÄ"),
    ],
)
def test_initials_come_from_name_or_email(name, letters):
    assert avatars.get_initials(User(name=name, email="x@example.org")) == letters


def render_avatar(user):
    template = Template('{% include "profiles/avatar.html" %}')
    return template.render(Context({"user": user}))


@pytest.mark.django_db
def test_template_shows_initials_or_avatar():
    user = make_user()
    assert ">AL<" in render_avatar(user)
    key = give_avatar(user)
    assert f'src="/profile/avatar/{key.split("/")[1]}"' in render_avatar(user)


@pytest.mark.django_db(transaction=True)
def test_concurrent_replacements_leave_nothing_over():
    first = make_user()
    give_avatar(first)
    # The second request read the database before the first one committed.
    second = User.objects.select_related("profile").get()
    give_avatar(first)
    key = give_avatar(second)
    assert list_stored_keys() == {key}
    assert Profile.objects.get().avatar_id == key
