"""Starting the tour."""

import pytest

from tours.models import Tour
from tours.steps import STEPS

PATH = "/tour/start/"


def get_noscript(page):
    return page.partition("<noscript>")[2].partition("</noscript>")[0]


def test_answers_the_offer_and_starts_the_guide_at_home(member, ada):
    assert member.post(PATH).headers["Location"] == "/?tour=1"
    assert Tour.objects.get().user == ada
    assert Tour.objects.get().answered is True


def test_can_start_again(member, ada):
    Tour.for_user(ada).store(answered=True)
    assert member.post(PATH).headers["Location"] == "/?tour=1"
    assert Tour.objects.get().answered is True


def test_links_to_tour_page_without_javascript(member):
    page = member.post(PATH, follow=True).content.decode()
    assert 'href="/tour/"' in get_noscript(page)


@pytest.mark.parametrize(("number", "step"), list(enumerate(STEPS, 1)))
def test_starts_at_given_step(member, number, step):
    response = member.post(PATH, {"step": number}, follow=True)
    assert response.redirect_chain == [(f"{step.path}?tour={number}", 302)]
    assert 'href="/tour/"' in get_noscript(response.content.decode())
    assert "Take a short tour?" not in member.get("/").content.decode()


@pytest.mark.parametrize("step", ["", "0", "7", "-1", "abc", "\0", "9" * 5000])
def test_starts_at_first_step_if_invalid(member, step):
    assert member.post(PATH, {"step": step}).url == "/?tour=1"


def test_keeps_answers_of_other_users(member, ada):
    Tour.for_user(ada).store(answered=False)
    member.post(PATH)
    assert list(Tour.objects.filter(answered=True).values_list("user", flat=True)) == [ada.pk]


def test_anonymous_redirects_to_login(client, db):
    assert client.post(PATH).headers["Location"].startswith("/accounts/login/")
    assert not Tour.objects.exists()


@pytest.mark.parametrize(("path", "page"), [(PATH, "/tour/"), ("/tour/later/", "/")])
def test_get_redirects_to_page(member, path, page):
    assert member.get(path).url == page
    assert not Tour.objects.exists()
