"""Taking the offer, and taking the tour again."""

import pytest

from tours.models import Tour

PATH = "/tour/start/"


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
    aside = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert 'href="/tour/"' in aside


def test_leaves_others_alone(member, ada):
    Tour.of(ada).store(answered=False)
    member.post(PATH)
    assert list(Tour.objects.filter(answered=True).values_list("user", flat=True)) == [ada.pk]


def test_sends_a_stranger_to_sign_in(client, db):
    assert client.post(PATH).headers["Location"].startswith("/accounts/login/")
    assert not Tour.objects.exists()


@pytest.mark.parametrize("path", [PATH, "/tour/later/"])
def test_a_link_changes_nothing(member, path):
    assert member.get(path).status_code == 405
    assert not Tour.objects.exists()
