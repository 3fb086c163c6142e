"""What vLLM 0.33 logs in its life; the lines are those of captured logs."""

from pyworker.sim.log import Line
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.stories.steps import plain, steps
from pyworker.sim.story import Story


def _api(place: str, text: str, level: str = "INFO") -> str:
    return f"(APIServer pid=1229) {level} 11-23 09:13:01 [{place}] {text}"


def _core(place: str, text: str, level: str = "INFO") -> str:
    return f"(EngineCore pid=1251) {level} 11-23 09:13:04 [{place}] {text}"


def vllm(settings: OpenAiSettings) -> Story:
    """The life of vLLM."""
    total, model = settings.load_seconds, settings.model_id
    fails = settings.fail_start == "engine"
    loading = steps(
        total,
        (0.0, "W1123 09:13:00.109000 1229 torch/_library/triton.py:53] Triton not available"),
        (0.0, _api("startup.py:96", f"non-default args: {{'model_tag': '{model}'}}")),
        (0.1, _api("model.py:744", "Resolved architecture: LlamaForCausalLM")),
        (0.2, _core("core.py:139", f"Initializing a V1 LLM engine with config: model='{model}'")),
        (
            0.25,
            _core(
                "config.py:35",
                "Failed to import Triton kernels. Please make sure your triton"
                " version is compatible.",
                "ERROR",
            ),
        ),
        (
            0.3,
            f"(Worker pid=1271) INFO 11-23 09:13:05 [runner.py:68] Starting to load {model}...",
        ),
        (
            0.6,
            "Loading safetensors checkpoint shards: 100% Completed | 1/1 [00:00<00:00, 385.54it/s]",
        ),
        (
            0.6,
            "(Worker pid=1271) INFO 11-23 09:13:09 [load.py:506] Loading weights took 0.5 seconds",
        ),
    )
    if fails:
        loading += steps(
            total,
            (0.7, _core("core.py:1584", "EngineCore failed to start.", "ERROR")),
            (0.7, _core("core.py:1584", "Traceback (most recent call last):", "ERROR")),
            (0.7, _core("core.py:1584", "torch.OutOfMemoryError: CUDA out of memory.", "ERROR")),
            (
                0.75,
                (
                    "RuntimeError: Engine core initialization failed. See root cause above."
                    " Failed core proc(s): {'EngineCore': 1}"
                ),
            ),
        )
    else:
        loading += steps(
            total,
            (0.8, _core("kv_cache_utils.py:1147", "GPU KV cache size: 2,097,152 tokens")),
            (
                0.9,
                _core(
                    "core.py:412",
                    "init engine (profile, create kv cache, warmup model)"
                    f" took {total * 0.1:.2f} s",
                ),
            ),
            (
                0.95,
                _api(
                    "entry.py:139",
                    f"Starting vLLM server on http://{settings.host}:{settings.port}",
                ),
            ),
            (0.97, _api("launcher.py:188", "Available routes are:")),
            (0.97, _api("launcher.py:197", "Route: /v1/chat/completions, Methods: POST")),
            (0.97, _api("launcher.py:197", "Route: /v1/completions, Methods: POST")),
            (0.98, "INFO:     Started server process [1229]"),
            (0.98, "INFO:     Waiting for application startup."),
            (1.0, "INFO:     Application startup complete."),
        )
    stopping = plain("INFO:     Shutting down", "INFO:     Waiting for application shutdown.")
    return Story(
        boot=loading,
        fails=fails,
        binds_first=True,
        taken=_vllm_taken,
        crashing=plain(
            _core("core.py:1600", "EngineCore encountered a fatal error.", "ERROR"),
            _core("core.py:1600", "Traceback (most recent call last):", "ERROR"),
            _core(
                "core.py:1600",
                "torch.AcceleratorError: CUDA error: an illegal memory access was encountered",
                "ERROR",
            ),
            _api("async_llm.py:780", "AsyncLLM output_handler failed.", "ERROR"),
        ),
        crashed=plain("INFO:     Finished server process [1229]"),
        stopping=stopping,
        stopped=plain(
            "INFO:     Application shutdown complete.", "INFO:     Finished server process [1229]"
        ),
    )


def _vllm_taken(_: str, code: int, reason: str) -> list[Line]:
    return plain(
        "Traceback (most recent call last):",
        '  File "/opt/venv/bin/vllm", line 8, in <module>',
        "    sys.exit(main())",
        f"OSError: [Errno {code}] {reason}",
    )
