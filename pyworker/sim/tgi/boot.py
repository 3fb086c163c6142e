"""What TGI logs from its start to "Connected", and when; and where it stops when it fails.

A pure room: a start is a list of steps. The order is that of launcher/src/main.rs,
backends/v3/src/{main,lib}.rs and router/src/server.rs in TGI 3.3; the texts of the Python shard
are those of captured 3.x logs.
"""

from collections.abc import Sequence
from datetime import timedelta

from pyworker.sim.log import Line, PlainLine
from pyworker.sim.story import Step
from pyworker.sim.tgi.log import JsonLine, Level, Site, rust_duration
from pyworker.sim.tgi.settings import TgiSettings

# Shares of the load time. A real start spends most of it reading weights into the GPU.
_DOWNLOAD, _SHARD, _WARMUP = (0.02, 0.25), (0.26, 0.75), (0.78, 0.98)
_WEIGHT_FILES = 2
_WAITING_SECONDS = 10.0  # between two "Waiting for shard to be ready..."

_DOWNLOAD_SPAN = {"name": "download"}
_SHARD_SPAN = {"rank": 0, "name": "shard-manager"}

_V3 = "text_generation_router_v3"
_SERVER = "text_generation_router::server"

_DOWNLOAD_STDERR = """
Traceback (most recent call last):
  File "/usr/src/server/text_generation_server/cli.py", line 202, in download_weights
    utils.weight_files(model_id, revision, extension)
  File "/usr/src/server/text_generation_server/utils/hub.py", line 161, in weight_files
    raise EntryNotFoundError(
huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error: Unauthorized"""

_SHARD_STDERR = """
Traceback (most recent call last):
  File "/usr/src/server/text_generation_server/server.py", line 268, in serve_inner
    model = get_model_with_lora_adapters(
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total \
capacity of 23.68 GiB of which 145.00 MiB is free."""

_CRASH_STDERR = """
[rank0]:[E ProcessGroupNCCL.cpp:1785] [PG ID 0 PG GUID 0 Rank 0] Process group watchdog thread \
terminated with exception: CUDA error: an illegal memory access was encountered"""


def boot_steps(settings: TgiSettings) -> list[Step]:
    """The steps up to "Connected", or up to the end that `settings.fail_start` asks for."""
    total = settings.load_seconds
    fail = settings.fail_start
    steps = [*_arguments(settings), *_download(settings)]
    if fail == "download":
        at = total * _DOWNLOAD[1]
        return _until(steps, at) + _at(at, _download_failure())
    steps += _shard(total)
    if fail == "shard":
        at = total * _SHARD[1]
        return _until(steps, at) + _at(at, _shard_failure())
    steps += _webserver(settings)
    if fail == "webserver":
        at = total * _WARMUP[1]
        return _until(steps, at) + _at(at, _warmup_failure())
    return steps


def bind_failure(address: str, code: int, reason: str) -> list[Line]:
    """What follows "Connected" when the port is taken.

    Args:
        address: As the router prints it, such as "0.0.0.0:5001".
        code: The errno.
        reason: Its text.
    """
    kind = {98: "AddrInUse", 99: "AddrNotAvailable", 13: "PermissionDenied"}.get(code, "Other")
    dying = f'Error: WebServer(Axum(Os {{ code: {code}, kind: {kind}, message: "{reason}" }}))'
    return [
        _router(f"Failed to bind to {address}: {reason} (os error {code})", 2325, level="ERROR"),
        PlainLine(dying),
        *_webserver_crashed(),
    ]


def crash_lines() -> list[Line]:
    """What TGI logs when its shard dies while it serves, without the last line of all."""
    return [
        _shard_line(f"Shard complete standard error output:\n{_CRASH_STDERR}", "ERROR"),
        _shard_line("Shard process was signaled to shutdown with signal 6", "ERROR"),
        JsonLine("Shard 0 crashed", "ERROR"),
        JsonLine("Terminating webserver"),
        JsonLine("Waiting for webserver to gracefully shutdown"),
        _router("signal received, starting graceful shutdown", 2399),
    ]


