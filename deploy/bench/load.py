"""Load generators: wrk for the servers, pgbench for the database."""

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
# Seconds. Above the site's limits for queue and statement, 25 s.
TIMEOUT: Final = 30
FAILURES: Final = ("wrong", "connect", "read", "write", "timeout")


class LoadError(RuntimeError):
    """wrk or pgbench failed; the message is its output."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Right responses and those per second, latencies in ms, and failures of every kind."""

    responses: int
    throughput: float
    p50: float
    p99: float
    failures: int


def run_wrk(
    port: int, path: str, arguments: Sequence[str], *, clients: int, seconds: int
) -> Measurement:
    """Run wrk with SCRIPT. Its one thread is enough for some 50,000 requests/s."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"--timeout={TIMEOUT}s"]
    url = f"http://127.0.0.1:{port}{path}"
    return parse_wrk(_run([*command, f"--script={SCRIPT}", url, "--", *arguments], seconds))


def parse_wrk(text: str) -> Measurement:
    """Parse SCRIPT's last line; no response at all counts as a failure."""
    report = json.loads(text.rstrip().rpartition("\n")[2])
    responses = report["requests"] - report["wrong"]
    return Measurement(
        responses=responses,
        throughput=round(responses / report["microseconds"] * 1e6, 1),
        p50=report["p50"] / 1000,
        p99=report["p99"] / 1000,
        failures=sum(report[kind] for kind in FAILURES) or int(responses == 0),
    )


@dataclass(frozen=True, kw_only=True)
class Pgbench:
    """pgbench with one statement, as the web role through the web pool."""

    program: str
    host: str
    port: int
    user: str
    password: str
    dbname: str
    statement: str

    def __call__(self, *, clients: int, seconds: int) -> Measurement:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "statement.sql"
            file.write_text(f"{self.statement};\n")
            command = [self.program, "--no-vacuum", "--protocol=simple", f"--file={file}"]
            command += [f"--client={clients}", "--jobs=1", f"--time={seconds}"]
            command += ["--log", f"--log-prefix={folder}/log", f"--host={self.host}"]
            command += [f"--port={self.port}", f"--username={self.user}", self.dbname]
            output = _run(command, seconds, PGPASSWORD=self.password)
            (log,) = Path(folder).glob("log.*")
            return parse_pgbench(output, log.read_text())


def parse_pgbench(text: str, log: str) -> Measurement:
    tps = re.search(r"^tps = ([0-9.]+) \(without initial connection time\)", text, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", text, re.MULTILINE)
    times = sorted(int(line.split()[2]) for line in log.splitlines())
    if tps is None or not times:
        return Measurement(responses=0, throughput=0, p50=0, p99=0, failures=1)
    return Measurement(
        responses=len(times),
        throughput=round(float(tps[1]), 1),
        p50=compute_percentile(times, 50) / 1000,
        p99=compute_percentile(times, 99) / 1000,
        failures=int(failed[1]) if failed else 0,  # up to PostgreSQL 14 a failure ends pgbench
    )


def compute_percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the smallest value that `percent` of the values do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _run(command: list[str], seconds: int, **environment: str) -> str:
    result = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds + 2 * TIMEOUT,
    )
    if result.returncode:
        output = result.stderr or result.stdout
        raise LoadError(f"{command[0]} exited with {result.returncode}: {output}")
    return result.stdout
