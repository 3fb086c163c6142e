//! Which symbols merge, when, and into what.

use super::super::family::Unsupported;
pub(super) use super::ranks::NEVER;
use super::ranks::Ranks;

/// What a word is made of: bytes are symbols 0 to 255, and what merge r makes first is 256 + r.
pub(super) type Symbol = u32;

/// No symbol: what stands before a word and after it.
pub(super) const NOTHING: Symbol = (1 << SYMBOL_BITS) - 1;

/// As many merges as leave 20 bits for a symbol; the largest published vocabularies have 515,000.
const LIMIT: usize = (1 << SYMBOL_BITS) - FIRST as usize - 1;
pub(super) const SYMBOL_BITS: u32 = 20;
pub(super) const FIRST: Symbol = 256;
/// Of a token that no text comes to.
pub(super) const UNREACHED: Symbol = Symbol::MAX;

/// All merges of a model.
pub(super) struct Pairs {
    ranks: Ranks,
    /// What a merge makes, by rank; empty if every merge makes a token of its own.
    products: Vec<Symbol>,
    /// Ranks of the pairs of bytes, with which every word begins.
    bytes: Vec<u32>,
}

impl Pairs {
    /// # Errors
    ///
    /// There are more merges than symbols can be told apart.
    pub fn check(merges: usize) -> Result<(), Unsupported> {
        if merges > LIMIT {
            return Err(Unsupported("more than a million merges".to_owned()));
        }
        Ok(())
    }

    /// left, right and product of each merge.
    pub fn of_symbols(merges: &[[Symbol; 3]]) -> Result<Self, Unsupported> {
        let ranks: Vec<_> = (0..)
            .zip(merges)
            .filter(|(_, [left, right, _])| *left != UNREACHED && *right != UNREACHED)
            .map(|(rank, &[left, right, _])| (pair(left, right), rank))
            .collect();
        let mut this = Self {
            ranks: Ranks::new(&ranks)?,
            products: Vec::new(),
            bytes: vec![NEVER; 1 << 16],
        };
        for (rank, &[left, right, _]) in (0..).zip(merges) {
            if left < FIRST && right < FIRST {
                if let Some(of_bytes) = this.bytes.get_mut((left << 8 | right) as usize) {
                    *of_bytes = rank;
                }
            }
        }
        if (FIRST..)
            .zip(merges)
            .any(|(symbol, merge)| merge[2] != symbol)
        {
            this.products = merges.iter().map(|merge| merge[2]).collect();
        }
        Ok(this)
    }

    /// When the pair merges: [`NEVER`], or a number that is less for those that merge sooner.
    #[inline]
    pub fn rank(&self, left: Symbol, right: Symbol) -> u32 {
        self.ranks.get(pair(left, right))
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
        self.ranks.heap_bytes() + size_of_val(&self.products[..]) + size_of_val(&self.bytes[..])
    }
}

#[inline]
fn pair(left: Symbol, right: Symbol) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}
