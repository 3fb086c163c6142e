"""The parts of a worker process, each made from the definition and the environment. Starts none."""

import ssl
from dataclasses import dataclass

import httpx
import trio

from pyworker.autoscaler.pubkey import PublicKey
from pyworker.autoscaler.reporter import Reporter, autoscaler_client
from pyworker.http.body_memory import BodyMemory
from pyworker.http.server import HttpServer
from pyworker.model.readiness import Readiness
from pyworker.model.tokenizer import TokenizerLoading
from pyworker.model.watch import ModelWatch
from pyworker.model.watched import model_watch
from pyworker.proxy.grants import Grants
from pyworker.proxy.hypercorn_front import front
from pyworker.proxy.ledger import Ledger
from pyworker.proxy.loopback import Loopback
from pyworker.proxy.serve import Service
from pyworker.proxy.sessions import Sessions
from pyworker.proxy.upstream import NO_SERVER, Upstream
from pyworker.settings import Settings
from pyworker.worker import WorkerConfig


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What runs in a worker's process.

    Attributes:
        readiness: Whether requests are served; the others ask it, `watch` drives it.
        reporter: Tells the autoscaler.
        public_key: Asks the autoscaler for the key that grants are checked with.
        tokenizer: Loads what counts prompts.
        watch: Over the model server.
        sessions: Those that are open.
        upstream: To the model server.
        server: The front.
        loopback: The listeners for processes of this machine.
    """

    readiness: Readiness
    reporter: Reporter
    public_key: PublicKey
    tokenizer: TokenizerLoading
    watch: ModelWatch
    sessions: Sessions
    upstream: Upstream
    server: HttpServer
    loopback: Loopback
    _client: httpx.AsyncClient

    async def aclose(self) -> None:
        """Close the connections to the model server and to the autoscaler."""
        await self.upstream.aclose()
        await self._client.aclose()


def assembled(
    config: WorkerConfig, settings: Settings, port: int, tls: ssl.SSLContext | None
) -> Parts:
    """The parts of a worker that listens on `port`.

    Raises:
        SettingsError: A marker of the definition is none, or what is waited for can never come.
    """
    identity = settings.identity(port)
    ledger = Ledger()
    readiness = Readiness(clock=trio.current_time)
    grants = Grants(unsecured=settings.unsecured)
    client = autoscaler_client(identity.report_addresses)
    reporter = Reporter(identity, ledger, readiness, client)
    ledger.on_change, readiness.on_change = reporter.amounts_changed, reporter.state_changed
    public_key = PublicKey(grants, identity.report_addresses, client)
    tokenizer = TokenizerLoading(config, connect_timeout=settings.connect_timeout)
    watch = model_watch(config, settings, readiness, public_key.available.wait, tokenizer)
    upstream = Upstream(
        config.model_server_url or NO_SERVER,
        connect_timeout=settings.connect_timeout,
        silence=settings.model_timeout,
    )
    sessions = Sessions(
        ledger,
        limit=config.max_sessions,
        hold_cost=config.sessions_hold_cost,
        tell_model=upstream.fetch,
    )
    service = Service(
        config,
        body_limit=settings.body_limit,
        ledger=ledger,
        readiness=readiness,
        grants=grants,
        refresh_key=public_key.refresh,
        sessions=sessions,
        master_token=settings.master_token,
    )
    memory = BodyMemory(settings.body_memory)
    return Parts(
        readiness=readiness,
        reporter=reporter,
        public_key=public_key,
        tokenizer=tokenizer,
        watch=watch,
        sessions=sessions,
        upstream=upstream,
        server=HttpServer(front(service, upstream), tls=tls, memory=memory),
        loopback=Loopback(config, settings, service, upstream, memory),
        _client=client,
    )
