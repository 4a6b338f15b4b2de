"""Buttons pressed after the session has ended."""

import pytest
from django.http import HttpResponse

from accounts.requests import post_or_redirect
from accounts.tests.people import PASSWORD, make_user

LOGIN = "/accounts/login/"


def call(request, page="home"):
    return post_or_redirect(page)(lambda request: HttpResponse("done"))(request)


def test_accepts_post(rf):
    assert call(rf.post("/x/")).content == b"done"


def test_get_redirects_to_page(rf):
    assert call(rf.get("/x/")).url == "/"
    assert call(rf.get("/x/?q=1"), lambda request: f"/y/?q={request.GET['q']}").url == "/y/?q=1"


def test_rejects_other_methods(rf):
    assert call(rf.put("/x/")).status_code == 405


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/account/sign-out-everywhere/", "/account/"),
        ("/profile/export/", "/profile/"),
        ("/profile/avatar/remove/", "/profile/"),
        ("/tour/start/", "/tour/"),
        ("/tour/later/", "/"),
        ("/onboarding/name/skip/", "/onboarding/"),
        ("/onboarding/experts/1/favourite/", "/"),
        ("/onboarding/experts/1/unfavourite/", "/"),
        ("/files/upload/", "/files/"),
    ],
)
def test_sign_in_redirects_to_the_buttons_page(client, db, path, page):
    make_user()
    assert client.post(path).url == f"{LOGIN}?next={path}"
    form = {"login": "ada@example.org", "password": PASSWORD}
    assert client.post(f"{LOGIN}?next={path}", form).url == path
    assert client.get(path).url == page
