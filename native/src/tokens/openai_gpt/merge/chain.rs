//! The tokens of a long word, each knowing its neighbours.

use crate::tokens::openai_gpt::merges::{Merges, NEVER};

/// A buffer for the tokens of a word.
#[derive(Default)]
pub struct Chain {
    links: Vec<Link>,
}

/// A token and the places of its neighbours, [`NONE`] at the ends of the word.
#[derive(Clone, Copy)]
struct Link {
    token: u32,
    before: u32,
    after: u32,
}

/// No token and no place. No word is as long: 4 GiB.
const NONE: u32 = u32::MAX;

/// The tokens of one word and their neighbours.
pub struct Linked<'m> {
    links: &'m mut [Link],
}

impl Chain {
    /// Links these tokens.
    pub fn of(&mut self, tokens: &[u32]) -> Linked<'_> {
        self.links.clear();
        self.links
            .extend((0_u32..).zip(tokens).map(|(place, &token)| Link {
                token,
                before: place.wrapping_sub(1),
                after: place + 1,
            }));
        if let Some(last) = self.links.last_mut() {
            last.after = NONE;
        }
        Linked {
            links: &mut self.links,
        }
    }
}

#[allow(clippy::indexing_slicing, reason = "links hold places within the word")]
impl Linked<'_> {
    /// How many tokens there are at first.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Rank and place of the pairs that merge.
    pub fn pairs(&self, merges: &Merges) -> impl Iterator<Item = (u32, u32)> {
        self.links
            .windows(2)
            .map(|two| merges.rank(two[0].token, two[1].token))
            .zip(0..)
            .filter(|&(rank, _)| rank != NEVER)
    }

    /// Merges the pair that begins at `place`, if it still has this rank.
    #[inline]
    pub fn join(&mut self, (rank, place): (u32, u32), merges: &Merges) -> bool {
        let left = self.links[place as usize];
        if left.token == NONE || left.after == NONE {
            return false;
        }
        let right = self.links[left.after as usize];
        if merges.rank(left.token, right.token) != rank {
            return false;
        }
        self.links[left.after as usize].token = NONE;
        self.links[place as usize] = Link {
            token: merges.made(rank),
            after: right.after,
            ..left
        };
        if right.after != NONE {
            self.links[right.after as usize].before = place;
        }
        true
    }

    /// The place of the token before the one at `place`.
    #[inline]
    pub fn before(&self, place: u32) -> Option<u32> {
        let before = self.links[place as usize].before;
        (before != NONE).then_some(before)
    }

    /// Rank and place of the pair that begins at `place`, if it merges.
    #[inline]
    pub fn pair(&self, place: u32, merges: &Merges) -> Option<(u32, u32)> {
        let left = self.links[place as usize];
        let right = self.links.get(left.after as usize)?;
        let rank = merges.rank(left.token, right.token);
        (rank != NEVER).then_some((rank, place))
    }
}
