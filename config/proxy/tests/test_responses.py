import json

import pytest
from django.test import Client

from config.middleware import ISOLATION
from config.proxy.policy import ID_MARK
from config.proxy.responses import MESSAGES, build_error_responses


@pytest.fixture(scope="module")
def responses():
    return {response.status: response for response in build_error_responses()}


def test_covers_every_status_that_haproxy_sends(responses):
    assert set(responses) == {400, 408, 411, 413, 414, 417, 431, 500, 501, 502, 503, 504}


@pytest.mark.parametrize("status", MESSAGES)
def test_the_api_gets_json(responses, status):
    body = json.loads(responses[status].bodies["api"])
    assert set(body) == {"code", "message", "fields", "requestId"}
    assert body["message"] == MESSAGES[status]


@pytest.mark.parametrize("status", MESSAGES)
def test_a_browser_gets_a_page(responses, status):
    page = responses[status].bodies["page"]
    assert page.startswith("<!doctype html>")
    assert f">{status}</p>" in page
    assert f"Reference: <code>{ID_MARK}</code>" in page


@pytest.mark.parametrize("status", MESSAGES)
def test_each_has_the_sites_security_headers(responses, status):
    wanted = Client().get("/healthz").headers
    for name in (*ISOLATION, "Content-Security-Policy", "X-Content-Type-Options"):
        assert responses[status].headers[name] == wanted[name]
    assert responses[status].headers["Cache-Control"] == "private, no-store"
    assert "X-Request-ID" not in responses[status].headers


def test_temporary_errors_have_retry_after(responses):
    statuses = {
        status for status, response in responses.items() if "Retry-After" in response.headers
    }
    assert statuses == {408, 502, 503, 504}
