"""A button whose session has ended: after signing in one is on the button's page."""

import pytest
from django.http import HttpResponse

from accounts.requests import post_or_redirect
from accounts.tests.people import PASSWORD, make_user

LOGIN = "/accounts/login/"


def answer(request, page="home"):
    return post_or_redirect(page)(lambda request: HttpResponse("done"))(request)


def test_a_button_is_pressed_by_post(rf):
    assert answer(rf.post("/x/")).content == b"done"


def test_who_comes_by_the_address_is_sent_to_the_button(rf):
    assert answer(rf.get("/x/")).url == "/"
    assert answer(rf.get("/x/?q=1"), lambda request: f"/y/?q={request.GET['q']}").url == "/y/?q=1"


def test_a_button_takes_no_other_method(rf):
    assert answer(rf.put("/x/")).status_code == 405


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
def test_signing_in_for_a_button_leads_to_its_page(client, db, path, page):
    make_user()
    assert client.post(path).url == f"{LOGIN}?next={path}"
    form = {"login": "ada@example.org", "password": PASSWORD}
    assert client.post(f"{LOGIN}?next={path}", form).url == path
    assert client.get(path).url == page
