"""The request's id: made by HAProxy, or taken from a trusted proxy, over real connections."""

import json
import re
from contextlib import closing

import pytest

from config.proxy.tests.echo import connect, run_proxy, send_headers

TRUSTED_PROXY, UNTRUSTED = "127.0.0.2", "127.0.0.9"
ID = "X-Request-ID"
MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def proxy():
    with run_proxy(trusted_proxies=(TRUSTED_PROXY,)) as proxy:
        yield proxy


def get_id(proxy, values, source):
    """Return the one id that reaches the site."""
    received = send_headers(proxy, [(ID, value) for value in values], source)
    ((_, number),) = [pair for pair in received if pair[0] == "x-request-id"]
    return number


@pytest.mark.parametrize("given", ["a", "Root-1.2_3", "f" * 64])
def test_takes_the_id_of_a_trusted_proxy(proxy, given):
    assert get_id(proxy, [given], TRUSTED_PROXY) == given


def test_takes_the_id_also_from_a_proxy_that_names_its_client(proxy):
    headers = [("X-Forwarded-For", "203.0.113.7"), (ID, "from-the-proxy")]
    assert (ID.lower(), "from-the-proxy") in send_headers(proxy, headers, TRUSTED_PROXY)


@pytest.mark.parametrize(
    "values", [[], [""], ["f" * 65], ["a b"], ["a;b"], ['"a"'], ["%0a"], ["a", "b"], ["a, b"]]
)
def test_makes_an_id_in_place_of_a_malformed_one(proxy, values):
    assert MADE.fullmatch(get_id(proxy, values, TRUSTED_PROXY))


def test_removes_the_id_of_anybody_else(proxy):
    assert MADE.fullmatch(get_id(proxy, ["mine"], UNTRUSTED))


def test_trusts_nobody_by_default():
    with run_proxy() as proxy:
        assert MADE.fullmatch(get_id(proxy, ["mine"], "127.0.0.1"))


def test_each_request_has_its_own(proxy):
    first, second = (get_id(proxy, [], UNTRUSTED) for _ in range(2))
    assert first != second


def refuse(proxy, path):
    """Return the response to a body that is too large, which HAProxy sends itself."""
    with closing(connect(proxy, UNTRUSTED)) as connection:
        connection.request("POST", path, headers={"Content-Length": "2000000"})
        response = connection.getresponse()
        return response, response.read().decode()


def test_haproxys_own_page_quotes_it(proxy):
    response, page = refuse(proxy, "/")
    assert response.status == 413
    assert f"Reference: <code>{response.headers[ID]}</code></p>" in page
    assert page.endswith("</html>")


def test_haproxys_own_json_quotes_it(proxy):
    response, text = refuse(proxy, "/api/tour")
    assert response.status == 413
    assert json.loads(text)["requestId"] == response.headers[ID]
