"""The table of all environment variables. README.md shows the same one."""

VARIABLES: dict[str, tuple[str, str]] = {
    # name: (default, meaning with unit)
    "CONTAINER_ID": ("0 (local run)", "number of the instance; set means: on a rented instance"),
    "REPORT_ADDR": (
        "http://127.0.0.1:8080, on an instance https://run.vast.ai",
        "autoscaler addresses, comma separated, in order of preference",
    ),
    "MASTER_TOKEN": ("empty", "proof of the instance, sent in reports; a secret"),
    "PUBLIC_IPADDR": ("127.0.0.1, on an instance none", "host by which clients reach the worker"),
    "WORKER_PORT": ("3000, on an instance none", "port to listen on; 0 lets the kernel choose"),
    "VAST_TCP_PORT_<WORKER_PORT>": (
        "WORKER_PORT, on an instance none",
        "port by which clients reach the worker",
    ),
    "WORKER_HTTP_PORT": (
        "WORKER_PORT + 1",
        "port of the plain HTTP listener on loopback, for sessions; 0 lets the kernel choose",
    ),
    "WORKER_HOST": ("0.0.0.0", "address to listen on"),
    "USE_SSL": ("false", "`true` serves TLS"),
    "INSTANCE_CERT": ("/etc/instance.crt", "certificate chain, PEM"),
    "INSTANCE_KEY": ("/etc/instance.key", "private key, PEM"),
    "UNSECURED": ("false", "`true` accepts requests without a signature"),
    "MODEL_SERVER_URL": ("by worker", "base URL of the model server"),
    "MODEL_LOG": ("by worker", "log file of the model server"),
    "MODEL_HEALTH_ENDPOINT": ("by worker", "path or URL that answers 200 when the model is well"),
    "MODEL_ID": ("empty", "id or folder of the served model, as TGI is told it"),
    "MODEL_NAME": (
        "VLLM_MODEL, SGLANG_MODEL, LLAMA_MODEL, the first that is set",
        "name of the served model; part of the benchmark's key",
    ),
    "VLLM_MODEL": ("empty", "MODEL_NAME under the name that vLLM's images give it"),
    "SGLANG_MODEL": ("empty", "MODEL_NAME under the name that SGLang's images give it"),
    "LLAMA_MODEL": ("empty", "MODEL_NAME under the name that llama.cpp's images give it"),
    "MODEL_LOAD_LOG_MSG": ("by worker", "log markers that say loaded, one a line"),
    "MODEL_ERROR_LOG_MSGS": ("by worker", "log markers that say broken, one a line"),
    "MODEL_INFO_LOG_MSGS": ("by worker", "log markers of lines to pass on, one a line"),
    "READINESS": (
        "by worker",
        "what says that the model is loaded: `logs`, `healthcheck`, or both, comma separated",
    ),
    "READINESS_TIMEOUT": (
        "300",
        "how long the health endpoint may fail once the model says that it is loaded, seconds",
    ),
    "HEALTHCHECK_PROBE_TIMEOUT": ("10", "limit for one health probe, seconds"),
    "TOKENIZER": (
        "auto",
        (
            "what counts prompt tokens: path of a tokenizer.json, a model id in the local Hugging"
            " Face cache, or auto: found by worker"
        ),
    ),
    "WORKLOAD": (
        "by worker",
        "what a request costs: `prompt`, `output`, or a sum such as `0.1*prompt+output`",
    ),
    "GRACE_SECONDS": ("30", "how long requests may take to finish after SIGTERM, seconds"),
    "BODY_LIMIT_MIB": ("100", "largest request body, MiB"),
    "BODY_MEMORY_MIB": (
        "1024, or BODY_LIMIT_MIB if that is more",
        "all request bodies together, MiB; a larger one than fits gets 503",
    ),
    "CONNECT_TIMEOUT_SECONDS": ("5", "limit for connecting to the model server, seconds"),
    "MODEL_TIMEOUT_SECONDS": (
        "0",
        "longest silence of the model server within one request, seconds; 0 is no limit",
    ),
    "BENCHMARK_CACHE": (".pyworker-benchmark.json", "file that keeps benchmark results"),
    "MAX_PERF": ("empty", "pins the throughput, workload/s, instead of a benchmark"),
    "BENCHMARK_TEST_WIDTH": ("512", "width of the benchmark's image (comfyui-json), pixels"),
    "BENCHMARK_TEST_HEIGHT": ("512", "height of the benchmark's image (comfyui-json), pixels"),
    "BENCHMARK_TEST_STEPS": ("20", "sampling steps of the benchmark's image (comfyui-json)"),
    "BENCHMARK_JSON_PATH": ("empty", "file with the benchmark's workflow (comfyui-json)"),
    "BENCHMARK_ROUTE": ("/v1/completions", "route that is benchmarked (openai and its kind)"),
    "BENCHMARK_SPEECH_VOICE": ("empty", "voice of the speech benchmark (openai and its kind)"),
    "BENCHMARK_EMBED_CHARS": (
        "600",
        "characters of the embeddings benchmark's text, and what counts as one request there",
    ),
    "OPENAI_ROUTES": (
        "completions, chat and BENCHMARK_ROUTE",
        "routes that are served, comma separated (openai and its kind)",
    ),
    "COMFY_MODEL": ("flux", "`flux` or `sd3`: template and calibration (comfyui)"),
    "COMFY_OUTPUT_DIR": (
        "/workspace/ComfyUI/output",
        "folder that ComfyUI saves images in; nothing else is read (comfyui)",
    ),
    "BACKEND_HEALTH_URL": ("empty", "URL that answers 200 when the backend is well (null)"),
    "NULL_CONTROL_PORT": ("18999", "port of the control server on loopback (null)"),
    "MAX_RESERVATION_SECONDS": ("3600", "longest reservation (null), seconds"),
    "IS_DEPLOYMENT": (
        "false",
        (
            "`true` is refused: the vastai package fetches and installs code deployments, by its"
            " DEPLOYMENT_ID, CONTAINER_API_KEY, VAST_API_KEY, VAST_API_URL, DEBUG_DEPLOYMENT_TAR;"
            " `pyworker run deployment.py` serves one that is here"
        ),
    ),
    "VAST_LOG_LEVEL": ("INFO", "DEBUG, INFO, WARNING or ERROR"),
    "LOG_FORMAT": ("text", "`text`, or `json` for one JSON object a line"),
}
