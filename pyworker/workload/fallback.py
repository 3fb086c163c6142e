"""What counts when the native counter does not: the tokenizers package, and an estimate."""

from collections.abc import Sequence

# English and code give 3.5 to 4.5 bytes a token with vocabularies of 32,000 and more.
BYTES_PER_TOKEN = 4.0


class Reference:
    """The tokenizers package: exact for every file that it can read, 2 to 4 MB/s."""

    def __init__(self, data: bytes, *, whole: bool) -> None:
        """Read a tokenizer.json.

        Raises:
            ValueError: It cannot be used.
        """
        from tokenizers import Tokenizer  # noqa: PLC0415 - 40 ms, only for files that need it

        try:
            self._tokenizer = Tokenizer.from_buffer(data)
        except Exception as error:  # because tokenizers raises bare Exception for every bad file
            raise ValueError(" ".join(str(error).split())) from error
        if whole:
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()

    def count(self, text: str, special: bool = True) -> int:
        """As `pyworker._native.TokenCounter.count`."""
        try:
            return len(self._tokenizer.encode(text, add_special_tokens=special))
        except TypeError:
            text.encode()  # a lone surrogate: the error that says so and where
            raise

    def count_bytes(self, text: bytes, special: bool = True) -> int:
        """As `pyworker._native.TokenCounter.count_bytes`."""
        return self.count(text.decode(), special)

    def count_many(self, texts: Sequence[str], special: bool = True) -> list[int]:
        """As `pyworker._native.TokenCounter.count_many`: a batch would pad all to the longest."""
        return [self.count(text, special) for text in texts]


class Estimate:
    """A quarter of the bytes, whatever the text. Knows no special tokens."""

    def count(self, text: str, special: bool = True) -> int:
        """A lone surrogate is one byte."""
        return self.count_bytes(text.encode(errors="replace"), special)

    def count_bytes(self, text: bytes, special: bool = True) -> int:  # noqa: ARG002 - one API
        """Does not look at the bytes."""
        return round(len(text) / BYTES_PER_TOKEN)

    def count_many(self, texts: Sequence[str], special: bool = True) -> list[int]:
        """Each as `count`."""
        return [self.count(text, special) for text in texts]
