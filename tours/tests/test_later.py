"""Declining the offer."""

from tours.models import Tour

PATH = "/tour/later/"


def test_answers_the_offer_and_shows_where_the_tour_is(member):
    response = member.post(PATH, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "You can take the tour at any time from your profile." in response.content.decode()
    assert Tour.objects.get().answered is True


def test_does_not_start_the_guide(member):
    assert "tour-guide" not in member.post(PATH, follow=True).content.decode()


def test_anonymous_redirects_to_login(client, db):
    assert client.post(PATH).headers["Location"].startswith("/accounts/login/")
    assert not Tour.objects.exists()
