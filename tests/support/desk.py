"""A second process on the data of a running server: what an administrator, or another process, does to it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.running import ROOT, clean_environment

LOOP = """
import json, sys, traceback
import tests.support.desk_orders as orders
from django.db import close_old_connections, connection
connection.settings_dict["OPTIONS"].pop("pool", None)  # a test may end its connections
for line in sys.stdin:
    close_old_connections()
    name, given = json.loads(line)
    try:
        print(json.dumps(getattr(orders, name)(**given)), flush=True)
    except Exception:
        print(json.dumps({"failed": traceback.format_exc()}), flush=True)
"""


class Desk:
    """Carries out the functions of `desk_orders` by name: `desk("sign_in", name="asha")`."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        start = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'dashboard.settings'; django.setup()\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", start + LOOP],
            cwd=ROOT,
            env=clean_environment(CALLBOARD_DATA_DIR=str(data_dir), PYTHONPATH=os.fspath(ROOT), **environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, order: str, **given: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([order, given]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "failed" in answer:
            raise AssertionError(answer["failed"])
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
