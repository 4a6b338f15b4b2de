"""The run: start each server once, verify its work, then measure in the plan's order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from tqdm import tqdm

from bench import peers, postgres
from bench.load import Measurement, Pgbench, run_wrk
from bench.machine import describe_machine
from bench.memory import measure_memory
from bench.plan import TYPICAL, Plan, Turn
from bench.results import Results, Run
from bench.servers import Server, build_stock_environment, run_peer, run_pgbouncer, run_site
from bench.users import TOKEN, copy_sessions, create_users
from bench.variants import BODIES, GET, SERVERS, VARIANTS
from bench.verify import Bodies, verify_responses, verify_statements

USERS: Final = 100  # several times the threads, so that requests rarely contend for a row
PGBENCH: Final = 3  # seconds at least: pgbench's time begins before its clients are connected
WARM_UP: Final = 1  # seconds


class Bench:
    """The servers of a plan's variants, the users' cookies and the right responses."""

    def __init__(self, plan: Plan, servers: dict[str, Server], cookies: list[str]) -> None:
        self.plan, self.servers, self.statement = plan, servers, ""
        self.folder = Path(settings.VAR_DIR)
        (self.folder / "cookies").write_text("\n".join(cookies) + "\n")

    def write_bodies(self, bodies: Bodies) -> None:
        for (key, request), texts in bodies.items():
            self.get_bodies_file(key, request).write_text("\n".join(sorted(set(texts))) + "\n")

    def get_bodies_file(self, key: str, request: str) -> Path:
        return self.folder / f"bodies-{key}-{request.split()[0]}"

    def load(self, key: str, request: str, *, clients: int, seconds: int) -> Measurement:
        if key == "statement":
            return self.build_pgbench()(clients=clients, seconds=max(seconds, PGBENCH))
        right, method = self.get_bodies_file(key, request), request.split()[0]
        script = [str(self.folder / "cookies"), TOKEN, method, BODIES[request], str(right)]
        path, port = VARIANTS[key].paths[request], self.servers[key].port
        return run_wrk(port, path, script, clients=clients, seconds=seconds)

    def build_pgbench(self) -> Pgbench:
        entry = settings.DATABASES["default"]
        return Pgbench(
            program=f"{os.environ['POSTGRES_BIN']}/pgbench",
            host=entry["HOST"],
            port=int(entry["PORT"]),
            user=entry["USER"],
            password=entry["PASSWORD"],
            dbname=entry["NAME"],
            statement=self.statement,
        )

    def get_role(self, key: str) -> str:
        return self.servers["site" if key == "statement" else key].role

    def run_turns(self) -> list[Run]:
        with tqdm(self.plan.list_turns(), unit="turn", dynamic_ncols=True, disable=None) as turns:
            runs = []
            for turn in turns:
                turns.set_description(f"{turn.variant}: {turn.request}, {turn.clients} clients")
                runs.append(self.run_turn(turn))
        return runs

    def run_turn(self, turn: Turn) -> Run:
        """Run one turn and wait until its server is idle again."""
        seconds = self.plan.get_seconds(turn)
        with postgres.watch_connections(self.get_role(turn.variant)) as peak:
            measured = self.load(turn.variant, turn.request, clients=turn.clients, seconds=seconds)
        if turn.variant in self.servers:
            self.servers[turn.variant].wait_until_idle()
        return Run(**asdict(turn), **asdict(measured), connections=peak.connections)

    def warm_up(self) -> dict[str, float]:
        """Give each server some load; return the memory that it takes meanwhile."""
        memory = {}
        for key, server in self.servers.items():
            for request in VARIANTS[key].paths:
                with ThreadPoolExecutor(1) as executor:
                    load = executor.submit(
                        self.load, key, request, clients=TYPICAL, seconds=WARM_UP
                    )
                    time.sleep(WARM_UP / 2)
                    memory[key] = measure_memory(server)
                    load.result()
            server.wait_until_idle()
        return memory


def measure(plan: Plan) -> Results:
    machine = describe_machine()
    cookies = create_users(USERS)
    create_stock_sessions()
    with ExitStack() as stack:
        servers = start_servers(plan, cookies[0], stack)
        bench = Bench(plan, servers, cookies)
        bench.write_bodies(verify_responses(servers, cookies))
        memory = bench.warm_up()
        statements, bench.statement = verify_statements(servers, cookies)
        runs = bench.run_turns()
    return Results(
        made=f"{datetime.now(UTC):%Y-%m-%d}",
        rounds=plan.rounds,
        seconds=plan.seconds,
        workers=settings.WEB_WORKERS,
        threads=settings.WEB_THREADS,
        cap=settings.POOLS["web"].max_connections,
        machine=machine,
        statements=statements,
        memory=memory,
        runs=runs,
    )


def create_stock_sessions() -> None:
    """Create Django's table as the stock project does, with the site's sessions."""
    server = settings.POSTGRES["web"]
    owner = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.dbname,
        "USER": "postgres",
        "HOST": server.host,
    }
    command = [sys.executable, "-m", "django", "migrate", "sessions"]
    environment = os.environ | build_stock_environment(owner)
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    postgres.grant_stock_sessions()
    copy_sessions()


def start_servers(plan: Plan, cookie: str, stack: ExitStack) -> dict[str, Server]:
    """Start the site and the plan's other servers, in the variants' order."""
    site = stack.enter_context(run_site("site", settings.POSTGRES["web"].user, {}))
    _, profile = site.ask(GET, VARIANTS["site"].paths[GET], cookie)
    keys = [key for key in SERVERS if key in plan.variants and key != "site"]
    passwords = {key: postgres.make_role(peers.get_role(key)) for key in keys}
    pgbouncer = stack.enter_context(run_pgbouncer(passwords))
    servers = {"site": site}
    for key in keys:
        if key in peers.OPTIONS:
            server = run_peer(key, passwords[key], pgbouncer)
        else:
            server = run_site(key, *build_environment(key, passwords[key], profile))
        servers[key] = stack.enter_context(server)
    return servers


def build_environment(key: str, password: str, profile: str) -> tuple[str, dict[str, str]]:
    """Return the role and the environment of a variant of the site."""
    role, server = peers.get_role(key), settings.POSTGRES["web"]
    return role, {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "BENCHMARK_VARIANT": key,
        "BENCHMARK_PROFILE": profile,
        "POSTGRES_URL": f"postgresql://{role}:{password}@/{server.dbname}?host={server.host}",
    }
