"""The two servers that Callboard runs on, set up for boards: no deflate, small frames in, a graceful end."""

import signal
from socket import socket
from typing import Any

APPLICATION = "dashboard.asgi:application"
LARGEST_FRAME = 65_536
GRACE_SECONDS = 5


def run_uvicorn(host: str, port: int, workers: int, door: socket | None = None) -> None:
    """Serve until told to stop, then finish what is under way and return. `door`: a socket that listens already."""
    import uvicorn

    options: dict[str, Any] = {
        "http": "dashboard.uvicorn_server:Protocol",
        "host": host,
        "port": port,
        "ws": "dashboard.board_socket:BoardSocket",
        # Deflate costs twice the CPU and three times the memory of a board.
        "ws_per_message_deflate": False,
        "ws_max_size": LARGEST_FRAME,
        "ws_ping_interval": 20,
        "ws_ping_timeout": 20,
        "proxy_headers": False,  # dashboard.proxies does that, alike for both servers
        "server_header": False,
        "access_log": False,
        "log_config": None,
        # Longer than a proxy keeps its side open, or it would send into connections that just closed.
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        # A worker that is still importing on a busy machine is not a dead one.
        "timeout_worker_healthcheck": 60,
    }
    leave_signals_to_the_server()
    if workers > 1:
        uvicorn.run(APPLICATION, workers=workers, **options)
    else:
        uvicorn.Server(uvicorn.Config(APPLICATION, **options)).run(sockets=[door] if door else None)


def leave_signals_to_the_server() -> None:
    """uvicorn raises the signal that stopped it again when it is done: to end well, nothing may come of that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


def run_daphne(host: str, port: int) -> None:
    """Serve until told to stop, then finish what is under way and return."""
    # Importing it installs Twisted's reactor, which a process of uvicorn must not have.
    from calls.intake.queue import intake
    from dashboard.asgi import application

    from .daphne_server import Daphne, endpoints

    intake.start()  # It has no lifespan, and what runs behind the traffic runs where nothing is delivered, too.
    Daphne(
        application=application,
        endpoints=endpoints(host=host, port=port),
        websocket_timeout=-1,
        websocket_handshake_timeout=5,
        # Its limit on what comes in holds for what goes out too: a larger message is dropped without a word.
        websocket_max_message_size=1_048_576,
        websocket_max_frame_size=LARGEST_FRAME,
        http_timeout=60,
        application_close_timeout=10,
        server_name="",
        verbosity=0,
        grace_seconds=GRACE_SECONDS,
    ).run()
