"""The run itself: every server is started once, and their turns come in the plan's order."""

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
from bench.load import Measured, Pgbench, wrk
from bench.machine import machine
from bench.people import TOKEN, make_people
from bench.plan import Plan, Turn
from bench.results import Process, Results, Run
from bench.servers import Server, served
from bench.variants import BODIES, GET, OURS, VARIANTS

PEOPLE: Final = 200  # several times the threads, so that hardly two requests meet at one row
COUNTED: Final = 20  # requests of each kind whose statements are counted
WARM_UP: Final = 2  # seconds; less where the turns are shorter
WARM_UP_CLIENTS: Final = 32


class Bench:
    """The servers of the variants that a plan has, and the people who ask them."""

    def __init__(self, plan: Plan, cookies: list[str], servers: Mapping[str, Server]) -> None:
        self.plan, self.cookies, self.servers = plan, cookies, servers
        self.file = settings.VAR_DIR / "cookies"
        self.file.write_text("\n".join(cookies) + "\n")
        self.statement, self.aside = "", min(WARM_UP, plan.seconds)

    def statements(self) -> dict[str, dict[str, float]]:
        """How many statements each request costs; finds (a)'s for `pgbench` on the way."""
        with postgres.logged():
            self.statement = self.counted("a", GET)[0]
            return {
                key: {
                    request: len(self.counted(key, request)) / COUNTED
                    for request in VARIANTS[key].paths
                }
                for key in self.own_servers()
            }

    def counted(self, key: str, request: str) -> list[str]:
        """What reaches PostgreSQL of COUNTED requests."""
        server, path = self.servers[VARIANTS[key].server], VARIANTS[key].paths[request]
        log = postgres.Log()
        for cookie in self.cookies[:COUNTED]:
            server.ask(request, path, cookie)
        return log.statements(server.role)

    def compare_answers(self) -> None:
        """Refuse to measure variants that do not answer the same."""
        wanted = {request: self.answer("a", request) for request in BODIES}
        for key in self.plan.variants:
            for request in VARIANTS[key].paths:
                if VARIANTS[key].is_reference or self.answer(key, request) == wanted[request]:
                    continue
                raise RuntimeError(f"({key}) answers {request} otherwise than (a).")

    def answer(self, key: str, request: str) -> tuple[int, Any]:
        variant = VARIANTS[key]
        server = self.servers[variant.server]
        status, body = server.ask(request, variant.paths[request], self.cookies[0])
        if status != 200:
            raise RuntimeError(f"({key}) answers {request} with {status}: {body}")
        return status, body

    def load(self, key: str, request: str, *, clients: int, seconds: int) -> Measured:
        variant = VARIANTS[key]
        if not variant.server:
            return self.pgbench()(clients=clients, seconds=seconds)
        server, method = self.servers[variant.server], request.split()[0]
        script = [str(self.file), TOKEN, method, BODIES[request]]
        path = variant.paths[request]
        return wrk(server.port, path, script, clients=clients, seconds=seconds)

    def pgbench(self) -> Pgbench:
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

    def role(self, key: str) -> str:
        server = VARIANTS[key].server
        return self.servers[server].role if server else settings.POSTGRES["web"].user

    def runs(self) -> list[Run]:
        with tqdm(self.plan.turns(), unit="turn", dynamic_ncols=True) as turns:
            found = []
            for turn in turns:
                turns.set_description(f"({turn.variant}) {turn.request}, {turn.clients} clients")
                found.append(self.turn(turn))
        return found

    def turn(self, turn: Turn) -> Run:
        """One turn; afterwards its server is idle again."""
        with postgres.watched(self.role(turn.variant)) as peak:
            measured = self.load(
                turn.variant, turn.request, clients=turn.clients, seconds=self.plan.seconds
            )
        if server := VARIANTS[turn.variant].server:
            self.servers[server].await_idle()
        return Run(**asdict(turn), **asdict(measured), connections=peak.connections)

    def weighed(self, key: str) -> list[Process]:
        """The memory of the variant's processes in the middle of some load."""
        with ThreadPoolExecutor(1) as executor:
            load = executor.submit(self.load, key, GET, clients=WARM_UP_CLIENTS, seconds=self.aside)
            time.sleep(self.aside / 2)
            found = memory.of_server(self.servers[key])
            load.result()
        return found

    def warm_up(self) -> None:
        for key in self.own_servers():
            for request in VARIANTS[key].paths:
                self.load(key, request, clients=WARM_UP_CLIENTS, seconds=self.aside)
            self.servers[key].await_idle()

    def own_servers(self) -> list[str]:
        return [key for key in self.plan.variants if key in self.servers]


def measure(plan: Plan) -> Results:
    """Everything that the plan has, with a bar that tells the remaining time."""
    cookies = make_people(PEOPLE)
    postgres.copy_sessions()
    with ExitStack() as stack:
        bench = Bench(plan, cookies, started(plan, cookies[0], stack))
        bench.compare_answers()
        bench.warm_up()
        statements = bench.statements()
        runs = bench.runs()
        found = {key: bench.weighed(key) for key in bench.own_servers()}
    return Results(
        made=f"{datetime.now(UTC):%Y-%m-%d}",
        rounds=plan.rounds,
        seconds=plan.seconds,
        workers=settings.WEB_WORKERS,
        threads=settings.WEB_THREADS,
        cap=settings.POOLS["web"].max_connections,
        machine=machine(),
        statements=statements,
        memory=found,
        runs=runs,
    )


def started(plan: Plan, cookie: str, stack: ExitStack) -> dict[str, Server]:
    """The servers of the plan's variants, and (a), with which the others are compared."""
    role = settings.POSTGRES["web"].user
    own = stack.enter_context(served("a", role, {}, log("a"), behind_haproxy=True))
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
            served(key, role, environment, log(key), behind_haproxy=key in OURS)
        )
    return servers


def log(key: str) -> Path:
    return Path(settings.VAR_DIR) / f"log/web-{key}.log"
