//! Grapheme clusters, as far as a charsmap can see them.
//!
//! The rules are those of Unicode's annex 29 as the reference has them, GB3 to GB11; the classes were
//! asked of the reference. Flags (GB12) are characters like any other: a cluster with one is always
//! longer than what a charsmap looks up as a whole.

use crate::tokens::unicode::graphemes::{
    CONSONANT, CONTROL, CR, EXTEND, EXTEND_INCB, L, LF, LINKER, LV, LVT, PICTOGRAPH, PREPEND,
    SPACING, T, V, ZWJ,
};

/// Whether a character of class `after` may be in one cluster with one of class `before` that it
/// follows. False is certain; true leaves it to [`Clusters`].
#[inline]
pub fn may_join(before: u8, after: u8) -> bool {
    match (before, after) {
        (CR, LF) => true,
        (CONTROL | CR | LF, _) | (_, CONTROL | CR | LF) => false,
        (_, EXTEND | EXTEND_INCB | LINKER | ZWJ | SPACING)
        | (PREPEND, _)
        | (L, L | V | LV | LVT)
        | (LV | V, V | T)
        | (LVT | T, T)
        | (EXTEND_INCB | LINKER | ZWJ, CONSONANT)
        | (ZWJ, PICTOGRAPH) => true,
        _ => false,
    }
}

/// Whether two characters of these classes can be joined to others that are not of these classes:
/// between any two of which it is false, there is always a boundary.
#[inline]
pub fn joins(class: u8) -> bool {
    matches!(
        class,
        CR | EXTEND | EXTEND_INCB | LINKER | ZWJ | SPACING | PREPEND | L | V | T
    )
}

/// What is known of the characters before, since the last certain boundary.
#[derive(Clone, Copy, Debug)]
pub struct Clusters {
    before: Option<u8>,
    conjunct: Conjunct,
    pictograph: Pictograph,
}

/// `CONSONANT (EXTEND_INCB | ZWJ)* LINKER (EXTEND_INCB | LINKER | ZWJ)*` joins a consonant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conjunct {
    None,
    Consonant,
    Linked,
}

/// `PICTOGRAPH EXTEND* ZWJ` joins a pictograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pictograph {
    None,
    Extended,
    Joined,
}

impl Clusters {
    /// At a certain boundary.
    pub fn new() -> Self {
        Self {
            before: None,
            conjunct: Conjunct::None,
            pictograph: Pictograph::None,
        }
    }

    /// Goes on by a character, and says whether a cluster begins with it.
    #[inline]
    pub fn begins(&mut self, class: u8) -> bool {
        let joined = match (self.before, class) {
            (None, _) => false,
            // Rule 9b comes before the next two.
            (Some(PREPEND), _) => may_join(PREPEND, class),
            (Some(_), CONSONANT) => self.conjunct == Conjunct::Linked,
            (Some(_), PICTOGRAPH) => self.pictograph == Pictograph::Joined,
            (Some(before), _) => may_join(before, class),
        };
        self.before = Some(class);
        self.conjunct = match (class, self.conjunct) {
            (CONSONANT, _) => Conjunct::Consonant,
            (LINKER, Conjunct::Consonant) => Conjunct::Linked,
            (LINKER | EXTEND_INCB | ZWJ, same) => same,
            _ => Conjunct::None,
        };
        self.pictograph = match (class, self.pictograph) {
            (PICTOGRAPH, _) | (EXTEND | EXTEND_INCB | LINKER, Pictograph::Extended) => {
                Pictograph::Extended
            }
            (ZWJ, Pictograph::Extended) => Pictograph::Joined,
            _ => Pictograph::None,
        };
        !joined
    }
}
