import pytest
from django.conf import settings

from bench.report import BEGIN, END, main, placed
from bench.results import Results
from bench.table import full, short
from bench.tests.made_up import everything

SHOWN = settings.BASE_DIR / "deploy/benchmark-results"


@pytest.fixture(scope="module")
def shown():
    return Results.from_json((SHOWN / "results.json").read_text())


def test_the_readme_shows_what_was_measured(shown):
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert placed(readme, shown) == readme, "run deploy/benchmark --render"


def test_the_table_shows_what_was_measured(shown):
    assert (SHOWN / "table.md").read_text() == full(shown), "run deploy/benchmark --render"


def test_what_stands_around_the_marks_stays():
    text = placed(f"before\n{BEGIN}old\n{END}after\n", everything())
    assert text == f"before\n{BEGIN}\n{short(everything())}\n\n{END}after\n"


def test_a_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        placed("no marks", everything())


def test_all_files_are_made_of_the_results(tmp_path):
    (tmp_path / "results.json").write_text(everything().to_json())
    readme = tmp_path / "README.md"
    readme.write_text(BEGIN + END)
    main(tmp_path, readme)
    assert "(c) stock, persistent" in readme.read_text()
    names = {"README.md", "results.json", "table.md"}
    plots = {"throughput.svg", "latency.svg", "connections.svg"}
    assert {file.name for file in tmp_path.iterdir()} == names | plots
