"""No single admin permission leads to a superuser's account."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import User
from accounts.tests.people import PASSWORD, make_admin, make_user
from files.tests.rows import make_row
from onboarding.models import Preferences
from profiles.models import Profile
from tours.models import Tour

pytestmark = pytest.mark.django_db

KINDS = ("add", "change", "delete", "view")
NEW = "nine-blue-submarines"
EVIL = "mallory@example.org"


def list_registered():
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def grace():
    """Create a superuser with a row of each model that has users' rows."""
    user = make_admin()
    Client().force_login(user)
    Profile.objects.create(user=user)
    Tour.objects.create(user=user)
    make_row(user, image=True)
    return user


@pytest.fixture
def mallory(client):
    user = make_user(email=EVIL, is_staff=True)
    user.groups.add(Group.objects.create(name="Clerks"))
    client.force_login(user)
    return user


def allow(user, model, *kinds):
    kind = ContentType.objects.get_for_model(model)
    names = [f"{name}_{model._meta.model_name}" for name in kinds]
    user.user_permissions.set(Permission.objects.filter(content_type=kind, codename__in=names))


def get_state(user):
    """Return everything that an attacker would have to change."""
    user = User.objects.get(pk=user.pk)
    return (
        {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields},
        sorted(user.emailaddress_set.values_list("email", "verified", "primary")),
        sorted(user.sessions.values_list("session_key", flat=True)),
        user.files.count(),
        list(Preferences.objects.filter(user=user).values()),
        list(Profile.objects.filter(user=user).values()),
        list(Tour.objects.filter(user=user).values()),
    )


def make_values(user):
    return {
        "user": user.pk,
        "email": EVIL,
        "verified": "on",
        "primary": "on",
        "is_active": "on",
        "is_superuser": "on",
        "is_staff": "on",
        "name": "x",
        "bio": "x",
        "timezone": "Europe/Paris",
        "locale": "fr",
        "answered": "on",
        "usable_password": "true",
        "password1": NEW,
        "password2": NEW,
        "_popup": "1",
        "permissions": list(Permission.objects.values_list("pk", flat=True)),
        "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
        "groups": list(Group.objects.values_list("pk", flat=True)),
    }


def list_rows(model, user):
    if model is User:
        return User.objects.filter(pk=user.pk)
    names = {field.name for field in model._meta.get_fields()}
    return model._default_manager.filter(user=user) if "user" in names else model.objects.all()


def attack(client, model, user):
    """POST to the model's admin pages and actions."""
    page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    data = make_values(user)
    client.post(f"{page}add/", data)
    chosen = [str(row.pk) for row in list_rows(model, user)]
    for action in ["delete_selected", *list_actions(model)]:
        client.post(page, {"action": action, "_selected_action": chosen, "post": "yes"})
    for key in chosen:
        client.post(f"{page}{key}/password/", data)
        client.post(f"{page}{key}/change/", data)
        client.post(f"{page}{key}/delete/", {"post": "yes"})


def list_actions(model):
    return [getattr(action, "__name__", action) for action in admin.site._registry[model].actions]


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in KINDS], KINDS])
@pytest.mark.parametrize("model", list_registered(), ids=lambda model: model._meta.label)
def test_no_model_permission_affects_a_superuser(client, grace, mallory, model, kinds):
    allow(mallory, model, *kinds)
    before = get_state(grace)
    attack(client, model, grace)
    assert get_state(grace) == before
    assert not EmailAddress.objects.filter(user=grace, email=EVIL).exists()


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in KINDS], KINDS])
@pytest.mark.parametrize("model", list_registered(), ids=lambda model: model._meta.label)
def test_no_model_permission_grants_others(client, grace, mallory, model, kinds):
    allow(mallory, model, *kinds)
    rights = mallory.get_all_permissions()
    attack(client, model, mallory)
    again = User.objects.filter(pk=mallory.pk).first()
    assert again is None or not again.is_superuser
    assert again is None or again.get_all_permissions() <= rights


def test_staff_cannot_take_over_staff_accounts(client, mallory):
    colleague = make_user(email="carl@example.org", is_staff=True)
    allow(mallory, User, *KINDS)
    attack(client, User, colleague)
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)


def test_staff_cannot_confirm_a_superusers_email_address(client, grace, mallory):
    allow(mallory, EmailAddress, *KINDS)
    data = {"user": grace.pk, "email": "other@example.org", "verified": "on"}
    assert client.post("/admin/account/emailaddress/add/", data).status_code == 403
    assert grace.emailaddress_set.get().email == grace.email
