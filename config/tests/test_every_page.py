"""What holds for all pages, found by crawling as every kind of user."""

from functools import cache

import pytest

from config.tests import world
from config.tests.crawl import Crawl, list_urls
from config.tests.every_form import FORMS

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

# URLs without a page: disabled, redirecting, forbidden to all, or images.
WITHOUT_PAGE = {
    "account_confirm_login_code",
    "admin:files_storedobject_delete",
    "admin:password_change",
    "files:preview",
    "onboarding:wizard",
    "profiles:avatar",
}
OF_DJANGO = "Start typing to filter…"  # in its admin


@cache
def crawl():
    world.restore()
    return Crawl()


def test_every_form_is_tested_twice():
    assert crawl().forms == {form.name for form in FORMS}


def test_crawl_reaches_every_url():
    acted = {name.partition(" ")[0] for name in crawl().forms}
    assert {name for name, _ in list_urls()} - crawl().shown - acted == WITHOUT_PAGE


def test_no_placeholder_repeats_a_label():
    assert crawl().placeholders == {"Search by name or topic", OF_DJANGO}
