// Invariant: for any patterns and log, scan finds what trying every pattern on every line finds,
// and finds the same when the log comes line by line.
#![no_main]

use _native::markers::{Hit, MarkerSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<Vec<u8>>, Vec<u8>)| {
    let (patterns, log) = input;
    let Ok(set) = MarkerSet::new(&patterns) else {
        assert!(
            patterns
                .iter()
                .any(|p| p.is_empty() || p.iter().any(is_ending))
        );
        return;
    };
    let found: Vec<Hit> = set.scan(&log).collect();

    let mut expected = Vec::new();
    let mut by_line = Vec::new();
    let mut start = 0;
    for line in log.split(is_ending) {
        let holds = |p: &Vec<u8>| line.windows(p.len()).any(|window| window == p.as_slice());
        let end = start + line.len();
        expected.extend(patterns.iter().position(holds).map(|pattern| Hit {
            pattern,
            start,
            end,
        }));
        by_line.extend(set.scan(line).map(|hit| Hit {
            start: hit.start + start,
            end: hit.end + start,
            ..hit
        }));
        start = end + 1;
    }
    assert_eq!(found, expected);
    assert_eq!(by_line, expected);
});

fn is_ending(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
