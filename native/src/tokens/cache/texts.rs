//! Texts and their counts: a ring of bytes, and a table of where each text lies in it.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::sync::Mutex;

use super::hash;
use super::ring::{PAGE, Ring};
use super::try_lock;

/// Places in which a text can be found, side by side.
const WAYS: usize = 4;

/// What a text is, where that makes its count another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word, or a stretch of a piece that is counted as it stands.
    Inner,
    /// A stretch before which something is put, since it is the first.
    First,
    /// A whole piece within a text.
    InnerPiece,
    /// A whole piece at the beginning of a text.
    FirstPiece,
    /// A text as it is escaped in JSON, whole.
    Escaped,
}

/// hash, position in the ring, and what [`describe`] makes of the rest: zeros are no entry.
type Entry = [u64; 3];

/// For one thread.
#[derive(Debug)]
pub(super) struct Texts {
    table: Vec<[Entry; WAYS]>,
    ring: Ring,
}

impl Texts {
    /// Heap bytes at the limit, for a ring of `size`, whose texts are `typical` long.
    pub const fn bytes(size: usize, typical: usize) -> usize {
        size + Self::sets(size, typical) * size_of::<[Entry; WAYS]>()
    }

    /// As many entries as the ring has texts, rounded up.
    const fn sets(size: usize, typical: usize) -> usize {
        (size / typical / WAYS).next_power_of_two()
    }

    pub fn new(size: usize, typical: usize) -> Self {
        Self {
            table: vec![[[0; 3]; WAYS]; Self::sets(size, typical)],
            ring: Ring::new(size),
        }
    }

    /// Makes the kernel give all of the memory now: it comes in pages of 4 kB, and the first text to
    /// write on each would wait for it, a tenth of the time it is counted in.
    pub fn touch(&mut self) {
        let page = PAGE / size_of::<[Entry; WAYS]>();
        for [[hash, ..], ..] in self.table.iter_mut().step_by(page) {
            *hash = black_box(0);
        }
        self.ring.touch();
    }

    /// Keeps nothing.
    pub fn none() -> Self {
        Self {
            table: Vec::new(),
            ring: Ring::new(0),
        }
    }

    /// `key` is any hash of `text`, which is not empty.
    pub fn get(&self, text: &[u8], key: u64, kind: Kind) -> Option<u32> {
        let set = self.table.get(index(key, self.table.len()))?;
        let wanted = describe(text, kind)?;
        set.iter().find_map(|&[entry, position, described]| {
            let found = entry == key
                && described & !COUNT == wanted
                && self.ring.get(position, text.len()) == Some(text);
            found.then_some(count_in(described))
        })
    }

    /// `text` is not yet here.
    pub fn put(&mut self, text: &[u8], key: u64, kind: Kind, count: u32) {
        let at = index(key, self.table.len());
        let (Some(set), Some(described)) = (self.table.get_mut(at), describe(text, kind)) else {
            return;
        };
        if let Some(position) = self.ring.push(text) {
            set.rotate_right(1);
            set[0] = [key, position, described | u64::from(count)];
        }
    }
}

/// The bits of a description in which the count stands; above them 24 for the length, 8 for the kind.
const COUNT: u64 = 0xffff_ffff;

/// None for texts that are too long to be kept.
#[inline]
fn describe(text: &[u8], kind: Kind) -> Option<u64> {
    let length = text.len() as u64;
    (length < 1 << 24).then_some(((kind as u64) << 56) | (length << 32))
}

#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the lower half is the count"
)]
fn count_in(described: u64) -> u32 {
    described as u32
}

#[inline]
fn index(key: u64, sets: usize) -> usize {
    // The upper half: the lower one of a folded product is the weaker.
    usize::try_from(key >> 32).unwrap_or(0) & sets.wrapping_sub(1)
}

/// Counts of whole texts, or of any stretches that are always counted alike.
///
/// What repeats in the serving of language models are prompts, and the beginnings of chats that
/// grow. Kept are the last [`Memory::TEXT`] bytes of them, each text once; one that is longer than
/// an eighth of that is not kept. Safe from many threads; one that cannot look at once does not
/// look. The place of a text depends on a number drawn at random, so that no client can know which
/// texts collide.
#[derive(Debug)]
pub struct Memory {
    texts: Mutex<Option<Texts>>,
    seed: u64,
}

impl Memory {
    /// Bytes of text kept: a few hundred prompts of 32k tokens share their beginnings in it, and
    /// with all else a tokenizer stays under 60 MiB.
    pub const TEXT: usize = 8 << 20;

    /// Texts are expected not to be shorter than this on average; if they are, fewer are kept.
    const TYPICAL: usize = 256;

    /// Bytes of the shortest text that is kept: below it the words that were counted before are as
    /// quick, and many short texts would drive the long ones out.
    pub const SHORTEST: usize = 128;

    /// Heap bytes at the limit.
    pub const BYTES: usize = Texts::bytes(Self::TEXT, Self::TYPICAL);

    /// Nothing is allocated before the first use.
    #[must_use]
    pub fn new() -> Self {
        Self {
            texts: Mutex::new(None),
            seed: RandomState::new().hash_one(0),
        }
    }

    /// All of it is allocated and touched: no request of a server waits for the kernel.
    #[must_use]
    pub fn ready() -> Self {
        let mut texts = Texts::new(Self::TEXT, Self::TYPICAL);
        texts.touch();
        Self {
            texts: Mutex::new(Some(texts)),
            ..Self::new()
        }
    }

    /// What `count` said for `text` before, or says now.
    ///
    /// `count` runs without the lock.
    pub fn count(&self, text: &[u8], kind: Kind, count: impl FnOnce() -> usize) -> usize {
        if text.len() < Self::SHORTEST {
            return count();
        }
        let key = hash::of_bytes(text, self.seed);
        if let Some(known) = self.get(text, key, kind) {
            return known as usize;
        }
        let tokens = count();
        if let (Some(mut texts), Ok(tokens)) = (try_lock(&self.texts), u32::try_from(tokens)) {
            // Another thread may have put it meanwhile: then it stands there twice, for a while.
            texts
                .get_or_insert_with(|| Texts::new(Self::TEXT, Self::TYPICAL))
                .put(text, key, kind, tokens);
        }
        tokens
    }

    /// What [`Memory::count`] would say of `text` without counting.
    #[must_use]
    pub fn recall(&self, text: &[u8], kind: Kind) -> Option<usize> {
        if text.len() < Self::SHORTEST {
            return None;
        }
        let known = self.get(text, hash::of_bytes(text, self.seed), kind)?;
        Some(known as usize)
    }

    fn get(&self, text: &[u8], key: u64, kind: Kind) -> Option<u32> {
        try_lock(&self.texts)?.as_ref()?.get(text, key, kind)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}
