"""What the scripts of the SDK's users share; run by an interpreter that has `vastai` installed.

Usage: python SCRIPT SCENARIO AUTOSCALER_URL API_KEY; one JSON object a line on stdout. The SDK is
used as it is: its addresses are set through its constructor and a class attribute.
"""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import asyncio
import json
import os
import sys

# Read by the SDK's server half when it is constructed; nobody is called by them.
os.environ |= {
    "CONTAINER_ID": "1",
    "PUBLIC_IPADDR": "127.0.0.1",
    "WORKER_PORT": "3000",
    "VAST_TCP_PORT_3000": "3000",
    "VAST_LOG_LEVEL": "error",
}
os.environ["REPORT_ADDR"] = sys.argv[2]

from vastai import Serverless

# Seconds; the test that waits for a script gives up earlier.
PATIENCE = 60.0


def tell(**result: object) -> None:
    print(json.dumps(result), flush=True)


def outcome(result: dict) -> dict:
    return {name: result.get(name) for name in ("ok", "status", "response", "request_idx", "url")}


def begin(*scenarios) -> None:
    """Run the scenario that the command line names."""
    _, name, url, api_key = sys.argv
    asyncio.run(_run({each.__name__: each for each in scenarios}[name], url, api_key))


async def _run(scenario, url: str, api_key: str) -> None:
    Serverless.SSL_CERT_URL = f"{url}/static/jvastai_root.cer"
    async with Serverless(api_key, autoscaler_url=url, webserver_url=url) as client:
        await scenario(client, await client.get_endpoint("local"))
