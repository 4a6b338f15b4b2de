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


def test_a_form_has_its_initial_values(page):
    assert page.find_button("Save the profile").form.fields == [
        ("csrfmiddlewaretoken", "token"),
        ("traits", "concise"),
        ("bio", "Ada & Co"),
        ("sort", "b"),
    ]


def test_fill_replaces_values(page):
    fields = page.find_button("Save").form.fill(bio="New", name="Ada")
    assert [pair for pair in fields if pair[0] in ("bio", "name")] == [
        ("bio", "New"),
        ("name", "Ada"),
    ]


def test_a_buttons_action_falls_back_to_the_form_and_the_page(page):
    assert page.find_button("Save").action == "http://127.0.0.1:8000/profile/"
    assert page.find_button("Skip").action == "/skip/"
    assert page.find_button("Add to favourites").action == page.url


def test_finds_checkboxes_links_and_stylesheets(page):
    assert page.unticked == {"traits": ["warm"]}
    assert page.find_link("Deleted") == "/files/?deleted=1"
    assert page.stylesheets == ["/static/site.css"]


@pytest.mark.parametrize("label", ["Elsewhere", "Script", "Sign out"])
def test_ignores_buttons_that_submit_no_form(page, label):
    with pytest.raises(MissingError, match=label):
        page.find_button(label)
