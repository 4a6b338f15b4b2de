"""Messages for failed htmx requests."""

import pytest

from accounts.tests.people import make_user
from onboarding.models import Expert
from onboarding.tests.experts import make_experts

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.django_db(transaction=True)

# htmx also logs to the console, which is expected here.
QUIET = "console.error = () => {};"
OFFLINE = "() => { XMLHttpRequest.prototype.send = function () { this.onerror(); }; }"
BUSY = {"status": 503, "body": "busy"}


@pytest.fixture
def home(signed_in_page):
    make_experts(30)
    page = signed_in_page(make_user(password=None), refusals={404, 418, 503})
    page.add_init_script(QUIET)
    page.goto("/")
    return page


def get_message(page):
    return page.locator(".failures[role=status]")


def search(page, text):
    page.get_by_role("searchbox").fill(text)


def test_unreachable_site(home):
    home.evaluate(OFFLINE)
    search(home, "Expert 007")
    expect(get_message(home)).to_contain_text("We can\u2019t reach the site.")


@pytest.mark.parametrize(
    ("status", "words"), [(503, "The site is busy."), (418, "That didn\u2019t work.")]
)
def test_error_message_disappears_after_the_next_success(home, status, words):
    home.route("**/?q=Expert*", lambda route: route.fulfill(**BUSY | {"status": status}))
    expect(get_message(home)).to_be_empty()
    search(home, "Expert 007")
    expect(get_message(home)).to_contain_text(words)
    search(home, "")
    expect(get_message(home)).to_be_empty()


def test_missing_expert_has_a_message(home):
    Expert.objects.update(is_active=False)
    home.get_by_role("button", name="Expert 024").click()
    expect(get_message(home)).to_contain_text("no longer exists")
    expect(get_message(home)).to_be_in_viewport()


def test_files_page_has_a_message(home):
    home.goto("/files/")
    home.route("**/files/?q=*", lambda route: route.fulfill(**BUSY))
    search(home, "a")
    expect(get_message(home)).to_contain_text("The site is busy.")
