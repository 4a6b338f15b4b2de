"""The people in every app's tests."""

from accounts.models import User

PASSWORD = "seven-green-lighthouses"
# What other apps do to a person who has settled in, who is no newcomer: callables that take the
# user. config.tests.fixtures fills it.
on_create = []


def make_user(*, password=PASSWORD, confirmed=True, newcomer=False, **overrides):
    """Ada, who can sign in with PASSWORD, but for what `overrides` say.

    A newcomer is as a sign-up leaves them: every page leads to the wizard.
    """
    fields = {"email": "ada@example.org", "name": "Ada Lovelace"} | overrides
    user = User.objects.create_user(password=password, **fields)
    if confirmed:
        user.confirm_email()
    if not newcomer:
        for settle in on_create:
            settle(user)
    return user


def make_admin(**overrides):
    """Grace, a superuser."""
    fields = {"email": "grace@example.org", "name": "Grace Hopper"} | overrides
    return make_user(is_staff=True, is_superuser=True, **fields)
