//! The best way to spell a text with pieces, and how many tokens it has.

use super::trie::{Node, Trie};
use super::vocabulary::{Piece, Vocabulary};
use crate::tokens::family::Unsupported;

/// What a character without a piece costs below the worst piece.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Scores beyond this are refused: sums of them would not stay numbers that compare.
const SCORES: f64 = 1e15;

/// Pieces and what happens to text that has none.
#[derive(Debug)]
pub struct Model {
    pieces: Trie,
    unknown: Unknown,
    /// Bytes of the longest piece, at least those of the longest character.
    longest: usize,
}

#[derive(Debug)]
struct Unknown {
    score: f64,
    /// Text that has this piece is unknown, too: the piece of `unk_id`.
    piece: Option<Node>,
    /// Bytes that have a piece; None if unknown text is never spelled by its bytes.
    bytes: Option<[bool; 256]>,
}

/// The best way to a place in the text.
#[derive(Clone, Copy, Debug)]
struct Best {
    /// Less than any other if no way leads here, yet.
    score: f64,
    /// Without those of the row of unknown pieces that ends here: it becomes one, or the tokens of
    /// its bytes, which is known when it is over.
    tokens: usize,
    /// Where that row begins, or [`NO_ROW`].
    row: usize,
    /// All bytes of the row have a piece.
    spelled: bool,
}

const NO_ROW: usize = usize::MAX;

const UNREACHED: Best = Best {
    score: f64::NEG_INFINITY,
    tokens: 0,
    row: NO_ROW,
    spelled: true,
};

const START: Best = Best {
    score: 0.0,
    ..UNREACHED
};

/// Room for the best ways to the places that a piece from here can reach, used again and again.
#[derive(Debug)]
pub struct Paths {
    /// By place modulo length, a power of two. Nothing is reached between two sentences.
    ring: Vec<Best>,
}

impl Model {
    /// # Errors
    ///
    /// The reference would not read it, or fail on texts.
    pub fn new(vocabulary: &Vocabulary<'_>) -> Result<Self, Unsupported> {
        let refuse = |what: &str| Err(Unsupported(format!("Unigram: {what}")));
        let Some(unknown) = vocabulary.unk_id else {
            // The reference fails on every text with an unknown character.
            return refuse("no unk_id");
        };
        let Some((Piece(piece), _)) = vocabulary.pieces.get(unknown) else {
            return refuse("unk_id is no piece");
        };
        let mut later = vocabulary.pieces.iter().skip(unknown + 1);
        if later.any(|(other, _)| other.0 == *piece) {
            // Its text has another id then, and is not unknown: no file is like that.
            return refuse("two unknown pieces");
        }
        let mut pieces: Vec<(&[u8], f64)> = vocabulary
            .pieces
            .iter()
            .map(|(piece, score)| (piece.0.as_bytes(), *score))
            .collect();
        if pieces.iter().any(|(_, score)| score.abs() > SCORES) {
            return refuse("a score is out of range");
        }
        let worst = pieces
            .iter()
            .fold(f64::INFINITY, |worst, (_, score)| score.min(worst));
        // Stable, so that the last of equal ones is the one with the last id.
        pieces.sort_by_key(|(piece, _)| *piece);
        pieces.reverse();
        pieces.dedup_by_key(|(piece, _)| *piece);
        pieces.reverse();
        let longest = pieces.iter().map(|(piece, _)| piece.len()).max();
        let pieces = Trie::new(&pieces)?;
        let bytes = vocabulary.byte_fallback.then(|| {
            let mut bytes = [false; 256];
            for (byte, known) in (0..=u8::MAX).zip(&mut bytes) {
                *known = pieces.find(format!("<0x{byte:02X}>").as_bytes()).is_some();
            }
            bytes
        });
        Ok(Self {
            unknown: Unknown {
                score: worst - UNKNOWN_PENALTY,
                piece: pieces.find(piece.as_bytes()),
                bytes,
            },
            pieces,
            longest: longest.unwrap_or(0).max(4),
        })
    }

    /// Room for [`Model::count`], for one thread at a time.
    pub fn paths(&self) -> Paths {
        Paths {
            ring: vec![UNREACHED; (self.longest + 1).next_power_of_two()],
        }
    }

    /// Tokens of a sentence.
    ///
    /// Sums and comparisons are done in the order of the reference, so that rounding decides alike:
    /// places from left to right, the pieces from each by length, a character without a piece last,
    /// and a way is only given up for one that is better.
    #[allow(
        clippy::indexing_slicing,
        reason = "places are taken modulo the length of the ring"
    )]
    pub fn count(&self, sentence: &[u8], paths: &mut Paths) -> usize {
        let ring = &mut paths.ring[..];
        let mask = ring.len() - 1;
        ring[0] = START;
        let mut start = 0;
        while let Some(&first) = sentence.get(start) {
            let here = ring[start & mask];
            ring[start & mask] = UNREACHED;
            let character_end = start + length(first);
            let mut known = false;
            // The tokens up to here, if a piece that is known comes next.
            let settled = self.settle(here, sentence, start);
            let mut at = self.pieces.start();
            for (end, &byte) in (start + 1..).zip(&sentence[start..]) {
                let Some(node) = self.pieces.next(at, byte) else {
                    break;
                };
                at = node.behind();
                if !node.ends() {
                    continue;
                }
                known |= end == character_end;
                let score = self.pieces.score(node) + here.score;
                let target = &mut ring[end & mask];
                if score <= target.score {
                    continue;
                }
                *target = if Some(node) == self.unknown.piece {
                    let piece = &sentence[start..end];
                    self.unknown.after(here, score, start, piece)
                } else {
                    Best {
                        score,
                        tokens: settled + 1,
                        ..UNREACHED
                    }
                };
            }
            if !known {
                let score = self.unknown.score + here.score;
                let target = &mut ring[character_end & mask];
                if score > target.score {
                    let character = &sentence[start..character_end];
                    *target = self.unknown.after(here, score, start, character);
                }
            }
            start = character_end;
        }
        let end = ring[start & mask];
        ring[start & mask] = UNREACHED;
        self.settle(end, sentence, start)
    }

    /// The tokens up to `end`, with those of the row of unknown pieces that ends there.
    #[inline]
    fn settle(&self, best: Best, sentence: &[u8], end: usize) -> usize {
        if best.row == NO_ROW {
            return best.tokens;
        }
        let row = sentence.get(best.row..end).unwrap_or_default();
        // A row may happen to be a piece, if that has a very bad score.
        let is_piece = || row.len() <= self.longest && self.pieces.find(row).is_some();
        let spelled = self.unknown.bytes.is_some() && best.spelled && !is_piece();
        best.tokens + if spelled { row.len() } else { 1 }
    }

    /// Heap bytes.
    pub fn heap_bytes(&self) -> usize {
        self.pieces.heap_bytes()
    }
}

impl Unknown {
    /// The way `here` with one more unknown piece.
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "every byte has a place")]
    fn after(&self, here: Best, score: f64, start: usize, piece: &[u8]) -> Best {
        let spelled = |bytes: &[bool; 256]| piece.iter().all(|byte| bytes[usize::from(*byte)]);
        Best {
            score,
            tokens: here.tokens,
            row: here.row.min(start),
            spelled: here.spelled && self.bytes.as_ref().is_none_or(spelled),
        }
    }
}

/// Bytes of the character that begins with this one.
#[inline]
fn length(first: u8) -> usize {
    match first {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}
