import json

import pytest
from django.test import Client

from config.middleware import ISOLATION
from config.proxy.responses import SAYS, own_answers


@pytest.fixture(scope="module")
def answers():
    return {answer.status: answer for answer in own_answers()}


def test_every_answer_that_haproxy_makes_is_there(answers):
    assert set(answers) == {400, 408, 411, 413, 414, 417, 431, 500, 501, 502, 503, 504}


@pytest.mark.parametrize("status", SAYS)
def test_the_api_has_its_own_shape(answers, status):
    body = json.loads(answers[status].bodies["api"])
    assert set(body) == {"code", "message", "fields"}
    assert body["message"] == SAYS[status]


@pytest.mark.parametrize("status", SAYS)
def test_a_person_gets_a_page(answers, status):
    page = answers[status].bodies["page"]
    assert page.startswith("<!doctype html>")
    assert f">{status}</p>" in page


@pytest.mark.parametrize("status", SAYS)
def test_each_has_the_headers_of_the_sites_own(answers, status):
    wanted = Client().get("/healthz").headers
    for name in (*ISOLATION, "Content-Security-Policy", "X-Content-Type-Options"):
        assert answers[status].headers[name] == wanted[name]
    assert answers[status].headers["Cache-Control"] == "private, no-store"


def test_what_may_pass_by_itself_says_when_to_come_back(answers):
    told = {status for status, answer in answers.items() if "Retry-After" in answer.headers}
    assert told == {408, 502, 503, 504}
