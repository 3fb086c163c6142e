//! Which symbols merge, when, and into what.

use super::super::family::Unsupported;
use super::characters::Characters;
use super::joints::Joints;
use super::model::Merges;
use super::vocabulary::{Place, Spelled, Vocabulary};

/// What a word is made of: bytes are symbols 0 to 255, and what merge r makes first is 256 + r.
pub(super) type Symbol = u32;

/// Pairs that do not merge have this rank: after all others.
pub(super) const NEVER: u32 = 1 << 20;

/// No symbol: what stands before a word and after it.
pub(super) const NOTHING: Symbol = (1 << SYMBOL_BITS) - 1;

/// As many merges as leave 20 bits for a symbol; the largest published vocabularies have 515,000.
const LIMIT: usize = (1 << SYMBOL_BITS) - FIRST as usize - 1;
pub(super) const SYMBOL_BITS: u32 = 20;
const RANK_BITS: u32 = 24;
pub(super) const FIRST: Symbol = 256;
const EMPTY: u64 = u64::MAX;
/// Of a token that no text comes to.
const UNREACHED: Symbol = Symbol::MAX;

/// All merges of a model.
pub(super) struct Pairs {
    /// left, right and rank in one number, where the hash says, or after that.
    slots: Vec<u64>,
    slot_shift: u32,
    /// A bit for the hash of each pair: most pairs that do not merge are told by this, which fits
    /// the second level cache of a core, as the slots do not.
    filter: Vec<u64>,
    filter_shift: u32,
    /// What a merge makes, by rank; empty if every merge makes a token of its own.
    products: Vec<Symbol>,
    /// Ranks of the pairs of bytes, with which every word begins.
    bytes: Vec<u32>,
}

impl Pairs {
    /// And what they join.
    ///
    /// # Errors
    ///
    /// A merge is of tokens that are not in the vocabulary, or makes such a one.
    pub fn new(
        merges: &Merges<'_>,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<(Self, Joints, Characters), Unsupported> {
        if merges.0.len() > LIMIT {
            return Err(Unsupported("more than a million merges".to_owned()));
        }
        let mut wide = Vec::new();
        let merges = in_places(merges, vocabulary, &mut wide)?;
        let joints = Joints::new(&wide);
        let mut symbols = vec![UNREACHED; vocabulary.len()];
        for byte in 0..=u8::MAX {
            let place = vocabulary.get(&[byte]).map(|place| place as usize);
            if let Some(symbol) = place.and_then(|place| symbols.get_mut(place)) {
                *symbol = byte.into();
            }
        }
        for (rank, merge) in (FIRST..).zip(&merges) {
            let place = merge.map(|[_, _, product]| product as usize);
            if let Some(symbol) = place.and_then(|place| symbols.get_mut(place)) {
                *symbol = rank.min(*symbol);
            }
        }
        let symbol = |place: Place| symbols.get(place as usize).copied().unwrap_or(UNREACHED);
        let merges: Vec<_> = merges
            .into_iter()
            .map(|merge| merge.map_or([UNREACHED; 3], |merge| merge.map(symbol)))
            .collect();
        let this = Self::of_symbols(&merges);
        let characters = Characters::new(&merges, &this);
        Ok((this, joints, characters))
    }

    /// left, right and product of each merge.
    fn of_symbols(merges: &[[Symbol; 3]]) -> Self {
        // Twice to four times the merges, and 8 to 16 bits for each in the filter.
        let slots = (merges.len() * 3 / 2).next_power_of_two().max(64);
        let bits = (8 * merges.len()).next_power_of_two().max(64);
        let mut this = Self {
            slots: vec![EMPTY; slots],
            slot_shift: u64::BITS - slots.trailing_zeros(),
            filter: vec![0; bits / 64],
            filter_shift: u64::BITS - bits.trailing_zeros(),
            products: Vec::new(),
            bytes: Vec::new(),
        };
        for (rank, &[left, right, _]) in (0..).zip(merges) {
            if left != UNREACHED && right != UNREACHED {
                this.insert(left, right, rank);
            }
        }
        if (FIRST..)
            .zip(merges)
            .any(|(symbol, merge)| merge[2] != symbol)
        {
            this.products = merges.iter().map(|merge| merge[2]).collect();
        }
        this.bytes = (0..FIRST)
            .flat_map(|left| (0..FIRST).map(move |right| (left, right)))
            .map(|(left, right)| this.rank(left, right))
            .collect();
        this
    }

