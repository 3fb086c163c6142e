//! The tokens of a model, found by their bytes.

use std::collections::HashMap;

use super::super::cache::Packed;
use super::super::family::Unsupported;
use super::alphabet::Alphabet;

/// Where a token stands in the file.
pub(super) type Place = u32;

/// Tokens by their bytes.
pub(super) struct Vocabulary<'a> {
    alphabet: Alphabet,
    /// Place above, hash below, where the hash says or after that; [`EMPTY`] else.
    slots: Vec<u64>,
    /// By place; None for those that are not short.
    short: Vec<Option<Packed>>,
    long: HashMap<Box<[u8]>, Place>,
    /// Tokens with characters that stand for no byte, which no text comes to.
    foreign: HashMap<&'a str, Place>,
}

const EMPTY: u64 = u64::MAX;
const HASH: u64 = (1 << 40) - 1;

/// What a token of a file is made of.
pub(super) enum Spelled {
    Bytes(Place),
    /// It has characters that stand for no byte.
    Foreign,
}

impl<'a> Vocabulary<'a> {
    /// Of tokens and ids.
    pub fn new(tokens: impl ExactSizeIterator<Item = (&'a str, u32)>) -> Result<Self, Unsupported> {
        let size = (2 * tokens.len()).next_power_of_two();
        let mut this = Self {
            alphabet: Alphabet::new(),
            slots: vec![EMPTY; size],
            short: Vec::with_capacity(tokens.len()),
            long: HashMap::new(),
            foreign: HashMap::new(),
        };
        let twice = |what: &str| Err(Unsupported(format!("the {what} stands twice")));
        let mut ids = Vec::with_capacity(tokens.len());
        let mut bytes = Vec::new();
        for (place, (token, id)) in (0..).zip(tokens) {
            ids.push(id);
            bytes.clear();
            let is_known = if this.alphabet.spell(token, &mut bytes) {
                this.insert(&bytes, place)
            } else {
                this.short.push(None);
                this.foreign.insert(token, place).is_some()
            };
            if is_known {
                return twice(&format!("token {token:?}"));
            }
        }
        ids.sort_unstable();
        match ids.windows(2).find(|ids| ids.first() == ids.last()) {
            Some(ids) => twice(&format!("id {ids:?}")),
            None => Ok(this),
        }
    }

    /// Whether it was there before.
    fn insert(&mut self, bytes: &[u8], place: Place) -> bool {
        let packed = Packed::new(bytes);
        self.short.push(packed);
        let Some(packed) = packed else {
            return self.long.insert(bytes.into(), place).is_some();
        };
        let (found, at) = self.find(packed);
        if let (None, Some(slot)) = (found, self.slots.get_mut(at)) {
            *slot = u64::from(place) << 40 | packed.hash() & HASH;
        }
        found.is_some()
    }

    /// The place of a short token, or else where it belongs.
    fn find(&self, packed: Packed) -> (Option<Place>, usize) {
        let hash = packed.hash() & HASH;
        let mask = self.slots.len() - 1;
        let mut at = usize::try_from(hash).unwrap_or(0) & mask;
        while let Some(&slot) = self.slots.get(at) {
            if slot == EMPTY {
                break;
            }
            let place = slot >> 40;
            if slot & HASH == hash
                && usize::try_from(place)
                    .ok()
                    .and_then(|at| self.short.get(at))
                    == Some(&Some(packed))
            {
                return (u32::try_from(place).ok(), at);
            }
            at = (at + 1) & mask;
        }
        (None, at)
    }

    /// The token that these bytes are.
    pub fn get(&self, bytes: &[u8]) -> Option<Place> {
        match Packed::new(bytes) {
            Some(packed) => self.find(packed).0,
            None => self.long.get(bytes).copied(),
        }
    }

    /// The token that is spelled so; its bytes are added to `bytes`. None if there is none.
    pub fn spelled(&self, token: &str, bytes: &mut Vec<u8>) -> Option<Spelled> {
        let from = bytes.len();
        if self.alphabet.spell(token, bytes) {
            self.get(bytes.get(from..)?).map(Spelled::Bytes)
        } else {
            self.foreign.get(token).map(|_| Spelled::Foreign)
        }
    }

    /// Whether there is a token that is spelled so.
    pub fn contains(&self, token: &str) -> bool {
        self.spelled(token, &mut Vec::new()).is_some()
    }

    pub fn len(&self) -> usize {
        self.short.len()
    }

    /// The tokens of up to [`Packed::LIMIT`] bytes.
    pub fn short(&self) -> impl Iterator<Item = Packed> {
        self.short.iter().copied().flatten()
    }

    /// The longer ones.
    pub fn into_long(self) -> HashMap<Box<[u8]>, Place> {
        self.long
    }
}
