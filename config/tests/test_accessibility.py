"""axe finds no serious violation on any page, on phone or desktop, light or dark."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone

from accounts.tests.people import make_admin, make_user
from config.pools.samples import record_sample
from config.tests.browser import DESKTOP, PHONE
from files.tests.content import make_image, upload_file
from files.tests.rows import make_rows
from onboarding.models import Preferences, Step
from onboarding.tests.experts import make_experts

ANONYMOUS = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
NEWCOMERS = ["/onboarding/name/", "/onboarding/traits/", "/onboarding/experts/"]
EMPTY = ["/", "/?q=nothing", "/files/", "/files/?deleted=1", "/files/?q=nothing"]
MEMBERS = [
    "/",
    "/?tour=1",
    "/account/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/files/",
    "/files/?deleted=1",
    "/files/trash/empty/",
    "/profile/",
    "/profile/delete/",
    "/tour/",
]
ADMINS = [
    "/admin/",
    "/admin/accounts/session/",
    "/admin/accounts/user/",
    "/admin/files/file/",
    "/admin/onboarding/expert/",
    "/admin/onboarding/expert/add/",
    "/admin/onboarding/preferences/",
    "/admin/pools/",
    "/admin/pools/?numbers",
    "/admin/pools/web/pause/",
    "/admin/profiles/profile/",
    "/admin/tours/tour/",
]
SETTLED = "Promise.allSettled(document.getAnimations().map((animation) => animation.finished))"
VIOLATIONS = "(options) => axe.run(options).then((found) => found.violations)"
# axe's preload would add styles, which the CSP blocks.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
LINKS = "link-in-text-block"
# Rules about colours; all others give the same result in dark mode.
COLOURS = {"color-contrast", LINKS}
LOOKS = [(size, scheme) for size in (PHONE, DESKTOP) for scheme in ("light", "dark")]
# Django's admin stylesheet distinguishes links by colour alone.
IN_ADMIN = {LINKS}


def get_options(scheme, without):
    if scheme == "dark":
        return {"runOnly": {"type": "rule", "values": sorted(COLOURS - without)}}
    return {"rules": {rule: {"enabled": False} for rule in without}}


def list_violations(page, without=frozenset()):
    """Return the page's serious violations in each of its looks, except for some rules."""
    page.evaluate(AXE_SCRIPT)
    for (width, height), scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)  # do not measure contrast during a transition
        for fault in page.evaluate(VIOLATIONS, OPTIONS | get_options(scheme, without)):
            if fault["impact"] in ("serious", "critical"):
                places = ", ".join(node["html"] for node in fault["nodes"])
                yield f"{page.url} {width} {scheme}: {fault['help']}: {places}"


def assert_accessible(page, *paths, status=200, without=frozenset()):
    found = []
    for path in paths:
        assert page.goto(path).status == status
        found += list_violations(page, without)
    assert not found, "\n".join(found)


def test_public_pages(open_page):
    assert_accessible(open_page(), *ANONYMOUS)


def test_wizard(signed_in_page):
    make_experts(30)
    user = make_user(newcomer=True)
    Preferences.for_user(user).store(step=Step.EXPERTS)
    assert_accessible(signed_in_page(user), *NEWCOMERS)


def test_empty_pages(signed_in_page):
    assert_accessible(signed_in_page(make_user()), *EMPTY)


def test_pages_for_users(signed_in_page):
    make_experts(30)
    user = make_user()
    upload_file(user, "harbour.png", make_image())
    make_rows(user, 30)
    make_rows(user, 3, deleted_at=timezone.now())
    assert_accessible(signed_in_page(user), *MEMBERS)


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_pages_for_administrators(signed_in_page):
    make_experts(30)
    record_sample()
    assert_accessible(signed_in_page(make_admin()), *ADMINS, without=IN_ADMIN)


def test_missing_page(open_page):
    assert_accessible(open_page(refusals={404}), "/nothing", status=404)


def test_finds_a_violation(open_page):
    page = open_page()
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/static/favicon.svg>')")
    assert "Images must have alternative text" in "\n".join(list_violations(page))
