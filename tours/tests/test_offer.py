"""The banner on the start page."""

import pytest

from tours.models import Tour

BANNER = "Take a short tour?"


def home(client, **query):
    return client.get("/", query).content.decode()


def test_is_made_until_it_is_answered(member):
    for _ in range(2):
        page = home(member)
        assert BANNER in page
        assert 'action="/tour/start/"' in page
        assert 'action="/tour/later/"' in page


@pytest.mark.parametrize("path", ["/tour/start/", "/tour/later/"])
def test_is_gone_after_either_answer(member, path):
    member.post(path)
    assert BANNER not in home(member)
    assert "<noscript>" not in home(member)


def test_is_not_made_to_who_is_being_led(member):
    assert BANNER not in home(member, tour="1")
    assert BANNER in home(member, tour="6")


def test_comes_again_when_the_answer_is_taken_back(member, ada):
    Tour.of(ada).store(answered=True)
    Tour.of(ada).store(answered=False)
    assert BANNER in home(member)


def test_is_not_made_to_strangers(client, db):
    assert BANNER not in home(client)


@pytest.mark.parametrize("stored", [True, False])
def test_costs_no_statement_of_its_own(member, ada, stored, django_assert_max_num_queries):
    if stored:
        Tour.of(ada).store(answered=False)
    with django_assert_max_num_queries(3) as captured:
        assert BANNER in home(member)
    assert not [query for query in captured.captured_queries if 'FROM "tours' in query["sql"]]
