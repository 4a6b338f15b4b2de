"""The tour in writing."""

from tours.steps import STEPS

PATH = "/tour/"


def test_has_every_step_with_a_way_to_it(member):
    page = member.get(PATH).content.decode()
    for number, step in enumerate(STEPS, 1):
        assert step.title in page
        assert step.text in page
        assert f'name="step" value="{number}">Show me<' in page


def test_can_start_the_guide(member):
    assert '<form method="post" action="/tour/start/">' in member.get(PATH).content.decode()


def test_costs_the_session_alone(member, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert member.get(PATH).status_code == 200


def test_sends_a_stranger_to_sign_in(client):
    assert client.get(PATH).headers["Location"] == "/accounts/login/?next=/tour/"


def test_rejects_post(member):
    assert member.post(PATH).status_code == 405
