"""The page "Pools" of the admin, with the real PgBouncers."""

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client, override_settings
from django.urls import reverse

from accounts.tests.people import make_admin, make_user
from config.database.monitor.status import list_pools
from config.database.sizing.state import PoolSize, Sizes
from config.database.tests.pools import connect_client, hold_connection, pools
from config.database.tests.servers import run_pgbouncer
from config.observe.access_log import AccessLog
from config.observe.events import Refusal
from config.observe.refusals import read_refusals
from config.pools import page
from config.pools.access import get_cookie_name
from config.pools.middleware import POOLS_PATH, is_stuck
from config.pools.samples import record_sample
from config.tests.frozen import frozen_pgbouncer
from config.tests.outages import redirect_connections
from config.tests.processes import ServerLog

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "jobs"]),
    pytest.mark.usefixtures("log_dir", "resumed"),
]

HTMX = {"HX-Request": "true"}
# Two for a console, two for the login to the jobs pool.
MAX_SECONDS = 5


def sign_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def make_viewer():
    user = make_user(email="carl@example.org", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_pools"))
    return user


@pytest.fixture
def admin():
    return sign_in(make_admin())


@pytest.fixture
def viewer():
    return sign_in(make_viewer())


def get_text(client, path=POOLS_PATH, **options):
    answer = client.get(path, **options)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_shows_both_pools(admin):
    with hold_connection("web"):
        record_sample()
        text = get_text(admin)
    assert "<td>1 of 10 server connections</td>" in text
    assert "of 2 server connections</td>" in text
    assert "<td>open</td>" in text
    assert "At most 1, 0 min ago; 1 in the last minute." in text
    assert "of 10</td>" in text
    assert "unknown" not in text


def test_says_why_a_pool_has_its_size(admin, monkeypatch):
    size = PoolSize(
        size=6,
        ceiling=8,
        busy=5,
        waiting=0,
        hosts=3,
        moved=0,
        reason="from 5, clients waited 40 ms",
        is_held=False,
    )
    assert '<th scope="row">Size</th>' not in get_text(admin)
    monkeypatch.setattr(page, "read_sizes", lambda: Sizes(pools={"web": size}))
    text = get_text(admin)
    assert text.count("<td>6 of at most 8: from 5, clients waited 40 ms</td>") == 1
    assert text.count("<td>3 share the slots</td>") == 1


def test_shows_a_replicas_pool_without_the_primarys_figures(admin):
    replica = replace(settings.POOLS["web"], name="read1")  # the web's PgBouncer stands in
    with override_settings(READ_POOLS={"read1": replica}):
        record_sample()
        text = get_text(admin)
    assert "Read1 pool" in text
    assert text.count("of 10 server connections</td>") == 2
    assert text.count("Slots taken") == 2
    assert "There are no samples yet." not in text


def test_without_samples_says_so(admin):
    text = get_text(admin)
    assert text.count("There are no samples yet.") == 8  # for the eye and for screen readers
    assert '<th scope="row">Abandoned backends</th><td>unknown</td>' in text


def test_the_path_is_the_urls():
    assert reverse("admin:pools") == POOLS_PATH


def test_anonymous_users_sign_in_first(client):
    assert client.get(POOLS_PATH).url == f"/admin/login/?next={POOLS_PATH}"


def test_users_who_are_not_staff_sign_in_first():
    assert sign_in(make_user()).get(POOLS_PATH).status_code == 302


def test_staff_without_the_permission_get_403():
    staff = sign_in(make_user(is_staff=True))
    assert staff.get(POOLS_PATH).status_code == 403
    assert POOLS_PATH not in get_text(staff, "/admin/")


def test_staff_with_the_permission_see_the_page_without_buttons(viewer):
    text = get_text(viewer)
    assert "Longest wait" in text
    assert "/pause/" not in text


def test_superusers_have_buttons(admin):
    text = get_text(admin)
    for path in ("web/reconnect", "web/pause", "web/resume", "jobs/reconnect", "jobs/resume"):
        assert f'href="{POOLS_PATH}{path}/"' in text
    assert "jobs/pause" not in text


def test_the_index_and_the_sidebar_link_to_the_page(viewer):
    assert f'href="{POOLS_PATH}"' in get_text(viewer, "/admin/")
    assert 'aria-current="page">Pools</a>' in get_text(viewer)


def test_htmx_gets_the_figures_only(admin):
    text = get_text(admin, headers=HTMX)
    assert "Longest wait" in text
    assert "<html" not in text
    assert "/pause/" not in text


def test_numbers_are_a_table(admin):
    record_sample()
    assert "<caption>The last hour: " not in get_text(admin)
    text = get_text(admin, f"{POOLS_PATH}?numbers")
    assert text.count("<caption>The last hour: ") == 2
    assert text.count("no sample</td>") == 22


def test_shows_refusals_newest_first(admin, tmp_path):
    with redirect_connections(default={"HOST": str(tmp_path)}):
        answer = admin.get("/profile/")
    assert answer.status_code == 503
    request = f"GET profile/ <code>{answer.headers['X-Request-ID']}</code>"
    assert f"{request}</td> <td>The database did not answer</td>" in get_text(admin)


@pytest.mark.parametrize("person", [make_admin, make_viewer])
def test_needs_no_more_than_three_statements_and_none_of_the_web_pool(person):
    client = sign_in(person())
    get_text(client)
    log = ServerLog()
    get_text(client)
    assert 1 <= len(log.statements("ai4ceo jobs")) <= 3
    assert log.statements("ai4ceo web") == []


def test_the_access_log_counts_the_statements_of_the_jobs_pool(admin, monkeypatch):
    lines = []
    monkeypatch.setattr(AccessLog, "write", lambda log, number, line: lines.append(line))
    for _ in range(2):
        get_text(admin)
    assert [(line.pool, line.statements) for line in lines] == [("jobs", 1), ("jobs", 1)]


def test_leaves_no_client_in_the_jobs_pool(admin):
    get_text(admin)
    assert '"clients": 0' in pools("--json").partition('"jobs"')[2]


def hold_all(stack, name):
    for _ in range(settings.POOLS[name].max_connections):
        stack.enter_context(hold_connection(name))


def test_renders_while_the_web_pool_is_exhausted(admin):
    with ExitStack() as stack:
        hold_all(stack, "web")
        began = time.monotonic()
        text = get_text(admin)
        assert time.monotonic() - began < 2
    assert "<td>10 of 10 server connections</td>" in text


def test_renders_while_the_web_pool_is_paused(admin):
    pools("pause", "--pool", "web")
    assert '<strong class="pool-paused">paused</strong>' in get_text(admin)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_browser_that_saw_the_page_sees_it_while_both_pools_are_paused(admin, headers):
    get_text(admin)
    pools("pause")
    began = time.monotonic()
    text = get_text(admin, headers=headers)
    assert time.monotonic() - began < 3
    assert text.count('<strong class="pool-paused">paused</strong>') == 2
    assert "The database does not answer, so this page cannot check who you are." in text
    assert "/pause/" not in text
    assert "Grace" not in text


@pytest.mark.parametrize(("wait", "stuck"), [(0.9, False), (1.1, True)])
def test_a_long_queue_does_not_move(wait, stuck):
    jobs = list_pools(settings.POOLS)[0]["jobs"]
    assert is_stuck(replace(jobs, waiting=1, longest_wait=wait)) == stuck
    assert is_stuck(replace(jobs, paused=True))


def test_does_not_lengthen_a_queue_that_does_not_move(admin):
    get_text(admin)
    pools("pause", "--pool", "jobs")
    for _ in range(3):
        get_text(admin)
    assert '"waiting": 0' in pools("--json").partition('"jobs"')[2]


def test_other_browsers_get_503_while_the_database_is_away(admin, viewer, tmp_path):
    get_text(viewer)
    with redirect_connections(jobs={"HOST": str(tmp_path)}):
        assert admin.get(POOLS_PATH).status_code == 503
        assert viewer.get(POOLS_PATH).status_code == 200
        assert Client().get(POOLS_PATH).status_code == 302
    assert [(one.route, one.reason) for one in read_refusals()] == [
        ("GET admin/pools/", Refusal.DATABASE)
    ]


def test_signing_out_ends_the_pass(admin, tmp_path):
    get_text(admin)
    kept = admin.cookies[get_cookie_name()].value
    admin.post("/admin/logout/")
    admin.cookies[get_cookie_name()] = kept
    with redirect_connections(jobs={"HOST": str(tmp_path)}):
        assert admin.get(POOLS_PATH).status_code == 302
        admin.force_login(make_user())
        admin.cookies[get_cookie_name()] = kept
        assert admin.get(POOLS_PATH).status_code == 503


def test_a_pass_does_not_outlive_the_permission_while_the_database_answers(viewer):
    get_text(viewer)
    Permission.objects.get(codename="view_pools").user_set.clear()
    assert viewer.get(POOLS_PATH).status_code == 403
    assert viewer.cookies[get_cookie_name()].value == ""


def test_the_session_survives_the_outage(admin, tmp_path):
    get_text(admin)
    with redirect_connections(jobs={"HOST": str(tmp_path)}):
        assert "sessionid" not in admin.get(POOLS_PATH).cookies
    assert "Grace" in get_text(admin)


@pytest.mark.parametrize("name", ["web", "jobs"])
def test_a_frozen_pgbouncer_delays_the_page_by_seconds(admin, name):
    get_text(admin)
    policy = settings.POOLS[name]
    with run_pgbouncer(policy, settings.POSTGRES[name]) as place:
        host = {"HOST": place["host"]} if name == "jobs" else {}
        with (
            override_settings(PGBOUNCER_HOST=place["host"]),
            redirect_connections(jobs=host),
            frozen_pgbouncer(place["host"], policy),
        ):
            began = time.monotonic()
            text = get_text(admin)
            assert time.monotonic() - began < MAX_SECONDS
    assert f"PgBouncer of the {name} pool does not answer" in text
    assert ("this page cannot check who you are" in text) == (name == "jobs")


@pytest.mark.usefixtures("own_web")
def test_shows_why_a_pool_does_not_answer(admin):
    text = get_text(admin)
    assert "PgBouncer of the jobs pool does not answer on" in text


def test_without_pools_says_so(admin, settings):
    settings.DATABASE_POOLING = "direct"
    text = get_text(admin)
    assert "<code>DATABASE_POOLING=direct</code>" in text
    assert "/pause/" not in text
    assert admin.get(f"{POOLS_PATH}web/pause/").status_code == 404


def test_rejects_post(admin):
    assert admin.post(POOLS_PATH).status_code == 405


def test_a_client_stays_in_the_web_pool(admin):
    """The swap of the pools is the request's only."""
    get_text(admin)
    log = ServerLog()
    assert admin.get("/profile/").status_code == 200
    assert len(log.statements("ai4ceo web")) >= 1
    with connect_client("web"):
        assert admin.get("/profile/").status_code == 200
