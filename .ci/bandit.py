"""Look for insecure code with bandit. Each finding that is accepted has its reason here; any other fails the build.

What is accepted is named by file and check. Statements put together are looked at one by one as well: ruff (S608)
wants a mark at each line.
"""

import json
import subprocess
import sys

LOOKED_AT = ["calls", "dashboard", "contrib", "manage.py", "run.py"]
OUR_NAMES = "tables and columns are names of our own models; every value is a parameter"
OUR_COMMAND = "starts this checkout's own Python with arguments of its own, without a shell"
COMPARED = "the address is compared, not bound"
ACCEPTED = {
    ("calls/commit/call_rows.py", "B608"): OUR_NAMES,
    ("calls/commit/doubts.py", "B608"): "the words put in are those of our own states; every value is a parameter",
    ("calls/database/bulk.py", "B608"): OUR_NAMES,
    ("calls/database/locks.py", "B608"): "the text put in is a constant beside it; names are parameters",
    ("calls/figures/cells.py", "B608"): OUR_NAMES,
    ("calls/figures/rollups.py", "B608"): OUR_NAMES,
    ("calls/upkeep/installation.py", "B608"): OUR_NAMES,
    ("calls/upkeep/pruning.py", "B608"): OUR_NAMES,
    ("calls/upkeep/seeding.py", "B608"): OUR_NAMES,
    ("calls/intake/sources.py", "B104"): COMPARED,
    ("calls/management/commands/serve.py", "B104"): COMPARED,
    ("calls/people/sign_in.py", "B104"): "stands for an address that nobody has, in a comparison of networks",
    ("calls/management/commands/serve.py", "B404"): OUR_COMMAND,
    ("calls/management/commands/serve.py", "B603"): OUR_COMMAND,
    ("calls/simulation/dice.py", "B311"): "made-up calls: they are to come out the same from the same seed",
    ("calls/simulation/traffic.py", "B311"): "made-up calls: they are to come out the same from the same seed",
    ("run.py", "B404"): OUR_COMMAND,
    ("run.py", "B603"): OUR_COMMAND,
    ("run.py", "B606"): OUR_COMMAND,
}


def main() -> int:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-f", "json", "-r", *LOOKED_AT], capture_output=True, text=True
    )
    said = json.loads(done.stdout)
    found = {(issue["filename"].removeprefix("./"), issue["test_id"]): issue for issue in said["results"]}
    wrong = [f"{error['filename']}: {error['reason']}" for error in said["errors"]]
    for (name, check), issue in sorted(found.items()):
        if (name, check) not in ACCEPTED:
            wrong.append(f"{name}:{issue['line_number']}: {check} {issue['issue_text']}")
    wrong += [f"{name}: {check} is accepted, and not found any more" for name, check in ACCEPTED.keys() - found.keys()]
    print("\n".join(wrong) or f"bandit: {len(said['results'])} findings, each with its reason")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
