import pytest

from accounts.tests.people import make_user
from config.lib.site_urls import is_site_url


@pytest.mark.parametrize("url", ["/", "/files/?q=a&sort=name", "/profile/#bio", "/a//b", "files/"])
def test_accepts_a_path(url):
    assert is_site_url(url)


def test_accepts_the_sites_own_origin(settings):
    assert is_site_url(f"{settings.SITE_URL}/files/")


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
def test_rejects_other_urls_and_no_page_fails(client, url):
    assert not is_site_url(url)
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/admin/login/"):
        response = client.get(path, {"next": url})
        assert response.status_code < 400 or response.status_code == 404
    client.force_login(make_user())
    assert client.post("/accounts/logout/", {"next": url}).headers["Location"].startswith("/acc")