def crashed_lines() -> list[Line]:
    """The last lines after a crash, when the webserver is gone."""
    return [
        JsonLine("webserver terminated"),
        JsonLine("Shutting down shards"),
        PlainLine("Error: ShardFailed"),
    ]


def stop_lines() -> list[Line]:
    """What TGI logs when it is asked to stop."""
    return [
        JsonLine("Terminating webserver"),
        JsonLine("Waiting for webserver to gracefully shutdown"),
        _router("signal received, starting graceful shutdown", 2399),
    ]


def stopped_lines() -> list[Line]:
    """The last lines after a stop, when the webserver is gone."""
    return [JsonLine("webserver terminated"), *_shutting_down()]


def _at(at: float, lines: Sequence[Line]) -> list[Step]:
    return [Step(at, line) for line in lines]


def _until(steps: list[Step], at: float) -> list[Step]:
    return [step for step in steps if step.at < at]


def _router(
    message: str, line: int, *, target: str = _SERVER, file: str = "", level: Level = "INFO"
) -> Line:
    return JsonLine(message, level, Site(target, file or "router/src/server.rs", line))


def _shard_line(message: str, level: Level = "INFO") -> Line:
    return JsonLine(message, level, spans=(_SHARD_SPAN,))


def _arguments(settings: TgiSettings) -> list[Step]:
    lines = [
        JsonLine(_argument_dump(settings)),
        JsonLine("Using attention flashinfer - Prefix caching true"),
        JsonLine("Default `max_batch_prefill_tokens` to 4096"),
        JsonLine("Using default cuda graphs [1, 2, 4, 8, 16, 32]"),
    ]
    return _at(0.0, lines)


def _argument_dump(settings: TgiSettings) -> str:
    """The launcher's arguments as Rust's `{:#?}` prints them; those that are set here."""
    values: dict[str, str] = {
        "model_id": f'"{settings.model_id}"',
        "revision": "None",
        "validation_workers": "2",
        "sharded": "None",
        "num_shard": "None",
        "quantize": "None",
        "max_concurrent_requests": str(settings.max_concurrent + settings.max_queue),
        "max_best_of": "2",
        "max_stop_sequences": "4",
        "max_top_n_tokens": "5",
        "max_input_tokens": "None",
        "max_total_tokens": f"Some(\n        {settings.max_total_tokens},\n    )",
        "max_batch_size": f"Some(\n        {settings.max_concurrent},\n    )",
        "hostname": f'"{settings.host}"',
        "port": str(settings.port),
        "json_output": "true",
        "disable_grammar_support": "true",
        "payload_limit": str(settings.payload_limit),
        "graceful_termination_timeout": f"{settings.grace_seconds:.0f}",
    }
    fields = "".join(f"    {name}: {value},\n" for name, value in values.items())
    return f"Args {{\n{fields}}}"


def _download(settings: TgiSettings) -> list[Step]:
    start, end = (settings.load_seconds * share for share in _DOWNLOAD)
    model = settings.model_id
    snapshot = f"/data/models--{model.replace('/', '--')}/snapshots/0fc9ddf78a1e988d"
    each = (end - start) / (_WEIGHT_FILES + 1)
    steps = [
        Step(
            start,
            JsonLine(f"Starting check and download process for {model}", spans=(_DOWNLOAD_SPAN,)),
        )
    ]
    for number in range(1, _WEIGHT_FILES + 1):
        name = f"model-{number:05}-of-{_WEIGHT_FILES:05}.safetensors"
        begin, done = start + (number - 0.9) * each, start + number * each
        remaining = _WEIGHT_FILES - number
        # The shard computes with whole seconds and prints a plain 0 for the last file.
        took = timedelta(seconds=int(done - begin))
        eta = took * remaining if remaining else 0
        # Lines of the Python process: the launcher passes them on outside its span.
        steps += [
            Step(begin, JsonLine(f"Download file: {name}")),
            Step(done, JsonLine(f"Downloaded {snapshot}/{name} in {took}.")),
            Step(done, JsonLine(f"Download: [{number}/{_WEIGHT_FILES}] -- ETA: {eta}")),
        ]
    loaded = JsonLine(f"Successfully downloaded weights for {model}", spans=(_DOWNLOAD_SPAN,))
    return [*steps, Step(end, loaded)]


