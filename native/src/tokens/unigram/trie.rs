//! The pieces of a vocabulary, found by their bytes: a double array.
//!
//! Every prefix of a piece is a node, and a node's children lie at its base plus their byte. No two
//! nodes have the same base, so a node knows whose child it is by its byte alone, and takes four
//! bytes of memory: most of a large vocabulary stays in the second level cache.
#![allow(
    clippy::indexing_slicing,
    reason = "placing nodes: every index is below a length that was just made sure of"
)]

use crate::tokens::family::Unsupported;

/// The byte of a node; with [`USED`] what a child is known by.
const BYTE: u32 = 0xFF;
/// Not a free place.
const USED: u32 = 1 << 8;
/// A piece ends here.
const ENDS: u32 = 1 << 9;
/// Above these bits is the base.
const BASE: u32 = 10;

/// Bytes that can follow a prefix.
const BYTES: usize = 256;

/// Places that bases have bits for: four times what the largest vocabularies need.
const PLACES: usize = 1 << (32 - BASE);

/// Places at the end of the array that are looked through for room: it keeps building linear, and
/// costs a few percent of space.
const WINDOW: usize = 4 * BYTES;

/// Pieces with their scores.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<u32>,
    /// By node; zero where no piece ends.
    scores: Vec<f64>,
    root: At,
}

/// Where a walk along the bytes of a text stands: behind a node, whose children are from here on.
#[derive(Clone, Copy, Debug)]
pub struct At(u32);

/// What a walk comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    place: u32,
    bits: u32,
}

impl Node {
    /// Where the walk goes on.
    #[inline]
    pub fn behind(self) -> At {
        At(self.bits >> BASE)
    }

    /// Whether a piece ends here.
    #[inline]
    pub fn ends(self) -> bool {
        self.bits & ENDS != 0
    }
}

impl Trie {
    /// Of pieces in the order of their bytes, each once.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub fn new(pieces: &[(&[u8], f64)]) -> Result<Self, Unsupported> {
        let mut builder = Builder::new();
        // No text holds the empty piece.
        let pieces = match pieces {
            [([], _), longer @ ..] => longer,
            all => all,
        };
        let mut children = Vec::new();
        let root = builder.place(children_of(pieces, 0, &mut children));
        // Prefixes with their length and the pieces that begin with them.
        let mut open = Vec::new();
        push(&mut open, root, 0, pieces, &children);
        while let Some((place, depth, pieces)) = open.pop() {
            let longer = match pieces {
                [(piece, score), longer @ ..] if piece.len() == depth => {
                    builder.nodes[place] |= ENDS;
                    builder.scores[place] = *score;
                    longer
                }
                all => all,
            };
            let base = builder.place(children_of(longer, depth, &mut children));
            if base >= PLACES {
                return Err(Unsupported("Unigram: too many pieces".to_owned()));
            }
            builder.nodes[place] |= low(base) << BASE;
            push(&mut open, base, depth, longer, &children);
        }
        Ok(Self {
            nodes: builder.nodes,
            scores: builder.scores,
            root: At(low(root)),
        })
    }

    /// At the beginning of a piece.
    #[inline]
    pub fn start(&self) -> At {
        self.root
    }

    /// One byte further.
    #[inline]
    pub fn next(&self, at: At, byte: u8) -> Option<Node> {
        let place = at.0 + u32::from(byte);
        let bits = *self.nodes.get(place as usize)?;
        let is_child = bits & (USED | BYTE) == USED | u32::from(byte);
        is_child.then_some(Node { place, bits })
    }

    /// The score of the piece that ends at a node.
    #[inline]
    pub fn score(&self, node: Node) -> f64 {
        self.scores[node.place as usize]
    }

    /// The node where this piece ends.
    pub fn find(&self, piece: &[u8]) -> Option<Node> {
        let (last, before) = piece.split_last()?;
        let walk = |at: At, byte: &u8| Some(self.next(at, *byte)?.behind());
        let at = before.iter().try_fold(self.start(), walk)?;
        self.next(at, *last).filter(|node| node.ends())
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        size_of::<u32>() * self.nodes.capacity() + size_of::<f64>() * self.scores.capacity()
    }
}

type Open<'p> = (usize, usize, &'p [(&'p [u8], f64)]);

/// The different bytes at `depth` of pieces that are longer than that.
fn children_of<'c>(pieces: &[(&[u8], f64)], depth: usize, children: &'c mut Vec<u8>) -> &'c [u8] {
    children.clear();
    children.extend(groups(pieces, depth).map(|group| group[0].0[depth]));
    children
}

fn push<'p>(
    open: &mut Vec<Open<'p>>,
    base: usize,
    depth: usize,
    pieces: &'p [(&'p [u8], f64)],
    children: &[u8],
) {
    for (byte, group) in children.iter().zip(groups(pieces, depth)) {
        open.push((base + usize::from(*byte), depth + 1, group));
    }
}

fn groups<'p>(
    pieces: &'p [(&'p [u8], f64)],
    depth: usize,
) -> impl Iterator<Item = &'p [(&'p [u8], f64)]> {
    pieces.chunk_by(move |one, next| one.0[depth] == next.0[depth])
}

#[allow(clippy::cast_possible_truncation, reason = "below PLACES")]
fn low(place: usize) -> u32 {
    place as u32
}

struct Builder {
    nodes: Vec<u32>,
    scores: Vec<f64>,
    /// A bit for every place that no node has, 64 to a word.
    free: Vec<u64>,
    /// A bit for every place that is no node's base.
    unbased: Vec<u64>,
}

impl Builder {
    /// Without nodes. 0 is taken as a base: it is that of nodes without children.
    fn new() -> Self {
        Self {
            nodes: Vec::new(),
            scores: Vec::new(),
            free: Vec::new(),
            unbased: vec![!1],
        }
    }

    /// Makes nodes of children, and says at which base; 0 if there are none.
    fn place(&mut self, children: &[u8]) -> usize {
        if children.is_empty() {
            return 0;
        }
        let from = self.nodes.len().saturating_sub(WINDOW + BYTES);
        let room = (from..self.nodes.len()).step_by(64).find_map(|base| {
            let unbased = bits(&self.unbased, base);
            let fits = children.iter().try_fold(unbased, |fits, byte| {
                let fits = fits & bits(&self.free, base + usize::from(*byte));
                (fits != 0).then_some(fits)
            });
            Some(base + fits?.trailing_zeros() as usize)
        });
        let base = room.unwrap_or(self.nodes.len().max(1));
        let end = (base + BYTES).next_multiple_of(64);
        if self.nodes.len() < end {
            self.nodes.resize(end, 0);
            self.scores.resize(end, 0.0);
            self.free.resize(end / 64, u64::MAX);
            self.unbased.resize(end / 64, u64::MAX);
        }
        self.unbased[base / 64] &= !(1 << (base % 64));
        for &byte in children {
            let at = base + usize::from(byte);
            self.nodes[at] = USED | u32::from(byte);
            self.free[at / 64] &= !(1 << (at % 64));
        }
        base
    }
}

/// 64 bits from the one at `at` on; behind the end all are set.
#[inline]
fn bits(words: &[u64], at: usize) -> u64 {
    let word = |at: usize| words.get(at).copied().unwrap_or(u64::MAX);
    let (first, shift) = (at / 64, at % 64);
    // Two shifts: shifting by 64 is none.
    word(first) >> shift | word(first + 1) << 1 << (63 - shift)
}
