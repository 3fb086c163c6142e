//! Which symbols merge, when, and into what.

use super::super::family::Unsupported;
use super::characters::Characters;
use super::joints::Joints;
use super::model::Merges;
pub(super) use super::ranks::NEVER;
use super::ranks::Ranks;
use super::vocabulary::{Place, Spelled, Vocabulary};

/// What a word is made of: bytes are symbols 0 to 255, and what merge r makes first is 256 + r.
pub(super) type Symbol = u32;

/// No symbol: what stands before a word and after it.
pub(super) const NOTHING: Symbol = (1 << SYMBOL_BITS) - 1;

/// As many merges as leave 20 bits for a symbol; the largest published vocabularies have 515,000.
const LIMIT: usize = (1 << SYMBOL_BITS) - FIRST as usize - 1;
pub(super) const SYMBOL_BITS: u32 = 20;
pub(super) const FIRST: Symbol = 256;
/// Of a token that no text comes to.
const UNREACHED: Symbol = Symbol::MAX;

/// All merges of a model.
pub(super) struct Pairs {
    ranks: Ranks,
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
        let this = Self::of_symbols(&merges)?;
        let characters = Characters::new(&merges, &this);
        Ok((this, joints, characters))
    }

    /// left, right and product of each merge.
    fn of_symbols(merges: &[[Symbol; 3]]) -> Result<Self, Unsupported> {
        let ranks: Vec<_> = (0..)
            .zip(merges)
            .filter(|(_, [left, right, _])| *left != UNREACHED && *right != UNREACHED)
            .map(|(rank, &[left, right, _])| (pair(left, right), rank))
            .collect();
        let mut this = Self {
            ranks: Ranks::new(&ranks)?,
            products: Vec::new(),
            bytes: Vec::new(),
        };
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
