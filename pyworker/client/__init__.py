"""A client library for scripts, for Trio and asyncio: `Client`, `Autoscaler`, `Direct`."""

from pyworker.client.client import Client, Streamed
from pyworker.client.errors import AnswerBroken, ClientError, NoWorker, Refused, Unavailable
from pyworker.client.routing import Autoscaler, Direct

__all__ = [
    "AnswerBroken",
    "Autoscaler",
    "Client",
    "ClientError",
    "Direct",
    "NoWorker",
    "Refused",
    "Streamed",
    "Unavailable",
]
