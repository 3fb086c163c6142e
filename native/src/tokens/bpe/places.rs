//! Short tokens by their bytes: where each of them stands.

use super::super::cache::Packed;
use super::vocabulary::Place;

/// Tokens of up to [`Packed::LIMIT`] bytes, and their places.
pub(super) struct Places {
    /// A place, and bits of the hash above it, where the hash says or after that; [`EMPTY`] else.
    /// With the tokens themselves elsewhere, four times as many fit in a cache.
    slots: Vec<u32>,
    /// The bits of a slot that are the place.
    mask: u32,
    /// By place; [`Packed::NONE`] for those that are not short.
    tokens: Vec<Packed>,
}

/// No place is all ones.
const EMPTY: u32 = u32::MAX;

impl Places {
    /// # Errors
    ///
    /// A place whose token stands at another one, too.
    pub fn new(tokens: Vec<Packed>) -> Result<Self, Place> {
        let last = Place::try_from(tokens.len()).unwrap_or(Place::MAX);
        let mut this = Self {
            slots: vec![EMPTY; (2 * tokens.len()).next_power_of_two()],
            mask: Place::MAX.checked_shr(last.leading_zeros()).unwrap_or(0),
            tokens,
        };
        for place in 0..last {
            let token = this.token(place);
            if token == Packed::NONE {
                continue;
            }
            match this.find(token) {
                (None, at) => {
                    let tag = this.tag(token);
                    if let Some(slot) = this.slots.get_mut(at) {
                        *slot = tag | place;
                    }
                }
                (Some(_), _) => return Err(place),
            }
        }
        Ok(this)
    }

    /// The place of a token.
    #[inline]
    pub fn get(&self, token: Packed) -> Option<Place> {
        self.find(token).0
    }

    /// Whether it stands at this place.
    #[inline]
    pub fn is_at(&self, place: Place, token: Packed) -> bool {
        self.tokens.get(place as usize) == Some(&token)
    }

    /// All places, those of tokens that are not short among them.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// All tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Place, Packed)> {
        let is_short = |(_, token): &(Place, Packed)| *token != Packed::NONE;
        (0..).zip(self.tokens.iter().copied()).filter(is_short)
    }

    /// The place of a token, or else the slot where it belongs.
    #[inline]
    fn find(&self, token: Packed) -> (Option<Place>, usize) {
        let tag = self.tag(token);
        let mut at = token.place() as usize;
        loop {
            at &= self.slots.len() - 1;
            let slot = self.slots.get(at).copied().unwrap_or(EMPTY);
            if slot == EMPTY {
                return (None, at);
            }
            let place = slot & self.mask;
            if slot & !self.mask == tag && self.is_at(place, token) {
                return (Some(place), at);
            }
            at += 1;
        }
    }

    /// Bits of the hash that a slot has beside the place.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn tag(&self, token: Packed) -> u32 {
        token.hash() as u32 & !self.mask
    }

    fn token(&self, place: Place) -> Packed {
        let token = self.tokens.get(place as usize);
        token.copied().unwrap_or(Packed::NONE)
    }
}
