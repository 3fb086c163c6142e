//! Where to look: hashes that say nothing about equality.

/// Odd numbers without a pattern: the fractional parts of the square roots of 2, 3, 5 and 7.
const ODD: [u64; 4] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
];

/// Both halves of a product, mixed.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "both halves are taken, one after the other"
)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of a word of up to 16 bytes.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "both halves are taken, one after the other"
)]
pub(super) fn of_packed(word: u128) -> u64 {
    fold(word as u64 ^ ODD[0], (word >> 64) as u64 ^ ODD[1])
}

/// Of two hashes.
#[inline]
pub(super) fn of_two(first: u64, second: u64) -> u64 {
    fold(first ^ ODD[2], second ^ ODD[3])
}

/// The hash of a text, 32 bytes a step in two independent lanes: over 10 GB/s.
#[inline]
pub(super) fn of_bytes(text: &[u8], seed: u64) -> u64 {
    let mut lanes = [seed ^ ODD[0], seed ^ ODD[1]];
    let mut steps = text.chunks_exact(32);
    for step in &mut steps {
        lanes = [
            fold(word(step, 0) ^ ODD[2], word(step, 8) ^ lanes[0]),
            fold(word(step, 16) ^ ODD[3], word(step, 24) ^ lanes[1]),
        ];
    }
    let mut rest = [0; 32];
    let last = steps.remainder();
    if let Some(rest) = rest.get_mut(..last.len()) {
        rest.copy_from_slice(last);
    }
    let first = fold(word(&rest, 0) ^ ODD[2], word(&rest, 8) ^ lanes[0]);
    let second = fold(word(&rest, 16) ^ ODD[3], word(&rest, 24) ^ lanes[1]);
    fold(first ^ text.len() as u64, second ^ ODD[1])
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
