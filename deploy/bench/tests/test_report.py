import pytest
from django.conf import settings

from bench.report import BEGIN, END, main, place
from bench.results import Results
from bench.table import full, short
from bench.tests.made_up import everything

SHOWN = settings.BASE_DIR / "deploy/benchmark-results"


@pytest.fixture(scope="module")
def shown():
    return Results.from_json((SHOWN / "results.json").read_text())


def test_the_document_shows_what_was_measured(shown):
    document = (settings.BASE_DIR / "docs/benchmark.md").read_text()
    assert place(document, shown) == document, "run deploy/benchmark --render"


def test_the_table_shows_what_was_measured(shown):
    assert (SHOWN / "table.md").read_text() == full(shown), "run deploy/benchmark --render"


def test_what_stands_around_the_marks_stays():
    text = place(f"before\n{BEGIN}old\n{END}after\n", everything())
    assert text == f"before\n{BEGIN}\n{short(everything())}\n\n{END}after\n"


def test_refuses_a_document_without_marks():
    with pytest.raises(ValueError, match="lacks"):
        place("no marks", everything())


def test_all_files_are_made_of_the_results(tmp_path):
    (tmp_path / "results.json").write_text(everything().to_json())
    document = tmp_path / "benchmark.md"
    document.write_text(BEGIN + END)
    main(tmp_path, document)
    assert "(c) stock, persistent" in document.read_text()
    names = {"benchmark.md", "results.json", "table.md"}
    plots = {"throughput.svg", "latency.svg", "connections.svg"}
    assert {file.name for file in tmp_path.iterdir()} == names | plots
