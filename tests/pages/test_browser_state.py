"""The board's state in the browser, tested by Node's own runner (tests/js): no DOM, no socket, no clock."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from calls.display import wording

ROOT = Path(__file__).resolve().parents[2]
SUITES = sorted((ROOT / "tests" / "js").glob("*.test.mjs"))


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node. People who run Callboard need none, so without it these tests are skipped; never under CI."""
    path = shutil.which("node")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Node is missing")
    return path


@pytest.fixture(scope="module")
def modules(tmp_path_factory) -> Path:
    """A copy that tells Node what browsers know by themselves: that these files are modules."""
    place = tmp_path_factory.mktemp("modules")
    for part in ("static/js", "tests/js"):
        shutil.copytree(ROOT / part, place / part)
    (place / "package.json").write_text('{"type": "module"}')
    (place / "words.json").write_text(json.dumps(wording.browser_words()))
    return place


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name.removesuffix(".test.mjs"))
def test_the_state_of_the_board(suite, node, modules):
    told = subprocess.run(
        [node, "--test", f"tests/js/{suite.name}"], cwd=modules, capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stdout + told.stderr
