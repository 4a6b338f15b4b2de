"""Double clicks in Chromium, which follows the second response."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.people import PASSWORD, make_user
from config.tests.test_journey import get_code
from onboarding.models import Preferences
from onboarding.tests.experts import make_experts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False])
def test_double_click_signs_up_and_confirms(open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    email = f"ada{scripts}@example.org".lower()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").dblclick(delay=0)
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.get_by_label("Code").fill(get_code(email))
    page.get_by_role("button", name="Confirm").dblclick()
    expect(page.get_by_role("heading", name="What should we call you?")).to_be_visible()
    assert User.objects.get().has_confirmed_email()


def test_double_click_adds_and_keeps_favourite(signed_in_page):
    make_experts(1)
    user = make_user()
    page = signed_in_page(user)
    page.goto("/")
    page.get_by_role("button", name="Add to favourites").dblclick(delay=60)
    expect(page.get_by_role("button", name="Remove from favourites")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(Preferences.objects.get(user=user).experts) == 1


def test_resend_button_counts_down(open_page):
    page = open_page()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("grace@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    button = page.get_by_role("button", name="Send a new code")
    expect(button).to_be_disabled()
    expect(button).to_be_enabled(timeout=15_000)
    button.click()
    expect(page.get_by_text("We sent a new code to grace@example.org")).to_be_visible()