    /// Ranks in order; a pair that stands twice has its last one.
    fn insert(&mut self, left: Symbol, right: Symbol, rank: u64) {
        let pair = pair(left, right);
        let (bit, mut at) = self.hash(pair);
        if let Some(bits) = self.filter.get_mut(bit / 64) {
            *bits |= 1 << (bit % 64);
        }
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == EMPTY || *slot >> RANK_BITS == pair {
                *slot = pair << RANK_BITS | rank;
                return;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// When the pair merges: [`NEVER`], or a number that is less for those that merge sooner.
    #[inline]
    pub fn rank(&self, left: Symbol, right: Symbol) -> u32 {
        let [rank] = self.ranks([[left, right]]);
        rank
    }

    /// The same of several pairs, of which [`NOTHING`] is in none that merges. The filter is asked
    /// about all of them first, so that one need not wait for the other.
    #[inline]
    pub fn ranks<const N: usize>(&self, pairs: [[Symbol; 2]; N]) -> [u32; N] {
        let asked = pairs.map(|[left, right]| {
            let pair = pair(left, right);
            let (bit, at) = self.hash(pair);
            let bits = self.filter.get(bit / 64).copied().unwrap_or(0);
            (bits >> (bit % 64) & 1, pair, at)
        });
        asked.map(
            |(may, pair, at)| {
                if may == 0 { NEVER } else { self.find(pair, at) }
            },
        )
    }

    #[inline]
    fn find(&self, pair: u64, mut at: usize) -> u32 {
        while let Some(&slot) = self.slots.get(at) {
            if slot >> RANK_BITS == pair {
                // A lossless cast: 24 bits.
                return (slot & ((1 << RANK_BITS) - 1)) as u32;
            }
            if slot == EMPTY {
                break;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        NEVER
    }

    /// The same for two bytes.
    #[inline]
    pub fn rank_of_bytes(&self, left: u8, right: u8) -> u32 {
        let place = usize::from(left) << 8 | usize::from(right);
        self.bytes.get(place).copied().unwrap_or(NEVER)
    }

    /// What the merge of this rank makes.
    #[inline]
    pub fn product(&self, rank: u32) -> Symbol {
        if self.products.is_empty() {
            FIRST + rank
        } else {
            let product = self.products.get(rank as usize);
            product.copied().unwrap_or(UNREACHED)
        }
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.slots[..])
            + size_of_val(&self.filter[..])
            + size_of_val(&self.products[..])
            + size_of_val(&self.bytes[..])
    }

    /// A bit of the filter and the first slot, from bits that say nothing about each other.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "few bits are left")]
    fn hash(&self, pair: u64) -> (usize, usize) {
        let product = u128::from(pair) * u128::from(ODD);
        let (high, low) = ((product >> 64) as u64, product as u64);
        (
            (low >> self.filter_shift) as usize,
            (high.wrapping_mul(ODD) >> self.slot_shift) as usize,
        )
    }
}

/// The golden ratio.
pub(super) const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn pair(left: Symbol, right: Symbol) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}

/// left, right and product of each merge; None for those that no text comes to, which have their
/// rank all the same. Adds those that are of interest to [`Joints`] to `wide`.
fn in_places(
    merges: &Merges<'_>,
    vocabulary: &Vocabulary<'_>,
    wide: &mut Vec<(Box<[u8]>, usize)>,
) -> Result<Vec<Option<[Place; 3]>>, Unsupported> {
    let mut bytes = Vec::new();
    let mut of = |left: &str, right: &str| {
        bytes.clear();
        let left_place = vocabulary.spelled(left, &mut bytes)?;
        let joint = bytes.len();
        let right_place = vocabulary.spelled(right, &mut bytes)?;
        match (left_place, right_place) {
            (Spelled::Bytes(left), Spelled::Bytes(right)) => {
                if Joints::is_of_interest(&bytes, joint) {
                    wide.push((bytes.as_slice().into(), joint));
                }
                Some(Some([left, right, vocabulary.get(&bytes)?]))
            }
            _ => vocabulary
                .contains(&format!("{left}{right}"))
                .then_some(None),
        }
    };
    merges
        .0
        .iter()
        .map(|(left, right)| {
            of(left, right)
                .ok_or_else(|| Unsupported(format!("a merge of no tokens: {left:?}, {right:?}")))
        })
        .collect()
}
