"""What tokenizer.json files have around their models: the parts as published files write them."""

from typing import Any

Part = dict[str, Any]

CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = CL100K.replace(r"\p{N}{1,3}", r"\p{N}")
_START, _UPPER, _LOWER, _END = (
    r"[^\r\n\p{L}\p{N}]?",
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
)
O200K = (
    f"{_START}{_UPPER}*{_LOWER}+{_END}|{_START}{_UPPER}+{_LOWER}*{_END}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def sequence(kind: str, *parts: Part) -> Part:
    """Parts one after the other; `kind` is the key that holds them."""
    return {"type": "Sequence", kind: list(parts)}


def byte_level(*, regex: bool = False, prefix_space: bool = False, trim: bool = False) -> Part:
    """Bytes as letters, with GPT-2's own split when `regex`."""
    return {
        "type": "ByteLevel",
        "add_prefix_space": prefix_space,
        "trim_offsets": trim,
        "use_regex": regex,
    }


def split(pattern: str, *, behavior: str = "Isolated", invert: bool = False) -> Part:
    """A split by a pattern, and the bytes of what it gives as letters."""
    return sequence(
        "pretokenizers",
        {
            "type": "Split",
            "pattern": {"Regex": pattern},
            "behavior": behavior,
            "invert": invert,
        },
        byte_level(),
    )


def metaspace(scheme: str = "always", *, cut: bool = True) -> Part:
    """Spaces as U+2581, with one in front as the scheme says; `cut` makes a word of each."""
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


# As files from before 2024 write it; read as prepend_scheme "always".
OLD_METASPACE: Part = {
    "type": "Metaspace",
    "replacement": "▁",
    "str_rep": "▁",
    "add_prefix_space": True,
}
WHITESPACE_SPLIT: Part = {"type": "WhitespaceSplit"}
BERT_PRE: Part = {"type": "BertPreTokenizer"}


def replace(pattern: str, content: str, *, regex: bool = False) -> Part:
    """One text for another."""
    return {
        "type": "Replace",
        "pattern": {"Regex" if regex else "String": pattern},
        "content": content,
    }


def bert(*, lowercase: bool, accents: bool | None = None, chinese: bool = True) -> Part:
    """BERT's normaliser; `accents` None strips them where it lowers the case."""
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": chinese,
        "strip_accents": accents,
        "lowercase": lowercase,
    }


def template(before: list[str], after: list[str], ids: dict[str, int]) -> Part:
    """A post-processor that puts special tokens around the text."""

    def special(name: str) -> Part:
        return {"SpecialToken": {"id": name, "type_id": 0}}

    single = [
        *map(special, before),
        {"Sequence": {"id": "A", "type_id": 0}},
        *map(special, after),
    ]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            name: {"id": name, "ids": [ids[name]], "tokens": [name]}
            for name in sorted({*before, *after})
        },
    }


def truncation(length: int, *, direction: str = "Right", stride: int = 0) -> Part:
    """A file that cuts texts."""
    return {
        "direction": direction,
        "max_length": length,
        "strategy": "LongestFirst",
        "stride": stride,
    }


def padding(fixed: int | None = None, *, multiple: int | None = None) -> Part:
    """A file that fills texts up."""
    return {
        "strategy": {"Fixed": fixed} if fixed else "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": multiple,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }


def added(content: str, **flags: bool) -> Part:
    """An added token; special and matched as it stands where the flags say nothing else."""
    token = {"content": content, "single_word": False, "lstrip": False, "rstrip": False}
    return {**token, "normalized": False, "special": True, **flags}
