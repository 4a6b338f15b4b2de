"""What all pages share."""

import re

import pytest
from django import forms

from accounts.tests.people import make_admin, make_user
from onboarding.models import Preferences, Step

PAGES = ["/", "/nothing", "/accounts/login/", "/accounts/signup/", "/api/docs"]
ADMIN_PAGES = [
    "/",
    "/account/",
    "/admin/",
    "/admin/onboarding/expert/",
    "/files/",
    "/files/?deleted=1",
    "/files/trash/empty/",
    "/profile/",
    "/profile/delete/",
    "/tour/",
    "/?tour=1",
]
NEWCOMERS_PAGES = ["/onboarding/name/", "/onboarding/traits/", "/onboarding/experts/"]


class Letter(forms.Form):
    subject = forms.CharField(help_text="A few words.")


def assert_fits_the_policy(answer):
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert not re.search(r"<[^>]+\sstyle\s*=|<style|<[^>]+\son[a-z]+\s*=", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)


@pytest.mark.parametrize("path", PAGES)
def test_public_page_follows_the_csp(client, path, db):
    assert_fits_the_policy(client.get(path))


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_admin_page_follows_the_csp(client, path, db):
    client.force_login(make_admin())
    assert_fits_the_policy(client.get(path))


@pytest.mark.parametrize("path", NEWCOMERS_PAGES)
def test_newcomers_page_follows_the_csp(client, path, db):
    user = make_user(newcomer=True)
    Preferences.for_user(user).store(step=Step.EXPERTS)
    client.force_login(user)
    assert_fits_the_policy(client.get(path))


def test_skip_link_leads_to_the_content(client):
    page = client.get("/").content.decode()
    assert page.index('<a class="skip" href="#main">') < page.index("<header")
    assert '<main id="main"' in page


def test_field_links_label_help_and_errors_to_the_input():
    page = str(Letter({}))
    assert '<div class="field invalid">' in page
    assert '<label for="id_subject">' in page
    assert '<div class="help" id="id_subject_helptext">A few words.</div>' in page
    assert '<ul class="errorlist" id="id_subject_error">' in page
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in page


def test_message_is_shown_once(client, db):
    client.force_login(make_admin())
    client.post("/accounts/logout/")
    assert 'class="messages"' in client.get("/").content.decode()
    assert 'class="messages"' not in client.get("/").content.decode()


def test_admin_has_the_sites_name(client, db):
    client.force_login(make_admin())
    assert "AI4CEO admin</title>" in client.get("/admin/").content.decode()
