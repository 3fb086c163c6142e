"""What a user of the SDK writes for files and chats; see sdk_start.py."""

# The package is not there when this repository is checked.
# pyright: basic, reportMissingImports=false

import asyncio
import base64

from sdk_start import begin, outcome, tell  # isort: skip - it prepares the SDK's imports

# As large as a photograph: it takes many reads on its way.
IMAGE = bytes(range(256)) * 4096


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def uploads(client, endpoint) -> None:
    """Files go as base64 in JSON; what the model server answers may be no JSON at all."""
    edit = {"prompt": "a hat", "image": [encoded(IMAGE), encoded(b"second")], "size": "512x512"}
    sound = {"file": encoded(b"ID3sound"), "filename": "a.mp3", "response_format": "text"}
    together = [
        endpoint.request("/v1/images/edits", edit, cost=500),
        endpoint.request("/v1/audio/transcriptions", sound, cost=500),
        endpoint.request("/v1/audio/speech", {"input": "Say this.", "voice": "a"}, cost=500),
    ]
    edited, heard, spoken = await asyncio.gather(*together)
    wrong = await endpoint.request("/v1/images/edits", {"prompt": "a hat", "image": "?"}, cost=500)
    spoken["response"] = encoded(spoken["response"])
    tell(
        edited=outcome(edited),
        heard=outcome(heard),
        spoken=outcome(spoken),
        wrong=outcome(wrong),
    )


async def chats(client, endpoint) -> None:
    """Server-sent events, several streams at once, and one that its reader leaves."""

    async def chat(words: int) -> list:
        payload = {
            "model": "simulated/word-salad-7b",
            "messages": [{"role": "user", "content": "Tell."}],
            "max_tokens": words,
            "stream": True,
        }
        result = await endpoint.request("/v1/chat/completions", payload, cost=words, stream=True)
        return [event async for event in result["response"]]

    whole = await asyncio.gather(*(chat(words) for words in (5, 25, 50)))
    tell(streams=whole)


async def own_form(client, endpoint) -> None:
    """A definition's own multipart form, and its own stream."""
    clip = {"name": "a.wav", "sound": encoded(IMAGE), "seconds": 12}
    heard = await endpoint.request("/hear", clip, cost=12)
    wrong = await endpoint.request("/hear", {"name": "a.wav"}, cost=12)
    stream = await endpoint.request("/tell", {"words": 7}, cost=7, stream=True)
    events = [event async for event in stream["response"]]
    remote = await endpoint.request("/add", {"a": 2, "b": 40}, cost=1)
    tell(heard=outcome(heard), wrong=outcome(wrong), events=events, remote=outcome(remote))


if __name__ == "__main__":
    begin(uploads, chats, own_form)
