import pytest
from django.conf import settings

from bench.report import BEGIN, END, insert_table, main
from bench.results import Results
from bench.table import render_full, render_short
from bench.tests.samples import make_full_results

PUBLISHED = settings.BASE_DIR / "deploy/benchmark-results"


@pytest.fixture(scope="module")
def published():
    return Results.from_json((PUBLISHED / "results.json").read_text())


def test_the_document_matches_the_results(published):
    document = (settings.BASE_DIR / "docs/benchmark.md").read_text()
    assert insert_table(document, published) == document, "run deploy/benchmark --render"


def test_the_table_matches_the_results(published):
    table = (PUBLISHED / "table.md").read_text()
    assert table == render_full(published), "run deploy/benchmark --render"


def test_keeps_the_text_around_the_marks():
    text = insert_table(f"before\n{BEGIN}old\n{END}after\n", make_full_results())
    assert text == f"before\n{BEGIN}\n{render_short(make_full_results())}\n\n{END}after\n"


def test_rejects_a_document_without_marks():
    with pytest.raises(ValueError, match="lacks"):
        insert_table("no marks", make_full_results())


def test_renders_all_files_from_the_results(tmp_path):
    (tmp_path / "results.json").write_text(make_full_results().to_json())
    document = tmp_path / "benchmark.md"
    document.write_text(BEGIN + END)
    main(tmp_path, document)
    assert "stock, persistent" in document.read_text()
    names = {"benchmark.md", "results.json", "table.md"}
    plots = {"throughput.svg", "latency.svg"}
    assert {file.name for file in tmp_path.iterdir()} == names | plots
