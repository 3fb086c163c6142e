"""start_server.sh as a process: real openssl, curl and pip, a stand-in of the signer on loopback."""

import datetime as dt
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes.model import Call, FakeModel, replies
from fakes.process import finished

SCRIPT = Path(__file__).parent.parent / "start_server.sh"
pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("bash", "curl", "openssl")),
    reason="bash, curl and openssl are what it is made of",
)

# What stands for the worker: it says how it was started.
STAND_IN = """
import os, sys
print("ran", sys.argv[1:], os.environ["USE_SSL"], os.environ["WORKER_PORT"], os.getpid())
if sys.argv[1:] == ["lock"]:
    print("lock held:", os.path.basename(os.path.realpath("/proc/self/fd/9")) == "lock")
sys.exit(7)
"""

# A build backend without anything to download.
BUILD = """
import pathlib, zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "pyworker-1.0-py3-none-any.whl"
    info = "pyworker-1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for file in pathlib.Path("pyworker").iterdir():
            wheel.write(file)
        metadata = "Metadata-Version: 2.1\\nName: pyworker\\nVersion: 1.0\\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""


@dataclass
class Script:
    """A workspace, and the services that the script talks to."""

    workspace: Path
    peer: FakeModel
    files: Path

    async def run(self, **variables: str) -> tuple[int, str]:
        """The exit code and all output of one run."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.files),
            "WORKSPACE_DIR": str(self.workspace),
            "BACKEND": "stand_in",
            "CONTAINER_ID": "4711",
            "MASTER_TOKEN": 'a"secret\\',
            "REPORT_ADDR": self.peer.url,
            "USE_SSL": "false",
            "PYTHON": sys.executable,
            "PYWORKER_WHEEL": str(self.workspace / "pyworker-1.0-py3-none-any.whl"),
            "SIGN_CERT_URL": f"{self.peer.url}/sign_cert/",
            "CERT_RETRY_SECONDS": "0",
            "INSTANCE_CERT": str(self.files / "instance.crt"),
            "INSTANCE_KEY": str(self.files / "instance.key"),
            "PIP_NO_INDEX": "1",
            "PIP_NO_CACHE_DIR": "1",
            **variables,
        }
        done = await trio.run_process(
            [str(SCRIPT)],
            env={name: value for name, value in environ.items() if value},
            capture_stdout=True,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode()

    async def reported(self) -> Mapping[str, object]:
        """The one report that was sent."""
        (call,) = self.peer.calls
        assert (call.method, call.target) == ("POST", "/worker_status/")
        return orjson.loads(await call.body())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: an environment takes seconds to make."""
    folder = tmp_path_factory.mktemp("workspace")
    with zipfile.ZipFile(folder / "pyworker-1.0-py3-none-any.whl", "w") as wheel:
        info = "pyworker-1.0.dist-info"
        wheel.writestr("pyworker/__init__.py", "")
        wheel.writestr("pyworker/__main__.py", STAND_IN)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: pyworker\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
async def script(workspace: Path, tmp_path: Path, nursery: trio.Nursery) -> Script:
    peer = FakeModel()
    await nursery.start(peer.serve)
    return Script(workspace, peer, tmp_path)


@pytest.fixture(autouse=True)
def _no_old_state(workspace: Path) -> Iterator[None]:
    yield
    (workspace / ".pyworker" / "rotated").unlink(missing_ok=True)


async def signs(call: Call) -> None:
    """Signs the request that came, as the console does."""
    request = x509.load_pem_x509_csr(await call.body())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")]))
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(names, critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    await call.answer(200, (), certificate.public_bytes(serialization.Encoding.PEM))


async def test_it_becomes_the_worker_and_installs_only_once(script: Script) -> None:
    code, said = await script.run()
    assert code == 7, said
    assert "ran ['stand_in'] false 3000" in said
    assert "installing: wheel" in said
    code, said = await script.run(WORKER_PORT="4000")
    assert code == 7
    assert "ran ['stand_in'] false 4000" in said
    assert "installed already: wheel" in said
    assert script.peer.calls == []
    assert "ran ['stand_in']" in (script.workspace / "debug.log").read_text()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"BACKEND": ""}, "BACKEND must be set to the name of a worker"),
        ({"CONTAINER_ID": "12a"}, "CONTAINER_ID must be a number"),
        ({"WORKER_PORT": "abc"}, "WORKER_PORT must be a port number, not abc"),
        ({"USE_SSL": "yes"}, "USE_SSL must be true or false, not yes"),
        (
            {"PYWORKER_WHEEL": "/no/where.whl"},
            "PYWORKER_WHEEL is /no/where.whl, which is not there",
        ),
        ({"IS_DEPLOYMENT": "true"}, "IS_DEPLOYMENT is set"),
    ],
)
async def test_a_mistake_is_one_sentence_here_and_at_the_autoscaler(
    variables: dict[str, str], sentence: str, script: Script
) -> None:
    code, said = await script.run(**variables)
    assert code == 1
    # What is wrong is all that it says: nothing of a start that there is not.
    [line] = said.splitlines()
    assert line.partition(" ")[2].startswith(f"start_server.sh: {sentence}")
    report = await script.reported()
    assert str(report["error_msg"]).startswith(f"start_server.sh: {sentence}")
    assert report["mtoken"] == 'a"secret\\'
    assert report["url"] == ""


async def test_every_address_is_told_and_one_that_is_away_is_not_waited_for(script: Script) -> None:
    addresses = f"http://127.0.0.1:9, {script.peer.url}/"
    code, said = await script.run(CONTAINER_ID="x", REPORT_ADDR=addresses)
    assert code == 1
    assert "http://127.0.0.1:9 could not be told" in said
    assert (await script.reported())["id"] == 0


async def test_what_nobody_has_foreseen_is_told_as_well(script: Script, tmp_path: Path) -> None:
    os.utime(tmp_path, (0, 0))
    code, said = await script.run(MODEL_LOG=str(tmp_path))
    assert code == 1
    assert said.count("failed: cat ") == 1
    assert "failed: cat " in str((await script.reported())["error_msg"])


async def test_a_definition_of_another_pyworker_is_run_as_it_is(script: Script) -> None:
    code, said = await script.run(BACKEND="mine/worker.py")
    assert code == 7
    assert "ran ['run', 'mine/worker.py']" in said


async def test_beside_a_worker_that_runs_a_second_start_changes_nothing(
    script: Script, tmp_path: Path
) -> None:
    if shutil.which("flock") is None:
        pytest.skip("flock is what it locks with")
    await script.run()
    lock = script.workspace / ".pyworker" / "lock"
    holder = await trio.lowlevel.open_process(
        ["flock", str(lock), "sh", "-c", "echo held; read end"], stdin=-1, stdout=-1
    )
    assert holder.stdout is not None
    assert await holder.stdout.receive_some() == b"held\n"
    code, said = await script.run()
    assert code == 1
    assert "it runs already" in said
    assert script.peer.calls == []
    assert holder.stdin is not None
    await holder.stdin.aclose()
    await holder.wait()
    await holder.stdout.aclose()
    assert (await script.run())[0] == 7


async def test_the_worker_holds_the_lock(script: Script) -> None:
    """It is inherited: whoever starts the script again meets the worker, not an empty port."""
    code, said = await script.run(BACKEND="lock")
    assert code == 7
    assert "lock held: True" in said or shutil.which("flock") is None


async def test_sources_that_have_changed_are_installed_again(
    script: Script, tmp_path: Path
) -> None:
    folder = tmp_path / "source"
    (folder / "pyworker").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
    )
    (folder / "build.py").write_text(BUILD)
    environ = {
        "PYWORKER_WHEEL": "",
        "PYWORKER_REPO": str(folder),
        "ENV_PATH": str(tmp_path / "env"),
        "WORKSPACE_DIR": str(tmp_path / "workspace"),
    }
    (folder / "pyworker" / "__init__.py").write_text("")
    (folder / "pyworker" / "__main__.py").write_text("raise SystemExit(3)")
    assert (await script.run(**environ))[0] == 3
    code, said = await script.run(**environ)
    assert (code, "installed already: folder" in said) == (3, True)
    changed = folder / "pyworker" / "__main__.py"
    changed.write_text("raise SystemExit(4)")
    # Later than the mark, however coarse the clock of the file system is.
    later = changed.stat().st_mtime + 10
    os.utime(changed, (later, later))
    assert (await script.run(**environ))[0] == 4


async def test_a_wheel_that_is_none_is_told(script: Script, tmp_path: Path) -> None:
    bad = tmp_path / "pyworker-2.0-py3-none-any.whl"
    bad.write_bytes(b"not a zip")
    code, _ = await script.run(PYWORKER_WHEEL=str(bad), ENV_PATH=str(tmp_path / "env"))
    assert code == 1
    assert "pip could not install" in str((await script.reported())["error_msg"])


async def test_the_log_of_before_a_boot_is_moved_once(script: Script, tmp_path: Path) -> None:
    log = tmp_path / "infer.log"
    log.write_text("before\n")
    os.utime(log, (0, 0))
    inode = log.stat().st_ino
    await script.run(MODEL_LOG=str(log))
    assert (log.read_text(), log.stat().st_ino) == ("", inode)
    assert (tmp_path / "infer.log.old").read_text() == "before\n"
    log.write_text("loaded\n")
    await script.run(MODEL_LOG=str(log))
    assert log.read_text() == "loaded\n"


def seconds_up() -> float:
    """Since the first process of this machine or container started."""
    up = float(Path("/proc/uptime").read_text().split()[0])
    ticks = int(Path("/proc/1/stat").read_text().rpartition(") ")[2].split()[19])
    return up - ticks / os.sysconf("SC_CLK_TCK")


async def test_the_log_of_a_model_that_has_loaded_meanwhile_is_left(
    script: Script, tmp_path: Path
) -> None:
    """Whoever starts the script by hand beside a model that runs would wait for ever for its line."""
    if seconds_up() < 310:
        pytest.skip("this machine has just started")
    log = tmp_path / "infer.log"
    log.write_text("loaded\n")
    code, _ = await script.run(MODEL_LOG=str(log))
    assert (code, log.read_text()) == (7, "loaded\n")
    assert not (tmp_path / "infer.log.old").exists()


async def test_the_log_is_left_when_asked(script: Script, tmp_path: Path) -> None:
    log = tmp_path / "infer.log"
    log.write_text("before\n")
    os.utime(log, (0, 0))
    await script.run(MODEL_LOG=str(log), ROTATE_MODEL_LOG="false")
    assert log.read_text() == "before\n"


async def test_a_certificate_is_asked_for_once_and_its_key_is_nobodys_business(
    script: Script,
) -> None:
    script.peer.script(signs)
    code, said = await script.run(USE_SSL="true")
    assert code == 7, said
    (call,) = script.peer.calls
    assert (call.method, call.target) == ("POST", "/sign_cert/?instance_id=4711")
    assert call.header(b"content-type") == b"application/octet-stream"
    key = script.files / "instance.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    x509.load_pem_x509_certificate((script.files / "instance.crt").read_bytes())
    code, said = await script.run(USE_SSL="true")
    assert "the certificate is good" in said
    assert len(script.peer.calls) == 1
    assert list((script.workspace / ".pyworker").glob("certificate.*")) == []


async def test_a_signer_that_fails_twice_is_asked_a_third_time(script: Script) -> None:
    script.peer.script(replies(503, b"busy"), replies(200, b"<html>oops</html>"), signs)
    code, said = await script.run(USE_SSL="true")
    assert code == 7
    assert "attempt 1" in said
    assert "answered 503" in said
    assert "sent something that is no PEM certificate" in said


async def test_no_certificate_is_told_and_no_file_is_left(script: Script) -> None:
    refusal = replies(200, b"<html>error</html>")
    script.peer.script(refusal, refusal, refusal, replies(200, b"{}"))
    code, _ = await script.run(USE_SSL="true")
    assert code == 1
    assert not (script.files / "instance.crt").exists()
    assert not (script.files / "instance.key").exists()
    report = orjson.loads(await script.peer.calls[-1].body())
    assert "no PEM certificate" in report["error_msg"]


async def test_a_certificate_of_another_key_is_replaced(script: Script) -> None:
    script.peer.script(signs)
    await script.run(USE_SSL="true")
    other = ec.generate_private_key(ec.SECP256R1())
    (script.files / "instance.key").write_bytes(
        other.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    code, said = await script.run(USE_SSL="true")
    assert code == 7
    assert "a new certificate" in said


def test_shellcheck_finds_nothing() -> None:
    shellcheck = shutil.which(
        "shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    if shellcheck is None:
        pytest.skip("shellcheck is not installed (it is in the extra `lint`)")
    done = subprocess.run(
        [shellcheck, str(SCRIPT)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout) == (0, "")


async def test_an_unknown_backend_is_told_by_the_program_it_becomes(
    script: Script, tmp_path: Path
) -> None:
    environ = {"CONTAINER_ID": "4711", "REPORT_ADDR": script.peer.url}
    code, process = await finished(["nothing"], folder=tmp_path, environ=environ)
    assert code == 2
    assert "there is no worker or command 'nothing'" in process.err.text
    report = await script.reported()
    assert (report["id"], report["error_msg"]) == (4711, "there is no worker or command 'nothing'")
