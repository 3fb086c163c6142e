//! What the reference's regex engine takes each character for.
//! Written by native/tables/onig.py from tokenizers 0.23.3; `make tables`.

use super::Table;

/// The class of each character, a number below 9, in the order of [`SIGNS`].
pub static CLASSES: Table = Table {
    index: &INDEX,
    blocks: &BLOCKS,
};

/// Upper and title case, lower case, other letters, marks, numbers, white space, punctuation,
/// symbols, and none of these.
pub const SIGNS: [u8; 9] = *b"Ulomnspy.";

/// Numbers that the engine does not know yet, but the pre-tokeniser `Digits`.
pub const LATER_NUMBERS: [std::ops::RangeInclusive<char>; 2] =
    ['\u{11de0}'..='\u{11de9}', '\u{16ff4}'..='\u{16ff6}'];

static BLOCKS: [[u8; 256]; 154] = numbered(SPELLED);

/// Signs to numbers.
#[allow(clippy::indexing_slicing, reason = "at compile time")]
#[allow(clippy::cast_possible_truncation, reason = "there are few signs")]
const fn numbered<const N: usize>(mut blocks: [[u8; 256]; N]) -> [[u8; 256]; N] {
    let mut at = 0;
    while at < N * 256 {
        let sign = &mut blocks[at / 256][at % 256];
        let mut class = 0;
        while SIGNS[class] != *sign {
            class += 1;
        }
        *sign = class as u8;
        at += 1;
    }
    blocks
}

#[rustfmt::skip]
static INDEX: [u8; 4352] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 17, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 32, 33, 34, 35, 33, 33, 36, 33, 37, 33, 38, 39, 40, 41, 42,
    43, 44, 45, 33, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 46, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 47, 17, 48, 49, 50, 51, 52, 53, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 54, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 17, 56, 57, 17, 58, 59, 60,
    61, 62, 63, 64, 65, 66, 17, 67, 68, 69, 70, 71, 72, 73, 74, 75,
    76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91,
    17, 17, 17, 92, 93, 94, 55, 55, 55, 55, 55, 55, 55, 55, 55, 95,
    17, 17, 17, 17, 96, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 97, 17, 17, 98, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 99, 55, 55, 55, 55, 55, 55, 17, 17, 100, 101, 55, 102, 103, 104,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 105, 17, 17, 17, 17, 106, 107, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 108,
    17, 109, 110, 55, 55, 55, 55, 55, 55, 55, 55, 55, 111, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 112, 33, 113, 114,
    115, 116, 117, 118, 119, 120, 121, 122, 33, 33, 123, 55, 55, 55, 55, 124,
    125, 126, 127, 55, 128, 129, 55, 130, 131, 132, 55, 55, 133, 134, 135, 55,
    136, 137, 138, 33, 33, 33, 139, 140, 141, 33, 142, 143, 55, 55, 55, 55,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 144, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 145, 146, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 147, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 148, 17, 17, 149, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 17, 17, 150, 55, 55, 55, 55, 55,
    17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 151, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17, 17,
    17, 17, 17, 152, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 153, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
    55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55,
];

