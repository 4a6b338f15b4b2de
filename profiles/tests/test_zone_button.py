"""The button that takes the time zone from the browser."""

import pytest

from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_fills_in_the_zone_of_the_browser_and_has_nothing_more_to_offer(signed_in_page):
    page = signed_in_page(make_user(), timezone_id="Asia/Tokyo")
    page.goto("/profile/")
    button = page.get_by_role("button", name="Use this browser\u2019s time zone: Asia/Tokyo")
    button.click()
    assert page.get_by_label("Time zone").input_value() == "Asia/Tokyo"
    assert button.count() == 0


def test_is_not_there_without_javascript(signed_in_page):
    page = signed_in_page(make_user(), java_script_enabled=False)
    page.goto("/profile/")
    assert page.get_by_role("button", name="time zone").count() == 0
