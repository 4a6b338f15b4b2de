import re

import pytest

from bench.plots import LOOKS, apart, draw
from bench.tests.made_up import everything, make_results, make_run
from bench.variants import VARIANTS

NAMES = ["throughput.svg", "latency.svg", "connections.svg"]


def texts(file):
    return re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    draw(everything(), folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_each_line_has_its_name_beside_it(folder, name):
    labels = {f"({key}) {VARIANTS[key].name}" for key in LOOKS}
    assert labels <= set(texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_the_axes_have_units_and_the_measured_numbers_of_clients(folder, name):
    assert {"clients", "1", "32", "1,000"} <= set(texts(folder / name))


@pytest.mark.parametrize("name", NAMES)
def test_equal_results_make_equal_files(folder, name, tmp_path):
    draw(everything(), tmp_path)
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_cannot_be_drawn_beside_the_others_is_left_out(tmp_path):
    draw(make_results(make_run(), make_run("f", throughput=90_000.0)), tmp_path)
    assert "(f) pgbench" not in texts(tmp_path / "throughput.svg")


def test_names_keep_apart():
    heights = apart({"a": 0.5, "b": 0.5, "c": 0.1})
    assert heights == {"c": 0.1, "a": 0.5, "b": pytest.approx(0.57)}


def test_names_stay_below_the_top():
    assert max(apart({"a": 1.0, "b": 1.0, "c": 0.99}).values()) == 1.0


def test_looks_differ_in_colour_and_in_marker():
    colours, markers = zip(*LOOKS.values(), strict=True)
    assert len(set(colours)) == len(set(markers)) == len(LOOKS)
