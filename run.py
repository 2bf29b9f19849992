#!/usr/bin/env python3
"""Callboard from a fresh checkout: makes the environment it needs, then does what it is told.

    python3 run.py serve [--simulate]   the product, on 127.0.0.1:8000
    python3 run.py test [--quick]       the tests
    python3 run.py coverage             how much of the rules and the intake the tests reach
    python3 run.py manage COMMAND ...   manage.py in that environment
    python3 run.py bench ...            the measurements
    python3 run.py pictures             takes the pictures of the docs anew, from the demo
    python3 run.py prepare [test]       makes the environment, and no more
    python3 run.py lock                 makes the hashed locks in requirements/ anew
    python3 run.py --version            which version this is

Needs Python 3.11 or later and nothing else. It writes to .venv and var, and nowhere else.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (it is here to be run by older ones)
    sys.exit("Callboard needs Python 3.11 or later; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCKS = {name: HERE / "requirements" / f"{name}.txt" for name in ("bootstrap", "base", "bench", "test")}
# Each lock holds all of those before it.
LAYERS = ("base", "bench", "test")
PYTEST = ["-m", "pytest"]
QUICK = ["-m", "not slow"]


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command == "--version":
        print(f"Callboard {version()}")
        return 0
    commands = {"serve": serve, "test": test, "manage": manage, "bench": bench, "lock": lock, "prepare": prepared}
    commands |= {"coverage": coverage, "pictures": pictures}
    if command not in commands:
        print(__doc__)
        return 0 if command in ("help", "-h", "--help") else 2
    return commands[command](rest)


def version() -> str:
    """The version as `calls/__init__.py` says it. Read, not imported: nothing is installed yet."""
    line = next(line for line in (HERE / "calls" / "__init__.py").read_text().splitlines() if "__version__ =" in line)
    return line.split('"')[1]


def serve(rest: list[str]) -> int:
    return manage(["serve", *rest])


def manage(rest: list[str]) -> int:
    prepare("base")
    return become([str(HERE / "manage.py"), *rest])


def test(rest: list[str]) -> int:
    prepare("test")
    quick = QUICK if "--quick" in rest else []
    rest = [word for word in rest if word != "--quick"]
    # A few named tests are sooner done by one process than by several that have to start first.
    named = any(not word.startswith("-") for word in rest)
    return become([*PYTEST, *quick, *([] if named else parallel()), *rest])


def coverage(rest: list[str]) -> int:
    """Measure branches in the two rooms where a mistake costs calls; exit code 1 below what CONTRIBUTING.md says."""
    prepare("test")
    (HERE / "var").mkdir(mode=0o700, exist_ok=True)
    rooms = [f"tests/{room}" for room in ("rules", "intake", "commit", "management", "admin")]
    for command in (
        ["run", *PYTEST, "-q", *QUICK, *rooms, *rest],
        ["report", "--include=calls/rules/*", "--fail-under=100"],
        ["report", "--include=calls/intake/*", "--fail-under=96"],
    ):
        code = subprocess.call([str(PYTHON), "-m", "coverage", *command], cwd=HERE)
        if code:
            return code
    return 0


def parallel() -> list[str]:
    processes = min(4, os.cpu_count() or 1)
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"] if processes > 1 else []


def bench(rest: list[str]) -> int:
    prepare("bench")
    return become(["-m", "bench", *rest])


def pictures(rest: list[str]) -> int:
    prepare("test")
    return become(["-m", "tests.pictures", *rest])


def prepared(rest: list[str]) -> int:
    """Only make the environment: `prepare`, or `prepare test`."""
    prepare("test" if rest == ["test"] else "base")
    return 0


def become(command: list[str]) -> int:
    """Go on as that program in the environment: signals and exit code are its own."""
    os.chdir(HERE)
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(PYTHON, [str(PYTHON), *command])
    return subprocess.call([str(PYTHON), *command])


# The environment


def prepare(name: str) -> None:
    """See that .venv holds what the lock says. When it does, this takes no time."""
    if is_prepared(name):
        return
    started = time.monotonic()
    say(f"Setting up .venv from requirements/{name}.txt. This happens once: a few seconds, a minute on a slow line.")
    make_environment()
    # No stamp stands while packages change: an installation cut short is made again.
    for each in LAYERS:
        stamp(each).unlink(missing_ok=True)
    install(name)
    for done in LAYERS[: LAYERS.index(name) + 1]:
        stamp(done).write_text(fingerprint(done))
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def is_prepared(name: str) -> bool:
    return stamp(name).exists() and stamp(name).read_text() == fingerprint(name)


def stamp(name: str) -> Path:
    return VENV / f".{name}.stamp"


def fingerprint(name: str) -> str:
    """What an environment depends on: its lock and its interpreter."""
    if not LOCKS[name].exists():
        sys.exit(f"requirements/{name}.txt is missing: this checkout is not whole.")
    return hashlib.sha256(LOCKS[name].read_bytes() + sys.version.encode() + sys.base_prefix.encode()).hexdigest()


def make_environment() -> None:
    if PYTHON.exists() and version_of(PYTHON) == sys.version:
        return
    code, output = run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    if code:
        sys.exit(
            f"{output}\nCould not make .venv. On Debian and Ubuntu, `apt install python3-venv` brings what is missing."
        )


def version_of(python: Path) -> str:
    try:
        return subprocess.check_output([str(python), "-c", "import sys; print(sys.version)"], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def install(name: str) -> None:
    """Install a lock with uv, or where uv cannot (it does not read pip's settings) with pip: the same lock."""
    count = LOCKS[name].read_text().count("==")
    if with_uv():
        say(f"  Installing {count} packages with uv ...")
        uv = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON), "--no-python-downloads"]
        code, output = run([*uv, "--require-hashes", "-r", str(LOCKS[name])])
        if not code:
            return
        say(f"  uv could not: {last_line(output)}")
    say(f"  Installing {count} packages with pip, from the same lock ...")
    code, output = run([*pip(), "install", "--require-hashes", "-r", str(LOCKS[name])])
    if code:
        sys.exit(f"{output}\nThe packages could not be installed. Is the package index reachable?")


