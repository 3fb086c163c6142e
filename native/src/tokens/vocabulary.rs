//! Which of some tokens a model's vocabulary has, read past everything else in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::family::Unsupported;

/// Ids up to here, so that those seen fit 512 KiB of bits; the largest vocabularies have 262,144.
const IDS: u32 = 1 << 22;

/// What a model's vocabulary says of the tokens asked for.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// The ids of those that it has.
    pub ids: HashMap<String, u32>,
    /// How many entries it has.
    pub entries: usize,
    /// How many ids they have; fewer where two entries share one.
    pub distinct: usize,
}

impl Vocabulary {
    /// Looks for `wanted` in the `vocab` of a model: an object from token to id, or an array of
    /// tokens with their scores, whose places are their ids.
    ///
    /// # Errors
    ///
    /// There is no such thing in it.
    pub fn of(
        model: &RawValue,
        wanted: impl IntoIterator<Item = String>,
    ) -> Result<Self, Unsupported> {
        // No id yet.
        let ids: HashMap<String, Option<u32>> =
            wanted.into_iter().map(|token| (token, None)).collect();
        let lengths = ids.keys().fold(0, |bits, token| bits | length_bit(token));
        let mut reading = Reading {
            vocabulary: Self::default(),
            wanted: ids,
            lengths,
            seen: Vec::new(),
            complete: false,
        };
        let read =
            Model(&mut reading).deserialize(&mut serde_json::Deserializer::from_str(model.get()));
        match read {
            Err(error) if !reading.complete => {
                Err(Unsupported(format!("the model's vocabulary: {error}")))
            }
            _ => Ok(reading.done()),
        }
    }
}

/// A bit for the length of a token: most entries of a vocabulary need not be looked up.
fn length_bit(token: &str) -> u64 {
    1 << token.len().min(63)
}

/// A vocabulary while it is read.
struct Reading {
    vocabulary: Vocabulary,
    /// No id yet: not in it so far.
    wanted: HashMap<String, Option<u32>>,
    lengths: u64,
    /// A bit for each id.
    seen: Vec<u64>,
    complete: bool,
}

impl Reading {
    fn done(self) -> Vocabulary {
        let found = self.wanted.into_iter();
        Vocabulary {
            ids: found.filter_map(|(token, id)| Some((token, id?))).collect(),
            ..self.vocabulary
        }
    }

    fn entry<E: Error>(&mut self, token: &str, id: u32) -> Result<(), E> {
        // The last one counts where a token stands twice, as in the reference.
        if self.lengths & length_bit(token) != 0 {
            if let Some(wanted) = self.wanted.get_mut(token) {
                *wanted = Some(id);
            }
        }
        if id >= IDS {
            return Err(E::custom(format_args!("id {id} of {token:?} is too large")));
        }
        let (word, bit) = ((id / 64) as usize, 1 << (id % 64));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if let Some(word) = self.seen.get_mut(word) {
            self.vocabulary.distinct += usize::from(*word & bit == 0);
            *word |= bit;
        }
        self.vocabulary.entries += 1;
        Ok(())
    }
}

/// Reads no further than the vocabulary: what follows it are merges, megabytes of them.
struct Model<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Model<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Model<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model with a vocab")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = entries.next_key()? {
            if name == "vocab" {
                entries.next_value_seed(Entries(self.0))?;
                self.0.complete = true;
                return Ok(());
            }
            entries.next_value::<IgnoredAny>()?;
        }
        Err(A::Error::missing_field("vocab"))
    }
}

struct Entries<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of tokens")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((Name(token), id)) = entries.next_entry()? {
            self.0.entry(&token, id)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut id = 0;
        while let Some((Name(token), IgnoredAny)) = entries.next_element()? {
            self.0.entry(&token, id)?;
            id += 1;
        }
        Ok(())
    }
}

/// Borrowed unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
