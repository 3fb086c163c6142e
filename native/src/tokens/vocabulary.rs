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
    seen: Vec<u64>,
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
        let mut ids: HashMap<String, Option<u32>> =
            wanted.into_iter().map(|token| (token, None)).collect();
        let mut vocabulary = Self::default();
        Model(&mut vocabulary, &mut ids)
            .deserialize(&mut serde_json::Deserializer::from_str(model.get()))
            .map_err(|error| Unsupported(format!("the model's vocabulary: {error}")))?;
        vocabulary.ids = ids
            .into_iter()
            .filter_map(|(token, id)| Some((token, id?)))
            .collect();
        vocabulary.seen = Vec::new();
        Ok(vocabulary)
    }

    fn add(&mut self, id: u32) -> bool {
        let (word, bit) = ((id / 64) as usize, 1 << (id % 64));
        if id >= IDS {
            return false;
        }
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if let Some(word) = self.seen.get_mut(word) {
            self.distinct += usize::from(*word & bit == 0);
            *word |= bit;
        }
        self.entries += 1;
        true
    }
}

type Wanted = HashMap<String, Option<u32>>;

struct Model<'v>(&'v mut Vocabulary, &'v mut Wanted);

impl<'de> DeserializeSeed<'de> for Model<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Model<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model with one vocab")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(Name(name)) = entries.next_key()? {
            if name != "vocab" {
                entries.next_value::<IgnoredAny>()?;
            } else if found {
                return Err(A::Error::duplicate_field("vocab"));
            } else {
                found = true;
                entries.next_value_seed(Entries(self.0, self.1))?;
            }
        }
        if found {
            Ok(())
        } else {
            Err(A::Error::missing_field("vocab"))
        }
    }
}

struct Entries<'v>(&'v mut Vocabulary, &'v mut Wanted);

impl Entries<'_> {
    fn entry<E: Error>(&mut self, token: &str, id: u32) -> Result<(), E> {
        // The last one counts where a token stands twice, as in the reference.
        if let Some(wanted) = self.1.get_mut(token) {
            *wanted = Some(id);
        }
        if self.0.add(id) {
            Ok(())
        } else {
            Err(E::custom(format_args!("id {id} of {token:?} is too large")))
        }
    }
}

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

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some((Name(token), id)) = entries.next_entry()? {
            self.entry(&token, id)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let mut id = 0;
        while let Some((Name(token), IgnoredAny)) = entries.next_element()? {
            self.entry(&token, id)?;
            id += 1;
        }
        Ok(())
    }
}

/// Borrowed unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
