"""A client library for scripts, for Trio and asyncio: `Client`, `Autoscaler`, `Direct`."""

from pyworker.client.answer import Streamed
from pyworker.client.client import Client
from pyworker.client.errors import (
    AnswerBroken,
    AnswerTooLarge,
    ClientError,
    NoWorker,
    Refused,
    SessionEnded,
    Unavailable,
)
from pyworker.client.routing import Autoscaler, Direct
from pyworker.client.session import Session

__all__ = [
    "AnswerBroken",
    "AnswerTooLarge",
    "Autoscaler",
    "Client",
    "ClientError",
    "Direct",
    "NoWorker",
    "Refused",
    "Session",
    "SessionEnded",
    "Streamed",
    "Unavailable",
]
