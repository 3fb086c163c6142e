"""What the wrapper and ComfyUI log in their lives, in one file; texts as in captured logs."""

from pyworker.sim.image.settings import ImageSettings
from pyworker.sim.log import Line, PlainLine
from pyworker.sim.story import Step, Story

_WRAPPER_START = """\
INFO:     Started server process [1]
INFO:     Waiting for application startup.
INFO:main:Workers initialized successfully
INFO:main:Generation workers bound to backends: ['http://127.0.0.1:18188']
INFO:main:Started 2 preprocess workers
INFO:main:Started 1 generation workers
INFO:main:Started 2 postprocess workers
INFO:     Application startup complete.
INFO:workers.generation_worker:GenerationWorker 1: waiting for jobs"""

# A good start has a traceback in it: an extension whose package is missing.
_COMFYUI_START = """\
Checkpoint files will always be loaded safely.
Total VRAM 24105 MB, total RAM 24105 MB
pytorch version: 2.13.0+cpu
Device: cpu
Python version: 3.11.7
ComfyUI version: 0.3.64
ComfyUI frontend version: 1.27.10
Traceback (most recent call last):
  File "/opt/ComfyUI/nodes.py", line 2131, in load_custom_node
    module_spec.loader.exec_module(module)
ModuleNotFoundError: No module named 'torchaudio'
Cannot import /opt/ComfyUI/comfy_extras/nodes_audio.py module for custom nodes: No module named \
'torchaudio'
IMPORT FAILED: nodes_audio.py
Context impl SQLiteImpl.
Starting server"""

_READY = """\
To see the GUI go to: http://127.0.0.1:18188
INFO:main:BACKENDS_READY: 1 backend(s) reachable, ready to serve"""

_TIMEOUT = "ERROR:main:BACKENDS_READY_TIMEOUT: no backend reachable after 600s"
_FAILED = "ERROR:    Application startup failed. Exiting."


def story_of(settings: ImageSettings) -> Story:
    """What is logged from start to end, by how the start is to go."""
    fails = settings.fail_start in {"timeout", "startup"}
    return Story(
        # The wrapper answers at once; its health says that ComfyUI is not there yet.
        boot=(),
        warming=_start(settings),
        fails=fails,
        taken=_taken,
        crashing=(),
        crashed=(),
        stopping=lines("INFO:     Shutting down\nINFO:     Waiting for application shutdown."),
        stopped=lines("INFO:     Application shutdown complete.\nStopped server"),
    )


def _start(settings: ImageSettings) -> list[Step]:
    if settings.fail_start == "startup":
        start = lines("\n".join(_WRAPPER_START.splitlines()[:2]))
        return [Step(0.0, line) for line in (*start, *lines(_FAILED))]
    url = f"http://{settings.host}:{settings.port}"
    uvicorn = f"INFO:     Uvicorn running on {url} (Press CTRL+C to quit)"
    comfyui = lines(_COMFYUI_START)
    each = settings.load_seconds / (len(comfyui) + 1)
    steps = [Step(0.0, line) for line in lines(f"{_WRAPPER_START}\n{uvicorn}")]
    steps += [Step(each * number, line) for number, line in enumerate(comfyui, 1)]
    last = _TIMEOUT if settings.fail_start == "timeout" else _READY
    return steps + [Step(settings.load_seconds, line) for line in lines(last)]


def _taken(address: str, code: int, reason: str) -> list[Line]:
    host, _, port = address.rpartition(":")
    return lines(
        f"ERROR:    [Errno {code}] error while attempting to bind on address ('{host}', {port}):"
        f" {reason.lower()}"
    )


def lines(text: str) -> list[Line]:
    """Each line of `text`, as it is."""
    return [PlainLine(line) for line in text.splitlines()]