def with_uv() -> bool:
    """Whether uv is at hand, fetched with pip where it is not yet. CALLBOARD_INSTALLER=pip does without it."""
    if os.environ.get("CALLBOARD_INSTALLER") == "pip":
        return False
    if is_prepared("bootstrap"):
        return True
    code, output = run([*pip(), "install", "--require-hashes", "-r", str(LOCKS["bootstrap"])])
    if code:
        say(f"  uv could not be had: {last_line(output)}")
        return False
    stamp("bootstrap").write_text(fingerprint("bootstrap"))
    return True


def pip() -> list[str]:
    """A pip that installs into .venv: the one beside this Python, or else one of .venv's own."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    code, _ = run([sys.executable, "-m", "pip", "--version"])
    if code == 0:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON), *quiet]
    code, _ = run([str(PYTHON), "-m", "ensurepip"])
    if code:
        sys.exit("Python's pip is missing. On Debian and Ubuntu, `apt install python3-pip` brings it.")
    return [str(PYTHON), "-m", "pip", *quiet]


def run(command: list[str]) -> tuple[int, str]:
    """Run quietly, with a sign of life every ten seconds; exit code and all output."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, cwd=HERE, stdout=output, stderr=subprocess.STDOUT)
        seconds = 0
        while True:
            try:
                code = process.wait(timeout=10)
                break
            except subprocess.TimeoutExpired:
                seconds += 10
                say(f"  ... {seconds} s")
        output.seek(0)
        return code, output.read().strip()


def lock(rest: list[str]) -> int:
    """Make the locks anew; pins stay where they can. `--upgrade` takes the newest versions."""
    make_environment()
    if not with_uv():
        sys.exit("Locks are made with uv, which could not be had.")
    for name, path in LOCKS.items():
        say(f"Locking requirements/{name}.txt ...")
        options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
        # No index address may stand in a lock: it is for every mirror.
        options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet", *rest]
        for before in LAYERS[: LAYERS.index(name)] if name in LAYERS else ():
            options += ["--constraint", str(LOCKS[before])]
        command = [str(BIN / "uv"), "pip", "compile", *options, "-o", str(path), str(path.with_suffix(".in"))]
        code = subprocess.call(command, cwd=HERE)
        if code:
            return code
    return 0


def last_line(output: str) -> str:
    return (output.splitlines() or ["it said nothing"])[-1].strip()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
