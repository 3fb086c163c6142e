"""A generation as one answer: POST /generate."""

from operator import itemgetter

import orjson
import trio

from pyworker.http.exchange import Exchange
from pyworker.sim.engine import GenerationFailed
from pyworker.sim.generation import FaultStruck, Generation
from pyworker.sim.tgi.model import SUCCESS, Admitted, Call, Model
from pyworker.sim.tgi.request import GenerateRequest
from pyworker.sim.tgi.validation import InvalidParameters, validate_best_of
from pyworker.sim.tgi.wire import (
    JSON,
    Answer,
    Headers,
    TgiError,
    answer_body,
    answer_headers,
    invalid,
)


async def answer_whole(
    exchange: Exchange, model: Model, request: GenerateRequest, route: str
) -> None:
    """Generate, and answer when the last token is ready.

    Args:
        exchange: The request, its body read.
        model: Generates.
        request: What it asks for.
        route: "generate", or "compat_generate", whose answer is a list of one.
    """
    call = Call(route, request, stream=False)
    try:
        headers, body = await _generate(model, call)
    except TgiError as error:
        await exchange.respond(error.status, JSON, error.body())
    except FaultStruck:  # a cut; the other kinds have become a TgiError
        exchange.abort()
    else:
        await exchange.respond(200, headers, orjson.dumps([body] if call.compatible else body))


async def _generate(model: Model, call: Call) -> tuple[Headers, dict[str, object]]:
    """The head and the body of the answer.

    Raises:
        TgiError: The request is refused, or it fails.
        FaultStruck: The connection is to be cut.
    """
    begun_at = trio.current_time()
    parameters = call.parameters
    best_of = parameters.best_of or 1
    try:
        validate_best_of(best_of, model.limits)
    except InvalidParameters as error:
        raise invalid(str(error)) from error  # TGI does not log this one
    admitted = model.admit(call)
    run = _Run(model, call, admitted)
    async with trio.open_nursery() as nursery:
        for replica in range(best_of):
            nursery.start_soon(run.sequence, replica, nursery.cancel_scope)
    if run.failure is not None:
        raise run.failure
    ranked = [answer for _, answer in sorted(run.answers, key=itemgetter(0), reverse=True)]
    best = ranked[0]
    timings = run.first.timings(begun_at)
    model.succeeded(call, timings, best.seed, SUCCESS)
    headers = answer_headers(
        timings,
        characters=len(call.request.inputs),
        prompt_tokens=admitted.valid.input_length,
    )
    body = answer_body(
        call.prefix,
        ranked,
        details=parameters.details or parameters.decoder_input_details,
        top=parameters.top_n_tokens or 0,
    )
    return headers, body


class _Run:
    """The sequences of one request, as many as `best_of` asks for, side by side."""

    first: Generation  # the one whose timings are the request's

    def __init__(self, model: Model, call: Call, admitted: Admitted) -> None:
        self.answers: list[tuple[float, Answer]] = []  # with their mean logprob
        self.failure: TgiError | FaultStruck | None = None
        self._model = model
        self._call = call
        self._admitted = admitted

    async def sequence(self, replica: int, all_of_them: trio.CancelScope) -> None:
        """Generate one sequence; a failure ends them all and is kept in `failure`."""
        try:
            self.answers.append(await self._generate(replica))
        except GenerationFailed as error:
            self.failure = self._model.failed(self._call, error)
        except FaultStruck as struck:
            self.failure = self._model.struck(self._call, struck)
        except TgiError as error:
            self.failure = error
        if self.failure is not None:
            all_of_them.cancel()

    async def _generate(self, replica: int) -> tuple[float, Answer]:
        with self._model.begin(self._call, self._admitted, replica) as generation:
            if replica == 0:
                self.first = generation
            tokens = await generation.whole()
            generation.job.finish()
        sequence = generation.sequence
        assert sequence.finish_reason is not None
        seed = (self._admitted.seed + replica) % 2**64 if self._admitted.valid.sampling else None
        answer = Answer(sequence.text, sequence.finish_reason, tokens, seed)
        return sequence.logprob_sum / sequence.length, answer
