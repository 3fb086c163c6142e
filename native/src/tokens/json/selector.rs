//! Which values of a payload are counted: dotted paths, and what stands at each.

use super::{Found, Sink, Tally, chat, prompt};
use crate::json::{Result, Scanner, Store};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A text, a list of them, or token ids; `special`: with the special tokens around each text.
    Prompt {
        /// Whether the special tokens of the file are counted with each text.
        special: bool,
    },
    /// A chat's list of messages.
    Messages,
    /// A chat's list of tools.
    Tools,
}

/// One path and what stands there.
#[derive(Debug)]
struct Entry {
    path: String,
    want: Want,
}

/// The paths to look for, as a set.
#[derive(Debug)]
pub struct Selector {
    entries: Vec<Entry>,
}

/// A bit for each entry. No API has this many fields that are prompts.
type Mask = u32;

/// Most entries of a selector: the bits of a mask.
pub const MOST_ENTRIES: usize = Mask::BITS as usize;

/// Keys in a path, at most: objects on the way are read by recursion.
pub const MOST_KEYS: usize = 16;

impl Selector {
    /// From paths, of which none may lead to or through another.
    ///
    /// # Errors
    /// A sentence: what is wrong with which path.
    pub fn new(paths: Vec<(String, Want)>) -> std::result::Result<Self, String> {
        if paths.len() > MOST_ENTRIES {
            return Err(format!("expected at most {MOST_ENTRIES} paths"));
        }
        for (at, (path, _)) in paths.iter().enumerate() {
            let keys: Vec<_> = path.split('.').collect();
            if keys.len() > MOST_KEYS || keys.contains(&"") {
                return Err(format!(
                    "not a dotted path of 1 to {MOST_KEYS} keys: {path:?}"
                ));
            }
            let clash = |(other, _): &&(String, Want)| {
                let mut pairs = keys.iter().zip(other.split('.'));
                pairs.all(|(a, b)| *a == b)
            };
            if let Some((other, _)) = paths.iter().take(at).find(clash) {
                return Err(format!(
                    "one path leads through the other: {other:?}, {path:?}"
                ));
            }
        }
        let entries = paths
            .into_iter()
            .map(|(path, want)| Entry { path, want })
            .collect();
        Ok(Self { entries })
    }

    /// What each entry finds in the object at the scanner, which is all that is left to read.
    pub(super) fn find<S: Sink>(
        &self,
        scanner: Scanner<'_>,
        make: impl Fn() -> S,
    ) -> Result<Vec<Option<Found<S>>>> {
        let mut search = Search {
            entries: &self.entries,
            scanner,
            make,
            found: self.entries.iter().map(|_| None).collect(),
            store: Store::default(),
        };
        if search.scanner.peek() != Some(b'{') {
            return Err(search.scanner.value()?.wrong_type("an object", ""));
        }
        let all = self.entries.iter().enumerate();
        search.object(all.fold(0, |mask, (at, _)| mask | 1 << at), 0)?;
        search.scanner.finish()?;
        Ok(search.found)
    }
}

/// A payload that is being read.
struct Search<'a, 'b, S, F> {
    entries: &'a [Entry],
    scanner: Scanner<'b>,
    make: F,
    found: Vec<Option<Found<S>>>,
    /// Texts that wait to be handed on.
    store: Store,
}

impl<S: Sink, F: Fn() -> S> Search<'_, '_, S, F> {
    /// Reads the object at the next byte. `active` entries lead here by their first `depth` keys.
    fn object(&mut self, active: Mask, depth: usize) -> Result<()> {
        self.scanner.enter_object()?;
        while let Some(key) = self.scanner.next_key()? {
            let name = self.scanner.key(key);
            let mut under = 0;
            let mut here = None;
            for (at, entry) in self.entries.iter().enumerate() {
                if active & 1 << at == 0 {
                    continue;
                }
                let mut keys = entry.path.split('.').skip(depth);
                if keys.next().map(str::as_bytes) != Some(name.as_ref()) {
                    continue;
                }
                under |= 1 << at;
                // A second spelling of this key voids what its first one held.
                if let Some(found) = self.found.get_mut(at) {
                    *found = None;
                }
                if keys.next().is_none() {
                    here = Some((at, entry));
                }
            }
            match here {
                Some((at, entry)) => self.entry(at, entry)?,
                None if under != 0 && self.scanner.peek() == Some(b'{') => {
                    self.object(under, depth + 1)?;
                }
                None => {
                    self.scanner.value()?;
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, at: usize, entry: &Entry) -> Result<()> {
        let mut found = Found {
            sink: (self.make)(),
            tally: Tally::default(),
        };
        let (scanner, store, path) = (&mut self.scanner, &mut self.store, &entry.path);
        match entry.want {
            Want::Prompt { special } => prompt::read(scanner, &mut found, store, special, path)?,
            Want::Messages => chat::messages(scanner, &mut found, store, path)?,
            Want::Tools => chat::tools(scanner, &mut found, store, path)?,
        }
        if let Some(place) = self.found.get_mut(at) {
            *place = Some(found);
        }
        Ok(())
    }
}
