import re

import pytest

from bench.plots import LOOKS, draw_plots, spread
from bench.tests.samples import make_full_results, make_pairs, make_results
from bench.variants import VARIANTS

NAMES = ["throughput.svg", "latency.svg"]
MEASURED = ("direct", "constant", "persistent", "pool")


def read_texts(file):
    return re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    draw_plots(make_full_results(), folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_labels_each_line(folder, name):
    labels = {VARIANTS[key].name for key in MEASURED}
    assert labels <= set(read_texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_labels_the_axes(folder, name):
    assert {"clients", "1", "32", "1,000"} <= set(read_texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_equal_results_make_equal_files(folder, name, tmp_path):
    draw_plots(make_full_results(), tmp_path)
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_leaves_out_pgbench(tmp_path):
    draw_plots(make_results(*make_pairs(3, 3), *make_pairs(0.1, pair="statement")), tmp_path)
    texts = read_texts(tmp_path / "throughput.svg")
    assert "stock, persistent" in texts
    assert "pgbench" not in texts


def test_labels_do_not_overlap():
    heights = spread({"a": 0.5, "b": 0.5, "c": 0.1})
    assert heights == {"c": 0.1, "a": 0.5, "b": pytest.approx(0.57)}


def test_labels_stay_below_the_top():
    assert max(spread({"a": 1.0, "b": 1.0, "c": 0.99}).values()) == 1.0


def test_looks_differ_in_colour_and_in_marker():
    colours, markers = zip(*LOOKS.values(), strict=True)
    assert len(set(colours)) == len(set(markers)) == len(LOOKS)
