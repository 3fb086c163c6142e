"""The simulated TGI behind its routes: admits requests, hits them with faults, logs them."""

from collections.abc import Callable
from dataclasses import dataclass

from pyworker.sim.engine import Engine, GenerationFailed, Overloaded
from pyworker.sim.faults import Fault, FaultKind, FaultPlan
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.log import LogWriter
from pyworker.sim.tgi.log import JsonLine, Site, Span
from pyworker.sim.tgi.request import GenerateRequest, debug_parameters
from pyworker.sim.tgi.validation import InvalidParameters, Limits, ValidRequest, validate
from pyworker.sim.tgi.wire import (
    TgiError,
    Timings,
    generation_failed,
    incomplete,
    invalid,
    overloaded,
)
from pyworker.sim.words import Sequence, seed_of

_SERVER_FILE = "router/src/server.rs"
_INFER_FILE = "router/src/infer/mod.rs"
SUCCESS = Site("text_generation_router::server", _SERVER_FILE, 432)
STREAM_SUCCESS = Site("text_generation_router::server", _SERVER_FILE, 637)
STREAM_INVALID = Site("text_generation_router::server", _SERVER_FILE, 547)
_STREAM_INCOMPLETE = Site("text_generation_router::server", _SERVER_FILE, 672)
_INCOMPLETE = Site("text_generation_router::infer", _INFER_FILE, 314)
_OVERLOADED = Site("text_generation_router::infer", _INFER_FILE, 118)
_INVALID = Site("text_generation_router::infer", _INFER_FILE, 126)
_FAILED = Site("text_generation_router_v3::backend", "backends/v3/src/backend.rs", 546)


class Call:
    """One request to generate, and how the log names it.

    Args:
        route: The router's function: "generate", "generate_stream" or "compat_generate".
        request: What it asks for.
        stream: Whether the answer is a stream.
    """

    def __init__(self, route: str, request: GenerateRequest, *, stream: bool) -> None:
        self.request = request
        self.parameters = request.parameters
        self.compatible = route == "compat_generate"
        self.route = route
        self.stream = stream
        self.shown_parameters = debug_parameters(request.parameters)
        inner = "async_stream" if stream else "generate"
        self.spans: tuple[Span, ...] = (
            {"parameters": self.shown_parameters, "name": route},
            {"name": inner},
            {"name": "generate_stream"},
        )

    @property
    def prefix(self) -> str:
        """What the text begins with: the prompt, if the full text is wanted."""
        wanted = self.parameters.return_full_text
        if wanted is None:
            wanted = self.compatible  # POST / of a text-generation model
        return self.request.inputs if wanted else ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A valid request and what it is hit by."""

    valid: ValidRequest
    fault: Fault | None
    seed: int  # of its words


class Model:
    """What all requests share.

    Args:
        engine: Where they run.
        limits: What they may ask for.
        plan: The faults that hit them.
        log: Gets a line for each that ends, well or not.
        seed: Chooses the words, with the prompt and the request's own seed.
        crash: Called when the `crash` fault strikes.
    """

    def __init__(
        self,
        engine: Engine,
        limits: Limits,
        plan: FaultPlan,
        log: LogWriter,
        *,
        seed: int,
        crash: Callable[[], None],
    ) -> None:
        self.engine = engine
        self.limits = limits
        self.plan = plan
        self.crash = crash
        self._log = log
        self._seed = seed

    def admit(self, call: Call) -> Admitted:
        """Check a request, in TGI's order: first whether there is room at all.

        Raises:
            TgiError: It is refused; the log says why.
        """
        if self.engine.full:
            raise self._overloaded(call)
        try:
            valid = validate(call.request, self.limits)
        except InvalidParameters as error:
            self.error(str(error), _INVALID, call.spans)
            raise invalid(str(error)) from error
        fault = self.plan.take_for_request()
        if fault is not None and fault.kind is FaultKind.REFUSE:
            raise self._overloaded(call)
        asked = call.parameters.seed
        seed = asked if asked is not None else seed_of(self._seed, call.request.inputs)
        return Admitted(valid, fault, seed)

    def begin(self, call: Call, admitted: Admitted, replica: int = 0) -> Generation:
        """Start an admitted request; use the generation as a context manager.

        Args:
            call: The request.
            admitted: From `admit`.
            replica: Which of its `best_of` sequences this is.

        Raises:
            TgiError: There is no room, or the model is dead.
        """
        seed = seed_of(self._seed, admitted.seed, replica, call.request.inputs)
        tokens = admitted.valid.max_new_tokens
        try:
            return Generation(
                self.engine,
                Sequence(seed, tokens, call.parameters.stop),
                input_length=admitted.valid.input_length,
                max_new_tokens=tokens,
                # One fault ends a request once, however many sequences it has.
                fault=admitted.fault if replica == 0 else None,
            )
        except Overloaded as error:
            raise self._overloaded(call) from error
        except GenerationFailed as error:
            raise self.failed(call, error) from error

    def failed(self, call: Call, error: GenerationFailed) -> TgiError:
        """Log that the model died under a request.

        Returns:
            What its client is told.
        """
        answer = generation_failed(str(error))
        self.error(answer.text, _FAILED, (*call.spans, {"name": "infer"}, {"name": "send_error"}))
        return answer

    def struck(self, call: Call, fault: FaultStruck) -> TgiError | FaultStruck:
        """What a fault that ends a request becomes for its client.

        Returns:
            An error of TGI's, logged; or `fault` itself, when the connection is to be cut.
        """
        if fault.kind is FaultKind.CRASH:
            self.crash()
            return self.failed(call, GenerationFailed(str(self.engine.failure)))
        if fault.kind is FaultKind.ERROR500:
            error = incomplete(stream=call.stream)
            if call.stream:
                self.error(error.text, _STREAM_INCOMPLETE, call.spans[:1])
            else:
                self.error(error.text, _INCOMPLETE, call.spans)
            return error
        return fault

    def error(self, text: str, site: Site, spans: tuple[Span, ...]) -> None:
        """Log that a request ended badly; such a line does not mean that TGI is broken."""
        self._log.write(JsonLine(text, "ERROR", site, spans))

    def succeeded(self, call: Call, timings: Timings, seed: int | None, site: Site) -> None:
        """Log a request that was answered to its end."""
        span = timings.span(call.route, call.shown_parameters, seed)
        self._log.write(JsonLine("Success", "INFO", site, (span,)))

    def _overloaded(self, call: Call) -> TgiError:
        # The log has the semaphore's words, the client TGI's.
        self.error("no permits available", _OVERLOADED, call.spans)
        return overloaded()
