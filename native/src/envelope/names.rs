//! The keys of one object, each of which may stand once.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::json::{JsonError, Kind, Result};

/// Above this many keys a set is cheaper than comparing with each; a real envelope has 3 to 12.
const FEW: usize = 16;

/// Remembers the keys seen so far, unescaped.
pub(super) struct Names<'a> {
    few: Vec<Cow<'a, [u8]>>,
    /// Randomly keyed, so that a body full of chosen keys costs no more than any other.
    many: HashSet<Cow<'a, [u8]>>,
}

impl<'a> Names<'a> {
    pub fn new() -> Self {
        Self {
            few: Vec::with_capacity(8),
            many: HashSet::new(),
        }
    }

    /// Takes one more key, which stands at `position`; `path` names it in the error.
    pub fn add(&mut self, key: Cow<'a, [u8]>, position: usize, path: &str) -> Result<()> {
        let fresh = if self.few.len() < FEW {
            let fresh = !self.few.contains(&key);
            self.few.push(key);
            fresh
        } else {
            !self.few.contains(&key) && self.many.insert(key)
        };
        if fresh {
            return Ok(());
        }
        Err(JsonError::new(
            Kind::Duplicate,
            "expected each key once, found a key for the second time",
            position,
            path,
        ))
    }
}
