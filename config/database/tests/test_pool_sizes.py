"""What `manage.py size_pools` tells the host's other processes, and its refusals."""

import json
import time
from dataclasses import asdict, replace

import pytest
from django.core.management import CommandError, call_command

from config.database.monitor import status
from config.database.monitor.pool_table import render_table
from config.database.monitor.status import Overview
from config.database.sizing.state import (
    PoolSize,
    Sizes,
    get_path,
    read_sizes,
    remove_sizes,
    write_sizes,
)
from config.observe.sizes import read_sizes as read_metrics

SIZE = PoolSize(
    size=6,
    ceiling=6,
    busy=5.8,
    waiting=12,
    hosts=5,
    moved=1_000_000_000,
    reason="from 5, clients waited 40 ms",
    is_held=True,
)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def test_other_processes_read_the_sizes():
    sizes = Sizes(pools={"web": SIZE}, failure="the leases are out of reach: no answer in 2 s")
    write_sizes(sizes)
    assert read_sizes() == sizes
    assert [path.name for path in get_path().parent.iterdir()] == [get_path().name]
    remove_sizes()
    assert read_sizes() == Sizes()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"time": "now", "pools": {}}',
        '{"time": 1e99, "pools": {"web": {"size": 1}}}',
    ],
)
def test_a_damaged_file_is_no_file(text):
    get_path().write_text(text)
    assert read_sizes() == Sizes()


def test_the_file_of_a_stopped_process_does_not_count(settings):
    document = {"time": time.time() - 11, "pools": {"web": asdict(SIZE)}, "failure": ""}
    get_path().write_text(json.dumps(document))
    assert read_sizes() == Sizes()  # the pools have a fixed size by now
    settings.POOLS = {name: replace(pool, hosts=2) for name, pool in settings.POOLS.items()}
    failure = "the pools' sizes are 11 s old: `size_pools` hangs or was killed"
    assert read_sizes() == Sizes(failure=failure)


def test_a_full_disk_changes_nothing(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "away"
    write_sizes(Sizes(pools={"web": SIZE}))
    assert read_sizes() == Sizes()


def test_table_says_why_a_pool_has_its_size(settings):
    overview = Overview(
        pools=dict.fromkeys(settings.POOLS), roles=None, errors={}, sizes={"web": SIZE}
    )
    table = " ".join(render_table(overview, settings.POSTGRES).split())
    assert (
        "The web pool has size 6 of at most 6 (5.8 busy, 12 waiting, 5 hosts share the slots). "
        "Last move at 01:46:40 UTC: from 5, clients waited 40 ms. "
        "It would grow, but for that limit."
    ) in table
    assert overview.to_dict()["sizes"]["web"]["ceiling"] == 6


def test_overview_and_table_say_why_sizes_do_not_follow(settings, monkeypatch):
    monkeypatch.setattr(status, "list_pools", lambda policies: (dict.fromkeys(policies), {}))
    write_sizes(Sizes(pools={"web": SIZE}, failure="the leases are out of reach: no answer in 2 s"))
    overview = status.collect_overview(settings.POOLS, settings.POSTGRES)
    assert overview.errors["sizes"] == "the leases are out of reach: no answer in 2 s"
    table = render_table(overview, settings.POSTGRES)
    assert "\nThe leases are out of reach: no answer in 2 s.\n" in table


def test_exporter_has_the_ceiling():
    assert list(read_metrics()) == []
    write_sizes(Sizes(pools={"web": SIZE}))
    assert [(name, labels, float(value)) for name, labels, value in read_metrics()] == [
        ("ai4ceo_pool_ceiling", ("web",), 6),
        ("ai4ceo_pool_at_ceiling", ("web",), 1),
        ("ai4ceo_pool_hosts", ("web",), 5),
    ]


def test_does_nothing_for_pools_of_a_fixed_size(settings):
    settings.POOLS = {n: replace(pool, hosts=1) for n, pool in settings.POOLS.items()}
    with pytest.raises(CommandError, match=r"a fixed size: set HOSTS above 1, or POOL_WEB_MIN"):
        call_command("size_pools")


def test_does_nothing_without_pgbouncer(settings):
    settings.DATABASE_POOLING = "direct"
    with pytest.raises(CommandError, match="there is no PgBouncer"):
        call_command("size_pools")
