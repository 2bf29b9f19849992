"""What is shipped for deployment names what there is: settings, commands, files, and the places that are replaced."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from tests.support.running import ROOT, unused_port

COMPOSE = (ROOT / "compose.yaml").read_text()
NGINX = (ROOT / "contrib/nginx/callboard.conf").read_text()
SHIPPED = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted(p for p in (ROOT / "contrib").rglob("*") if p.is_file())]


def test_every_image_is_held_to_a_digest_and_to_the_same_one_everywhere():
    files = [ROOT / "Dockerfile", ROOT / "compose.yaml", ROOT / ".github/workflows/ci.yml"]
    named = set(re.findall(r"(?:image: |IMAGE:-|IMAGE=)(\w+:[^\s}\"]+)", "\n".join(map(_without_comments, files))))

    assert sorted(image.partition(":")[0] for image in named) == ["nginx", "postgres", "python", "redis"]
    assert [image for image in named if not re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)] == []


def _without_comments(path):
    return re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.M)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_setting_exists(path):
    named = set(re.findall(r"\b(?:CALLBOARD_[A-Z_]*[A-Z]|DATABASE_URL|REDIS_URL)\b", path.read_text()))
    assert named <= settings.CALLBOARD_VARIABLES


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_command_and_file_exists(path):
    text = path.read_text()
    commands = set(re.findall(r"manage\.py\"?,? \"?([a-z]+)", text))
    files = set(re.findall(r"\b(?:docs|contrib|tests|requirements)/[\w./@-]+\w", text))
    assert [name for name in commands if not (ROOT / f"calls/management/commands/{name}.py").exists()] == []
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_what_compose_replaces_in_the_configuration_of_nginx_is_in_it():
    replaced = re.findall(r"s\|([^|]+)\|", COMPOSE)
    assert len(replaced) >= 7
    assert [text for text in replaced if text not in NGINX] == []


def test_images_are_named_without_a_registry():
    images = re.findall(r"^\s*image: (\S+)|^FROM (\S+)", COMPOSE + (ROOT / "Dockerfile").read_text(), re.M)
    assert len(images) >= 5
    assert [name for pair in images for name in pair if "/" in name] == []


def test_the_image_gets_what_is_served_and_nothing_else():
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in let_in if not (ROOT / name).exists()] == []
    assert {"calls", "dashboard", "static", "templates", "manage.py"} <= set(let_in)


def test_waiting_for_a_process_ends_with_the_process():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, str(ROOT / "contrib/await_health.py"), str(unused_port()), "60"]
    assert subprocess.run(command, env={**os.environ, "MAINPID": str(gone.pid)}, timeout=30).returncode == 1


def test_waiting_for_a_process_ends_after_the_time_given():
    command = [sys.executable, str(ROOT / "contrib/await_health.py"), str(unused_port()), "0.2"]
    assert subprocess.run(command, env={**os.environ, "MAINPID": str(os.getpid())}, timeout=30).returncode == 1
