"""From a handler of the vastai SDK's form to the one that is served."""

import logging
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from inspect import isawaitable
from typing import Any

from pyworker.class_form.answering import model_answered_by
from pyworker.class_form.backend import Backend, Created
from pyworker.class_form.payload import JsonDataException
from pyworker.class_form.payload_hooks import (
    Made,
    counted,
    reading,
    refusal,
    remote,
    to_function,
    to_model,
)
from pyworker.class_form.plain import must_be_plain, payload_must_be_plain, plain
from pyworker.class_form.translate import SERIAL, benchmark_config, handler_config, seeded
from pyworker.compat import sdk_config
from pyworker.errors import InvalidRequest
from pyworker.hooks import Payload, RequestParser, WorkloadHook
from pyworker.worker import BenchmarkConfig, HandlerConfig, Workload

log = logging.getLogger(__name__)

# What a request counts when its definition does not say, or says nonsense.
DEFAULT_WORKLOAD = 100.0
_DEFAULT_CONCURRENCY = 10
_CONSTANT = Workload(fields=(), count=lambda _: DEFAULT_WORKLOAD)


class Sample(dict[str, Any]):
    """A payload of the benchmark: the definition's request parser does not see it."""


def served_handler(config: sdk_config.HandlerConfig, backend: Backend) -> Created:
    """What stands in a route for a handler of the SDK's form."""
    if config.handler_class is None:
        return Created(config, lambda route: _generic(route, config, backend))
    handler = config.handler_class()
    if config.benchmark_config is None:
        return backend.create_handler(handler)
    # Of several classes, the one that its config gives a benchmark is measured.
    benchmark = benchmark_config(handler)

    def make(route: str) -> HandlerConfig:
        return replace(handler_config(route, handler, backend), benchmark_config=benchmark)

    return Created(handler, make)


def _generic(route: str, config: sdk_config.HandlerConfig, backend: Backend) -> HandlerConfig:
    _check_hooks(config)
    parallel = config.allow_parallel_requests
    served = HandlerConfig(
        route=route,
        workload=_CONSTANT,
        allow_parallel_requests=parallel,
        queue="" if parallel else SERIAL,
        max_queue_time=config.max_queue_time,
        benchmark_config=_benchmark(config),
    )
    if config.remote_function is not None:
        function = remote(partial(_called, config.remote_function), backend.bridge)
        if config.payload_class is not None:
            read = reading(lambda: config.payload_class)  # pyright: ignore[reportArgumentType]
            return replace(
                served, request_parser=to_function(read), workload=counted, function=function
            )
        return replace(
            served,
            request_parser=_parser(config),
            workload=_workload(config),
            function=function,
        )
    if backend.model_server_url is None:
        raise ValueError(f"{route}: there is no model_server_url, and no remote_function either")
    if config.payload_class is not None:
        read = reading(lambda: config.payload_class)  # pyright: ignore[reportArgumentType]
        served = replace(served, request_parser=to_model(read))
    else:
        served = replace(served, request_parser=_parser(config), workload=_workload(config))
    if config.response_generator is None:
        return served
    url = backend.model_server_url + route
    return replace(served, stream=model_answered_by(config.response_generator, backend.bridge, url))


def _check_hooks(config: sdk_config.HandlerConfig) -> None:
    # Not the workload's: by the SDK's rule it counts 100, see below.
    must_be_plain(config.route, request_parser=config.request_parser)
    if config.benchmark_config is not None:
        must_be_plain(config.route, generator=config.benchmark_config.generator)
    if config.payload_class is not None:
        payload_must_be_plain(config.payload_class)


async def _called(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    result = function(**parameters)
    return await result if isawaitable(result) else result


def _parser(config: sdk_config.HandlerConfig) -> RequestParser | None:
    own = config.request_parser
    if own is None:
        return None

    def parse(payload: Payload) -> Payload:
        if isinstance(payload, Sample):
            return payload
        try:
            return plain("request_parser", own(payload))
        except JsonDataException as error:
            raise refusal(error) from error

    return parse


def _workload(config: sdk_config.HandlerConfig) -> WorkloadHook | Workload:
    own = config.workload_calculator
    if own is None:
        return _CONSTANT
    told = False

    def count(payload: Payload) -> float:
        # The SDK's rule, kept: a calculator that chokes on a payload that the model takes must not
        # turn away clients who are served today.
        nonlocal told
        try:
            workload = float(plain("it", own(payload)))
            problem = "" if math.isfinite(workload) and workload >= 0 else f"gave {workload}"
        except Exception as error:  # noqa: BLE001 - it is a definition's own code
            workload, problem = DEFAULT_WORKLOAD, f"raised {type(error).__name__}: {error}"
        if not problem:
            return workload
        level = logging.DEBUG if told else logging.WARNING
        told = True
        log.log(level, "%s: workload_calculator %s; it counts 100", config.route, problem)
        return DEFAULT_WORKLOAD

    return count


def _benchmark(config: sdk_config.HandlerConfig) -> BenchmarkConfig | None:
    asked = config.benchmark_config
    if asked is None:
        return None
    make = _sampler(config, asked)

    def payload(rng: random.Random) -> Mapping[str, object]:
        try:
            return seeded(rng, make)
        except Exception as error:
            raise InvalidRequest(f"cannot be made: {type(error).__name__}: {error}") from error

    return BenchmarkConfig(
        payload=payload,
        check=asked.check,
        runs=asked.runs,
        concurrency=asked.concurrency or _DEFAULT_CONCURRENCY,
        warm_up=1 if asked.do_warmup else 0,
    )


def _sampler(
    config: sdk_config.HandlerConfig, asked: sdk_config.BenchmarkConfig
) -> Callable[[], Mapping[str, object]]:
    payload_class, dataset, generator = config.payload_class, asked.dataset, asked.generator
    if payload_class is not None:
        return lambda: Made(payload_class.for_test())
    if dataset:
        return lambda: Sample(random.choice(dataset))
    if generator is not None:
        return lambda: Sample(generator())
    raise ValueError(f"{config.route}: its benchmark has neither a dataset nor a generator")
