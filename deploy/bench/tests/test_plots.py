import re

import pytest

from bench.plots import LOOKS, draw_plots, spread
from bench.tests.samples import make_full_results, make_results, make_run
from bench.variants import VARIANTS

NAMES = ["throughput.svg", "latency.svg", "connections.svg"]


def read_texts(file):
    return re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    draw_plots(make_full_results(), folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_labels_each_line(folder, name):
    labels = {f"({key}) {VARIANTS[key].name}" for key in LOOKS}
    assert labels <= set(read_texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_labels_the_axes(folder, name):
    assert {"clients", "1", "32", "1,000"} <= set(read_texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_equal_results_make_equal_files(folder, name, tmp_path):
    draw_plots(make_full_results(), tmp_path)
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_leaves_out_the_references(tmp_path):
    draw_plots(make_results(make_run(), make_run("f", throughput=90_000.0)), tmp_path)
    assert "(f) pgbench" not in read_texts(tmp_path / "throughput.svg")


def test_labels_do_not_overlap():
    heights = spread({"a": 0.5, "b": 0.5, "c": 0.1})
    assert heights == {"c": 0.1, "a": 0.5, "b": pytest.approx(0.57)}


def test_labels_stay_below_the_top():
    assert max(spread({"a": 1.0, "b": 1.0, "c": 0.99}).values()) == 1.0


def test_looks_differ_in_colour_and_in_marker():
    colours, markers = zip(*LOOKS.values(), strict=True)
    assert len(set(colours)) == len(set(markers)) == len(LOOKS)
