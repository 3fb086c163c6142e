"""The public key is had in the end from whoever gives it, and is asked for again on doubt."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.autoscaler import (
    Call,
    FakeAutoscaler,
    answers,
    dies,
    in_turn,
    refuses,
    silent,
    slow,
    times,
)
from fakes.grants import autoscaler as signer
from fakes.grants import stranger

from pyworker._native import parse_envelope
from pyworker.autoscaler.pubkey import PublicKey
from pyworker.errors import Unauthorized
from pyworker.proxy.grants import Grants

A, B = "http://a", "http://b"

PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>"
EC_KEY = (
    generate_ec_key(SECP256R1())
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)
NO_KEYS = {
    "refuses": refuses,
    "dies": dies(1),
    "500": answers(500, signer().pem()),
    "HTML page": answers(200, PAGE),
    "one line of HTML": answers(200, b"<html><body>Bad Gateway</body></html>"),
    "empty": answers(200, b""),
    "two words": answers(200, b"no key"),
    "JSON": answers(200, b'{"error": "not found"}'),
    "cut PEM": answers(200, signer().pem()[:200]),
    "not RSA": answers(200, EC_KEY),
    "bytes": answers(200, bytes(range(256))),
    "too large": answers(200, signer().pem() + b"\n" * 20_000),
}


@dataclass
class Keyed:
    autoscaler: FakeAutoscaler
    grants: Grants
    key: PublicKey
    nursery: trio.Nursery

    async def begin(self) -> None:
        """Serve, and wait for the key."""
        await self.nursery.start(self.key.serve)
        await self.key.available.wait()

    @property
    def trusts_autoscaler(self) -> bool:
        return self._accepts(signer().envelope())

    @property
    def trusts_stranger(self) -> bool:
        return self._accepts(stranger().envelope(grant=stranger().grant()))

    def _accepts(self, body: bytes) -> bool:
        try:
            self.grants.check(parse_envelope(body))
        except Unauthorized:
            return False
        return True


@asynccontextmanager
async def keyed(*addresses: str, unsecured: bool = False) -> AsyncGenerator[Keyed]:
    autoscaler = FakeAutoscaler()
    grants = Grants(unsecured=unsecured)
    async with autoscaler.client() as client, trio.open_nursery() as nursery:
        yield Keyed(autoscaler, grants, PublicKey(grants, addresses or (A,), client), nursery)
        nursery.cancel_scope.cancel()


async def test_the_key_is_fetched_from_the_first_address(autojump_clock: object) -> None:
    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours[A] = answers(200, signer().pem())
        assert not worker.trusts_autoscaler
        await worker.begin()
        assert worker.key.available.is_set()
        assert worker.trusts_autoscaler
        assert not worker.trusts_stranger
        assert [(call.method, call.address, call.path) for call in worker.autoscaler.calls] == [
            ("GET", A, "/pubkey/")
        ]


@pytest.mark.parametrize(
    "form",
    [
        signer().pem(),
        signer().public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        signer().public_key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        signer().public_key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
    ],
    ids=["PEM", "DER", "OpenSSH", "PEM of PKCS 1"],
)
async def test_all_usual_forms_of_a_key_are_read(autojump_clock: object, form: bytes) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = answers(200, form)
        await worker.begin()
        assert worker.trusts_autoscaler


@pytest.mark.parametrize("name", NO_KEYS)
async def test_what_is_no_key_is_passed_over_for_the_next_address(
    autojump_clock: object, name: str
) -> None:
    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours |= {A: NO_KEYS[name], B: answers(200, signer().pem())}
        await worker.begin()
        assert worker.trusts_autoscaler
        assert [call.address for call in worker.autoscaler.calls] == [A, B]
        assert trio.current_time() <= 1


async def test_a_silent_address_costs_ten_seconds(autojump_clock: object) -> None:
    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours |= {A: silent, B: answers(200, signer().pem())}
        await worker.begin()
        assert trio.current_time() == 10


class EndlessPage(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await trio.sleep(0.1)
            yield b"<p>Please wait.</p>" * 1000


async def test_an_endless_answer_costs_ten_seconds_and_no_memory(autojump_clock: object) -> None:
    async def endless(call: Call) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        return httpx.Response(200, stream=EndlessPage())

    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours |= {A: endless, B: answers(200, signer().pem())}
        await worker.begin()
        assert trio.current_time() == 10
        assert worker.trusts_autoscaler


async def test_it_tries_for_ever_and_backs_off(autojump_clock: object) -> None:
    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours |= {A: refuses, B: answers(200, PAGE)}
        await worker.nursery.start(worker.key.serve)
        await trio.sleep(3600)
        assert not worker.key.available.is_set()
        tries = [call.at for call in worker.autoscaler.calls if call.address == A]
        assert tries == [call.at for call in worker.autoscaler.calls if call.address == B]
        assert 3600 / 30 <= len(tries) <= 3600 / 15 + 6
        pauses = [b - a for a, b in pairwise(tries)]
        assert all(0.5 <= pause <= 30 for pause in pauses)
        assert min(pauses[5:]) >= 15
        worker.autoscaler.behaviours[B] = answers(200, signer().pem())
        await worker.key.available.wait()
        assert trio.current_time() <= 3630
        assert worker.trusts_autoscaler


async def test_unsecured_needs_no_key(autojump_clock: object) -> None:
    async with keyed(unsecured=True) as worker:
        await worker.begin()
        assert worker.key.available.is_set()
        assert worker.autoscaler.calls == []
        assert worker.trusts_stranger


async def test_a_new_key_replaces_the_old_one(autojump_clock: object) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = in_turn(
            answers(200, signer().pem()), answers(200, stranger().pem())
        )
        await worker.begin()
        await trio.sleep(31)
        assert await worker.key.refresh()
        assert worker.trusts_stranger
        assert not worker.trusts_autoscaler


async def test_the_same_key_again_is_no_news(autojump_clock: object) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = answers(200, signer().pem())
        await worker.begin()
        await trio.sleep(31)
        assert not await worker.key.refresh()
        assert len(worker.autoscaler.calls) == 2


async def test_refused_requests_ask_for_the_key_every_half_minute_at_most(
    autojump_clock: object,
) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = answers(200, signer().pem())
        await worker.begin()
        for _ in range(200):
            await trio.sleep(1)
            assert not await worker.key.refresh()
        assert times(worker.autoscaler.calls) == [0, 30, 60, 90, 120, 150, 180]


async def test_all_requests_that_wait_for_a_refresh_learn_of_the_new_key(
    autojump_clock: object,
) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = in_turn(
            answers(200, signer().pem()), slow(1, 200, stranger().pem())
        )
        await worker.begin()
        await trio.sleep(31)
        changed: list[bool] = []

        async def refused_request() -> None:
            changed.append(await worker.key.refresh())

        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(refused_request)
        assert changed == [True] * 10
        assert len(worker.autoscaler.calls) == 2


async def test_a_refused_request_waits_two_seconds_at_most(autojump_clock: object) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = in_turn(answers(200, signer().pem()), silent)
        await worker.begin()
        await trio.sleep(31)
        assert not await worker.key.refresh()
        assert trio.current_time() == 33
        assert worker.trusts_autoscaler


async def test_a_slow_autoscaler_changes_its_key_for_the_requests_after(
    autojump_clock: object,
) -> None:
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = in_turn(
            answers(200, signer().pem()), slow(5, 200, stranger().pem())
        )
        await worker.begin()
        await trio.sleep(31)
        assert not await worker.key.refresh()
        await trio.sleep(4)
        assert worker.trusts_stranger
        assert len(worker.autoscaler.calls) == 2


async def test_a_client_that_leaves_does_not_take_the_question_with_it(
    autojump_clock: object,
) -> None:
    """Else whoever sends bad signatures and leaves, twice a minute, keeps a new key away."""
    async with keyed() as worker:
        worker.autoscaler.behaviours[A] = in_turn(
            answers(200, signer().pem()), slow(1, 200, stranger().pem())
        )
        await worker.begin()
        await trio.sleep(31)
        with trio.move_on_after(0.5):
            await worker.key.refresh()
        assert await worker.key.refresh()
        assert worker.trusts_stranger
        assert len(worker.autoscaler.calls) == 2


async def test_a_key_that_a_refused_request_brought_is_available_at_once(
    autojump_clock: object,
) -> None:
    async with keyed(A, B) as worker:
        worker.autoscaler.behaviours |= {A: silent, B: silent}
        await worker.nursery.start(worker.key.serve)
        await trio.sleep(200)
        while (await worker.autoscaler.next_call()).address != A:
            pass
        # Its own round ends in 20 s, and the next one is 15 s later at the earliest.
        await trio.sleep(31)
        now = trio.current_time()
        worker.autoscaler.behaviours.clear()
        worker.autoscaler.behaviours[A] = answers(200, signer().pem())
        assert await worker.key.refresh()
        await worker.key.available.wait()
        assert trio.current_time() == now