def _shard(total: float) -> list[Step]:
    start, end = (total * share for share in _SHARD)
    steps = [
        Step(start, _shard_line("Starting shard")),
        *_at(
            start + 0.1 * (end - start),
            [JsonLine("Using prefix caching = True"), JsonLine("Using Attention = flashinfer")],
        ),
    ]
    # The real one waits 10 s before it says so; a short load says so once, in its middle.
    pause = _WAITING_SECONDS if end - start > _WAITING_SECONDS else (end - start) / 2
    waiting = start + pause
    while waiting < end:
        steps.append(Step(waiting, _shard_line("Waiting for shard to be ready...")))
        waiting += pause
    ready = _shard_line(f"Shard ready in {rust_duration(end - start)}")
    lines = [
        JsonLine("Using prefill chunking = True"),
        JsonLine("Server started at unix:///tmp/text-generation-server-0"),
        ready,
    ]
    return steps + _at(end, lines)


def _webserver(settings: TgiSettings) -> list[Step]:
    total = settings.load_seconds
    start, warm = (total * share for share in _WARMUP)
    backend = "backends/v3/src/lib.rs"
    main = "backends/v3/src/main.rs"
    tokens = settings.max_total_tokens * settings.max_concurrent
    return [
        Step(total * _SHARD[1], JsonLine("Starting Webserver")),
        Step(start, _router("Warming up model", 125, target=_V3, file=backend)),
        *_at(
            warm,
            [
                _router(
                    f"Setting max batch total tokens to {tokens}", 137, target=_V3, file=backend
                ),
                _router("Using backend V3", 166, target=_V3, file=backend),
                _router(
                    f"Maximum input tokens defaulted to {settings.max_input_tokens}",
                    168,
                    target="text_generation_router",
                    file=main,
                ),
            ],
        ),
        *_at(
            total,
            [
                _router("Using config Some(Llama)", 1742),
                _router("Connected", 2302),
            ],
        ),
    ]


def _download_failure() -> list[Line]:
    return [
        JsonLine(
            f"Download encountered an error: \n{_DOWNLOAD_STDERR}", "ERROR", spans=(_DOWNLOAD_SPAN,)
        ),
        PlainLine("Error: DownloadError"),
    ]


def _shard_failure() -> list[Line]:
    return [
        _shard_line(f"Shard complete standard error output:\n{_SHARD_STDERR}", "ERROR"),
        JsonLine("Shard 0 failed to start", "ERROR"),
        JsonLine("Shutting down shards"),
        PlainLine("Error: ShardCannotStart"),
    ]


def _warmup_failure() -> list[Line]:
    reason = (
        "Not enough memory to handle 4096 prefill tokens. "
        "You need to decrease `--max-batch-prefill-tokens`"
    )
    return [
        PlainLine(f'Error: Backend(Warmup(Generation("{reason}")))'),
        *_webserver_crashed(),
    ]


def _webserver_crashed() -> list[Line]:
    return [
        JsonLine("Webserver Crashed", "ERROR"),
        *_shutting_down(),
        PlainLine("Error: WebserverFailed"),
    ]


def _shutting_down() -> list[Line]:
    return [
        JsonLine("Shutting down shards"),
        _shard_line("Terminating shard"),
        _shard_line("Waiting for shard to gracefully shutdown"),
        _shard_line("shard terminated"),
    ]
