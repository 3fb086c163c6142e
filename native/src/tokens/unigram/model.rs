//! The best way to spell a text with pieces, and how many tokens it has.

use super::trie::Trie;
use super::vocabulary::{Piece, Vocabulary};
use crate::tokens::family::Unsupported;

/// What a character without a piece costs below the worst piece.
const UNKNOWN_PENALTY: f64 = 10.0;

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
    piece: Vec<u8>,
    /// Bytes that have a piece; None if unknown text is never spelled by its bytes.
    bytes: Option<[bool; 256]>,
}

/// The best way to a place in the text.
///
/// Unknown pieces in a row become one, whose tokens are known where it ends; so they are not yet
/// among `tokens`, and `unknown` says where the row begins.
#[derive(Clone, Copy, Debug)]
struct Best {
    score: f64,
    tokens: usize,
    unknown: Option<Row>,
    /// False: no way leads here, yet.
    reached: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    /// All of its bytes have a piece.
    spelled: bool,
}

const UNREACHED: Best = Best {
    score: 0.0,
    tokens: 0,
    unknown: None,
    reached: false,
};

/// Room for the best ways to the places that a piece from here can reach, used again and again.
#[derive(Debug)]
pub struct Paths {
    /// By place modulo length, a power of two.
    ring: Vec<Best>,
}

impl Model {
    /// # Errors
    ///
    /// The reference would not read it, or fail on texts.
    pub fn new(vocabulary: &Vocabulary<'_>) -> Result<Self, Unsupported> {
        let Some(unknown) = vocabulary.unk_id else {
            // The reference refuses every text with an unknown character.
            return Err(Unsupported("Unigram without unk_id".to_owned()));
        };
        let Some((Piece(piece), _)) = vocabulary.pieces.get(unknown) else {
            return Err(Unsupported("Unigram: unk_id is no piece".to_owned()));
        };
        let later = vocabulary.pieces.iter().skip(unknown + 1);
        if later.into_iter().any(|(other, _)| other.0 == *piece) {
            // Its text has another id then, and is not unknown: no file is like that.
            return Err(Unsupported("Unigram: two unknown pieces".to_owned()));
        }
        let mut pieces: Vec<(&[u8], f64)> = vocabulary
            .pieces
            .iter()
            .map(|(piece, score)| (piece.0.as_bytes(), *score))
            .collect();
        let worst = pieces
            .iter()
            .fold(f64::INFINITY, |worst, (_, score)| score.min(worst));
        // Stable, so that the last of equal ones is the one with the last id.
        pieces.sort_by_key(|(piece, _)| *piece);
        pieces.reverse();
        pieces.dedup_by_key(|(piece, _)| *piece);
        pieces.reverse();
        let longest = pieces.iter().map(|(piece, _)| piece.len()).max();
        let pieces = Trie::new(&pieces);
        let bytes = vocabulary.byte_fallback.then(|| {
            let mut bytes = [false; 256];
            for (byte, known) in (0..=u8::MAX).zip(&mut bytes) {
                *known = pieces.holds(format!("<0x{byte:02X}>").as_bytes());
            }
            bytes
        });
        Ok(Self {
            pieces,
            unknown: Unknown {
                score: worst - UNKNOWN_PENALTY,
                piece: piece.as_bytes().to_vec(),
                bytes,
            },
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
        ring.fill(UNREACHED);
        ring[0].reached = true;
        let mut start = 0;
        while let Some(&first) = sentence.get(start) {
            let here = std::mem::replace(&mut ring[start & mask], UNREACHED);
            let character = length(first);
            let mut known = false;
            // The tokens up to here, if a piece that is known comes next.
            let mut settled = None;
            let mut at = self.pieces.start();
            for (end, &byte) in (start + 1..).zip(&sentence[start..]) {
                let Some((next, score)) = self.pieces.next(at, byte) else {
                    break;
                };
                at = next;
                if score.is_nan() {
                    continue;
                }
                let score = score + here.score;
                let target = &mut ring[end & mask];
                if !target.reached || score > target.score {
                    let piece = &sentence[start..end];
                    *target = if piece == self.unknown.piece {
                        self.unknown.after(here, score, start, piece)
                    } else {
                        let tokens =
                            *settled.get_or_insert_with(|| self.settle(here, sentence, start));
                        Best {
                            score,
                            tokens: tokens + 1,
                            unknown: None,
                            reached: true,
                        }
                    };
                }
                known |= end == start + character;
            }
            let end = start + character;
            if !known {
                let score = self.unknown.score + here.score;
                let target = &mut ring[end & mask];
                if !target.reached || score > target.score {
                    *target = self
                        .unknown
                        .after(here, score, start, &sentence[start..end]);
                }
            }
            start = end;
        }
        self.settle(ring[start & mask], sentence, start)
    }

    /// The tokens up to `end`, with those of the row of unknown pieces that ends there.
    #[inline]
    fn settle(&self, best: Best, sentence: &[u8], end: usize) -> usize {
        let Some(row) = best.unknown else {
            return best.tokens;
        };
        let row_is_piece = || {
            let short = end - row.start <= self.longest;
            short
                && sentence
                    .get(row.start..end)
                    .is_some_and(|row| self.pieces.holds(row))
        };
        let spelled = self.unknown.bytes.is_some() && row.spelled && !row_is_piece();
        best.tokens + if spelled { end - row.start } else { 1 }
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
        let row = here.unknown.unwrap_or(Row {
            start,
            spelled: true,
        });
        let spelled = match &self.bytes {
            Some(bytes) => row.spelled && piece.iter().all(|byte| bytes[usize::from(*byte)]),
            None => false,
        };
        Best {
            score,
            tokens: here.tokens,
            unknown: Some(Row {
                start: row.start,
                spelled,
            }),
            reached: true,
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
