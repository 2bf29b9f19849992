"""Hostile requests by the thousand: at webhooks, at pages and at boards' sockets. Each is made of a seed."""

import gzip
import http.client
import json
import os
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random
from urllib.parse import quote

from tests.support.sites import Site

CONNECTIONS = 6
ANSWER_SECONDS = 15
NO_ANSWER = 599
NASTY = [
    "", "\x00", "'", '"><script>alert(1)</script>', "%s%n", "../../etc/passwd", "\U0001f600" * 3, "é" * 300, "null",
    "9" * 5000, "-1", "1e999", "NaN", "0001-01-01", "9999-12-31T23:59:59Z", "\u202e", "{{7*7}}", "' OR 1=1 --",
    "\r\nX: y",
]  # fmt: skip
TYPES = [
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data",
    "text/plain; charset=nonsense", "", "application/json; charset=utf-16", "image/png",
]  # fmt: skip

Attack = Callable[[Site, Random], int]
"""Sends one hostile request, and gives the status that came back; 0: the connection was ended without one."""


def raw(site: Site, data: bytes, whole: bool = True) -> int:
    """Send these bytes and read the status of what comes back; what is not whole is soon left alone."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=ANSWER_SECONDS if whole else 0.05) as line:
        answer = b""
        try:
            line.sendall(data)
            while b"\r\n" not in answer and (more := line.recv(4096)):
                answer += more
        except ConnectionError:
            return 0
        except TimeoutError:
            return NO_ANSWER if whole else 0
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else 0


def asked(site: Site, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    """Send a whole request and read the whole answer."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except ConnectionError:
        return 0
    except TimeoutError:
        return NO_ANSWER
    finally:
        connection.close()


