//! Memories of what was counted before: exact, bounded, never waited for.
//!
//! * [`Cache`]: words, for every family
//! * [`Memory`]: whole texts and stretches of them: repeated prompts, chats that grow
//!
//! Every answer is compared with the bytes it was put under, all of them: a hash only says where to
//! look. So a text made to collide costs time, at most that of counting it, and never a wrong count.

mod hash;
mod packed;
mod ring;
mod short;
mod texts;
mod tiny;
mod wide;
mod words;

use std::sync::{Mutex, MutexGuard, TryLockError};

pub use packed::Packed;
pub use short::Short;
pub use texts::{Kind, Memory};
pub use tiny::{Tiny, TinyWord};
pub use words::Words;

/// Threads that have words of their own at once; any more of them count without.
///
/// The event loop, and three that count long texts beside it: more than that are not busy at once
/// on machines whose work is done by a GPU.
const SLOTS: usize = 4;

/// Words and their tokens, for one tokenizer and any number of threads.
///
/// At most [`Cache::BYTES`] are held: a slot is made when a thread first needs it, so a process
/// with one thread holds a quarter of that.
#[derive(Debug, Default)]
pub struct Cache {
    slots: [Mutex<Option<Words>>; SLOTS],
}

impl Cache {
    /// Heap bytes at the limit.
    pub const BYTES: usize = SLOTS * Words::BYTES;

    /// Nothing is allocated before the first use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The words of the first thread are allocated and touched, so that its first text need not wait
    /// for memory.
    #[must_use]
    pub fn ready() -> Self {
        let mut words = Words::new();
        words.touch_all();
        let cache = Self::new();
        if let Some(mut first) = cache.slots.iter().find_map(try_lock) {
            *first = Some(words);
        }
        cache
    }

    /// Gives `work` words that no other thread has now, empty ones that keep nothing if there are
    /// none.
    ///
    /// One call for a whole text: taking the words costs more than looking up a few of them.
    pub fn with<R>(&self, work: impl FnOnce(&mut Words) -> R) -> R {
        match self.slots.iter().find_map(try_lock) {
            Some(mut slot) => work(slot.get_or_insert_with(Words::new)),
            None => work(&mut Words::none()),
        }
    }
}

/// The lock, if nobody has it.
///
/// A thread that panicked while it held words left them usable: each is written whole or not.
fn try_lock<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match lock.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
