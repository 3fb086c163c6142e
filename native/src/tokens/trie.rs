//! Which strings of a set a text begins with.

/// A trie over bytes, its edges in one hash table.
///
/// A step is one look at a table of eight bytes an edge, and pieces share their beginnings: half a
/// megabyte for 30,000 of them, where tables of the strings themselves are hashed anew for every
/// length that is tried.
pub struct Trie {
    /// Edges at [`place`] or behind it; [`EMPTY`] ends the search. Twice as many slots as edges.
    slots: Vec<Slot>,
    mask: u32,
    nodes: u32,
}

/// From which node by which byte, and to which node; [`ENDS`] set if a string ends there.
#[derive(Clone, Copy)]
struct Slot {
    edge: u32,
    to: u32,
}

/// Nodes have 24 bits in an edge.
const NODES: u32 = 1 << 24;
const ENDS: u32 = 1 << 31;
/// No edge leads to the root.
const EMPTY: Slot = Slot { edge: 0, to: 0 };

impl Trie {
    /// Where every string begins.
    pub const ROOT: u32 = 0;

    /// Of these strings; an empty one counts for nothing. None if there are too many.
    pub fn new<'s>(strings: impl Iterator<Item = &'s [u8]>) -> Option<Self> {
        let mut trie = Self {
            slots: vec![EMPTY; 1 << 10],
            mask: (1 << 10) - 1,
            nodes: 1,
        };
        for string in strings {
            trie.insert(string)?;
        }
        Some(trie)
    }

    fn insert(&mut self, string: &[u8]) -> Option<()> {
        let mut node = Self::ROOT;
        let mut last = None;
        for &byte in string {
            if self.nodes as usize * 2 > self.slots.len() {
                self.grow();
            }
            let edge = node << 8 | u32::from(byte);
            let at = self.slot_of(edge);
            let slot = self.slots.get_mut(at)?;
            if slot.to == EMPTY.to {
                if self.nodes == NODES {
                    return None;
                }
                *slot = Slot {
                    edge,
                    to: self.nodes,
                };
                self.nodes += 1;
            }
            node = slot.to & !ENDS;
            last = Some(at);
        }
        if let Some(slot) = last.and_then(|at| self.slots.get_mut(at)) {
            slot.to |= ENDS;
        }
        Some(())
    }

    fn grow(&mut self) {
        let twice = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; twice]);
        self.mask = self.mask << 1 | 1;
        for slot in old.into_iter().filter(|slot| slot.to != EMPTY.to) {
            let at = self.slot_of(slot.edge);
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }

    /// Where `edge` is, or would be.
    #[inline]
    #[allow(
        clippy::indexing_slicing,
        reason = "masked by the length, a power of two; and a slot in two is empty, so it ends"
    )]
    fn slot_of(&self, edge: u32) -> usize {
        // The upper half of the product: every bit of the edge has a part in it.
        let mut at = (u64::from(edge).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
        loop {
            at &= self.mask;
            let slot = self.slots[at as usize];
            if slot.edge == edge || slot.to == EMPTY.to {
                return at as usize;
            }
            at = at.wrapping_add(1);
        }
    }

    /// What the edge by `byte` leads to, [`ENDS`] included.
    #[inline]
    fn step(&self, node: u32, byte: u8) -> Option<u32> {
        let slot = self.slots.get(self.slot_of(node << 8 | u32::from(byte)))?;
        (slot.to != EMPTY.to).then_some(slot.to)
    }

    /// The node that `bytes` lead to; None if no string begins so.
    pub fn descend(&self, node: u32, bytes: &[u8]) -> Option<u32> {
        bytes
            .iter()
            .try_fold(node, |node, &byte| Some(self.step(node, byte)? & !ENDS))
    }

    /// How many bytes the longest string has that `text` begins with, read on from `node`; 0 if
    /// there is none.
    #[inline]
    pub fn longest(&self, node: u32, text: &[u8]) -> usize {
        let (mut node, mut longest) = (node, 0);
        for (at, &byte) in text.iter().enumerate() {
            let Some(to) = self.step(node, byte) else {
                break;
            };
            if to & ENDS != 0 {
                longest = at + 1;
            }
            node = to & !ENDS;
        }
        longest
    }

    /// Heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        self.slots.len() * size_of::<Slot>()
    }
}
