import shutil
import subprocess
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def front(settings, tmp_path):
    settings.FRONT = replace(settings.FRONT, folder=str(tmp_path / "haproxy"))
    return settings.FRONT


def run(*arguments):
    out = StringIO()
    call_command("haproxy_config", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_configuration(front):
    assert run().startswith("# Made by `manage.py haproxy_config --write`")


def test_haproxy_accepts_what_is_written_without_a_warning(front):
    run("--write")
    command = [shutil.which("haproxy"), "-c", "-f", f"{front.folder}/haproxy.cfg"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stderr.replace("Configuration file is valid", "").strip()) == (
        0,
        "",
    )


def test_written_again_nothing_changes(front):
    assert "unchanged" not in run("--write")
    assert ": changed" not in run("--write")
    assert run("--check") == "HAProxy's files are up to date.\n"


def test_a_stale_file_is_named_with_what_to_do(front, settings):
    run("--write")
    settings.FRONT = replace(front, port=front.port + 1)
    with pytest.raises(CommandError, match=r"haproxy.cfg is stale. Run .* then deploy/reload"):
        run("--check")


def test_a_folder_that_no_line_holds_is_refused(front, settings):
    settings.FRONT = replace(front, run_dir="/srv/a\tb")
    with pytest.raises(CommandError, match="has no place in HAProxy's file"):
        run()
