"""Which addresses from outside lead on."""

import pytest

from accounts.tests.people import make_user
from config.lib.site_urls import is_ours


@pytest.mark.parametrize("url", ["/", "/files/?q=a&sort=name", "/profile/#bio", "/a//b", "files/"])
def test_a_path_of_this_site_is(url):
    assert is_ours(url)


def test_the_sites_own_origin_is(settings):
    assert is_ours(f"{settings.SITE_URL}/files/")


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]@evil.example",
        "http://localhost/",
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "//[",
        "javascript:alert(1)",
        "ftp://127.0.0.1/",
        "/" + "x" * 3000,
    ],
)
@pytest.mark.django_db
def test_any_other_is_not_and_no_page_fails_by_it(client, url):
    assert not is_ours(url)
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/admin/login/"):
        answer = client.get(path, {"next": url})
        assert answer.status_code < 400 or answer.status_code == 404
    client.force_login(make_user())
    assert client.post("/accounts/logout/", {"next": url}).headers["Location"].startswith("/acc")
