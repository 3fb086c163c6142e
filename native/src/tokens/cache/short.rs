//! Short words and their counts: the hottest table of all.

use super::packed::{COUNT, COUNT_MASK, Packed, halves};

/// Entries side by side in one cache line, the newest first; zeros are no entry.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u128; 4]);

/// Short words and their counts, as many as there is room for: what was put is found again until
/// newer words push it out.
#[derive(Debug)]
pub struct Short {
    lines: Vec<Line>,
}

impl Short {
    /// Room for `words` of them, rounded up, in 16 bytes each.
    #[must_use]
    pub fn for_words(words: usize) -> Self {
        Self {
            lines: vec![Line([0; 4]); (words / 4).next_power_of_two()],
        }
    }

    /// Keeps nothing.
    #[must_use]
    pub(super) fn none() -> Self {
        Self { lines: Vec::new() }
    }

    /// Something of where each of these words would be, for the sake of having read it: the
    /// processor waits for all of them at once, and then [`Short::get`] does not wait.
    #[inline]
    #[must_use]
    pub fn touch(&self, places: &[u32]) -> u64 {
        places.iter().fold(0, |touched, &place| {
            let line = self.lines.get(self.line(place));
            touched ^ line.map_or(0, |Line([first, ..])| halves(*first).0)
        })
    }

    /// What was put for this word.
    #[inline]
    #[must_use]
    pub fn get(&self, word: Packed) -> Option<u32> {
        self.get_at(word, word.place())
    }

    /// The same for a word whose place is known.
    ///
    /// A function of its own: within a loop the compiler makes branches of what has none here.
    #[inline(never)]
    #[must_use]
    pub fn get_at(&self, word: Packed, place: u32) -> Option<u32> {
        let Line(entries) = self.lines.get(self.line(place))?;
        // All of them, without a branch: which one it is would be guessed wrong.
        let (low, high) = halves(word.0);
        let found = entries.iter().fold(0, |found, &entry| {
            let (entry_low, entry_high) = halves(entry);
            let differs = (entry_low ^ low) | ((entry_high ^ high) & !COUNT_MASK);
            found | if differs == 0 { entry_high } else { 0 }
        });
        // The length is in it, which is not 0.
        (found != 0).then_some((found >> (COUNT - 64)) as u32 & 15)
    }

    /// Keeps the count of a word; not asked for again as long as [`Short::get`] finds it.
    ///
    /// A count over 15 is not kept: no word of 15 bytes has more tokens, but where letters are
    /// spelled out.
    pub fn put(&mut self, word: Packed, count: u32) {
        let at = self.line(word.place());
        if let (Some(Line(entries)), 0..=15) = (self.lines.get_mut(at), count) {
            entries.rotate_right(1);
            entries[0] = word.0 | u128::from(count) << COUNT;
        }
    }

    /// Heap bytes held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.lines[..])
    }

    #[inline]
    fn line(&self, place: u32) -> usize {
        place as usize & self.lines.len().wrapping_sub(1)
    }
}
