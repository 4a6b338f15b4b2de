import pytest

from load.pages import MissingError, Page

PAGE = """<link rel="stylesheet" href="/static/site.css">
<a href="/files/?deleted=1">Deleted <span>3</span></a>
<form method="post" action="/profile/">
  <input type="hidden" name="csrfmiddlewaretoken" value="token"><input type="file" name="image">
  <input type="checkbox" name="traits" value="concise" checked>
  <input type="checkbox" name="traits" value="warm">
  <textarea name="bio">
Ada &amp; Co</textarea>
  <select name="sort"><option value="a">A</option><option value="b" selected>B</option></select>
  <button>Save  the
    profile</button><button formaction="/skip/">Skip</button>
  <button form="other">Elsewhere</button><button type="button">Script</button>
</form>
<form><button aria-label="Add to favourites: Tax">Add</button></form>"""


@pytest.fixture
def page():
    return Page(PAGE, "http://127.0.0.1:8000/here/?page=2")


def test_a_form_sends_what_stands_in_it(page):
    assert page.button("Save the profile").form.fields == [
        ("csrfmiddlewaretoken", "token"),
        ("traits", "concise"),
        ("bio", "Ada & Co"),
        ("sort", "b"),
    ]


def test_answers_take_the_place_of_what_stood_there(page):
    fields = page.button("Save").form.filled(bio="New", name="Ada")
    assert [pair for pair in fields if pair[0] in ("bio", "name")] == [
        ("bio", "New"),
        ("name", "Ada"),
    ]


def test_a_button_goes_where_it_or_its_form_or_else_the_page_is(page):
    assert page.button("Save").action == "http://127.0.0.1:8000/profile/"
    assert page.button("Skip").action == "/skip/"
    assert page.button("Add to favourites").action == page.address


def test_what_can_be_ticked_links_and_stylesheets_are_found(page):
    assert page.unticked == {"traits": ["warm"]}
    assert page.link("Deleted") == "/files/?deleted=1"
    assert page.stylesheets == ["/static/site.css"]


@pytest.mark.parametrize("label", ["Elsewhere", "Script", "Sign out"])
def test_a_button_that_sends_no_form_is_none(page, label):
    with pytest.raises(MissingError, match=label):
        page.button(label)
