//! Markers in a log: for every line that holds one, the most important one.

use std::fmt;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

/// A line that holds a marker. `start..end` excludes the line's ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The lowest index of all patterns in the line.
    pub pattern: usize,
    /// Offset of the line's first byte.
    pub start: usize,
    /// Offset after the line's last byte.
    pub end: usize,
}

/// Why a list of patterns cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPattern {
    /// It would match every line.
    Empty(usize),
    /// It holds a line ending, so it would match no line.
    LineEnding(usize),
    /// Together they need more memory than the search machine may have.
    TooLarge,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(index) => write!(f, "pattern {index} is empty"),
            Self::LineEnding(index) => write!(f, "pattern {index} contains a line ending"),
            Self::TooLarge => write!(f, "the patterns are too large to search for together"),
        }
    }
}

impl std::error::Error for BadPattern {}

/// Patterns in the order of their priority, ready to be searched for.
#[derive(Clone, Debug)]
pub struct MarkerSet {
    /// Finds the next line that holds anything: only this kind has a SIMD prefilter.
    next: AhoCorasick,
    /// Sees every pattern in a line, those inside one another too.
    every: AhoCorasick,
}

impl MarkerSet {
    /// Prepares a search; an empty list is allowed and matches nothing.
    ///
    /// # Errors
    /// See [`BadPattern`].
    pub fn new<P: AsRef<[u8]>>(patterns: &[P]) -> Result<Self, BadPattern> {
        for (index, pattern) in patterns.iter().enumerate() {
            if pattern.as_ref().is_empty() {
                return Err(BadPattern::Empty(index));
            }
            if line_end(pattern.as_ref()).is_some() {
                return Err(BadPattern::LineEnding(index));
            }
        }
        let build = |kind: MatchKind| {
            AhoCorasickBuilder::new()
                .match_kind(kind)
                .build(patterns)
                .map_err(|_| BadPattern::TooLarge)
        };
        Ok(Self {
            next: build(MatchKind::LeftmostFirst)?,
            every: build(MatchKind::Standard)?,
        })
    }

    /// Every line with a match, in order. Lines end with `\n` or `\r`: progress bars end theirs
    /// with `\r` alone. The last line may lack its ending.
    pub fn scan<'a>(&'a self, lines: &'a [u8]) -> impl Iterator<Item = Hit> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = lines.get(from..)?;
            let first = self.next.find(rest)?;
            let start = line_start(rest.get(..first.start())?);
            let end = match line_end(rest.get(first.end()..)?) {
                Some(length) => first.end() + length,
                None => rest.len(),
            };
            // No pattern starts before the first one, so the line before it needs no second look.
            let pattern = self.lowest(rest.get(first.start()..end)?, first.pattern().as_usize());
            let hit = Hit {
                pattern,
                start: from + start,
                end: from + end,
            };
            from += end;
            Some(hit)
        })
    }

    /// The lowest pattern in a line that is known to hold `known`.
    fn lowest(&self, line: &[u8], known: usize) -> usize {
        let mut lowest = known;
        if lowest == 0 {
            return 0;
        }
        for found in self.every.find_overlapping_iter(line) {
            lowest = lowest.min(found.pattern().as_usize());
            if lowest == 0 {
                break;
            }
        }
        lowest
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', bytes)
}

fn line_start(before: &[u8]) -> usize {
    memchr::memrchr2(b'\n', b'\r', before).map_or(0, |ending| ending + 1)
}
