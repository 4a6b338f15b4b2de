from bench import peers
from bench.variants import SERVERS, VARIANTS
from config.database.dsn import Server

SERVER = Server(
    host="/run/postgres", port=5432, dbname="site", user="web", password="p", sslmode=""
)


def build(key):
    return peers.build_database(key, SERVER, password="secret", threads=16, pgbouncer="/run/peers")


def test_every_stock_variant_has_a_database():
    assert {key for key in SERVERS if "stock" in VARIANTS[key].name} == peers.OPTIONS.keys()


def test_peers_use_djangos_backend_and_their_own_role():
    for key in peers.OPTIONS:
        entry = build(key)
        assert entry["ENGINE"] == "django.db.backends.postgresql"
        assert entry["USER"] == f"benchmark_{key.replace('-', '_')}"


def test_two_peers_use_pgbouncer():
    hosts = {key: build(key)["HOST"] for key in peers.OPTIONS}
    pooled = {key for key, host in hosts.items() if host == "/run/peers"}
    assert pooled == {"pgbouncer", "pgbouncer-new"}


def test_pools_have_up_to_a_connection_per_thread():
    assert build("pool")["OPTIONS"] == build("asgi")["OPTIONS"]
    assert build("pool")["OPTIONS"] == {"pool": {"min_size": 2, "max_size": 16}}


def test_nothing_of_ours_is_in_the_commands():
    commands = [peers.build_command(key, port=1, workers=2, threads=16) for key in peers.OPTIONS]
    assert {command[-1] for command in commands} == {
        "bench.stock.wsgi",
        "bench.stock.asgi:application",
    }
    assert not any("--config" in command for command in commands)
