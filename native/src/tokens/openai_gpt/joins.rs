//! Between which characters a merge can take place.

/// A set of pairs of bytes: the last of a character, and the first of the next.
///
/// A merged token was joined from single characters, so two of them that stand beside each other
/// in it stood at the joint of some merge. Where two characters stand at the joint of none, no token
/// reaches across, and what is on both sides is merged as if the other were not there. Bytes instead
/// of characters: that says "may be joined" for more pairs than it has to, in 8 KiB. Random letters
/// are cut into sixes by it.
pub struct Joins(Box<[u64; 1024]>);

impl Default for Joins {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Joins {
    /// Adds the joint of a merge. A right part that only marks the end of a word adds what is never
    /// asked for.
    pub fn add(&mut self, left: &str, right: &str) {
        if let (Some(left), Some(right)) = (left.chars().next_back(), right.chars().next()) {
            let (at, bit) = place(left, right);
            if let Some(bits) = self.0.get_mut(at) {
                *bits |= bit;
            }
        }
    }

    /// Whether there may be a merge that joins them.
    #[inline]
    pub fn may(&self, left: char, right: char) -> bool {
        let (at, bit) = place(left, right);
        self.0.get(at).is_some_and(|bits| bits & bit != 0)
    }
}

#[inline]
fn place(left: char, right: char) -> (usize, u64) {
    let mut bytes = [0; 4];
    let left = left.encode_utf8(&mut bytes).bytes().next_back();
    let left = usize::from(left.unwrap_or_default());
    let right = usize::from(
        right
            .encode_utf8(&mut bytes)
            .bytes()
            .next()
            .unwrap_or_default(),
    );
    (left << 2 | right >> 6, 1 << (right & 63))
}
