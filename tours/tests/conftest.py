import pytest

from accounts.tests.people import make_user
from onboarding.tests.experts import make_experts
from tours.steps import STEPS


@pytest.fixture
def ada(db):
    return make_user()


@pytest.fixture
def member(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def open_guide(signed_in_page):
    """`open_guide(3)` opens Ada's browser at the third step."""
    from tours.tests.guide import assert_at  # with Playwright, which few tests need

    def open_guide(number=1, *, script="", **options):
        make_experts(5)
        page = signed_in_page(make_user(password=None), **options)
        page.add_init_script(script)
        page.goto(f"{STEPS[number - 1].path}?tour={number}")
        assert_at(page, number)
        return page

    return open_guide
