//! The tokens of a model, found by their bytes.

use std::collections::HashMap;

use super::super::cache::Packed;
use super::super::family::Unsupported;
use super::alphabet::Alphabet;
use super::places::Places;

/// Where a token stands in the file.
pub(super) type Place = u32;

/// Tokens by their bytes.
pub(super) struct Vocabulary<'a> {
    alphabet: Alphabet,
    short: Places,
    long: HashMap<Box<[u8]>, Place>,
    /// Tokens with characters that stand for no byte, which no text comes to.
    foreign: HashMap<&'a str, Place>,
}

/// What a token of a file is made of.
pub(super) enum Spelled {
    Bytes(Place),
    /// It has characters that stand for no byte.
    Foreign,
}

impl<'a> Vocabulary<'a> {
    /// Of tokens and ids.
    pub fn new(
        tokens: impl ExactSizeIterator<Item = (&'a str, u32)> + Clone,
    ) -> Result<Self, Unsupported> {
        let twice = |what: &str| Unsupported(format!("the {what} stands twice"));
        let alphabet = Alphabet::new();
        let mut ids = Vec::with_capacity(tokens.len());
        let mut short = Vec::with_capacity(tokens.len());
        let (mut long, mut foreign) = (HashMap::new(), HashMap::new());
        let mut bytes = Vec::new();
        for (place, (token, id)) in (0..).zip(tokens.clone()) {
            ids.push(id);
            bytes.clear();
            let is_spelled = alphabet.spell(token, &mut bytes);
            let packed = Packed::new(&bytes).filter(|_| is_spelled);
            short.push(packed.unwrap_or(Packed::NONE));
            let other: Option<Place> = match packed {
                Some(_) => None,
                None if is_spelled => long.insert(bytes.as_slice().into(), place),
                None => foreign.insert(token, place),
            };
            if other.is_some() {
                return Err(twice(&format!("token {token:?}")));
            }
        }
        // By themselves, so that the processor waits for many of their slots at once.
        let short = Places::new(short).map_err(|place| {
            let mut tokens = tokens;
            let token = tokens.nth(place as usize).map(|(token, _)| token);
            twice(&format!("token {:?}", token.unwrap_or_default()))
        })?;
        ids.sort_unstable();
        match ids.windows(2).find(|ids| ids.first() == ids.last()) {
            Some(ids) => Err(twice(&format!("id {ids:?}"))),
            None => Ok(Self {
                alphabet,
                short,
                long,
                foreign,
            }),
        }
    }

    /// The token that these bytes are.
    pub fn get(&self, bytes: &[u8]) -> Option<Place> {
        match Packed::new(bytes) {
            Some(packed) => self.short.get(packed),
            None => self.long.get(bytes).copied(),
        }
    }

    /// The same, for bytes that are likely to be the token at `place`.
    pub fn get_near(&self, place: Place, bytes: &[u8]) -> Option<Place> {
        match Packed::new(bytes) {
            Some(packed) if self.short.is_at(place, packed) => Some(place),
            _ => self.get(bytes),
        }
    }

    /// Adds the bytes of a token to `bytes`, as far as it has any. They, if they are all of it and
    /// those of a short token.
    pub fn pack(&self, token: &str, bytes: &mut Vec<u8>) -> Option<Packed> {
        let from = bytes.len();
        let is_spelled = self.alphabet.spell(token, bytes);
        Packed::new(bytes.get(from..)?).filter(|_| is_spelled)
    }

    /// A short token.
    #[inline]
    pub fn get_short(&self, token: Packed) -> Option<Place> {
        self.short.get(token)
    }

    /// The token that is spelled so; None if there is none.
    pub fn spelled(&self, token: &str) -> Option<Spelled> {
        let mut bytes = Vec::new();
        if self.alphabet.spell(token, &mut bytes) {
            self.get(&bytes).map(Spelled::Bytes)
        } else {
            self.foreign.get(token).map(|_| Spelled::Foreign)
        }
    }

    pub fn len(&self) -> usize {
        self.short.len()
    }

    /// The tokens of up to [`Packed::LIMIT`] bytes, and their places.
    pub fn short(&self) -> impl Iterator<Item = (Place, Packed)> {
        self.short.iter()
    }

    /// The longer ones.
    pub fn into_long(self) -> HashMap<Box<[u8]>, Place> {
        self.long
    }
}
