"""Pages use the user's time zone and locale."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import path

from accounts.tests.people import make_admin, make_user
from config.lib.local_formats import local_datetime
from config.urls import urlpatterns as site
from profiles.models import Profile

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)
LAZY = engines["django"].from_string("{% load local_formats %}{{ moment|local_datetime }}")


def now(request):
    return HttpResponse(local_datetime(MOMENT))


def lazy(request):
    return TemplateResponse(request, LAZY, {"moment": MOMENT})


urlpatterns = [path("now/", now), path("lazy/", lazy), *site]


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.ROOT_URLCONF = __name__


def text(client, url="/now/"):
    return client.get(url).content.decode().replace("\u202f", " ")


def sign_in(client, **values):
    user = make_user()
    Profile.objects.create(user=user, **values)
    client.force_login(user)
    return user


@pytest.mark.parametrize("url", ["/now/", "/lazy/"])
def test_page_uses_the_user_s_zone_and_locale(client, url):
    sign_in(client, timezone="Europe/Berlin", locale="de")
    assert text(client, url) == "23.11.2026, 17:05"


def test_user_without_a_choice_gets_the_defaults(client):
    client.force_login(make_user())
    assert text(client) == text(Client()) == "Nov 23, 2026, 4:05 PM"


def test_next_user_is_not_affected(client):
    sign_in(client, timezone="Asia/Tokyo", locale="ja")
    assert text(client) == "2026/11/24 1:05"
    assert text(Client()) == "Nov 23, 2026, 4:05 PM"


def test_unknown_zone_or_locale_is_the_default(client):
    sign_in(client, timezone="Europe/Atlantis", locale="de")
    assert text(client) == "23.11.2026, 16:05"
    Profile.objects.update(timezone="Europe/Berlin", locale="tlh")
    assert text(client) == "Nov 23, 2026, 5:05 PM"


def test_admin_uses_the_user_s_zone(client):
    admin = make_admin()
    Profile.objects.create(user=admin, timezone="Pacific/Auckland")
    client.force_login(admin)
    joined = admin.date_joined
    admin.date_joined = joined.replace(year=2026, month=11, day=23, hour=16, minute=5)
    admin.save(update_fields=["date_joined"])
    assert "Nov 24, 2026, 5:05" in text(client, f"/admin/accounts/user/{admin.pk}/change/")


@pytest.mark.parametrize(
    ("url", "statements"), [("/healthz", 0), ("/readyz", 1), ("/static/favicon.svg", 0)]
)
def test_unlocalized_paths_need_no_user(client, url, statements, django_assert_num_queries):
    sign_in(client, timezone="Europe/Berlin")
    with django_assert_num_queries(statements):
        client.get(url).close()


def test_anonymous_costs_no_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/now/").status_code == 200


def test_user_costs_only_the_session_s_statement(client, django_assert_num_queries):
    sign_in(client, timezone="Europe/Berlin")
    with django_assert_num_queries(1):
        text(client)
