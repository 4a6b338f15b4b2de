"""The run: start each server once, then measure in the plan's order."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from tqdm import tqdm

from bench import memory, postgres
from bench.load import Measurement, Pgbench, run_wrk
from bench.machine import describe_machine
from bench.plan import Plan, Turn
from bench.results import Process, Results, Run
from bench.servers import Server, run_server
from bench.users import TOKEN, create_users
from bench.variants import BODIES, GET, OURS, VARIANTS

USERS: Final = 200  # several times the threads, so that requests rarely contend for a row
SAMPLE_SIZE: Final = 20  # requests of each kind whose statements are counted
WARM_UP: Final = 2  # seconds; less if the turns are shorter
WARM_UP_CLIENTS: Final = 32


class Bench:
    """The servers of a plan's variants, and the users' cookies."""

    def __init__(self, plan: Plan, cookies: list[str], servers: Mapping[str, Server]) -> None:
        self.plan, self.cookies, self.servers = plan, cookies, servers
        self.file = settings.VAR_DIR / "cookies"
        self.file.write_text("\n".join(cookies) + "\n")
        self.statement, self.warm_up_seconds = "", min(WARM_UP, plan.seconds)

    def measure_statements(self) -> dict[str, dict[str, float]]:
        """Count the statements per request; keep (a)'s statement for `pgbench`."""
        with postgres.log_statements():
            self.statement = self.sample_statements("a", GET)[0]
            return {
                key: {
                    request: len(self.sample_statements(key, request)) / SAMPLE_SIZE
                    for request in VARIANTS[key].paths
                }
                for key in self.list_servers()
            }

    def sample_statements(self, key: str, request: str) -> list[str]:
        """Return the statements of SAMPLE_SIZE requests."""
        server, path = self.servers[VARIANTS[key].server], VARIANTS[key].paths[request]
        log = postgres.Log()
        for cookie in self.cookies[:SAMPLE_SIZE]:
            server.ask(request, path, cookie)
        return log.read_statements(server.role)

    def check_responses(self) -> None:
        """Raise RuntimeError if a variant's responses differ from (a)'s."""
        expected = {request: self.get_response("a", request) for request in BODIES}
        for key in self.plan.variants:
            for request in VARIANTS[key].paths:
                if (
                    VARIANTS[key].is_reference
                    or self.get_response(key, request) == expected[request]
                ):
                    continue
                raise RuntimeError(f"({key}) responds to {request} differently from (a).")

    def get_response(self, key: str, request: str) -> tuple[int, Any]:
        variant = VARIANTS[key]
        server = self.servers[variant.server]
        status, body = server.ask(request, variant.paths[request], self.cookies[0])
        if status != 200:
            raise RuntimeError(f"({key}) responds to {request} with {status}: {body}")
        return status, body

    def load(self, key: str, request: str, *, clients: int, seconds: int) -> Measurement:
        variant = VARIANTS[key]
        if not variant.server:
            return self.build_pgbench()(clients=clients, seconds=seconds)
        server, method = self.servers[variant.server], request.split()[0]
        script = [str(self.file), TOKEN, method, BODIES[request]]
        path = variant.paths[request]
        return run_wrk(server.port, path, script, clients=clients, seconds=seconds)

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
        server = VARIANTS[key].server
        return self.servers[server].role if server else settings.POSTGRES["web"].user

    def run_turns(self) -> list[Run]:
        with tqdm(self.plan.list_turns(), unit="turn", dynamic_ncols=True) as turns:
            runs = []
            for turn in turns:
                turns.set_description(f"({turn.variant}) {turn.request}, {turn.clients} clients")
                runs.append(self.run_turn(turn))
        return runs

    def run_turn(self, turn: Turn) -> Run:
        """Run one turn and wait until its server is idle again."""
        with postgres.watch_connections(self.get_role(turn.variant)) as peak:
            measured = self.load(
                turn.variant, turn.request, clients=turn.clients, seconds=self.plan.seconds
            )
        if server := VARIANTS[turn.variant].server:
            self.servers[server].wait_until_idle()
        return Run(**asdict(turn), **asdict(measured), connections=peak.connections)

    def measure_memory(self, key: str) -> list[Process]:
        with ThreadPoolExecutor(1) as executor:
            load = executor.submit(
                self.load, key, GET, clients=WARM_UP_CLIENTS, seconds=self.warm_up_seconds
            )
            time.sleep(self.warm_up_seconds / 2)
            processes = memory.list_processes(self.servers[key])
            load.result()
        return processes

    def warm_up(self) -> None:
        for key in self.list_servers():
            for request in VARIANTS[key].paths:
                self.load(key, request, clients=WARM_UP_CLIENTS, seconds=self.warm_up_seconds)
            self.servers[key].wait_until_idle()

    def list_servers(self) -> list[str]:
        return [key for key in self.plan.variants if key in self.servers]


def measure(plan: Plan) -> Results:
    cookies = create_users(USERS)
    postgres.copy_sessions()
    with ExitStack() as stack:
        bench = Bench(plan, cookies, start_servers(plan, cookies[0], stack))
        bench.check_responses()
        bench.warm_up()
        statements = bench.measure_statements()
        runs = bench.run_turns()
        memory_by_variant = {key: bench.measure_memory(key) for key in bench.list_servers()}
    return Results(
        made=f"{datetime.now(UTC):%Y-%m-%d}",
        rounds=plan.rounds,
        seconds=plan.seconds,
        workers=settings.WEB_WORKERS,
        threads=settings.WEB_THREADS,
        cap=settings.POOLS["web"].max_connections,
        machine=describe_machine(),
        statements=statements,
        memory=memory_by_variant,
        runs=runs,
    )


def start_servers(plan: Plan, cookie: str, stack: ExitStack) -> dict[str, Server]:
    role = settings.POSTGRES["web"].user
    own = stack.enter_context(run_server("a", role, {}, get_log_path("a"), behind_haproxy=True))
    _, profile = own.ask(GET, VARIANTS["a"].paths[GET], cookie)
    keys = {VARIANTS[key].server for key in plan.variants} - {"", "a"}
    servers = {"a": own}
    for key in sorted(keys):
        role = f"benchmark_{key.replace('-', '_')}"
        environment = {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "BENCHMARK_VARIANT": key,
            "BENCHMARK_PROFILE": json.dumps(profile),
            "POSTGRES_URL": postgres.make_role(role),
        }
        servers[key] = stack.enter_context(
            run_server(key, role, environment, get_log_path(key), behind_haproxy=key in OURS)
        )
    return servers


def get_log_path(key: str) -> Path:
    return Path(settings.VAR_DIR) / f"log/web-{key}.log"
