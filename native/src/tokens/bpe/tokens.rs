//! A model: from a word to the number of its tokens.

use std::collections::HashSet;

use super::super::cache::{Packed, Short, Tiny, TinyWord};
use super::super::family::Unsupported;
use super::characters::Characters;
use super::joints::Joints;
use super::learned::Learned;
use super::long::{self, WINDOW};
use super::merge::Word;
use super::model::Model;
use super::pairs::Pairs;
use super::together;
use super::vocabulary::Vocabulary;

/// What becomes of a word.
pub(super) struct Bpe {
    pairs: Pairs,
    /// What a word begins with.
    characters: Characters,
    /// None where a word must not come apart: some of its bytes are dropped, or it is looked up as
    /// a whole before it is merged.
    joints: Option<Joints>,
    /// Bytes that have no token, and leave none behind.
    unknown: Option<Box<[bool; 256]>>,
    /// Tokens of the vocabulary as words, counted when it was read: most words are among them.
    known: Short,
    known_tiny: Tiny,
    /// Those of them that are not known and count 1 whatever their merges say.
    taken: HashSet<Box<[u8]>>,
}

impl Bpe {
    pub fn new(model: &Model<'_>) -> Result<Self, Unsupported> {
        let vocabulary = Vocabulary::new(model.vocab.iter())?;
        let mut byte = 0_u8;
        let found = [(); 256].map(|()| {
            let symbol = vocabulary.get(&[byte]);
            byte = byte.wrapping_add(1);
            symbol
        });
        let is_complete = found.iter().all(Option::is_some);
        if !is_complete && !model.drops_unknown() {
            return Err(Unsupported("bytes without a token of their own".to_owned()));
        }
        let Learned {
            pairs,
            joints,
            characters,
            whole,
        } = Learned::new(&model.merges, &vocabulary)?;
        let tiny = vocabulary
            .short()
            .filter(|(_, token)| token.tiny().is_some())
            .count();
        let comes_apart = is_complete && !model.ignores_merges();
        let mut this = Self {
            pairs,
            characters,
            joints: comes_apart.then_some(joints),
            unknown: (!is_complete).then(|| Box::new(found.map(|symbol| symbol.is_none()))),
            known: Short::for_words((vocabulary.len() - tiny) * 3 / 2),
            known_tiny: Tiny::for_words(tiny * 3 / 2),
            taken: HashSet::new(),
        };
        for (place, token) in vocabulary.short() {
            let is_whole = whole.get(place as usize) == Some(&true);
            let count = if is_whole || model.ignores_merges() {
                1
            } else {
                let (bytes, length) = token.unpack();
                this.count(bytes.get(..length).unwrap_or_default())
            };
            match token.tiny() {
                Some(tiny) => this.known_tiny.put(tiny, count),
                None => this.known.put(token, count),
            }
        }
        if model.ignores_merges() {
            // The table of short ones is as good as full in places, and lets some go.
            let is_lost = |token: &Packed| match token.tiny() {
                Some(tiny) => this.known_tiny.get(tiny).is_none(),
                None => this.known.get(*token).is_none(),
            };
            let short = vocabulary.short().map(|(_, token)| token);
            let lost: Vec<_> = short.filter(is_lost).collect();
            this.taken = vocabulary.into_long().into_keys().collect();
            for token in lost {
                let (bytes, length) = token.unpack();
                this.taken
                    .insert(bytes.get(..length).unwrap_or_default().into());
            }
        }
        Ok(this)
    }

    /// The first two parts that a word comes apart into, if it does: they have the tokens of both.
    pub fn parts<'w>(&self, word: &'w [u8]) -> Option<(&'w [u8], &'w [u8])> {
        let place = self.joints.as_ref()?.apart(word)?;
        word.split_at_checked(place)
    }

    /// See [`Short::touch`].
    #[inline]
    pub fn touch(&self, places: &[u32]) {
        std::hint::black_box(self.known.touch(places));
    }

    /// Tokens of a tiny word that is known.
    #[inline]
    pub fn known_tiny(&self, word: TinyWord) -> Option<u32> {
        self.known_tiny.get(word)
    }

    /// Tokens of a short word that is known, and not tiny.
    #[inline]
    pub fn known_short(&self, word: Packed) -> Option<u32> {
        self.known.get(word)
    }

    /// Tokens of words that are not known, told in any order as `each(place, tokens)`.
    pub fn count_all(&self, words: &[Packed], mut each: impl FnMut(usize, u32)) {
        if self.unknown.is_none() && self.taken.is_empty() {
            together::counts(words, &self.characters, &self.pairs, each);
            return;
        }
        for (place, word) in words.iter().enumerate() {
            let (bytes, length) = word.unpack();
            each(place, self.count(bytes.get(..length).unwrap_or_default()));
        }
    }

    /// Tokens of a word that is not known.
    pub fn count(&self, word: &[u8]) -> u32 {
        if !self.taken.is_empty() && self.taken.contains(word) {
            return 1;
        }
        let tokens = match &self.unknown {
            None => self.merged(word),
            Some(unknown) => {
                let is_known = |byte: &u8| {
                    unknown
                        .get(usize::from(*byte))
                        .is_some_and(|unknown| !unknown)
                };
                let known: Vec<u8> = word.iter().copied().filter(is_known).collect();
                self.merged(&known)
            }
        };
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }

    fn merged(&self, word: &[u8]) -> usize {
        match word.len() {
            0..=1 => word.len(),
            2..=Packed::LIMIT => {
                let mut tokens = 0;
                let word = Packed::new(word).unwrap_or(Packed::NONE);
                together::counts(&[word], &self.characters, &self.pairs, |_, count| {
                    tokens = count as usize;
                });
                tokens
            }
            16..=32 => self.merged_within::<32>(word),
            33..=WINDOW => self.merged_within::<WINDOW>(word),
            _ => long::tokens(word, &self.pairs),
        }
    }

    #[inline]
    fn merged_within<const N: usize>(&self, word: &[u8]) -> usize {
        Word::<N>::of_characters(word, &self.characters, &self.pairs).count()
    }

    pub fn heap_bytes(&self) -> usize {
        let joints = self.joints.as_ref().map_or(0, Joints::heap_bytes);
        self.pairs.heap_bytes()
            + self.characters.heap_bytes()
            + joints
            + self.known.heap_bytes()
            + self.known_tiny.heap_bytes()
    }
}
