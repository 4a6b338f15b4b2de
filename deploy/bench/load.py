"""The load: wrk for the servers, pgbench for the database, and what they say of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("load.lua")
# More than any wait that the site allows: queue and statement, 25 s.
TIMEOUT: Final = 30
FAILURES: Final = ("refused", "connect", "read", "write", "timeout")


class LoadError(RuntimeError):
    """wrk or pgbench could not do its work; the text is what it said."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Answers per second, failures left out; latencies in ms; failures of every kind."""

    throughput: float
    p50: float
    p99: float
    failures: int


def wrk(port: int, path: str, arguments: Sequence[str], *, clients: int, seconds: int) -> Measured:
    """Ask from so many clients, each of whom asks again when answered. `arguments` go to SCRIPT.

    One thread of wrk's is enough for some 50,000 requests/s.
    """
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={TIMEOUT}s"]
    url = f"http://127.0.0.1:{port}{path}"
    return wrk_said(_run([*command, f"--script={SCRIPT}", url, "--", *arguments], seconds))


def wrk_said(text: str) -> Measured:
    """What SCRIPT's last line says; a turn without an answer is a failure."""
    said = json.loads(text.rstrip().rpartition("\n")[2])
    answered = said["requests"] - said["refused"]
    return Measured(
        throughput=round(answered / said["microseconds"] * 1e6, 1),
        p50=said["p50"] / 1000,
        p99=said["p99"] / 1000,
        failures=sum(said[kind] for kind in FAILURES) or int(answered == 0),
    )


@dataclass(frozen=True, kw_only=True)
class Pgbench:
    """pgbench of one statement, as the web's role through the web's PgBouncer."""

    program: str
    host: str
    port: int
    user: str
    password: str
    dbname: str
    statement: str

    def __call__(self, *, clients: int, seconds: int) -> Measured:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "statement.sql"
            file.write_text(f"{self.statement};\n")
            command = [self.program, "--no-vacuum", "--protocol=simple", f"--file={file}"]
            command += [f"--client={clients}", "--jobs=1", f"--time={seconds}"]
            command += ["--log", f"--log-prefix={folder}/log", f"--host={self.host}"]
            command += [f"--port={self.port}", f"--username={self.user}", self.dbname]
            said = _run(command, seconds, PGPASSWORD=self.password)
            (log,) = Path(folder).glob("log.*")
            return pgbench_said(said, log.read_text())


def pgbench_said(text: str, log: str) -> Measured:
    """What pgbench's report and its log of single transactions say, likewise."""
    tps = re.search(r"^tps = ([0-9.]+) \(without initial connection time\)", text, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", text, re.MULTILINE)
    times = sorted(int(line.split()[2]) for line in log.splitlines())
    if tps is None or not times:
        return Measured(throughput=0, p50=0, p99=0, failures=1)
    return Measured(
        throughput=round(float(tps[1]), 1),
        p50=percentile(times, 50) / 1000,
        p99=percentile(times, 99) / 1000,
        failures=int(failed[1]) if failed else 0,  # up to PostgreSQL 14 a failure ends pgbench
    )


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that so many per cent of the values do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _run(command: list[str], seconds: int, **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds + 2 * TIMEOUT,
    )
    if done.returncode:
        raise LoadError(f"{command[0]} ended with {done.returncode}: {done.stderr or done.stdout}")
    return done.stdout
