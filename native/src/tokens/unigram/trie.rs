//! The pieces of a vocabulary, found by their bytes: a double array.
#![allow(
    clippy::indexing_slicing,
    reason = "placing nodes: every index is below a length that was just made sure of"
)]

/// A prefix of pieces. Its children lie at `base` + their byte, and know it as their parent.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Of the piece that ends here; not a number if none does.
    score: f64,
    base: u32,
    parent: u32,
}

const ROOT: u32 = 0;
const NOBODY: u32 = u32::MAX;
const FREE: Node = Node {
    score: f64::NAN,
    base: 0,
    parent: NOBODY,
};

/// Bytes that can follow a prefix.
const BYTES: usize = 256;

/// Places at the end of the array that are looked through for room: it keeps building linear, and
/// costs a few percent of space.
const WINDOW: usize = 16 * BYTES;

/// Pieces with their scores.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
}

/// Where a walk along the bytes of a text stands.
#[derive(Clone, Copy, Debug)]
pub struct At {
    node: u32,
    base: u32,
}

impl Trie {
    /// Of pieces in the order of their bytes, each once.
    pub fn new(pieces: &[(&[u8], f64)]) -> Self {
        let mut builder = Builder::new();
        let mut children = Vec::new();
        // Prefixes with their length and the pieces that begin with them.
        let mut open = vec![(ROOT, 0, pieces)];
        while let Some((node, depth, pieces)) = open.pop() {
            let pieces = match pieces {
                [(piece, score), rest @ ..] if piece.len() == depth => {
                    builder.nodes[node as usize].score = *score;
                    rest
                }
                all => all,
            };
            let groups = || pieces.chunk_by(|one, next| one.0[depth] == next.0[depth]);
            children.clear();
            children.extend(groups().map(|group| group[0].0[depth]));
            let base = builder.place(node, &children);
            for (byte, group) in children.iter().zip(groups()) {
                open.push((base + u32::from(*byte), depth + 1, group));
            }
        }
        Self {
            nodes: builder.nodes,
        }
    }

    /// At the beginning of a piece.
    #[inline]
    pub fn start(&self) -> At {
        At {
            node: ROOT,
            base: self.nodes[0].base,
        }
    }

    /// One byte further, and the score of the piece that ends there, not a number if none does.
    #[inline]
    pub fn next(&self, at: At, byte: u8) -> Option<(At, f64)> {
        let node = at.base + u32::from(byte);
        let child = self.nodes.get(node as usize)?;
        let next = At {
            node,
            base: child.base,
        };
        (child.parent == at.node).then_some((next, child.score))
    }

    /// Whether these bytes are a piece.
    pub fn holds(&self, piece: &[u8]) -> bool {
        let mut at = (self.start(), f64::NAN);
        for &byte in piece {
            match self.next(at.0, byte) {
                Some(next) => at = next,
                None => return false,
            }
        }
        !at.1.is_nan()
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// A bit for every place that nobody has, 64 to a word.
    free: Vec<u64>,
}

impl Builder {
    /// Nothing but a root, which has itself as its parent, so that its place is not free.
    fn new() -> Self {
        let root = Node {
            parent: ROOT,
            ..FREE
        };
        Self {
            nodes: vec![root],
            free: vec![0],
        }
    }

    /// Finds room for children, given by their bytes in order, and says at which base.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a file of 4 GiB would be needed for as many nodes"
    )]
    fn place(&mut self, node: u32, children: &[u8]) -> u32 {
        let Some((&first, others)) = children.split_first() else {
            return 0;
        };
        let from = self.nodes.len().saturating_sub(WINDOW) / 64;
        let base = (from..self.free.len())
            .flat_map(|word| places(word, self.free[word]))
            .filter_map(|at| at.checked_sub(usize::from(first)))
            .find(|base| {
                others
                    .iter()
                    .all(|byte| self.is_free(base + usize::from(*byte)))
            })
            .unwrap_or(64 * self.free.len());
        let end = (base + BYTES).next_multiple_of(64);
        if self.nodes.len() < end {
            self.nodes.resize(end, FREE);
            self.free.resize(end / 64, u64::MAX);
        }
        for &byte in children {
            let at = base + usize::from(byte);
            self.nodes[at].parent = node;
            self.free[at / 64] &= !(1 << (at % 64));
        }
        self.nodes[node as usize].base = base as u32;
        base as u32
    }

    /// What is behind the end is free, too.
    fn is_free(&self, at: usize) -> bool {
        let word = self.free.get(at / 64);
        word.is_none_or(|word| word >> (at % 64) & 1 == 1)
    }
}

/// The places of the bits in one word.
fn places(word: usize, bits: u64) -> impl Iterator<Item = usize> {
    (0..64)
        .filter(move |bit| bits >> bit & 1 == 1)
        .map(move |bit| 64 * word + bit)
}
