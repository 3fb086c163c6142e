"""The one error of the benchmark, and how to find it in what a nursery raises."""


class BenchmarkError(Exception):
    """It could not be measured; the text says what did not work."""


def failures(error: BenchmarkError | ExceptionGroup[BenchmarkError]) -> list[BenchmarkError]:
    """The failures in the groups that nurseries made of them."""
    if isinstance(error, BenchmarkError):
        return [error]
    return [failure for inner in error.exceptions for failure in failures(inner)]
