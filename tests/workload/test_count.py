"""`python -m pyworker count`: what it prints, what it complains of, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.tokenizers import cached, words_tokenizer
from hypothesis import given
from hypothesis import strategies as st

import pyworker
from pyworker.workload import texts
from pyworker.workload.count import NOBODY_READS, main
from pyworker.workload.texts import Text, TextTooLong, read_texts

PACKAGE = str(Path(pyworker.__file__).parent.parent)


@pytest.fixture
def tokenizer(tmp_path: Path) -> str:
    return str(words_tokenizer(tmp_path / "words" / "tokenizer.json"))


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_bytes(b"a cat sat\r\n\non the mat")
    return str(path)


Said = pytest.CaptureFixture[str]


def test_a_file_is_one_text(tokenizer: str, file: str, capsys: Said) -> None:
    assert main(["--tokenizer", tokenizer, file]) == 0
    assert capsys.readouterr() == (f"6 {file}\n", "")


def test_several_files_have_a_total(tokenizer: str, file: str, capsys: Said) -> None:
    assert main(["--tokenizer", tokenizer, file, file]) == 0
    assert capsys.readouterr().out == f"6 {file}\n6 {file}\n12 total\n"


def test_each_line_may_be_one(tokenizer: str, file: str, capsys: Said) -> None:
    assert main(["--tokenizer", tokenizer, "--lines", file, file]) == 0
    assert capsys.readouterr().out == "3\n0\n3\n3\n0\n3\n"


def test_results_may_be_json(tokenizer: str, file: str, capsys: Said) -> None:
    assert main(["--tokenizer", tokenizer, "--json", file]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": file, "tokens": 6, "exact": True}
    assert main(["--tokenizer", tokenizer, "--json", "--lines", file]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["line"], line["tokens"]) for line in lines] == [
        (file, 1, 3),
        (file, 2, 0),
        (file, 3, 3),
    ]


def test_payloads_are_counted_where_their_texts_stand(
    tokenizer: str, tmp_path: Path, capsys: Said
) -> None:
    payloads = tmp_path / "payloads.jsonl"
    payloads.write_text('{"inputs": "a cat", "n": 1}\n{"prompt": ["a", "b c"]}\n{"x": "y"}\n')
    command = ["--tokenizer", tokenizer, "--lines", "--selector"]
    assert main([*command, "usual", str(payloads)]) == 0
    assert capsys.readouterr().out == "2\n3\n0\n"
    assert main([*command, "x, inputs", str(payloads)]) == 0
    assert capsys.readouterr().out == "2\n0\n1\n"
    assert main([*command, "usual", "--json", str(payloads)]) == 0
    first: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["tokens"], first["strings"], first["exact"]) == (2, 1, True)


def test_a_payload_that_is_none_is_told_with_its_line(
    tokenizer: str, tmp_path: Path, capsys: Said
) -> None:
    payloads = tmp_path / "payloads.jsonl"
    payloads.write_text('{"inputs": "a cat"}\n{"inputs": 5}\n')
    command = ["--tokenizer", tokenizer, "--lines", "--selector", "inputs", str(payloads)]
    assert main(command) == 1
    said, complained = capsys.readouterr()
    assert said == "2\n"
    assert complained.startswith(f"pyworker count: {payloads}: line 2: ")


def special(tmp_path: Path) -> str:
    """A tokenizer that begins and ends each text, and keeps 4 tokens of it."""
    path = words_tokenizer(tmp_path / "special" / "tokenizer.json")
    file = json.loads(path.read_text())
    file["model"]["vocab"]["<s>"] = 2
    file["added_tokens"] = [
        {
            "id": 2, "content": "<s>", "special": True, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False,
        }
    ]  # fmt: skip
    file["truncation"] = {
        "direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0
    }  # fmt: skip
    file["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [
            {"Sequence": {"id": "A", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 0}},
        ],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [2], "tokens": ["<s>"]}},
    }
    path.write_text(json.dumps(file))
    return str(path)


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ([], "4"),
        (["--no-special"], "4"),
        (["--whole"], "7"),
        (["--whole", "--no-special"], "6"),
    ],
)
def test_special_tokens_and_truncation_are_the_files_unless_said_otherwise(
    options: list[str], tokens: str, tmp_path: Path, file: str, capsys: Said
) -> None:
    assert main(["--tokenizer", special(tmp_path), *options, file]) == 0
    assert capsys.readouterr().out == f"{tokens} {file}\n"


def test_a_model_may_be_named_with_its_revision(
    tokenizer: str, tmp_path: Path, file: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    content = Path(tokenizer).read_bytes()
    cached(tmp_path / "hub", "org/model", content, commit="a" * 40)
    assert main(["--tokenizer", "org/model", file]) == 0
    assert main(["--tokenizer", "org/model", "--revision", "a" * 40, file]) == 0
    capsys.readouterr()
    assert main(["--tokenizer", "org/model", "--revision", "b" * 40, file]) == 2
    assert "org/model" in capsys.readouterr().err


def test_what_cannot_be_counted_is_told_and_the_rest_is_counted(
    tokenizer: str, tmp_path: Path, file: str, capsys: Said
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"a cat \xff")
    missing = str(tmp_path / "missing")
    folder = str(tmp_path)
    assert main(["--tokenizer", tokenizer, missing, str(binary), folder, file]) == 1
    assert capsys.readouterr() == (
        f"6 {file}\n6 total\n",
        (
            f"pyworker count: {missing}: No such file or directory\n"
            f"pyworker count: {binary}: no UTF-8 at byte 6\n"
            f"pyworker count: {folder}: Is a directory\n"
        ),
    )


def test_a_line_that_is_no_text_is_told_with_its_number(
    tokenizer: str, tmp_path: Path, capsys: Said
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"a cat\n\xff\na cat\n")
    assert main(["--tokenizer", tokenizer, "--lines", str(binary)]) == 1
    said, complained = capsys.readouterr()
    assert said == "2\n"
    assert complained == f"pyworker count: {binary}: line 2: no UTF-8 at byte 0\n"


def test_a_text_is_held_within_a_limit(
    tmp_path: Path, tokenizer: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 1024 * 1024)
    large = tmp_path / "large"
    large.write_bytes(b"x" * (1024 * 1024) + b"\n")
    assert main(["--tokenizer", tokenizer, str(large)]) == 1
    assert capsys.readouterr().err == (
        f"pyworker count: {large}: longer than 1 MiB; with --lines each line is a text\n"
    )
    assert main(["--tokenizer", tokenizer, "--lines", str(large)]) == 1
    assert capsys.readouterr().err == f"pyworker count: {large}: line 1 is longer than 1 MiB\n"
    large.write_bytes(b"x" * (1024 * 1024))
    assert main(["--tokenizer", tokenizer, str(large)]) == 0


def test_a_limit_is_kept_while_a_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 1000)
    seen: list[int] = []
    with pytest.raises(TextTooLong):
        list(read_texts("/dev/zero", lines=True, seen=seen.append))
    with pytest.raises(TextTooLong):
        list(read_texts("/dev/zero", lines=False, seen=seen.append))
    assert sum(seen) == 0


@given(content=st.binary(max_size=60).map(lambda data: data.replace(b"a", b"\r\n")))
def test_lines_are_those_of_the_file(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(content)
    seen: list[int] = []
    found = list(read_texts(str(path), lines=True, seen=seen.append))
    expected = content.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert found == [Text(line.removesuffix(b"\r"), n) for n, line in enumerate(expected, 1)]
    assert sum(seen) == len(content)


@pytest.mark.parametrize(
    ("arguments", "cost"),
    [
        (["--image", "1024x1024", "--steps", "28", "--model", "flux"], "4600.0\n"),
        (["--image", "512x512", "--steps", "20", "--model", "sd3"], "315.44094477585816\n"),
        (["--image", "1024x1024", "--image", "512x512", "--steps", "20"], "3650.8245243128963\n1209.190288307456\n"),
    ],
)  # fmt: skip
def test_an_image_costs_what_the_formula_says(
    arguments: list[str], cost: str, capsys: Said
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr() == (cost, "")


def test_an_image_may_be_json(capsys: Said) -> None:
    assert main(["--image", "1024x768", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    workload = told.pop("workload")
    assert told == {"width": 1024, "height": 768, "steps": 28, "model": "flux"}
    assert workload == 4600


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["file"], "--tokenizer is needed"),
        (["--tokenizer", "no/such", "file"], "no tokenizer.json of no/such"),
        (["--tokenizer", "no/such.json", "file"], "no file and no folder no/such.json"),
        (["--tokenizer", "./no/such", "file"], "no file and no folder ./no/such"),
        (["--tokenizer", "/no/such", "--download", "file"], "no file and no folder /no/such"),
        (["--image", "0x1024"], "width must be a whole number from 1 to 65535, not 0"),
        (["--image", "1024x1024", "--steps", "0"], "steps must be a whole number from 1 to 10000"),
        (["--image", "1024x1024", "file"], "--image goes without files"),
        (["--image", "1024x1024", "--lines"], "--image goes without files"),
        (["--tokenizer", "no/such", "file"], "; --download fetches one"),
        (["--tokenizer", "/", "file"], "pyworker count: there is no tokenizer.json in /\n"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    arguments: list[str], why: str, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert main(arguments) == 2
    said, complained = capsys.readouterr()
    assert said == ""
    assert complained.startswith("pyworker count: ")
    assert why in complained
    assert complained.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["--image", "1024"], ["--image", "axb"], ["--model", "sdxl"], ["--selector", "a..b"]],
)
def test_what_is_no_option_is_an_error(arguments: list[str], capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    complained = capsys.readouterr().err
    assert arguments[1] in complained
    assert complained.startswith("pyworker count: argument ")
    assert complained.endswith("; --help tells the options\n")
    assert complained.count("\n") == 1


# --- as a process


def run(
    *arguments: str, given: bytes | None = b"", out: int = subprocess.PIPE, closed: int = -1
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pyworker", "count", *arguments],
        check=False,
        env={**os.environ, "PYTHONPATH": PACKAGE},
        timeout=30,
        input=given,
        preexec_fn=None if closed < 0 else lambda: os.close(closed),
        stdout=out,
        stderr=subprocess.PIPE,
    )


def test_standard_input_is_one_text_or_lines(tokenizer: str) -> None:
    for names in ([], ["-"]):
        done = run("--tokenizer", tokenizer, *names, given=b"a cat\nsat")
        assert (done.returncode, done.stdout) == (0, b"3\n")
    done = run("--tokenizer", tokenizer, "--lines", given=b"a cat\nsat")
    assert (done.returncode, done.stdout) == (0, b"2\n1\n")


def test_a_reader_that_leaves_ends_it_quietly(tokenizer: str, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.write_bytes(b"a cat\n" * 100_000)
    reading, writing = os.pipe()
    os.close(reading)
    done = run("--tokenizer", tokenizer, "--lines", str(many), out=writing)
    os.close(writing)
    assert done.returncode == NOBODY_READS
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_a_disk_that_is_full_is_no_input_that_cannot_be_read(tokenizer: str, file: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("--tokenizer", tokenizer, file, file, out=full.fileno())
    slow, why = done.stderr.splitlines()
    assert (done.returncode, why) == (
        1,
        b"pyworker count: standard output: No space left on device",
    )
    # A warning of the counter, among our own words.
    assert slow.startswith(b"pyworker count: ")
    assert b"counted by the tokenizers package" in slow


@pytest.mark.parametrize(
    ("closed", "why"), [(0, b"-: standard input is closed"), (1, b"standard output is closed")]
)
def test_a_process_without_input_or_output_says_so(tokenizer: str, closed: int, why: bytes) -> None:
    done = run("--tokenizer", tokenizer, given=None, closed=closed)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, b"pyworker count: " + why)
