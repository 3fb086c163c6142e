//! What is learned of the merges of a file before any word is counted.

use super::super::cache::Packed;
use super::super::family::Unsupported;
use super::characters::Characters;
use super::joints::Joints;
use super::model::Merges;
use super::pairs::{FIRST, Pairs, Symbol, UNREACHED};
use super::trees::Trees;
use super::vocabulary::{Place, Spelled, Vocabulary};

pub(super) struct Learned {
    pub pairs: Pairs,
    pub joints: Joints,
    pub characters: Characters,
    /// By place, of tokens that are known to be what their own bytes are merged to. Others may be,
    /// too.
    pub whole: Vec<bool>,
}

impl Learned {
    /// # Errors
    ///
    /// A merge is of tokens that are not in the vocabulary, or makes such a one.
    pub fn new(merges: &Merges<'_>, vocabulary: &Vocabulary<'_>) -> Result<Self, Unsupported> {
        Pairs::check(merges.0.len())?;
        let mut wide = Vec::new();
        let merges = in_places(merges, vocabulary, &mut wide)?;
        let symbols = symbols(&merges, vocabulary);
        let symbol = |place: Place| symbols.get(place as usize).copied().unwrap_or(UNREACHED);
        let merges: Vec<_> = merges
            .into_iter()
            .map(|merge| merge.map_or([UNREACHED; 3], |merge| merge.map(symbol)))
            .collect();
        let pairs = Pairs::of_symbols(&merges)?;
        let trees = Trees::new(&merges);
        let by_symbol = trees.map_or_else(Vec::new, |trees| trees.whole(&pairs));
        let is_whole = |symbol: &Symbol| by_symbol.get(*symbol as usize) == Some(&true);
        Ok(Self {
            joints: Joints::new(&wide),
            characters: Characters::new(&merges, &pairs),
            whole: symbols.iter().map(is_whole).collect(),
            pairs,
        })
    }
}

/// By place, the symbol that stands for a token: its byte, or the first merge that makes it.
fn symbols(merges: &[Option<[Place; 3]>], vocabulary: &Vocabulary<'_>) -> Vec<Symbol> {
    let mut symbols = vec![UNREACHED; vocabulary.len()];
    for byte in 0..=u8::MAX {
        let place = vocabulary.get(&[byte]).map(|place| place as usize);
        if let Some(symbol) = place.and_then(|place| symbols.get_mut(place)) {
            *symbol = byte.into();
        }
    }
    for (rank, merge) in (FIRST..).zip(merges) {
        let place = merge.map(|[_, _, product]| product as usize);
        if let Some(symbol) = place.and_then(|place| symbols.get_mut(place)) {
            *symbol = rank.min(*symbol);
        }
    }
    symbols
}

/// Merges whose sides are looked up one right after the other, so that the processor waits for many
/// of them at once.
const TOGETHER: usize = 64;

/// left, right and product of each merge; None for those that no text comes to, which have their
/// rank all the same. Adds those that are of interest to [`Joints`] to `wide`.
fn in_places(
    merges: &Merges<'_>,
    vocabulary: &Vocabulary<'_>,
    wide: &mut Vec<(Box<[u8]>, usize)>,
) -> Result<Vec<Option<[Place; 3]>>, Unsupported> {
    let mut places = Vec::with_capacity(merges.0.len());
    let (mut bytes, mut sides, mut found) = (Vec::new(), Vec::new(), Vec::new());
    // Most files list what merges make in the order of the merges.
    let mut next = 0;
    for merges in merges.0.chunks(TOGETHER) {
        bytes.clear();
        sides.clear();
        sides.extend(merges.iter().map(|(left, right)| {
            let from = bytes.len();
            let left = vocabulary.pack(left, &mut bytes);
            let joint = bytes.len();
            let right = vocabulary.pack(right, &mut bytes);
            ([left, right], [from, joint, bytes.len()])
        }));
        found.clear();
        let short = |side: Option<Packed>| vocabulary.get_short(side?);
        found.extend(sides.iter().map(|(sides, _)| sides.map(short)));
        for (((left, right), found), (_, [from, joint, end])) in
            merges.iter().zip(&found).zip(&sides)
        {
            let place = match both(left, right, *found, vocabulary) {
                Some([Spelled::Bytes(left), Spelled::Bytes(right)]) => {
                    let bytes = bytes.get(*from..*end).unwrap_or_default();
                    if Joints::is_of_interest(bytes, joint - from) {
                        wide.push((bytes.into(), joint - from));
                    }
                    let product = vocabulary.get_near(next, bytes);
                    next = product.map_or(next, |place| place + 1);
                    product.map(|product| Some([left, right, product]))
                }
                Some(_) => vocabulary.spelled(&format!("{left}{right}")).map(|_| None),
                None => None,
            };
            places.push(place.ok_or_else(|| {
                Unsupported(format!("a merge of no tokens: {left:?}, {right:?}"))
            })?);
        }
    }
    Ok(places)
}

/// Both sides of a merge, of which those that are short are found already.
fn both(
    left: &str,
    right: &str,
    [left_short, right_short]: [Option<Place>; 2],
    vocabulary: &Vocabulary<'_>,
) -> Option<[Spelled; 2]> {
    let side = |found: Option<Place>, side: &str| {
        let short = found.map(Spelled::Bytes);
        short.or_else(|| vocabulary.spelled(side))
    };
    Some([side(left_short, left)?, side(right_short, right)?])
}
