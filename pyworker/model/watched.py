"""The watch over a model server, put together from the definition and the environment."""

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from pyworker.errors import SettingsError
from pyworker.model.health import HealthProbe
from pyworker.model.loaded import LogMarker, all_of, asks_log, loaded_by
from pyworker.model.loading import Model, missing
from pyworker.model.markers import LogMarkers
from pyworker.model.measure import measure
from pyworker.model.readiness import Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watch import ModelWatch
from pyworker.settings import Settings
from pyworker.worker import LogActionConfig, WorkerConfig


def model_watch(
    config: WorkerConfig,
    settings: Settings,
    readiness: Readiness,
    key_available: Callable[[], Awaitable[object]],
    tokenizer: TokenizerLoading,
) -> ModelWatch:
    """The watch over a worker's model server.

    Args:
        config: What the worker says of its model.
        settings: What the environment says instead.
        readiness: What is kept true.
        key_available: Returns when grants can be checked.
        tokenizer: Has settled before anything is measured.

    Raises:
        SettingsError: A marker is none, or what is waited for can never come.
    """
    try:
        markers = _markers(config.log_actions, settings)
        loaded = loaded_by(settings.readiness, config.loaded, config.health_endpoint)
        if not config.model_log_file and asks_log(loaded):
            raise ValueError("it waits for a load marker, and follows no log")
    except ValueError as error:
        raise SettingsError(f"worker {config.name}: {error}") from error
    model = Model(
        config.model_server_url, Path(config.model_log_file), probe_timeout=settings.probe_timeout
    )
    probe = (
        HealthProbe(model.url, config.health_endpoint, timeout=model.probe_timeout)
        if config.health_endpoint
        else None
    )

    by_log = isinstance(loaded, LogMarker)
    nothing = loaded == all_of() and not config.model_log_file

    async def loading(marker_seen: bool) -> str:
        return await missing(loaded, model, marker_seen=marker_seen)

    async def measured() -> float:
        if config.tokens is not None:
            readiness.wait_for("the tokenizer of the served model")
            await tokenizer.settle()
            readiness.wait_for("")
        return await measure(config, settings, random.Random())

    return ModelWatch(
        readiness,
        log_path=model.log_path if config.model_log_file else None,
        markers=markers,
        measure=measured,
        measures=config.max_perf is None,
        probe=probe,
        key_available=key_available,
        loading=None if by_log or nothing else loading,
        confirm_seconds=settings.readiness_timeout,
    )


def _markers(actions: LogActionConfig, settings: Settings) -> LogMarkers:
    return LogMarkers(
        settings.error_markers or actions.on_error,
        settings.load_markers or actions.on_load,
        settings.info_markers or actions.on_info,
    )
