"""The byte work of pyworker, compiled from `native/`. This stub is its documentation."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Literal, final

# ruff: noqa: PYI021 - docstrings stand here, because a compiled module shows an editor none.

__all__ = [
    "ChunkDecoder",
    "Envelope",
    "EnvelopeError",
    "ImageCosts",
    "JsonError",
    "JsonSelector",
    "MarkerSet",
    "TokenCounter",
    "UnsupportedTokenizer",
    "count_json_by",
    "parse_envelope",
]

class JsonError(ValueError):
    """The first mistake in JSON that a client sent. `str()` joins the attributes into one line.

    Attributes:
        kind: "json" the grammar is broken; "type" a value has the wrong type or range;
            "duplicate" a key stands twice in the envelope or in `auth_data`; "depth" more than
            1024 objects and arrays within one another; "utf8" a string is no Unicode text.
        message: What was expected and what was found, one short sentence. Of the body it quotes
            one printable byte at most.
        position: Byte offset into the bytes that were given.
        path: Dotted name of the value, such as "auth_data.cost" or "payload.a.b"; "auth_data" or
            "" when the key is none of ours; "" for errors of kind "json" and "depth". Of an
            entry of a `JsonSelector`: its path.
    """

    kind: Literal["json", "type", "duplicate", "depth", "utf8"]
    message: str
    position: int
    path: str

class EnvelopeError(JsonError):
    """The first mistake in a request body."""

@final
class Envelope:
    """What a request body says. Read-only; `parse_envelope` makes it."""

    @property
    def has_auth_data(self) -> bool:
        """False when `auth_data` is absent or null."""

    @property
    def has_payload(self) -> bool:
        """False when `payload` is absent or null."""

    @property
    def signature(self) -> str | None:
        """`auth_data.signature`; None when absent."""

    @property
    def cost(self) -> int | float | None:
        """`auth_data.cost`, always finite; None when absent.

        An integer literal is an int up to 64 bits, and a float beyond.
        """

    @property
    def endpoint(self) -> str | None:
        """`auth_data.endpoint`; None when absent."""

    @property
    def reqnum(self) -> int | None:
        """`auth_data.reqnum`, within a signed 64-bit integer; None when absent."""

    @property
    def request_idx(self) -> int | None:
        """`auth_data.request_idx`, within a signed 64-bit integer; None when absent or null."""

    @property
    def url(self) -> str | None:
        """`auth_data.url`; None when absent."""

    @property
    def session_id(self) -> str | None:
        """`session_id`; None when absent or null."""

    @property
    def auth_data_span(self) -> tuple[int, int] | None:
        """Byte offsets of the `auth_data` object in the body, its braces included."""

    @property
    def payload_span(self) -> tuple[int, int] | None:
        """Byte offsets of the `payload` object in the body, its braces included."""

    @property
    def fields(self) -> dict[str, str | int | float | bool | bytes | None]:
        """The declared payload fields that are present, keyed by their dotted path.

        Integer literals beyond 64 bits are floats. Objects and arrays are their raw JSON bytes.
        A lone surrogate escape in a string is U+FFFD. Of a key that stands twice the last counts.
        """

def parse_envelope(body: bytes, fields: Sequence[str] = ()) -> Envelope:
    """Read `{"auth_data": ..., "session_id": ..., "payload": ...}` in one pass.

    All of the body is checked against RFC 8259, the parts that are skipped too. Unknown keys are
    skipped everywhere. Keys compare with their escapes undone. Which keys are required is not
    decided here. The interpreter lock is released for bodies from 16 MiB.

    Args:
        body: The whole request body. Only `bytes`, which cannot change while it is read.
        fields: Payload fields to return, as dotted paths. A path descends objects only, and a key
            that holds a dot cannot be named.

    Returns:
        The grant's fields, the session id, and where the payload stands.

    Raises:
        EnvelopeError: The first mistake in the order of the bytes; a value is checked as JSON
            before its type is judged. A declared number too large for a float is found last.
        ValueError: A path in `fields` is empty or has an empty part.
        TypeError: `body` is not `bytes`, or `fields` is no sequence of `str`.
    """

@final
class ImageCosts:
    """What images cost by the numbers of one model; `pyworker.workload.image` has the formula.

    Attributes:
        MAX_SIDE: Longest side of an image, pixels: what JPEG can hold.
        MAX_STEPS: Most steps of a sampler: ten times what diffusion models are trained on.
    """

    MAX_SIDE: ClassVar[int]
    MAX_STEPS: ClassVar[int]

    def __new__(
        cls,
        *,
        seconds: float,
        tile: int,
        tile_tokens: float,
        base_tokens: float,
        slope: float,
        intercept: float,
        factor: float,
        reference: tuple[int, int, int],
    ) -> ImageCosts:
        """Prepare counting.

        Args:
            seconds: What the reference image took.
            tile: Side of a tile, pixels.
            tile_tokens: What a tile counts.
            base_tokens: What an image counts before its tiles.
            slope: Of the regression of time on steps.
            intercept: Of the same.
            factor: Workload a second of whoever made the reference image.
            reference: Its width and height in pixels, and its steps.

        Raises:
            ValueError: A whole number is none, or beyond its limit; or the reference image has no
                work, or the largest image no finite cost.
        """

    def cost(self, width: int, height: int, steps: int) -> float:
        """The workload of one image.

        Raises:
            ValueError: One sentence: an argument is no whole number from 1 to its limit.
        """

    def costs(
        self, widths: Iterable[int], heights: Iterable[int], steps: Iterable[int]
    ) -> list[float]:
        """The workloads of many images, one item of each argument an image.

        Raises:
            ValueError: As for `cost`, with the item's index; or the lengths differ.
            TypeError: An argument cannot be iterated.
        """

@final
class ChunkDecoder:
    """Takes the chunked transfer coding of HTTP/1.1 off one body, as it comes (RFC 9112, 7.1)."""

    def __new__(cls) -> ChunkDecoder: ...
    @property
    def done(self) -> bool:
        """Whether the body has ended."""

    @property
    def excess(self) -> int:
        """How many bytes were fed that come after the end of the body."""

    @property
    def broken(self) -> str | None:
        """What was expected where the framing is broken; None while it is sound."""

    def feed(self, data: bytes) -> bytes:
        """Decode what came.

        Args:
            data: The next bytes of the connection. Only `bytes`.

        Returns:
            The body's bytes in it, up to a mistake in the framing; chunk extensions and trailers
            are dropped.
        """

@final
class MarkerSet:
    """Byte strings in the order of their priority, searched for in log lines all at once."""

    def __new__(cls, patterns: Sequence[bytes]) -> MarkerSet:
        """Prepare a search.

        Args:
            patterns: Most important first. An empty sequence matches nothing.

        Raises:
            ValueError: A pattern is empty or contains a line ending.
            TypeError: `patterns` is no sequence of `bytes`.
        """

    def scan(self, lines: bytes) -> list[tuple[int, int, int]]:
        r"""Find the lines that hold a pattern.

        Lines end with `\n` or `\r`; the last may lack its ending. The interpreter lock is released
        for inputs from 16 MiB.

        Args:
            lines: Any part of a log. Only `bytes`.

        Returns:
            For each line with a match, in order: the lowest index of the patterns in it, and the
            offsets of the line's first byte and of its end, the line ending excluded.
        """

class UnsupportedTokenizer(ValueError):
    """Why a tokenizer.json is not counted natively, as a sentence for people."""

@final
class TokenCounter:
    """Counts tokens as `len(Tokenizer.encode(text, add_special_tokens=special).ids)` would.

    Never changes; any number of threads may count at once. Counts of words and of texts that come
    again are remembered, within fixed limits. The interpreter lock is released for texts from
    64 KiB, and always while a file is read.
    """

    def __new__(cls, data: bytes, *, whole: bool = False) -> TokenCounter:
        """Read a tokenizer.json.

        Args:
            data: The file's bytes.
            whole: Leave out the file's truncation and padding: all of each text counts, and
                nothing else.

        Raises:
            UnsupportedTokenizer: It is no such file, or has a part that is not counted exactly
                here. The tokenizers package may know it.
        """

    @property
    def heap_bytes(self) -> int:
        """Bytes of memory held, roughly, with what is remembered at its limit."""

    def count(self, text: str, special: bool = True) -> int:
        """Tokens of a text.

        Args:
            text: Not copied if it is ASCII; its UTF-8 stays with it otherwise.
            special: With the special tokens that the file puts around a text.

        Raises:
            UnicodeEncodeError: `text` has a lone surrogate, which is no character. A ValueError.
        """

    def count_bytes(self, text: bytes, special: bool = True) -> int:
        """Tokens of a text in UTF-8. Only `bytes`, which cannot change while it is read.

        Raises:
            UnicodeDecodeError: `text` is no UTF-8. A ValueError.
        """

    def count_many(self, texts: Sequence[str], special: bool = True) -> list[int]:
        """Tokens of each text, on one thread, as `count` gives them.

        Raises:
            UnicodeEncodeError: A text has a lone surrogate.
        """

    def count_json(
        self, body: bytes, selector: JsonSelector, span: tuple[int, int] | None = None
    ) -> tuple[int, int, int, int, int, int, int, int, int]:
        """Tokens of the texts that a payload holds, each counted by itself, where it stands.

        Strings are read without their escapes; a lone surrogate is U+FFFD. The interpreter lock is
        released for payloads from 64 KiB.

        Args:
            body: Only `bytes`, which cannot change while it is read.
            selector: Which values are texts.
            span: Where the payload, an object, stands in `body`; all of it when None.

        Returns:
            Tokens of the texts; texts; tokens that came as ids; messages; lists of messages; parts
            that are images, sound, film, and anything else that is no text.

        Raises:
            JsonError: The first mistake: in the JSON, or a value of a type that is not read.
            ValueError: `span` is not within `body`.
        """

@final
class JsonSelector:
    """Which values of a payload are texts. `pyworker.workload.selector` makes it."""

    def __new__(
        cls, entries: Sequence[tuple[str, Literal["prompt", "messages", "tools"], bool]]
    ) -> JsonSelector:
        """Prepare a search.

        Args:
            entries: A dotted path each, what stands there, and for a prompt whether special tokens
                count with each text.

        Raises:
            ValueError: A path that can never be found, or that leads to or through another; or too
                many of them.
        """

def count_json_by(
    count: Callable[[str, bool], int] | None,
    body: bytes,
    selector: JsonSelector,
    span: tuple[int, int] | None = None,
) -> tuple[int, int, int, int, int, int, int, int, int]:
    """As `TokenCounter.count_json`, counting with any function of a text and `special`.

    Args:
        count: What it raises is raised here. None: no text is made, and none is counted.
        body: As there.
        selector: As there.
        span: As there.
    """
