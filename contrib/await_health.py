#!/usr/bin/env python3
"""Wait until the process on a port serves: `await_health.py PORT [SECONDS]`; ends with 1 if it does not.

Where `MAINPID` names that process (systemd says it), it ends as soon as the process does.
"""

import http.client
import os
import sys
import time


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_gone(process: str | None) -> bool:
    try:
        os.kill(int(process or os.getpid()), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def main(port: int, seconds: float = 240) -> int:
    deadline = time.monotonic() + seconds
    while not is_healthy(port):
        if time.monotonic() > deadline or is_gone(os.environ.get("MAINPID")):
            return 1
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *map(float, sys.argv[2:3])))
