"""nginx as `contrib/nginx/callboard.conf` has it, on ports of its own and with a certificate of its own."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.conftest import nginx
from tests.support.running import ROOT, unused_port

CONFIGURATION = ROOT / "contrib" / "nginx" / "callboard.conf"
NAME = "calls.example.com"
AROUND = """
daemon off;
worker_processes 2;
{user}
pid {folder}/nginx.pid;
error_log {folder}/main-error.log notice;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/callboard.conf;
}}
"""


class Nginx:
    """In front of processes on these two ports, over plain HTTP on `http` and over TLS on `https`."""

    def __init__(self, folder: Path, ports: tuple[int, int]) -> None:
        self.folder = folder
        self.http, self.https = unused_port(), unused_port()
        self.certificate = folder / "certificate.pem"
        self.make_certificate()
        (folder / "callboard.conf").write_text(self.rendered(*ports))
        user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
        self.program = [str(nginx()), "-p", str(folder), "-c", str(folder / "nginx.conf")]

    def make_certificate(self) -> None:
        asked = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2", "-nodes"]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        files = ["-keyout", str(self.folder / "key.pem"), "-out", str(self.certificate)]
        subprocess.run(["openssl", "req", "-x509", *kind, *asked, *files], check=True, capture_output=True)

    def rendered(self, first: int, second: int) -> str:
        """The file as it is shipped, with TLS, and with the places of this trial."""
        text = CONFIGURATION.read_text()
        for shipped, here in {
            "# TLS: ": "",
            "127.0.0.1:8001": f"127.0.0.1:{first}",
            "127.0.0.1:8002": f"127.0.0.1:{second}",
            "listen 80": f"listen 127.0.0.1:{self.http}",
            "listen 443": f"listen 127.0.0.1:{self.https}",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(self.certificate),
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(self.folder / "key.pem"),
            "/var/log/nginx/": f"{self.folder}/",
        }.items():
            assert shipped in text, f"{CONFIGURATION.name} has no {shipped}"
            text = text.replace(shipped, here)
        return text

    def start(self) -> None:
        with (self.folder / "output.log").open("w") as output:
            self.process = subprocess.Popen(self.program, stdout=output, stderr=output)
        deadline = time.monotonic() + 10
        while not self.listens():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.https)) == 0

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=10)

    @property
    def output(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))
