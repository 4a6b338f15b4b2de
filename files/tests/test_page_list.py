"""The page with the list of files: search, order, pages, quota."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.tests.people import make_user
from config.lib.local_formats import local_datetime
from files.models import TRASH_PERIOD
from files.tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def names(page):
    return re.findall(r"<bdi>([^<]+)</bdi>", page)


def test_redirects_anonymous_to_login_and_back(client):
    response = client.get("/files/?q=tax")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/files/%3Fq%3Dtax"


def test_htmx_reloads_the_page_after_the_session_ended(client):
    assert client.get("/files/?q=a", headers=HTMX).headers["HX-Refresh"] == "true"


def test_shows_only_own_files(member, ada):
    make_row(ada, name="mine.txt")
    make_row(make_user(email="eve@example.org"), name="hers.txt")
    assert names(text(member.get("/files/"))) == ["mine.txt"]


def test_shows_name_type_size_and_time(member, ada):
    created_at = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)
    make_row(ada, name="tax & <b>.pdf", content_type="application/pdf", created_at=created_at)
    page = text(member.get("/files/"))
    assert "<bdi>tax &amp; &lt;b&gt;.pdf</bdi>" in page
    assert "PDF" in page
    assert "1.2 KB" in page
    assert f'<time datetime="2026-11-23T16:05:00+00:00">{local_datetime(created_at)}<' in page


@pytest.mark.parametrize(
    ("content_type", "words", "ending"),
    [
        ("image/webp", "WebP", "WEBP"),
        ("text/plain", "Plain text", "TXT"),
        ("text/markdown", "Markdown", "MD"),
        ("application/odd", "File", "FILE"),
    ],
)
def test_shows_the_kind_of_file(member, ada, content_type, words, ending):
    make_row(ada, content_type=content_type)
    page = text(member.get("/files/"))
    assert f'aria-hidden="true">{ending}</span>' in page
    assert re.search(rf"\s{words} ·", page)


def test_download_link_keeps_the_query(member, ada):
    file = make_row(ada)
    page = text(member.get("/files/?q=notes&sort=name"))
    assert f'href="/files/{file.pk}/download/?q=notes&amp;sort=name"' in page


def test_shows_previews_of_images_and_types_of_other_files(member, ada):
    image = make_row(ada, name="sea.png", image=True)
    other = make_row(ada)
    page = text(member.get("/files/"))
    assert f'src="/files/{image.pk}/preview/" alt="Preview of sea.png"' in page
    assert f"/files/{other.pk}/preview/" not in page
    assert 'loading="lazy"' in page


def test_explains_a_missing_preview(member, ada):
    make_row(ada, name="sea.png", content_type="image/png")
    assert "too large to preview" in text(member.get("/files/"))
    ada.files.update(content_type="text/plain")
    assert "too large to preview" not in text(member.get("/files/"))


@pytest.mark.parametrize("query", ["", "?deleted=1", "?q=notes&sort=name&page=2"])
@pytest.mark.parametrize("count", [1, 60])
def test_costs_three_statements(member, ada, count, query, django_assert_num_queries):
    make_rows(ada, count)
    make_rows(ada, count, deleted_at=timezone.now(), image=True)
    with django_assert_num_queries(3):
        text(member.get(f"/files/{query}"))


def test_explains_an_empty_list(member):
    page = text(member.get("/files/"))
    assert "No files yet" in page
    assert "Choose files above" in page


def test_button_urls_keep_the_query(member, ada):
    file = make_row(ada, name="a&b.txt")
    page = text(member.get("/files/?q=a%26b&sort=name&page=7"))
    assert f'formaction="/files/{file.pk}/delete/?q=a%26b&amp;sort=name"' in page
    assert 'action="/files/upload/?q=a%26b&amp;sort=name"' in page


class TestSearch:
    def test_finds_every_word_regardless_of_case(self, member, ada):
        make_row(ada, name="Tax 2025.pdf")
        make_row(ada, name="2025 notes.txt")
        page = text(member.get("/files/", {"q": " 2025  tax"}))
        assert names(page) == ["Tax 2025.pdf"]
        assert 'value="2025  tax"' in page
        assert "1 file for “2025  tax”" in page

    @pytest.mark.parametrize("sign", ["%", "_", "\\"])
    def test_treats_special_characters_literally(self, member, ada, sign):
        make_row(ada)
        make_row(ada, name=f"a{sign}b.txt")
        assert names(text(member.get("/files/", {"q": sign}))) == [f"a{sign}b.txt"]

    @pytest.mark.parametrize("query", ["%00", "%FF", "%ED%A0%80", "x" * 5000, "a+" * 500])
    def test_any_search_text_works(self, member, ada, query):
        make_row(ada)
        assert "No files match" in text(member.get(f"/files/?q=zebra+{query}"))

    def test_explains_an_empty_result_and_keeps_the_order(self, member, ada):
        make_row(ada)
        page = text(member.get("/files/?q=zebra&sort=name"))
        assert "No files match “zebra”" in page
        assert '<a href="/files/?sort=name">see all files</a>' in page

    def test_searches_deleted_files(self, member, ada):
        make_row(ada, name="tax.pdf")
        make_row(ada, name="old tax.pdf", deleted_at=timezone.now())
        make_row(ada, deleted_at=timezone.now())
        page = text(member.get("/files/?q=tax&deleted=1"))
        assert names(page) == ["old tax.pdf"]
        assert '<input type="hidden" name="deleted" value="1">' in page


class TestSort:
    @pytest.fixture(autouse=True)
    def files(self, ada):
        now = timezone.now()
        for age, (name, size) in enumerate([("b", 2), ("C", 1), ("a", 3)]):
            make_row(ada, name=name, size=size, created_at=now - timedelta(days=age))

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("newest", "bCa"),
            ("oldest", "aCb"),
            ("name", "abC"),
            ("largest", "abC"),
            ("smallest", "Cba"),
        ],
    )
    def test_sorts(self, member, sort, order):
        page = text(member.get(f"/files/?sort={sort}"))
        assert names(page) == list(order)
        assert f'<option value="{sort}" selected>' in page

    @pytest.mark.parametrize("sort", ["", "user__password", "-size", "%00", "name,size"])
    def test_invalid_order_is_newest_first(self, member, sort):
        assert names(text(member.get(f"/files/?sort={sort}"))) == ["b", "C", "a"]

    def test_trash_lists_the_last_deleted_first(self, member, ada):
        now = timezone.now()
        make_row(ada, name="earlier", deleted_at=now - timedelta(days=2))
        make_row(ada, name="later", deleted_at=now, created_at=now - timedelta(days=9))
        assert names(text(member.get("/files/?deleted=1"))) == ["later", "earlier"]


def test_equal_files_keep_their_order_across_pages(member, ada):
    now = timezone.now()
    for _ in range(50):
        make_row(ada, created_at=now)
    pages = [text(member.get(f"/files/?sort=name&page={page}")) for page in (1, 2, 3)]
    found = [pk for page in pages for pk in re.findall(r'id="delete-([^"]+)"', page)]
    assert len(found) == 50
    assert found == sorted(found)


class TestPages:
    def test_links_keep_search_and_order(self, member, ada):
        make_rows(ada, 50)
        page = text(member.get("/files/?q=notes&sort=name&page=2"))
        assert names(page)[0] == "notes-024.txt"
        assert len(names(page)) == 24
        assert "50 files for “notes”, page 2 of 3" in page
        assert 'href="/files/?q=notes&amp;sort=name&amp;page=1"' in page
        assert 'href="/files/?q=notes&amp;sort=name&amp;page=3"' in page

    @pytest.mark.parametrize(
        ("page", "expected"), [("abc", 1), ("", 1), ("0", 1), ("-1", 1), ("99", 2), ("9" * 30, 1)]
    )
    def test_invalid_page_becomes_the_nearest_one(self, member, ada, page, expected):
        make_rows(ada, 30)
        assert f"page {expected} of 2" in text(member.get("/files/", {"page": page}))


class TestQuota:
    def test_counts_deleted_files_as_used(self, member, ada, settings):
        settings.FILE_QUOTA = 500_000_000
        make_row(ada, size=12_000_000)
        make_row(ada, size=300_000, deleted_at=timezone.now())
        page = text(member.get("/files/?q=nothing"))
        assert '<label for="used">12.3 MB of 500 MB used</label>' in page
        assert 'max="500000000" high="450000000" value="12300000"' in page

    def test_does_not_count_expired_files(self, member, ada):
        make_row(ada, size=300)
        make_row(ada, size=5_000, deleted_at=timezone.now() - TRASH_PERIOD)
        assert "300 bytes of" in text(member.get("/files/"))

    def test_shows_zero_without_files(self, member):
        assert "0 bytes of" in text(member.get("/files/"))


class TestHtmx:
    def test_gets_only_results_and_quota(self, member, ada):
        make_row(ada)
        part = text(member.get("/files/?q=notes", headers=HTMX))
        assert names(part) == ["notes.txt"]
        assert "<html" not in part
        assert '<div id="quota" class="quota" hx-swap-oob="true">' in part

    def test_history_restore_gets_the_whole_page(self, member):
        restore = HTMX | {"HX-History-Restore-Request": "true"}
        page = text(member.get("/files/?q=notes", headers=restore))
        assert "<html" in page
        assert "hx-swap-oob" not in page

    def test_varies_on_htmx(self, member):
        assert "HX-Request" in member.get("/files/").headers["Vary"]

    def test_results_contain_the_page_number(self, member, ada):
        make_rows(ada, 50)
        part = text(member.get("/files/?q=notes&page=2", headers=HTMX))
        assert '<input id="files-page" type="hidden" name="page" value="2">' in part


def test_rejects_post(member):
    assert member.post("/files/").status_code == 405


def test_has_the_tour_s_element(member):
    assert 'data-tour="files"' in text(member.get("/files/"))


def test_fits_the_content_security_policy(member, ada):
    make_row(ada, image=True)
    page = text(member.get("/files/"))
    assert not re.search(r"<[^>]+\sstyle\s*=|<style|<[^>]+\son[a-z]+\s*=", page)
    assert all("src=" in tag for tag in re.findall(r"<script([^>]*)>", page))
