"""The banner on the start page."""

import pytest

from tours.models import Tour

BANNER = "Take a short tour?"


def home(client, **query):
    return client.get("/", query).content.decode()


def test_is_shown_until_answered(member):
    for _ in range(2):
        page = home(member)
        assert BANNER in page
        assert 'action="/tour/start/"' in page
        assert 'action="/tour/later/"' in page


@pytest.mark.parametrize("path", ["/tour/start/", "/tour/later/"])
def test_is_hidden_after_either_answer(member, path):
    member.post(path)
    assert BANNER not in home(member)
    assert "<noscript>" not in home(member)


def test_is_hidden_while_guide_runs(member):
    assert BANNER not in home(member, tour="1")
    assert BANNER in home(member, tour="6")


def test_is_shown_again_after_reset(member, ada):
    Tour.for_user(ada).store(answered=True)
    Tour.for_user(ada).store(answered=False)
    assert BANNER in home(member)


def test_is_hidden_for_anonymous(client, db):
    assert BANNER not in home(client)


@pytest.mark.parametrize("stored", [True, False])
def test_runs_no_own_statement(member, ada, stored, django_assert_max_num_queries):
    if stored:
        Tour.for_user(ada).store(answered=False)
    with django_assert_max_num_queries(3) as captured:
        assert BANNER in home(member)
    assert not [query for query in captured.captured_queries if 'FROM "tours' in query["sql"]]
