"""Users for every app's tests."""

from accounts.models import User

PASSWORD = "seven-green-lighthouses"
# Callables that other apps run for each new user, except newcomers. config.tests.fixtures fills it.
on_create = []


def make_user(*, password=PASSWORD, confirmed=True, newcomer=False, **overrides):
    """Create Ada, with PASSWORD. A newcomer is redirected to the wizard, as after a sign-up."""
    fields = {"email": "ada@example.org", "name": "Ada Lovelace"} | overrides
    user = User.objects.create_user(password=password, **fields)
    if confirmed:
        user.confirm_email()
    if not newcomer:
        for callback in on_create:
            callback(user)
    return user


def make_admin(**overrides):
    """Create Grace, a superuser."""
    fields = {"email": "grace@example.org", "name": "Grace Hopper"} | overrides
    return make_user(is_staff=True, is_superuser=True, **fields)
