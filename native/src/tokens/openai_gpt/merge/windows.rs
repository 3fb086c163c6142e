//! Long words, in time that grows with them: merged a window of characters at a time.
//!
//! That is exact where every two neighbours among the tokens found come out as just those two when
//! merged by themselves. For suppose that, in the whole word, some merge reached across the border
//! between two of the tokens, and take the first that does. Until then each of the two was merged
//! within itself, in the order that it has alone; so the same merge would come when the two are
//! merged by themselves, and it does not. Neighbours found within one window are such: nothing
//! reached across them there. Those where two windows meet are tried.

use super::at_once;
use crate::tokens::openai_gpt::merges::Merges;

/// Characters of a window: twice the longest tokens of the vocabularies there are; then, for any
/// that has longer ones.
const WINDOWS: [usize; 2] = [64, 256];

/// How often a token is taken back because of what follows it, before another way is taken; and
/// once more for every [`PATIENCE_CHARACTERS`] of the word.
const PATIENCE: usize = 8;
const PATIENCE_CHARACTERS: usize = 1024;

/// Buffers.
#[derive(Default)]
pub struct Windows {
    window: Found,
    pair: Found,
    /// Where the tokens found so far begin.
    begins: Vec<usize>,
}

/// The tokens of a few characters.
#[derive(Default)]
struct Found {
    tokens: Vec<u32>,
    ranks: Vec<u32>,
    /// Where each begins.
    begins: Vec<usize>,
}

impl Found {
    fn merge(&mut self, characters: &[u32], merges: &Merges) -> &[usize] {
        self.tokens.clear();
        self.tokens.extend(characters);
        self.begins.clear();
        self.begins.extend(0..characters.len());
        let begins = &mut self.begins;
        at_once(&mut self.tokens, &mut self.ranks, merges, |gone| {
            begins.remove(gone);
        });
        begins
    }
}

impl Windows {
    /// The number of tokens that a word's characters become; None if no window is wide enough, or
    /// the word too often looks different from one window to the next.
    pub fn count(&mut self, characters: &[u32], merges: &Merges) -> Option<usize> {
        WINDOWS
            .iter()
            .find_map(|&width| self.by(width, characters, merges))
    }

    fn by(&mut self, width: usize, characters: &[u32], merges: &Merges) -> Option<usize> {
        let mut patience = PATIENCE + characters.len() / PATIENCE_CHARACTERS;
        self.begins.clear();
        let mut at = 0;
        loop {
            let end = characters.len().min(at + width);
            let found = self.window.merge(characters.get(at..end)?, merges);
            if let Some(&before) = self.begins.last() {
                let second = found.get(1).map_or(end, |begin| at + begin);
                let pair = self.pair.merge(characters.get(before..second)?, merges);
                if pair != [0, at - before] {
                    patience = patience.checked_sub(1)?;
                    at = self.begins.pop()?;
                    continue;
                }
            }
            if end == characters.len() {
                return Some(self.begins.len() + found.len());
            }
            // The tokens at the end of a window may change with what follows.
            let sure = width - width / 4;
            let kept = found.iter().take_while(|&&begin| begin <= sure).count() - 1;
            let next = *found.get(kept)?;
            if next == 0 {
                return None;
            }
            let begins = found.iter().take(kept).map(|begin| at + begin);
            self.begins.extend(begins);
            at += next;
        }
    }
}
