from pathlib import Path

import pytest
from django.conf import settings

from bench.growth import Axis, GrowthError, Line, Page, check, find_base, read_lines
from bench.growth_report import draw_plot, insert_table, render_table
from bench.report import BEGIN, END

PUBLISHED = settings.BASE_DIR / "deploy/benchmark-results/growth.json"
FLAT = Line(unit="experts", path="/", base=1, sizes=[1, 10], times=[2.0, 3.0], ratios=[5.0, 6.0])
STEEP = Line(unit="files", path="/a", base=0, sizes=[1, 10], times=[2.0, 9.0], ratios=[5.0, 20.0])


class Answer:
    status_code, content = 200, b"<li><li>"


class Site:
    def get(self, path):
        return Answer


def test_the_document_matches_the_results():
    document = (settings.BASE_DIR / "docs/growth.md").read_text()
    lines = read_lines(PUBLISHED)
    assert insert_table(document, lines) == document, "run deploy/benchmark --render"


def test_growth_compares_with_the_first_full_page():
    assert (FLAT.growth, STEEP.growth) == (1, 4)


def test_table_names_what_grows():
    table = render_table([FLAT, STEEP])
    assert "| `/a` | 2.0 | 9.0 | 4.00 |" in table
    assert table.endswith("1 of 2 stay within 1.5; above: `/a` (4.00).")


def test_base_is_the_first_size_that_fills_the_page():
    axis = Axis("experts", (10, 100, 1000), lambda size, user: None, ())
    assert find_base(axis, Page("/", "<li>", 24)) == 1
    assert find_base(axis, Page("/?limit={size}", "<li>", 1000)) == 0


@pytest.mark.parametrize(("size", "most"), [(2, 9), (9, 2)])
def test_accepts_a_page_with_its_rows(size, most):
    check(Site(), "/", Page("/", "<li>", most), size)


def test_rejects_a_page_without_its_rows():
    with pytest.raises(GrowthError, match="/ at 3: status 200, 2 rows"):
        check(Site(), "/", Page("/", "<li>", 9), 3)


def test_rejects_a_document_without_marks():
    with pytest.raises(ValueError, match="lacks"):
        insert_table("no marks", [FLAT])
    assert insert_table(f"a\n{BEGIN}old\n{END}b\n", [FLAT]).startswith(f"a\n{BEGIN}\n| ms by")


def test_draws_a_plot(tmp_path):
    file = Path(tmp_path) / "growth.svg"
    draw_plot(read_lines(PUBLISHED), file)
    assert "<svg" in file.read_text()
