"""The button for the browser's time zone."""

import pytest

from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_fills_in_the_browser_s_zone_and_disappears(signed_in_page):
    page = signed_in_page(make_user(), timezone_id="Asia/Tokyo")
    page.goto("/profile/")
    button = page.get_by_role("button", name="Use this browser\u2019s time zone: Asia/Tokyo")
    button.click()
    assert page.get_by_label("Time zone").input_value() == "Asia/Tokyo"
    assert button.count() == 0


def test_is_hidden_without_javascript(signed_in_page):
    page = signed_in_page(make_user(), java_script_enabled=False)
    page.goto("/profile/")
    assert page.get_by_role("button", name="time zone").count() == 0
