"""Every form, sent twice: one effect, and the same response.

test_every_page finds forms that are missing in `every_form`.
"""

import pytest

from config.tests import world
from config.tests.every_form import FORMS
from config.tests.rows import read_rows
from config.tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


class Filled:
    """A completed form on a site with a row of everything."""

    def __init__(self, site, form):
        world.restore()
        self.visitor, self.undo = Visitor(site, form.by()), form.undo
        act = self.find(form)
        data = form.data() if callable(form.data) else form.data
        self.act = (act.path, act.data | data)
        self.options = {"part": act.part, "files": form.files}

    def find(self, form):
        page = self.visitor.open(form.at)
        if form.asked:
            answer = self.visitor.post(*form.asked, part="(part)" in form.name)
            page = self.visitor.page(form.at, answer)
        return next(act for act in page.submissions if act.name == form.name)

    def send(self):
        try:
            return self.visitor.post(*self.act, **self.options)
        finally:
            self.undo()

    def send_twice(self, gap):
        try:
            return self.visitor.post_twice(*self.act, gap, **self.options)
        finally:
            self.undo()

    def follow(self, answer):
        return self.visitor.follow(answer)


def get_messages(answer):
    headers = answer.headers
    content = None if "Content-Disposition" in headers else answer.content
    return answer.status_code, headers.get("Location"), sorted(answer.cookies.items()), content


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_second_request_changes_nothing_and_has_the_same_response(site, form):
    filled = Filled(site, form)
    before, first, once = read_rows(), filled.send(), read_rows()
    assert (first.status_code, once == before) == (form.status, form.keeps)
    assert get_messages(filled.send()) == get_messages(first)
    assert read_rows() == once
    landed = filled.follow(first)
    for gap in form.gaps:
        filled = Filled(site, form)
        first, second = filled.send_twice(gap)
        assert get_messages(second) == get_messages(first)
        assert read_rows() == once
        assert filled.follow(second) == landed
