"""The people in every app's tests."""

from accounts.models import User

PASSWORD = "seven-green-lighthouses"


def make_user(*, password=PASSWORD, confirmed=True, **overrides):
    """Ada, who can sign in with PASSWORD, but for what `overrides` say."""
    fields = {"email": "ada@example.org", "name": "Ada Lovelace"} | overrides
    user = User.objects.create_user(password=password, **fields)
    if confirmed:
        user.confirm_email()
    return user


def make_admin(**overrides):
    """Grace, a superuser."""
    fields = {"email": "grace@example.org", "name": "Grace Hopper"} | overrides
    return make_user(is_staff=True, is_superuser=True, **fields)
