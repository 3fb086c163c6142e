//! Which symbols merge, when, and into what.

use super::super::family::Unsupported;
use super::model::Model;

/// A token of the vocabulary, by its place there.
pub(super) type Symbol = u32;

/// Pairs that do not merge have this rank: after all others.
pub(super) const NEVER: u32 = LIMIT_MERGES;

/// As many merges as fit a slot beside two symbols, and a rank beside a place in [`super::merge`];
/// the largest published vocabularies have 262,000 tokens and 515,000 merges.
const LIMIT_MERGES: u32 = (1 << 23) - 1;
const RANK_BITS: u32 = 24;
const SYMBOL_BITS: u32 = 20;
const EMPTY: u64 = u64::MAX;

/// All merges of a model.
pub(super) struct Pairs {
    /// left, right and rank in one number, where a multiplication puts it, or after that.
    slots: Vec<u64>,
    shift: u32,
    /// What a merge makes, by rank.
    products: Vec<Symbol>,
    /// Ranks of the pairs of bytes, with which every word begins.
    bytes: Vec<u32>,
}

impl Pairs {
    /// The symbols of bytes are given: None for those without a token.
    pub fn new(model: &Model<'_>, symbols: &[Option<Symbol>; 256]) -> Result<Self, Unsupported> {
        let merges = &model.merges.0;
        if model.vocab.len() >= 1 << SYMBOL_BITS || merges.len() >= LIMIT_MERGES as usize {
            return Err(Unsupported("more than a million tokens".to_owned()));
        }
        // A third full at most: a pair that does not merge is then told by one slot, mostly.
        let size = (3 * merges.len()).next_power_of_two().max(16);
        let mut pairs = Self {
            slots: vec![EMPTY; size],
            shift: u64::BITS - size.trailing_zeros(),
            products: Vec::with_capacity(merges.len()),
            bytes: Vec::new(),
        };
        let mut product = String::new();
        for (left, right) in merges {
            product.clear();
            product.push_str(left);
            product.push_str(right);
            let place = |token: &str| {
                let missing = || Unsupported(format!("a merge of {token:?}, which is no token"));
                model.vocab.get(token).ok_or_else(missing)
            };
            let (left, right, product) = (place(left)?, place(right)?, place(&product)?);
            pairs.insert(left, right, product);
        }
        pairs.bytes = pairs.of_bytes(symbols);
        Ok(pairs)
    }

    /// Ranks in order; a pair that stands twice has its last one.
    fn insert(&mut self, left: Symbol, right: Symbol, product: Symbol) {
        let rank = self.products.len() as u64;
        self.products.push(product);
        let pair = pair(left, right);
        let mut at = self.slot(pair);
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == EMPTY || *slot >> RANK_BITS == pair {
                *slot = pair << RANK_BITS | rank;
                return;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn of_bytes(&self, symbols: &[Option<Symbol>; 256]) -> Vec<u32> {
        let rank = |left: &Option<Symbol>, right: &Option<Symbol>| {
            left.zip(*right)
                .map_or(NEVER, |(left, right)| self.rank(left, right))
        };
        symbols
            .iter()
            .flat_map(|left| symbols.iter().map(move |right| rank(left, right)))
            .collect()
    }

    /// When the pair merges: [`NEVER`], or a number that is less for those that merge sooner.
    #[inline]
    pub fn rank(&self, left: Symbol, right: Symbol) -> u32 {
        let pair = pair(left, right);
        let mut at = self.slot(pair);
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
        self.products
            .get(rank as usize)
            .copied()
            .unwrap_or_default()
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.slots[..])
            + size_of_val(&self.products[..])
            + size_of_val(&self.bytes[..])
    }

    #[inline]
    fn slot(&self, pair: u64) -> usize {
        (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}

#[inline]
fn pair(left: Symbol, right: Symbol) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}
