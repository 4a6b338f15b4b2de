"""The tour as text."""

from tours.steps import STEPS

PATH = "/tour/"


def test_lists_every_step_with_button(member):
    page = member.get(PATH).content.decode()
    for number, step in enumerate(STEPS, 1):
        assert step.title in page
        assert step.text in page
        assert f'name="step" value="{number}">Show me<' in page


def test_has_start_button(member):
    assert '<form method="post" action="/tour/start/">' in member.get(PATH).content.decode()


def test_runs_only_the_session_statement(member, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert member.get(PATH).status_code == 200


def test_anonymous_redirects_to_login(client):
    assert client.get(PATH).headers["Location"] == "/accounts/login/?next=/tour/"


def test_rejects_post(member):
    assert member.post(PATH).status_code == 405
