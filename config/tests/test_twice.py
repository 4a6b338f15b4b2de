"""Every form of the site, sent twice: one effect, and the second answer is the first one's.

Of a new form that is not in `every_form` tells test_every_page.
"""

import pytest

from config.tests import world
from config.tests.every_form import FORMS
from config.tests.rows import read_rows
from config.tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


class Filled:
    """A form that somebody has filled in, on a site with everything."""

    def __init__(self, site, form):
        world.restore()
        self.visitor = Visitor(site, form.by())
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
        return self.visitor.post(*self.act, **self.options)

    def send_twice(self, gap):
        return self.visitor.post_twice(*self.act, gap, **self.options)

    def lands_on(self, answer):
        return self.visitor.follow(answer)


def shown(answer):
    headers = answer.headers
    content = None if "Content-Disposition" in headers else answer.content
    return answer.status_code, headers.get("Location"), sorted(answer.cookies.items()), content


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_second_time_changes_nothing_and_has_the_answer_of_the_first(site, form):
    filled = Filled(site, form)
    before, first, once = read_rows(), filled.send(), read_rows()
    assert (first.status_code, once == before) == (form.status, form.keeps)
    assert shown(filled.send()) == shown(first)
    assert read_rows() == once
    landed = filled.lands_on(first)
    for gap in form.gaps:
        filled = Filled(site, form)
        first, second = filled.send_twice(gap)
        assert shown(second) == shown(first)
        assert read_rows() == once
        assert filled.lands_on(second) == landed
