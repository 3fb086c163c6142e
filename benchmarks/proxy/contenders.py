"""The servers that are compared: how each is started in front of the same model stand-in."""

import importlib.machinery
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.proxy.children import REPOSITORY, clean_environment, free_port
from benchmarks.proxy.errors import BenchmarkError

PEER_PACKAGE = "vastai==1.9.1"


@dataclass(frozen=True)
class Place:
    """What a server is told: where it listens, who it is, and who its neighbours are."""

    port: int
    worker_id: int
    folder: Path  # its working directory, empty at the start
    autoscaler_url: str
    model_url: str
    model_log: Path

    @property
    def url(self) -> str:
        """The address that clients use and grants are signed for."""
        return f"http://127.0.0.1:{self.port}"

    def worker_environment(self) -> dict[str, str]:
        """The variables of a rented instance; both workers read the same ones."""
        return clean_environment() | {
            "CONTAINER_ID": str(self.worker_id),
            "MASTER_TOKEN": "benchmark",
            "REPORT_ADDR": self.autoscaler_url,
            "WORKER_PORT": str(self.port),
            f"VAST_TCP_PORT_{self.port}": str(self.port),
            "PUBLIC_IPADDR": "127.0.0.1",
            "USE_SSL": "false",
            "MODEL_SERVER_URL": self.model_url,
            "MODEL_LOG": str(self.model_log),
        }


class Contender(Protocol):
    """One of the compared servers."""

    @property
    def name(self) -> str:
        """The head of its column."""
        ...

    @property
    def reports(self) -> bool:
        """Whether it reports to an autoscaler."""
        ...

    def launch(self, place: Place) -> tuple[Sequence[str], dict[str, str]]:
        """The command and its environment; may write files into the place's folder."""
        ...


@dataclass(frozen=True)
class Ours:
    """`python -m pyworker tgi`, with the interpreter that runs this benchmark."""

    options: tuple[str, ...] = ()  # for the interpreter, before -m pyworker; a profiler's
    name: str = "pyworker"
    reports: bool = True

    def launch(self, place: Place) -> tuple[Sequence[str], dict[str, str]]:
        """The product as it is, told to listen on loopback only."""
        environment = place.worker_environment() | {"WORKER_HOST": "127.0.0.1"}
        # An editable install finds itself; a checkout that is not installed needs a hint.
        if installed_package() is None:
            environment["PYTHONPATH"] = str(REPOSITORY)
        return [sys.executable, *self.options, "-m", "pyworker", "tgi"], environment


def installed_package() -> Path | None:
    """Where this interpreter has pyworker installed, the checkout left aside unless it is that."""
    checkout = {"", str(REPOSITORY), str(Path.cwd())}
    path = [entry for entry in sys.path if entry not in checkout]
    found = importlib.machinery.PathFinder.find_spec("pyworker", path)
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent


def our_package() -> Path | None:
    """The pyworker package that `Ours` runs, or None when there is none."""
    if (installed := installed_package()) is not None:
        return installed
    checkout = REPOSITORY / "pyworker"
    return checkout if (checkout / "__main__.py").exists() else None


@dataclass(frozen=True)
class Peer:
    """The worker framework inside the vastai package."""

    python: Path
    options: tuple[str, ...] = ()
    name: str = PEER_PACKAGE.replace("==", " ")
    reports: bool = True

    def launch(self, place: Place) -> tuple[Sequence[str], dict[str, str]]:
        """Our definition of its TGI worker; its second listener gets a free port too."""
        environment = place.worker_environment() | {"WORKER_HTTP_PORT": str(free_port())}
        script = Path(__file__).with_name("peer_worker.py")
        # -P: the script's folder holds modules named like those of the standard library.
        return [str(self.python), "-P", *self.options, str(script)], environment


NGINX_CONFIGURATION = """
daemon off;
# One process, so that one CPU clock tells all.
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_max_body_size 0;
    keepalive_requests 1000000;
    upstream model {{
        server {model};
        keepalive 1024;
        keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://model;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_read_timeout 300s;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """The floor: a plain reverse proxy in C that checks, counts and reports nothing."""

    program: str
    name: str = "nginx"
    reports: bool = False

    def launch(self, place: Place) -> tuple[Sequence[str], dict[str, str]]:
        """Writes its configuration into the folder, which is also its prefix."""
        model = place.model_url.removeprefix("http://")
        configuration = place.folder / "nginx.conf"
        configuration.write_text(NGINX_CONFIGURATION.format(model=model, port=place.port))
        prefix = f"{place.folder}/"
        return [self.program, "-p", prefix, "-c", str(configuration)], clean_environment()


def find_nginx() -> str | None:
    """The nginx program, also where a plain user's PATH does not lead."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("nginx", path=path)


def install_peer(folder: Path) -> Path:
    """Make a virtual environment with the peer in it, unless it is there; its interpreter.

    Raises:
        BenchmarkError: venv or pip failed.
    """
    python = folder / "bin" / "python"
    # setuptools: the package imports distutils, which Python 3.12 no longer has.
    steps = [[str(python), "-m", "pip", "install", "-q", PEER_PACKAGE, "setuptools"]]
    if not python.exists():
        steps.insert(0, [sys.executable, "-m", "venv", str(folder)])
    for step in steps:
        if subprocess.run(step, check=False).returncode:
            raise BenchmarkError(f"could not install the peer: {' '.join(step)}")
    return python