#[rustfmt::skip]
#[allow(clippy::large_const_arrays, reason = "only the numbers are in the program")]
const SPELLED: [[u8; 256]; 154] = [
    *b".........sssss..................spppyppppppyppppnnnnnnnnnnppyyyp\
      pUUUUUUUUUUUUUUUUUUUUUUUUUUpppypyllllllllllllllllllllllllllpypy.\
      .....s..........................spyyyyypyyopy.yyyynnylppynopnnnp\
      UUUUUUUUUUUUUUUUUUUUUUUyUUUUUUUllllllllllllllllllllllllyllllllll",
    *b"UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUllUlUlUlU\
      lUlUlUlUllUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUUlUlUll\
      lUUlUlUUlUUUllUUUUlUUlUUUlllUUlUUlUlUlUUlUllUlUUlUUUlUlUUlloUlll\
      ooooUUlUUlUUlUlUlUlUlUlUlUlUllUlUlUlUlUlUlUlUlUllUUlUlUUUlUlUlUl",
    *b"UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlllllllUUlUUl\
      lUlUUUUlUlUlUlUlllllllllllllllllllllllllllllllllllllllllllllllll\
      llllllllllllllllllllollllllllllllllllllllllllllloooooooooooooooo\
      ooyyyyooooooooooooyyyyyyyyyyyyyyoooooyyyyyyyoyoyyyyyyyyyyyyyyyyy",
    *b"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmUlUloyUl..olllpU\
      ....yyUpUUU.U.UUlUUUUUUUUUUUUUUUUU.UUUUUUUUUllllllllllllllllllll\
      lllllllllllllllUllUUUlllUlUlUlUlUlUlUlUlUlUlUlUlllllUlyUlUUllUUU",
    *b"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllll\
      llllllllllllllllllllllllllllllllUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UlymmmmmmmUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UUlUlUlUlUlUlUllUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl",
    *b"UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl.UUUUUUUUUUUUUUU\
      UUUUUUUUUUUUUUUUUUUUUUU..oppppppllllllllllllllllllllllllllllllll\
      lllllllllpp..yyy.mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmpm\
      pmmpmmpm........ooooooooooooooooooooooooooo....oooopp...........",
    *b"......yyyppyppyymmmmmmmmmmmp.pppoooooooooooooooooooooooooooooooo\
      ooooooooooommmmmmmmmmmmmmmmmmmmmnnnnnnnnnnppppoomooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooopommmmmmm.ymmmmmmoommymmmmoonnnnnnnnnnoooyyo",
    *b"pppppppppppppp..omoooooooooooooooooooooooooooooommmmmmmmmmmmmmmm\
      mmmmmmmmmmm..ooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooommmmmmmmmmmo..............\
      nnnnnnnnnnooooooooooooooooooooooooooooooooommmmmmmmmooypppo..myy",
    *b"oooooooooooooooooooooommmmommmmmmmmmommmommmmm..ppppppppppppppp.\
      ooooooooooooooooooooooooommm..p.ooooooooooo.....oooooooooooooooo\
      ooooooooyoooooo........mmmmmmmmmoooooooooooooooooooooooooooooooo\
      oooooooooommmmmmmmmmmmmmmmmmmmmmmm.mmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
    *b"mmmmoooooooooooooooooooooooooooooooooooooooooooooooooooooommmomm\
      mmmmmmmmmmmmmmmmommmmmmmoooooooooommppnnnnnnnnnnpooooooooooooooo\
      ommm.oooooooo..oo..oooooooooooooooooooooo.ooooooo.o...oooo..momm\
      mmmmm..mm..mmmo........m....oo.ooomm..nnnnnnnnnnooyynnnnnnyyopm.",
    *b".mmm.oooooo....oo..oooooooooooooooooooooo.ooooooo.oo.oo.oo..m.mm\
      mmm....mm..mmm...m.......oooo.o.......nnnnnnnnnnmmooomp.........\
      .mmm.ooooooooo.ooo.oooooooooooooooooooooo.ooooooo.oo.ooooo..momm\
      mmmmmm.mmm.mmm..o...............oomm..nnnnnnnnnnpy.......ommmmmm",
    *b".mmm.oooooooo..oo..oooooooooooooooooooooo.ooooooo.oo.ooooo..momm\
      mmmmm..mm..mmm.......mmm....oo.ooomm..nnnnnnnnnnyonnnnnn........\
      ..mo.oooooo...ooo.oooo...oo.o.oo...oo...ooo...oooooooooooo....mm\
      mmm...mmm.mmmm..o......m..............nnnnnnnnnnnnnyyyyyyyy.....",
    *b"mmmmmoooooooo.ooo.ooooooooooooooooooooooo.oooooooooooooooo..momm\
      mmmmm.mmm.mmmm.......mm.ooo..o..oomm..nnnnnnnnnn.......pnnnnnnny\
      ommmpoooooooo.ooo.ooooooooooooooooooooooo.oooooooooo.ooooo..momm\
      mmmmm.mmm.mmmm.......mm......oo.oomm..nnnnnnnnnn.oom............",
    *b"mmmmooooooooo.ooo.ooooooooooooooooooooooooooooooooooooooooommomm\
      mmmmm.mmm.mmmmoy....ooomnnnnnnnooomm..nnnnnnnnnnnnnnnnnnnyoooooo\
      .mmm.oooooooooooooooooo...oooooooooooooooooooooooo.ooooooooo.o..\
      ooooooo...m....mmmmmm.m.mmmmmmmm......nnnnnnnnnn..mmp...........",
    *b".oooooooooooooooooooooooooooooooooooooooooooooooomoommmmmmm....y\
      ooooooommmmmmmmpnnnnnnnnnnpp....................................\
      .oo.o.ooooo.oooooooooooooooooooooooo.o.oooooooooomoommmmmmmmmo..\
      ooooo.o.mmmmmmm.nnnnnnnnnn..oooo................................",
    *b"oyyypppppppppppppppypyyymmyyyyyynnnnnnnnnnnnnnnnnnnnymymymppppmm\
      oooooooo.oooooooooooooooooooooooooooooooooooo....mmmmmmmmmmmmmmm\
      mmmmmpmmooooommmmmmmmmmm.mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm.yy\
      yyyyyymyyyyyy.yypppppyyyypp.....................................",
    *b"ooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmmmmmmmmo\
      nnnnnnnnnnppppppoooooommmmoooommmommmoommmmmmmooommmmooooooooooo\
      oommmmmmmmmmmmomnnnnnnnnnnmmmmyyUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\
      UUUUUU.U.....U..lllllllllllllllllllllllllllllllllllllllllllpolll",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooo.oooo..ooooooo.o.oooo..oooooooooooooooooooooooooooooooo\
      ooooooooo.oooo..ooooooooooooooooooooooooooooooooo.oooo..ooooooo.\
      o.oooo..ooooooooooooooo.oooooooooooooooooooooooooooooooooooooooo",
    *b"ooooooooooooooooo.oooo..oooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooo..mmmpppppppppnnnnnnnnnnnnnnnnnnnn...\
      ooooooooooooooooyyyyyyyyyy......UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\
      UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU..llllll..",
    *b"pooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooypooooooooooooooooo\
      soooooooooooooooooooooooooopp...oooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooopppnnnoooooooo.......",
    *b"oooooooooooooooooommmm.........ooooooooooooooooooommmpp.........\
      oooooooooooooooooomm............ooooooooooooo.ooo.mm............\
      oooooooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmm\
      mmmmmmmmmmmmmmmmmmmmpppopppyom..nnnnnnnnnn......nnnnnnnnnn......",
    *b"pppppppppppmmm.mnnnnnnnnnn......oooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.......\
      ooooommoooooooooooooooooooooooooooooooooomo.....oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooo..........",
    *b"ooooooooooooooooooooooooooooooo.mmmmmmmmmmmm....mmmmmmmmmmmm....\
      y...ppnnnnnnnnnnoooooooooooooooooooooooooooooo..ooooo...........\
      oooooooooooooooooooooooooooooooooooooooooooo....oooooooooooooooo\
      oooooooooo......nnnnnnnnnnn...yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"ooooooooooooooooooooooommmmm..ppoooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooommmmmmmmmm.mmmmmmmmmmmmmmmmmmmmmmmmmmmmm..m\
      nnnnnnnnnn......nnnnnnnnnn......pppppppopppppp..mmmmmmmmmmmmmmmm\
      mmmmmmmmmmmmmmm.................................................",
    *b"mmmmmooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmm\
      mmmmmoooooooo.ppnnnnnnnnnnpppppppyyyyyyyyyymmmmmmmmmyyyyyyyyyppp\
      mmmoooooooooooooooooooooooooooooommmmmmmmmmmmmoonnnnnnnnnnoooooo\
      oooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmm........pppp",
    *b"oooooooooooooooooooooooooooooooooooommmmmmmmmmmmmmmmmmmm...ppppp\
      nnnnnnnnnn...ooonnnnnnnnnnoooooooooooooooooooooooooooooooooooopp\
      lllllllllUl.....UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU..UUU\
      pppppppp........mmmpmmmmmmmmmmmmmmmmmmmmmoooomoooooomoommmo.....",
    *b"lllllllllllllllllllllllllllllllllllllllllllloooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooolllllllllllllolllllll\
      lllllllllllllllllllllllllllooooooooooooooooooooooooooooooooooooo\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
    *b"UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UlUlUlUlUlUlUlUlUlUlUlllllllllUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl",
    *b"llllllllUUUUUUUUllllll..UUUUUU..llllllllUUUUUUUUllllllllUUUUUUUU\
      llllll..UUUUUU..llllllll.U.U.U.UllllllllUUUUUUUUllllllllllllll..\
      llllllllUUUUUUUUllllllllUUUUUUUUllllllllUUUUUUUUlllll.llUUUUUyly\
      yylll.llUUUUUyyyllll..llUUUU.yyyllllllllUUUUUyyy..lll.llUUUUUyy.",
    *b"sssssssssss.....ppppppppppppppppppppppppss.....spppppppppppppppp\
      ppppypppppppppppppypppppppppppps................no..nnnnnnyyyppo\
      nnnnnnnnnnyyypp.ooooooooooooo...yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      y...............mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm...............",
    *b"yyUyyyyUyylUUUllUUUlyUyyyUUUUUyyyyyyUyUyUyUUUUylUUUUloooolyyllUU\
      yyyyyUllllyyyylynnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\
      nnnUlnnnnnyy....yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"yyyyyyyyppppyyyyyyyyyyyyyyyyyyyyyyyyyyyyyppyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy......................\
      yyyyyyyyyyy.....................nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\
      nnnnnnnnnnnnnnnnnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyynnnnnnnnnnnnnnnnnnnnnn",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyppppppppppppppnnnnnnnnnn\
      nnnnnnnnnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyppyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyppppppppppyyyyyyyyyyyyyyyy",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyppppppppppppppppppppppyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyppppyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyppyy",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..yyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllll\
      llllllllllllllllllllllllllllllllUlUUUllUlUlUlUUUUlUllUllllllooUU\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUl\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUllyyyyyyUlUlmmmUl.....ppppnpp",
    *b"llllllllllllllllllllllllllllllllllllll.l.....l..oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooo.......op..............m\
      ooooooooooooooooooooooo.........ooooooo.ooooooo.ooooooo.ooooooo.\
      ooooooo.ooooooo.ooooooo.ooooooo.mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
    *b"pppppppppppppppppppppppppppppppppppppppppppppppopppppppppppppppp\
      ppppppppppppppppyypppppppppppp..................................\
      yyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy............",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyy..........................yyyyyyyyyyyyyyyy",
    *b"spppyoonppppppppppyyppppppppppppynnnnnnnnnmmmmmmpoooooyynnnoopyy\
      .ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooo..mmyyooopooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooopoooo",
    *b".....ooooooooooooooooooooooooooooooooooooooooooo.ooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooo.yynnnnyyyyyyyyyyoooooooooooooooooooooooooooooooo\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.........yoooooooooooooooo",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.nnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyynnnnnnnnynnnnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      nnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyynnnnnnnnnnnnnnn\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooo...yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyy.........oooooooooooooooooooooooooooooooooooooooooooooopp",
    *b"ooooooooooooopppoooooooooooooooonnnnnnnnnnoo....................\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlommmmpmmmmmmmmmmpo\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUloommoooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooonnnnnnnnnnmmpppppp........",
    *b"yyyyyyyyyyyyyyyyyyyyyyyoooooooooyyUlUlUlUlUlUlUlllUlUlUlUlUlUlUl\
      UlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlUlollllllllUlUlUUl\
      UlUlUlUloyyUlUloUlUlllUlUlUlUlUlUlUlUlUlUlUUUUUlUUUUUlUlUlUlUlUl\
      UlUlUUUUlUlUUl..Ul.l.lUlUlUlU.....................oooUlooolooooo",
    *b"oomooomoooomooooooooooooooooooooooommmmmyyyym...nnnnnnyyyy......\
      oooooooooooooooooooooooooooooooooooooooooooooooooooopppp........\
      mmoooooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmm\
      mmmmmm........ppnnnnnnnnnn......mmmmmmmmmmmmmmmmmmoooooopppopoom",
    *b"nnnnnnnnnnoooooooooooooooooooooooooooommmmmmmmppoooooooooooooooo\
      ooooooommmmmmmmmmmmm...........pooooooooooooooooooooooooooooo...\
      mmmmooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmm\
      mppppppppppppp.onnnnnnnnnn....ppooooomoooooooooonnnnnnnnnnooooo.",
    *b"ooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmm.........\
      ooomoooooooomm..nnnnnnnnnn..ppppoooooooooooooooooooooooyyyommmoo\
      oooooooooooooooooooooooooooooooooooooooooooooooomommmoommooooomm\
      omo........................oooppooooooooooommmmmppooomm.........",
    *b".oooooo..oooooo..oooooo.........ooooooo.ooooooo.llllllllllllllll\
      lllllllllllllllllllllllllllyoooollllllllloyy....llllllllllllllll\
      llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll\
      ooooooooooooooooooooooooooooooooooommmmmmmmpmm..nnnnnnnnnn......",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooo............oooooooooooooooo\
      ooooooo....ooooooooooooooooooooooooooooooooooooooooooooooooo....",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooo..oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooo......................................",
    *b"lllllll............lllll.....omooooooooooyooooooooooooo.ooooo.o.\
      oo.oo.oooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooyyyyyyyyyyyyyy\
      yyy................ooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooopp\
      yyyyyyyyyyyyyyyyoooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooo..oooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooo.......y................................ooooooooooooyyyy",
    *b"mmmmmmmmmmmmmmmmpppppppppp......mmmmmmmmmmmmmmmmpppppppppppppppp\
      ppppppppppppppppppp.ppppppppppppppypyyy.pypp....ooooo.oooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo...",
    *b".pppyppppppyppppnnnnnnnnnnppyyyppUUUUUUUUUUUUUUUUUUUUUUUUUUpppyp\
      yllllllllllllllllllllllllllpypypppppppoooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.\
      ..oooooo..oooooo..oooooo..ooo...yyyyyyy.yyyyyyy.............yy..",
    *b"oooooooooooo.oooooooooooooooooooooooooo.ooooooooooooooooooo.oo.o\
      oooooooooooooo..oooooooooooooo..................................\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.....",
    *b"ppp....nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...yyyyyyyyy\
      nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnyyyyyyy\
      yyyyyyyyyynnyyy.yyyyyyyyyyyyy...y...............................\
      ................yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyym..",
    *b"................................................................\
      ................................................................\
      ooooooooooooooooooooooooooooo...oooooooooooooooooooooooooooooooo\
      ooooooooooooooooo...............mnnnnnnnnnnnnnnnnnnnnnnnnnnn....",
    *b"oooooooooooooooooooooooooooooooonnnn.........ooooooooooooooooooo\
      onoooooooon.....oooooooooooooooooooooooooooooooooooooommmmm.....\
      oooooooooooooooooooooooooooooo.poooooooooooooooooooooooooooooooo\
      oooo....oooooooopnnnnn..........................................",
    *b"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllll\
      lllllllllllllllloooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooo..nnnnnnnnnn......UUUUUUUUUUUUUUUU\
      UUUUUUUUUUUUUUUUUUUU....llllllllllllllllllllllllllllllllllll....",
    *b"oooooooooooooooooooooooooooooooooooooooo........oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooo...........pUUUUUUUUUUU.UUUU\
      UUUUUUUUUUU.UUUUUUU.UU.lllllllllll.lllllllllllllll.lllllll.ll...\
      oooooooooooooooooooooooooooooooooooooooooooooooooooo............",
    *b"ooooooooooooooooooooooooooooooooooooooooooooooooooooooo.........\
      oooooooooooooooooooooo..........oooooooo........................\
      oooooo.oooooooooooooooooooooooooooooooooooooooooo.ooooooooo.....\
      ................................................................",
    *b"oooooo..o.oooooooooooooooooooooooooooooooooooooooooooo.oo...o..o\
      oooooooooooooooooooooo.pnnnnnnnnoooooooooooooooooooooooyynnnnnnn\
      ooooooooooooooooooooooooooooooo........nnnnnnnnn................\
      ................................ooooooooooooooooooo.oo.....nnnnn",
    *b"oooooooooooooooooooooonnnnnn...poooooooooooooooooooooooooo.....p\
      ................................................................\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooo....nnoo\
      nnnnnnnnnnnnnnnn..nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
    *b"ommm.mm.....mmmmoooo.ooo.ooooooooooooooooooooooooooooo..mmm....m\
      nnnnnnnnn.......ppppppppp.......ooooooooooooooooooooooooooooonnp\
      ooooooooooooooooooooooooooooonnn................................\
      ooooooooyoooooooooooooooooooooooooooomm....nnnnnppppppp.........",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooo...ppppppp\
      oooooooooooooooooooooo..nnnnnnnnooooooooooooooooooo.....nnnnnnnn\
      oooooooooooooooooo.......pppp............nnnnnnn................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooo.......................................................\
      UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU.............\
      lllllllllllllllllllllllllllllllllllllllllllllllllll.......nnnnnn",
    *b"oooooooooooooooooooooooooooooooooooommmm........nnnnnnnnnn......\
      nnnnnnnnnnooooooUUUUUUUUUUUUUUUUUUUUUU...mmmmmpollllllllllllllll\
      llllll........yy................................................\
      ................................................................",
    *b"................................................................\
      ................................nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.\
      oooooooooooooooooooooooooooooooooooooooooo.mmp..oo..............\
      ..ooo.......................................................mmmm",
    *b"ooooooooooooooooooooooooooooonnnnnnnnnno........oooooooooooooooo\
      oooooommmmmmmmmmmnnnnppppp......................oooooooooooooooo\
      oommmmpppp......................................oooooooooooooooo\
      ooooonnnnnnn....................ooooooooooooooooooooooo.........",
    *b"mmmooooooooooooooooooooooooooooooooooooooooooooooooooooommmmmmmm\
      mmmmmmmppppppp....nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnmoommo.........m\
      mmmooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmpp.pp\
      ppm.............ooooooooooooooooooooooooo.......nnnnnnnnnn......",
    *b"mmmoooooooooooooooooooooooooooooooooooommmmmmmmmmmmmm.nnnnnnnnnn\
      ppppommo........ooooooooooooooooooooooooooooooooooomppo.........\
      mmmoooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmm\
      mooooppppmmmmpmmnnnnnnnnnnopoppp.nnnnnnnnnnnnnnnnnnnn...........",
    *b"oooooooooooooooooo.ooooooooooooooooooooooooommmmmmmmmmmmppppppmo\
      om..............................................................\
      ooooooo.o.oooo.ooooooooooooooo.oooooooooop......oooooooooooooooo\
      ooooooooooooooooooooooooooooooommmmmmmmmmmm.....nnnnnnnnnn......",
    *b"mmmm.oooooooo..oo..oooooooooooooooooooooo.ooooooo.oo.ooooo.mmomm\
      mmmmm..mm..mmm..o......m.....ooooomm..mmmmmmm...mmmmm...........\
      oooooooooo.o..o.oooooooooooooooooooooooooooooooooooooo.ommmmmmmm\
      m.m..m.mmmm.mmmmmomopp.pp........mm.............................",
    *b"ooooooooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmm\
      mmmmmmmoooopppppnnnnnnnnnnpp.pmooo..............................\
      oooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmmmm\
      mmmmoopo........nnnnnnnnnn......................................",
    *b"................................................................\
      ................................................................\
      ooooooooooooooooooooooooooooooooooooooooooooooommmmmmm..mmmmmmmm\
      mpppppppppppppppppppppppoooomm..................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmmmm\
      mpppo...........nnnnnnnnnn......ppppppppppppp...................\
      ooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmop......\
      nnnnnnnnnn......nnnnnnnnnnnnnnnnnnnn............................",
    *b"ooooooooooooooooooooooooooo..mmmmmmmmmmmmmmm....nnnnnnnnnnnnpppy\
      ooooooo.........................................................\
      ................................................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooommmmmmmmmmmmmmmp....\
      ................................................................\
      ................................UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\
      llllllllllllllllllllllllllllllllnnnnnnnnnnnnnnnnnnn............o",
    *b"ooooooo..o..oooooooo.oo.oooooooooooooooooooooooommmmmm.mm..mmmmo\
      mommppp.........nnnnnnnnnn......................................\
      ................................oooooooo..oooooooooooooooooooooo\
      ooooooooooooooooommmmmmm..mmmmmmmopom...........................",
    *b"ommmmmmmmmmoooooooooooooooooooooooooooooooooooooooommmmmmmommmmp\
      pppppppm........ommmmmmmmmmmoooooooooooooooooooooooooooooooooooo\
      oooooooooommmmmmmmmmmmmmmmpppoppppp.............oooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.......",
    *b"pppppppppp......................................................\
      ................................................................\
      ................................................................\
      ooooooooooooooooooooooooooooooooop..............nnnnnnnnnn......",
    *b"ooooooooo.ooooooooooooooooooooooooooooooooooooommmmmmmm.mmmmmmmm\
      oppppp..........nnnnnnnnnnnnnnnnnnnnnnnnnnnnn...ppoooooooooooooo\
      oooooooooooooooo..mmmmmmmmmmmmmmmmmmmmmm.mmmmmmmmmmmmmm.........\
      ................................................................",
    *b"ooooooo.oo.oooooooooooooooooooooooooooooooooooooommmmmm...m.mm.m\
      mmmmmmom........nnnnnnnnnn......oooooo.oo.oooooooooooooooooooooo\
      oooooooooommmmm.mm.mmmmmo.......nnnnnnnnnn......................\
      ................................................................",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................................ooooooooooooooooooommmmpp.......",
    *b"mmomooooooooooooo.oooooooooooooooooooooooooooooooooommmmmmm...mm\
      mmmpppppppppppppnnnnnnnnnnm.....................................\
      ................................................o...............\
      nnnnnnnnnnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.............p",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooo......................................\
      ................................................................",
    *b"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\
      nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.ppppp...........\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooo............................................................\
      ................................................................\
      ................................................................",
    *b"................................................................\
      ................................................................\
      ................oooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooopp.............",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooo................\
      moooooommmmmmmmmmmmmmm..........oooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.....",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooo.........................................................\
      ................................................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooommmmmmmmmmmmmmmmmmnnnnnnnnnn......\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"ooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.......\
      ooooooooooooooooooooooooooooooo.nnnnnnnnnn....ppoooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo.\
      nnnnnnnnnn......oooooooooooooooooooooooooooooo..mmmmmp..........",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooommmmmmmpppppyyyy\
      oooopy..........nnnnnnnnnn.nnnnnnn.ooooooooooooooooooooo.....ooo\
      oooooooooooooooo................................................\
      ................................................................",
    *b"................................................................\
      ooooooooooooooooooooooooooooooooooooooooooooopppnnnnnnnnnn......\
      ................................................................\
      ................................................................",
    *b"................................................................\
      UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllllllllllll\
      nnnnnnnnnnnnnnnnnnnnnnnpppp.....................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooo....mommmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\
      mmmmmmmm.......mmmmooooooooooooo................................\
      ................................oopom...........mm..............",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooo........",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooo.........................................o",
    *b"ooooooooo.......................................................\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................................................oooo.ooooooo.oo.",
    *b"ooooooooooooooooooooooooooooooooooo...............o.............\
      ................ooo..o..............oooo........oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo....",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooooooooooooo.....ooooooooooooo...\
      ooooooooo.......oooooooooo..ymmp................................\
      ................................................................",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyynnnnnnnnnn......",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy............\
      ................................................................",
    *b"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm..mmmmmmmmmmmmmmmm\
      mmmmmmm.........yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyy............................................................",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..........",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..yyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyymmmmmyyymmmmmm........mmmmm\
      mmmyymmmmmmmyyyyyyyyyyyyyyyyyyyyyyyyyyyyyymmmmyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.....................",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yymmmy..........................................................\
      ................................................................\
      nnnnnnnnnnnnnnnnnnnn............nnnnnnnnnnnnnnnnnnnn............",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyy.........nnnnnnnnnnnnnnnnnnnnnnnnn.......\
      ................................................................\
      ................................................................",
    *b"UUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllllllUUUUUUUUUUUU\
      UUUUUUUUUUUUUUlllllll.llllllllllllllllllUUUUUUUUUUUUUUUUUUUUUUUU\
      UUllllllllllllllllllllllllllU.UU..U..UU..UUUU.UUUUUUUUllll.l.lll\
      llll.lllllllllllUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllll",
    *b"llllUU.UUUU..UUUUUUUU.UUUUUUU.llllllllllllllllllllllllllUU.UUUU.\
      UUUUU.U...UUUUUUU.llllllllllllllllllllllllllUUUUUUUUUUUUUUUUUUUU\
      UUUUUUllllllllllllllllllllllllllUUUUUUUUUUUUUUUUUUUUUUUUUUllllll\
      llllllllllllllllllllUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllll",
    *b"llllllllUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllllllUUUU\
      UUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllllllUUUUUUUUUUUUUUUU\
      UUUUUUUUUUllllllllllllllllllllllllllll..UUUUUUUUUUUUUUUUUUUUUUUU\
      UylllllllllllllllllllllllllyllllllUUUUUUUUUUUUUUUUUUUUUUUUUyllll",
    *b"lllllllllllllllllllllyllllllUUUUUUUUUUUUUUUUUUUUUUUUUyllllllllll\
      lllllllllllllllyllllllUUUUUUUUUUUUUUUUUUUUUUUUUyllllllllllllllll\
      lllllllllyllllllUUUUUUUUUUUUUUUUUUUUUUUUUyllllllllllllllllllllll\
      lllyllllllUl..nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
    *b"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmyyyymmmmm\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmyyyyyyyymyyyyyyyyyy\
      yyyymyyppppp...............mmmmm.mmmmmmmmmmmmmmm................\
      ................................................................",
    *b"llllllllllollllllllllllllllllll......llllll.....................\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"mmmmmmm.mmmmmmmmmmmmmmmmm..mmmmmmm.mm.mmmmm.....oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooo..................\
      ...............m................................................\
      ................................................................",
    *b"ooooooooooooooooooooooooooooooooooooooooooooo...mmmmmmmooooooo..\
      nnnnnnnnnn....oy................................................\
      ................................................................\
      ................................................................",
    *b"................................................................\
      ................................................................\
      ................oooooooooooooooooooooooooooooom.................\
      oooooooooooooooooooooooooooooooooooooooooooommmmnnnnnnnnnn.....y",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................oooooooooooooooooooooooooooommmmnnnnnnnnnn......",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................oooooooooooooooooooooooooooooommonnnnnnnnnn....p",
    *b"................................................................\
      ................................................................\
      ................................................................\
      ................................ooooooo.oooo.oo.ooooooooooooooo.",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooo..nnnnnnnnnmmmmmmm.........................................",
    *b"UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUllllllllllllllllllllllllllllll\
      llllmmmmmmmo....nnnnnnnnnn....pp................................\
      ................................................................\
      ................................................................",
    *b"................................................................\
      .................................................nnnnnnnnnnnnnnn\
      nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnynnnynnnn...........\
      ................................................................",
    *b".nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnynnnnnnnnnnnnnnn..\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"oooo.ooooooooooooooooooooooooooo.oo.o..o.oooooooooo.oooo.o.o....\
      ..o....o.o.o.ooo.oo.o..o.o.o.o.o.oo.o..oooo.ooooooo.oooo.oooo.o.\
      oooooooooo.ooooooooooooooooo.....ooo.ooooo.ooooooooooooooooo....\
      ................................................yy..............",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy....yyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyy............yyyyyyyyyyyyyyy..yyyyyyyyyyyyyyy\
      .yyyyyyyyyyyyyyy.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..........",
    *b"nnnnnnnnnnnnnyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..................\
      ......................................yyyyyyyyyyyyyyyyyyyyyyyyyy",
    *b"yyy.............yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy....\
      yyyyyyyyy.......yy..............yyyyyy..........................\
      ................................................................\
      ................................................................",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyy....yyyyyyyyyyyyyyyyy...yyyyyyyyyyyyy...",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy....yyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyy......yyyyyyyyyyyy....y...............",
    *b"yyyyyyyyyyyy....yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyy........yyyyyyyyyy......yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyy........yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy..yyyyyyyyyyyy....\
      yy..............................................................",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyy............yyyyyyyyyyyyyy..yyyyyyyyyyyyy...\
      yyyyyyyyyy.....yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyy.......yyyyyyyyyyyyyyy..yyyyyyyyyyy......yyyyyyyyy.......",
    *b"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyy.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\
      yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyynnnnnnnnnn......",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooo................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooo......\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooo..oooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooo..............oooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooooooooooooooooooooooooo...............oooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooo..................................\
      ................................................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooo..................................\
      ................................................................\
      ................................................................\
      ................................................................",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      ooooooooooo.....oooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
    *b"oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\
      oooooooooooooooooooooooooooooooooooooooooooooooo................\
      ................................................................",
    *b"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\
      mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm................",
];
