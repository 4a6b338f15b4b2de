"""A run's files and its part of a document: `python -m bench.report FOLDER DOCUMENT`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bench.results import Results
from bench.table import render_full, render_short

BEGIN: Final = "<!-- deploy/benchmark --docs writes what follows -->\n"
END: Final = "<!-- the end of it -->\n"


def write_files(results: Results, folder: Path) -> None:
    """Write results.json, table.md and two plots."""
    from bench.plots import draw_plots  # slow to import

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(results.to_json())
    (folder / "table.md").write_text(render_full(results))
    draw_plots(results, folder)


def insert_table(document: str, results: Results) -> str:
    """Return the document with the short table between its marks. Raise ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n{render_short(results)}\n\n{END}{after}"


def main(folder: Path, document: Path) -> None:
    """Render the folder's files and the document's part from results.json."""
    results = Results.from_json((folder / "results.json").read_text())
    write_files(results, folder)
    document.write_text(insert_table(document.read_text(), results))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
