"""The buttons of the page "Pools": confirmed, for superusers, logged, with one effect."""

import logging

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.test import Client

from accounts.tests.people import make_admin, make_user
from config.database.tests.pools import are_paused, connect_client, hold_connection, pools
from config.pools.models import PoolAction
from config.tests.outages import redirect_connections
from config.tests.processes import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
    pytest.mark.usefixtures("log_dir", "resumed"),
]

PAGE = "/admin/pools/"
BUTTONS = ["web/pause", "web/resume", "web/reconnect", "jobs/resume", "jobs/reconnect"]


def sign_in(user, **options):
    client = Client(raise_request_exception=False, **options)
    client.force_login(user)
    return client


@pytest.fixture
def admin():
    return sign_in(make_admin())


def press(client, button, **options):
    return client.post(f"{PAGE}{button}/", **options)


def list_history():
    kinds = PoolAction.objects.filter(content_type__model="poolaction").order_by("pk")
    return list(kinds.values_list("user__email", "object_id", "change_message"))


@pytest.mark.parametrize("button", BUTTONS)
def test_asks_before_it_acts(admin, button):
    page = admin.get(f"{PAGE}{button}/").content.decode()
    assert '<form method="post">' in page
    assert "No, take me back" in page
    assert are_paused() == [False, False]
    assert list_history() == []


def test_pauses_and_the_page_still_answers(admin):
    answer = press(admin, "web/pause", follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Web pool: paused in " in answer.content.decode()
    assert are_paused() == [True, False]
    assert "pool-paused" in admin.get(PAGE).content.decode()


def test_resumes_a_paused_pool(admin):
    pools("pause", "--pool", "web")
    assert "Web pool: resumed." in press(admin, "web/resume", follow=True).content.decode()
    assert are_paused() == [False, False]


def test_resuming_an_open_pool_says_so(admin):
    assert "was not paused" in press(admin, "web/resume", follow=True).content.decode()


def test_reconnects(admin):
    backend = "SELECT pg_backend_pid()"
    with connect_client("web") as client:
        before = client.execute(backend).fetchone()
        assert press(admin, "web/reconnect").status_code == 302
        wait_until(lambda: client.execute(backend).fetchone() != before, 30, "it is another one")


def test_a_pause_that_takes_too_long_pauses_nothing(admin, monkeypatch):
    monkeypatch.setattr("config.pools.actions.PAUSE_TIMEOUT", 0.3)
    with hold_connection("web"):
        text = press(admin, "web/pause", follow=True).content.decode()
    assert "transactions were still open after 0.3 s" in text
    assert are_paused() == [False, False]
    assert list_history() == []


def test_actions_are_in_the_history_and_the_security_log(admin, caplog):
    with caplog.at_level(logging.INFO, "security"):
        press(admin, "web/pause")
        press(admin, "web/resume")
    grace = "grace@example.org"
    assert list_history() == [(grace, "web", "paused"), (grace, "web", "resumed")]
    assert "pause of the web pool: user " in caplog.text
    assert "web pool: resumed" in admin.get("/admin/").content.decode()


def test_says_so_if_the_history_cannot_be_written(admin, monkeypatch):
    def fail(*args):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr(PoolAction, "log", fail)
    text = press(admin, "web/pause", follow=True).content.decode()
    assert are_paused() == [True, False]
    assert "Web pool: paused in " in text
    assert "This is missing in the history: no connection became free in time" in text


@pytest.mark.parametrize("button", BUTTONS)
def test_only_superusers_may(button):
    staff = make_user(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_pools"))
    for client, status in ((sign_in(staff), 403), (Client(), 302)):
        assert press(client, button).status_code == status
        assert client.get(f"{PAGE}{button}/").status_code == status
    assert are_paused() == [False, False]
    assert list_history() == []


@pytest.mark.parametrize("button", ["jobs/pause", "none/resume", "none/reconnect"])
def test_unknown_button_is_404(admin, button):
    assert press(admin, button).status_code == 404
    assert admin.get(f"{PAGE}{button}/").status_code == 404


def test_needs_a_csrf_token():
    client = sign_in(make_admin(), enforce_csrf_checks=True)
    assert press(client, "web/pause").status_code == 403
    assert are_paused() == [False, False]


def test_a_pass_is_not_enough(admin, tmp_path):
    assert admin.get(PAGE).status_code == 200
    with redirect_connections(jobs={"HOST": str(tmp_path)}):
        assert press(admin, "web/pause").status_code == 503
        assert admin.get(f"{PAGE}web/pause/").status_code == 503
    assert are_paused() == [False, False]