def at_webhooks(site: Site, rng: Random) -> int:
    token = rng.choice([site.token, site.token, site.token[:-1], "unknown" * 5, quote(rng.choice(NASTY))[:300] or "x"])
    path = rng.choice(["/hooks/{}", "/hooks/{}", "/hook-{}", "/hooks/{}/", "/hooks//{}", "/HOOKS/{}"]).format(token)
    body = rng.choice(BODIES)(rng)
    headers = {"Content-Type": rng.choice(TYPES)}
    if rng.random() < 0.2:
        headers["Content-Encoding"] = rng.choice(["gzip", "deflate", "br", "gzip, gzip"])
    if rng.random() < 0.1:
        length = rng.choice(["-1", "1e3", "99", ""])
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        return raw(site, head.encode() + body[:50], whole=False)
    query = f"?{quote(rng.choice(NASTY))}={quote(rng.choice(NASTY))}" if rng.random() < 0.3 else ""
    method = rng.choice(["POST"] * 6 + ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
    return asked(site, method, path + query, body, headers)


def fields(rng: Random) -> dict[str, object]:
    said: dict[str, object] = {"type": "live_call", "CallSid": f"attack.{rng.random()}", "Status": "Ringing"}
    said[rng.choice([*said, "SourceNumber", "StartTime", "TalkDuration", "agent_name"])] = rng.choice(NASTY)
    return said


BODIES: list[Callable[[Random], bytes]] = [
    lambda rng: json.dumps(fields(rng)).encode(),
    lambda rng: json.dumps([fields(rng) for _ in range(rng.randrange(40))]).encode(),
    lambda rng: "&".join(f"{name}={quote(str(text))}" for name, text in fields(rng).items()).encode(),
    lambda rng: rng.randbytes(rng.choice([0, 1, 40, 5_000, 70_000])),
    lambda rng: b"[" * rng.choice([10, 1_000, 60_000]),
    lambda rng: b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    lambda rng: gzip.compress(b"0" * rng.choice([10, 10_000_000])),
    lambda rng: b"--b\r\n" * rng.choice([1, 3_000]),
    lambda rng: json.dumps(fields(rng)).encode()[:-3],
]


def at_pages(site: Site, rng: Random) -> int:
    text = quote(rng.choice(NASTY))[:2_000]
    path = rng.choice(PATHS).format(text, quote(rng.choice(NASTY))[:2_000])
    cookies = [site.cookie, site.cookie, "callboard_session=" + "x" * 32, f"callboard_session={text[:200]}", ""]
    headers = {"Cookie": rng.choice(cookies)}
    if rng.random() < 0.1:
        headers["Host"] = rng.choice(["evil.example", "localhost:99999", text[:50] or "x"])
    method = rng.choice(["GET"] * 6 + ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
    body = rng.choice(BODIES)(rng) if method in ("POST", "PUT") else b""
    status = asked(site, method, path, body, headers | ({"Content-Type": rng.choice(TYPES)} if body else {}))
    # Passwords are checked a few at a time: the rest are asked to come again, as they should be.
    return 429 if status == 503 and path.startswith("/accounts/") and method == "POST" else status


PATHS = [
    "/", "/?q={}", "/accounts/login/", "/accounts/login/?next={}", "/accounts/password_change/", "/api/calls/",
    "/api/calls/?since={}", "/api/calls/?until={}&cursor={}", "/api/calls/?q={}&state={}", "/api/calls/{}/",
    "/api/calls/99999999999999999999/", "/admin/", "/admin/calls/call/?q={}", "/admin/calls/{}/", "/static/{}",
    "/static/../{}", "/{}", "/healthz", "/readyz", "/version", "/admin/calls/call/{}/change/", "/favicon.ico",
]  # fmt: skip


def at_sockets(site: Site, rng: Random) -> int:
    origin = rng.choice([site.url] * 5 + ["http://evil.example", "null"])
    path = rng.choice(["/ws/board/"] * 8 + ["/ws/", "/ws/board/?x=" + "y" * 500])
    cookie = rng.choice([site.cookie] * 4 + ["callboard_session=wrong", ""])
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {rng.choice(['dGhlIHNhbXBsZSBub25jZQ=='] * 9 + ['no'])}\r\n\r\n"
    ).encode()
    frames = b"".join(_frame(rng) for _ in range(rng.choice([1, 3, 30])))
    whole = rng.random() < 0.9
    return raw(site, (head if whole else head[:60]) + frames, whole)


def _frame(rng: Random) -> bytes:
    payload = rng.choice([
        b'{"type":"sync"}', b'{"type":"ack","seq":%d}' % rng.choice([0, -1, 2**70]), b"{", b"\xff\xfe", b"", b"[" * 120,
        rng.randbytes(100), b"\x03\xe8", b"\xff\xff",
    ])  # fmt: skip
    first = rng.choice([0x81] * 4 + [0x01, 0x80, 0x82, 0x88, 0x89, 0x8A, 0xF1, 0x83, 0x8F])
    length = rng.choice([len(payload)] * 8 + [126])
    return struct.pack("!BB4x", first, 0x80 | length) + (b"\xff" * 8 if length == 126 else b"") + payload


ATTACKS: dict[str, Attack] = {"webhooks": at_webhooks, "pages": at_pages, "sockets": at_sockets}


def requests_of_an_attack() -> int:
    return int(os.environ.get("TEST_ATTACK_REQUESTS", "2000"))


def carry_out(attack: Attack, site: Site, count: int, seed: int = 1) -> Counter[int]:
    """Send so many hostile requests, some at a time. Gives how often each status came back."""
    statuses: Counter[int] = Counter()
    seeds: Iterator[int] = iter(range(seed * 1_000_000, seed * 1_000_000 + count))

    def work(numbers: Iterable[int]) -> None:
        for number in numbers:
            try:
                statuses[attack(site, Random(number))] += 1
            except Exception as problem:
                statuses[NO_ANSWER] += 1
                print(f"{attack.__name__} {number}: {type(problem).__name__}: {problem}")

    threads = [threading.Thread(target=work, args=(_shared(seeds),)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


_lock = threading.Lock()


def _shared(numbers: Iterator[int]) -> Iterator[int]:
    """The same numbers for several threads, each to one of them."""
    while True:
        with _lock:
            number = next(numbers, None)
        if number is None:
            return
        yield number
