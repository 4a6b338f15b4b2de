"""Taking the offer, and taking the tour again."""

import pytest

from tours.models import Tour
from tours.steps import STEPS

PATH = "/tour/start/"


def without_javascript(page):
    return page.partition("<noscript>")[2].partition("</noscript>")[0]


def test_answers_the_offer_and_starts_the_guide_at_home(member, ada):
    assert member.post(PATH).headers["Location"] == "/?tour=1"
    assert Tour.objects.get().user == ada
    assert Tour.objects.get().answered is True


def test_starts_as_often_as_one_likes(member, ada):
    Tour.of(ada).store(answered=True)
    assert member.post(PATH).headers["Location"] == "/?tour=1"
    assert Tour.objects.get().answered is True


def test_leads_who_has_no_javascript_to_the_tour_in_writing(member):
    page = member.post(PATH, follow=True).content.decode()
    assert 'href="/tour/"' in without_javascript(page)


@pytest.mark.parametrize(("number", "step"), list(enumerate(STEPS, 1)))
def test_starts_at_the_step_that_is_asked_for(member, number, step):
    answer = member.post(PATH, {"step": number}, follow=True)
    assert answer.redirect_chain == [(f"{step.path}?tour={number}", 302)]
    assert 'href="/tour/"' in without_javascript(answer.content.decode())
    assert "Take a short tour?" not in member.get("/").content.decode()


@pytest.mark.parametrize("step", ["", "0", "7", "-1", "abc", "\0", "9" * 5000])
def test_starts_at_the_first_where_there_is_no_such_step(member, step):
    assert member.post(PATH, {"step": step}).url == "/?tour=1"


def test_leaves_others_alone(member, ada):
    Tour.of(ada).store(answered=False)
    member.post(PATH)
    assert list(Tour.objects.filter(answered=True).values_list("user", flat=True)) == [ada.pk]


def test_sends_a_stranger_to_sign_in(client, db):
    assert client.post(PATH).headers["Location"].startswith("/accounts/login/")
    assert not Tour.objects.exists()


@pytest.mark.parametrize(("path", "page"), [(PATH, "/tour/"), ("/tour/later/", "/")])
def test_a_link_changes_nothing_and_leads_to_the_button(member, path, page):
    assert member.get(path).url == page
    assert not Tour.objects.exists()
