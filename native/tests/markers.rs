//! Markers: facts about lines, and a slow matcher that must agree.

use _native::markers::{BadPattern, Hit, MarkerSet};
use proptest::prelude::*;

fn scan(patterns: &[&[u8]], lines: &[u8]) -> Vec<(usize, usize, usize)> {
    let Ok(set) = MarkerSet::new(patterns) else {
        return vec![(usize::MAX, 0, 0)];
    };
    let tuple = |hit: Hit| (hit.pattern, hit.start, hit.end);
    set.scan(lines).map(tuple).collect()
}

/// The contract, word for word: split into lines, try every pattern in order.
fn naive(patterns: &[Vec<u8>], lines: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut hits = Vec::new();
    let mut start = 0;
    for line in lines.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let holds = |p: &Vec<u8>| line.windows(p.len()).any(|window| window == p.as_slice());
        if let Some(pattern) = patterns.iter().position(holds) {
            hits.push((pattern, start, start + line.len()));
        }
        start += line.len() + 1;
    }
    hits
}

#[test]
fn the_lowest_index_wins_wherever_it_stands_in_the_line() {
    let patterns: [&[u8]; 2] = [b"error", b"ready"];
    assert_eq!(scan(&patterns, b"ready, then error"), [(0, 0, 17)]);
    assert_eq!(scan(&patterns, b"error, then ready"), [(0, 0, 17)]);
    assert_eq!(scan(&patterns, b"ready\nerror\n"), [(1, 0, 5), (0, 6, 11)]);
}

#[test]
fn a_pattern_inside_another_counts() {
    let long: &[u8] = b"BACKENDS_READY_TIMEOUT";
    let short: &[u8] = b"BACKENDS_READY";
    assert_eq!(
        scan(&[long, short], b"x BACKENDS_READY_TIMEOUT"),
        [(0, 0, 24)]
    );
    assert_eq!(
        scan(&[short, long], b"x BACKENDS_READY_TIMEOUT"),
        [(0, 0, 24)]
    );
    assert_eq!(scan(&[long, short], b"x BACKENDS_READY 1"), [(1, 0, 18)]);
    // Overlapping without nesting: the later one has the lower index.
    assert_eq!(scan(&[b"bcd", b"abc"], b"abcd"), [(0, 0, 4)]);
    // Inside, and neither first nor last.
    assert_eq!(scan(&[b"c", b"abcde"], b"abcde"), [(0, 0, 5)]);
}

#[test]
fn lines_end_with_either_byte_and_the_last_may_not_end() {
    let patterns: [&[u8]; 1] = [b"m"];
    assert_eq!(scan(&patterns, b" 10%\r m 20%\r 30%\n"), [(0, 5, 11)]);
    assert_eq!(scan(&patterns, b"m\r\nm"), [(0, 0, 1), (0, 3, 4)]);
    assert_eq!(scan(&patterns, b"\n\nm\n\n"), [(0, 2, 3)]);
    assert_eq!(scan(&patterns, b""), []);
}

#[test]
fn a_pattern_does_not_match_across_lines() {
    assert_eq!(scan(&[b"ab"], b"a\nb a\rb"), []);
}

#[test]
fn no_patterns_match_nothing() {
    assert_eq!(scan(&[], b"anything\n"), []);
}

#[test]
fn patterns_that_cannot_work_are_refused() {
    let refused = |patterns: &[&[u8]]| MarkerSet::new(patterns).err();
    assert_eq!(refused(&[b"a", b""]), Some(BadPattern::Empty(1)));
    assert_eq!(refused(&[b"a\n"]), Some(BadPattern::LineEnding(0)));
    assert_eq!(
        refused(&[b"a", b"b", b"\rc"]),
        Some(BadPattern::LineEnding(2))
    );
}

fn pattern() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&b"ab\xFFc"[..]), 1..5)
}

fn log() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(&b"aaabbbc\xFF\0 \n\r"[..]), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn agrees_with_the_slow_matcher(patterns in prop::collection::vec(pattern(), 0..8), lines in log()) {
        let borrowed: Vec<&[u8]> = patterns.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(scan(&borrowed, &lines), naive(&patterns, &lines));
    }

    #[test]
    fn cutting_a_log_at_line_ends_changes_nothing(patterns in prop::collection::vec(pattern(), 1..8), lines in log()) {
        let borrowed: Vec<&[u8]> = patterns.iter().map(Vec::as_slice).collect();
        let mut pieces = Vec::new();
        let mut offset = 0;
        for piece in lines.split_inclusive(|byte| *byte == b'\n') {
            let moved = |(index, start, end)| (index, start + offset, end + offset);
            pieces.extend(scan(&borrowed, piece).into_iter().map(moved));
            offset += piece.len();
        }
        prop_assert_eq!(pieces, scan(&borrowed, &lines));
    }
}
