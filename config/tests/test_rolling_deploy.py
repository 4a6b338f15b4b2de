"""One of two whole hosts behind an edge is replaced under traffic."""

import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import pytest
from django.conf import settings
from moto.server import ThreadedMotoServer

from config.database.tests.hosts import Fleet
from config.database.tests.test_outage import OwnPostgres
from config.proxy.tests.test_edge import Edge
from config.tests.site import Site
from config.tests.traffic import Traffic

pytestmark = pytest.mark.own_site

ACCESS = {"S3_REGION": "us-east-1", "S3_ACCESS_KEY_ID": "someone", "S3_SECRET_ACCESS_KEY": "it"}


class WholeHost(Site):
    """A site without a PostgreSQL of its own."""

    @property
    def name(self):
        return f"127.0.0.1:{self.port}"


@contextmanager
def run_bucket():
    """Run a server with the S3 API; yield the variables of its bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=ACCESS["S3_REGION"],
            aws_access_key_id=ACCESS["S3_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["S3_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket="uploads")
        client.close()
        yield ACCESS | {"S3_BUCKET": "uploads", "S3_ENDPOINT_URL": endpoint}
    finally:
        server.stop()


@pytest.fixture
def fleet():
    with tempfile.TemporaryDirectory(prefix="fleet ", dir="/tmp") as folder:
        postgres = OwnPostgres(Path(folder))
        postgres.start()
        try:
            fleet = Fleet(postgres, count=2, web=10, jobs=4)
            fleet.restrict_connections()
            fleet.create_database()
            fleet.folder = Path(folder)
            yield fleet
        finally:
            postgres.stop()


def test_no_request_fails(fleet, record_property):
    with run_bucket() as bucket, ExitStack() as stack:
        shared = fleet.environment | bucket | {"SECRET_KEY": "x" * 50}
        hosts = []
        for name in ("a", "b"):
            site = {"HOST_NAME": name, "TRUSTED_PROXIES": "127.0.0.1", "WEB_WORKERS": "1"}
            host = WholeHost(fleet.folder / name, **shared, **site)
            shutil.copytree(settings.STATIC_ROOT, host.folder / "var/static")
            hosts.append(host)
        edge_folder = fleet.folder / "edge"
        shutil.copytree(settings.STATIC_ROOT, edge_folder / "static")
        edge = Edge(str(edge_folder), hosts)
        for host in hosts:
            host.environment["SITE_URL"] = f"http://127.0.0.1:{edge.port}"
            stack.callback(host.down)
            host.up()
        stack.enter_context(edge.run())
        people = hosts[0].create_people(4)
        with Traffic(edge, people) as traffic:
            began = time.monotonic()
            assert edge.call("drain", hosts[0].name).returncode == 0
            hosts[0].down()
            hosts[0].up()
            assert edge.call("ready", hosts[0].name).returncode == 0
            record_property("seconds", round(time.monotonic() - began))
        record_property("requests", len(traffic.answers))
        assert traffic.count_statuses().keys() == {200}
        assert fleet.refusals() == []
