"""A run's files, and its place in the README: `python -m bench.report FOLDER README`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bench.results import Results
from bench.table import full, short

BEGIN: Final = "<!-- deploy/benchmark --readme writes what follows -->\n"
END: Final = "<!-- the end of it -->\n"


def write(results: Results, folder: Path) -> None:
    """results.json, table.md and three pictures."""
    from bench.plots import draw  # takes a second, which the tables need not wait for

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(results.to_json())
    (folder / "table.md").write_text(full(results))
    draw(results, folder)


def placed(readme: str, results: Results) -> str:
    """The README with the short table between its marks. Raises ValueError where they are not."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the README lacks {BEGIN!r} or {END!r}")
    return f"{before}{BEGIN}\n{short(results)}\n\n{END}{after}"


def main(folder: Path, readme: Path) -> None:
    """Write the folder's files anew from its results.json, and the README's part."""
    results = Results.from_json((folder / "results.json").read_text())
    write(results, folder)
    readme.write_text(placed(readme.read_text(), results))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
