//! The patterns that are known, and how a file spells them.

use serde_json::{Value, json};

use super::Split;
use super::cl100k::Cl100k;
use super::gpt2::Gpt2;
use super::nested::{DeepSeek, Numbers};
use super::o200k::O200k;

/// A known way to split a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// All in one piece.
    Whole,
    /// GPT-2, and `ByteLevel` by itself.
    Gpt2,
    /// GPT-2 after numbers, digit by digit (`StarCoder`, `SmolLM`).
    Gpt2Digits,
    /// GPT-2 after numbers, run by run.
    Gpt2Numbers,
    /// GPT-2 after `\p{N}`.
    Gpt2EachNumber,
    /// GPT-4, Llama 3, GLM-4.
    Cl100k,
    /// Qwen2, Qwen2.5, Qwen3.
    Qwen2,
    /// Qwen3.5: marks are letters.
    Qwen35,
    /// GPT-4o, Llama 4.
    O200k,
    /// Mistral's tekken.
    Tekken,
    /// `DeepSeek` V3 and R1.
    DeepSeek,
}

impl Pattern {
    /// Gives each piece of a text that is UTF-8: bytes and where in them the piece begins and ends.
    #[inline]
    pub fn pieces(self, text: &[u8], mut each: impl FnMut(&[u8], usize, usize)) {
        let each = &mut each;
        match self {
            Self::Whole => each(text, 0, text.len()),
            Self::Gpt2 => Gpt2::pieces(text, each),
            Self::Gpt2Digits => Numbers::<true, true, Gpt2>::pieces(text, each),
            Self::Gpt2Numbers => Numbers::<false, true, Gpt2>::pieces(text, each),
            Self::Gpt2EachNumber => Numbers::<true, false, Gpt2>::pieces(text, each),
            Self::Cl100k => Cl100k::<3, false>::pieces(text, each),
            Self::Qwen2 => Cl100k::<1, false>::pieces(text, each),
            Self::Qwen35 => Cl100k::<1, true>::pieces(text, each),
            Self::O200k => O200k::<3, true>::pieces(text, each),
            Self::Tekken => O200k::<1, false>::pieces(text, each),
            Self::DeepSeek => DeepSeek::pieces(text, each),
        }
    }

    /// The pattern of a regex that stands alone before `ByteLevel`.
    #[must_use]
    fn of_regex(regex: &str) -> Option<Self> {
        REGEXES
            .iter()
            .find(|(spelled, _)| *spelled == regex)
            .map(|(_, pattern)| *pattern)
    }

    /// The pattern of the pre-tokenisers that stand before a `ByteLevel` in a sequence, and
    /// whether that one then splits by itself.
    #[must_use]
    pub fn of_sequence(before: &[Value], use_regex: bool) -> Option<Self> {
        match (before, use_regex) {
            ([], true) => Some(Self::Gpt2),
            ([], false) => Some(Self::Whole),
            ([one], true) => {
                if *one == json!({"type": "Digits", "individual_digits": true}) {
                    Some(Self::Gpt2Digits)
                } else if *one == json!({"type": "Digits", "individual_digits": false}) {
                    Some(Self::Gpt2Numbers)
                } else if split_regex(one)? == r"\p{N}" {
                    Some(Self::Gpt2EachNumber)
                } else {
                    None
                }
            }
            ([one], false) => Self::of_regex(split_regex(one)?),
            ([numbers, letters, rest], false) => {
                let regexes = [numbers, letters, rest].map(isolated_regex);
                let known = |last| {
                    [
                        Some(r"\p{N}{1,3}"),
                        Some("[一-龥\u{3040}-ゟ゠-ヿ]+"),
                        Some(last),
                    ]
                };
                (regexes == known(DEEPSEEK) || regexes == known(DEEPSEEK_ESCAPED))
                    .then_some(Self::DeepSeek)
            }
            _ => None,
        }
    }
}

/// The regex of a `Split` that keeps all it splits. Every pattern of [`REGEXES`] matches every
/// character, so that taking out what does not match takes out nothing.
fn split_regex(value: &Value) -> Option<&str> {
    let regex = value.get("pattern")?.get("Regex")?.as_str()?;
    let split = |behavior: &str, invert: bool| {
        json!({
            "type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert,
        })
    };
    let known = *value == split("Isolated", false)
        || regex != r"\p{N}"
            && (*value == split("Isolated", true) || *value == split("Removed", true));
    known.then_some(regex)
}

fn isolated_regex(value: &Value) -> Option<&str> {
    split_regex(value).filter(|_| {
        value
            .get("behavior")
            .is_some_and(|behavior| behavior == "Isolated")
            && value.get("invert") == Some(&Value::Bool(false))
    })
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

const REGEXES: [(&str, Pattern); 6] = [
    (GPT2, Pattern::Gpt2),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Pattern::Cl100k,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Pattern::Qwen2,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Pattern::Qwen35,
    ),
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Pattern::O200k,
    ),
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Pattern::Tekken,
    ),
];

/// With line ends as they are.
const DEEPSEEK: &str = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";

/// The same for the engine.
const DEEPSEEK_ESCAPED: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;
