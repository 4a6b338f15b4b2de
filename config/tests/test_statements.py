"""The statements of each URL, counted in PostgreSQL's log."""

import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.sessions import BY_KEY
from accounts.tests.people import make_user
from config.tests.processes import ServerLog
from files.objects import write_objects
from files.tests.content import make_image, make_upload, upload_file
from files.tests.rows import make_rows
from onboarding.models import Expert, Preferences, Step
from onboarding.tests.experts import make_experts
from profiles import avatars

pytestmark = pytest.mark.django_db(transaction=True)

# Django's own pages; the apps' tests count our parts of them.
ELSEWHERE = "admin/"
NO_PAGE = "api/"
MOST = 3
ANSWERS = (200, 302, 405)


def list_routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from list_routes(pattern.url_patterns, route)


class Person:
    """Ada with an avatar and `rows` experts, files and deleted files; and her browser."""

    def __init__(self, rows, **overrides):
        make_experts(rows)
        self.user = make_user(**overrides)
        make_rows(self.user, rows)
        make_rows(self.user, rows, deleted_at=timezone.now())
        self.file = upload_file(self.user, "harbour.png", make_image())
        image = avatars.encode(make_upload("me.png", make_image()))
        with write_objects(self.user, [("webp", image)]) as keys, transaction.atomic():
            avatars.replace(self.user, keys[0])
        self.client = Client()
        self.client.force_login(self.user)

    def get_url(self, route):
        user, file = self.user, self.file
        url = route
        for part, value in {
            "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/a-b/",
            "onboarding/<step:step>": "onboarding/experts",
            "experts/<int:pk>": f"experts/{Expert.objects.first().pk}",
            "profile/avatar/<uuid:pk>": avatars.get_url(user).removesuffix(".webp")[1:],
            "files/<uuid:pk>": f"files/{file.pk}",
            "files/<uuidstr:pk>": f"files/{file.pk}",
        }.items():
            url = url.replace(part, value)
        assert "<" not in url, f"add an example URL of {route} above"
        return f"/{url}"

    def list_urls(self):
        found = list_routes(get_resolver().url_patterns)
        ours = {route for route in found if not route.startswith(ELSEWHERE)} - {NO_PAGE}
        yield from map(self.get_url, sorted(ours))
        deleted = self.user.files.deleted()[0]
        yield f"/files/{deleted.pk}/delete-for-good/"
        yield from ("/?q=expert&page=2", "/files/?deleted=1", "/files/?q=notes&sort=name&page=2")

    def get_cost(self, path, method="get", **options):
        """Return a response's status and statements, including BEGIN, SET and health checks."""
        ask = getattr(self.client, method)
        ask(path, **options).close()
        log = ServerLog()
        answer = ask(path, **options)
        answer.close()
        return answer.status_code, log.statements("ai4ceo web")

    def get_costs(self, answers=ANSWERS):
        """Return the statements of each URL that supports GET."""
        costs = {path: self.get_cost(path) for path in self.list_urls()}
        assert {path: status for path, (status, _) in costs.items() if status not in answers} == {}
        return {path: statements for path, (status, statements) in costs.items() if status != 405}


def list_expensive(costs):
    return {path: statements for path, statements in costs.items() if len(statements) > MOST}


@pytest.mark.parametrize("rows", [1, 60])
def test_no_url_runs_more_than_three_statements(rows):
    costs = Person(rows).get_costs()
    assert len(costs) > 15
    assert list_expensive(costs) == {}


def test_no_newcomers_url_runs_more_than_three_statements():
    person = Person(30, newcomer=True)
    Preferences.for_user(person.user).store(step=Step.EXPERTS)
    costs = person.get_costs()
    assert "/onboarding/experts/" in costs
    assert list_expensive(costs) == {}


@pytest.mark.parametrize("path", ["/api/profile", "/api/tour", "/tour/"])
def test_own_data_needs_only_the_sessions_statement(path):
    status, (statement,) = Person(1).get_cost(path)
    assert status == 200
    assert statement.startswith(f"SELECT * FROM {BY_KEY.plan.function.name}('")
    for table in ("session", "user", "preferences", "profile", "tour"):
        assert re.search(rf'JOIN "\w+_{table}"|FROM "\w+_{table}"', BY_KEY.plan.function.query)


def test_catalogue_needs_two_statements():
    status, statements = Person(30).get_cost("/api/experts")
    assert (status, len(statements)) == (200, 2)


def test_storing_the_tour_answer_needs_two_statements():
    body = {"data": {"tour": True}, "content_type": "application/json"}
    status, statements = Person(1).get_cost("/api/tour", "patch", **body)
    assert (status, len(statements)) == (200, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"bio": "Writes programs."},
        {"name": "Ada"},
        {"botTraits": ["direct"]},
        {"name": "Ada", "bio": "Writes programs.", "timezone": "UTC", "botTraits": ["direct"]},
    ],
)
def test_changing_the_profile_needs_two_statements(change):
    body = {"data": change, "content_type": "application/json"}
    status, statements = Person(1).get_cost("/api/profile", "patch", **body)
    assert (status, len(statements)) == (200, 2)


def test_first_tour_answer_needs_two_statements():
    person = Person(1)
    body = {"data": {"tour": True}, "content_type": "application/json"}
    log = ServerLog()
    person.client.patch("/api/tour", **body)
    assert len(log.statements("ai4ceo web")) == 2


def test_anonymous_request_needs_no_statement():
    person = Person(1)
    person.client = Client()
    costs = {
        path: statements
        for path, statements in person.get_costs((*ANSWERS, 401)).items()
        if statements
    }
    assert costs == {"/readyz": ["SELECT 1"]}
