//! Where a word comes apart whatever its merges do.

use super::ranks::ODD;

/// First bytes of characters of three bytes or more: Chinese, Japanese, Korean, emoji.
const WIDE: u8 = 0xe0;

/// Bytes on each side of a joint that are told apart: a whole character, as a rule.
const SIDE: usize = 3;

/// What merges join: the last bytes of the left side and the first ones of the right side of each.
///
/// Where no merge has a left side that ends as the text does before a place, and a right side that
/// begins as it does after it, none can ever cross that place: the first one to do so would have
/// such sides. So what stands before and after it has its tokens apart. Before most wide characters
/// it is so, and the words that Chinese comes apart into come again.
pub(super) struct Joints {
    /// Two bits for the hash of each joint before a wide character; others may have them, too.
    bits: Vec<u64>,
    shift: u32,
    /// A bit for the bytes beside each joint that has less than [`SIDE`] bytes on one side.
    narrow: Vec<u64>,
}

/// Two sides in one number, of which each has its length in it.
type Joint = u64;

impl Joints {
    /// Of the sides of all merges; only those count whose right side begins with a wide character.
    pub fn new(merges: &[(Box<[u8]>, usize)]) -> Self {
        // 16 to 32 bits for each, of which two tell most others from it.
        let bits = (16 * merges.len()).next_power_of_two().max(64);
        let mut this = Self {
            bits: vec![0; bits / 64],
            shift: u64::BITS - bits.trailing_zeros(),
            narrow: vec![0; 1 << 10],
        };
        for (bytes, at) in merges {
            let (left, right) = (at.min(&SIDE), (bytes.len() - at).min(SIDE));
            for place in this.places(joint(sides(bytes, *at), *left, right)) {
                set(&mut this.bits, place);
            }
            if *left < SIDE || right < SIDE {
                set(&mut this.narrow, beside(sides(bytes, *at)));
            }
        }
        this
    }

    /// Whether the bytes of a merge, whose left side ends at `at`, are of interest here.
    pub fn is_of_interest(bytes: &[u8], at: usize) -> bool {
        bytes.get(at).is_some_and(|byte| *byte >= WIDE)
    }

    /// Where the word comes apart first: before a wide character that no merge goes on to.
    pub fn apart(&self, word: &[u8]) -> Option<usize> {
        let is_wide = |(_, byte): &(usize, &u8)| **byte >= WIDE;
        let mut places = word.iter().enumerate().skip(1).filter(is_wide);
        places
            .find(|&(at, _)| !self.may_join(word, at))
            .map(|(at, _)| at)
    }

    #[inline]
    fn may_join(&self, word: &[u8], at: usize) -> bool {
        let sides = sides(word, at);
        let may = |left, right| {
            let places = self.places(joint(sides, left, right));
            places.into_iter().all(|place| get(&self.bits, place))
        };
        may(SIDE, SIDE)
            || get(&self.narrow, beside(sides))
                && (1..=SIDE).any(|left| (1..=SIDE).any(|right| may(left, right)))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "few bits are left")]
    fn places(&self, joint: Joint) -> [usize; 2] {
        let hash = joint.wrapping_mul(ODD);
        let again = (hash ^ hash >> 32).wrapping_mul(ODD);
        [hash, again].map(|hash| (hash >> self.shift) as usize)
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&self.bits[..]) + size_of_val(&self.narrow[..])
    }
}

/// Up to three bytes before a place, the nearest lowest, and up to three after it, the nearest
/// highest.
#[inline]
fn sides(bytes: &[u8], at: usize) -> [u64; 2] {
    let byte = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .map_or(0, |byte| u64::from(*byte))
    };
    let before = |back| byte(at.checked_sub(back));
    let after = |on| byte(Some(at + on));
    [
        before(3) << 16 | before(2) << 8 | before(1),
        after(0) << 16 | after(1) << 8 | after(2),
    ]
}

/// The joint of that many bytes of each side. Sides that are shorter are taken as if zeros stood
/// there: those joints are not asked for where they matter.
#[inline]
fn joint([left, right]: [u64; 2], left_length: usize, right_length: usize) -> Joint {
    let nearest = left & ((1 << (8 * left_length)) - 1);
    let farthest = right >> (8 * (SIDE - right_length));
    ((left_length * 4 + right_length) as u64) << 48 | nearest << 24 | farthest
}

/// The place of the two bytes beside a joint.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "16 bits")]
fn beside([left, right]: [u64; 2]) -> usize {
    ((left & 0xff) << 8 | right >> 16) as usize
}

#[inline]
fn get(bits: &[u64], place: usize) -> bool {
    bits.get(place / 64)
        .is_some_and(|bits| bits >> (place % 64) & 1 == 1)
}

fn set(bits: &mut [u64], place: usize) {
    if let Some(bits) = bits.get_mut(place / 64) {
        *bits |= 1 << (place % 64);
    }
}
