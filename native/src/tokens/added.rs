//! Tokens matched in a text before its model sees it: first in the text as it is, then in what is
//! left of it, normalised.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::value::RawValue;

use super::family::Unsupported;
use super::file::AddedToken;
use super::unicode::regex::is_word;
use super::vocabulary::Vocabulary;

/// The added tokens of a file.
#[derive(Debug)]
pub struct Added {
    /// Matched in the text as it is.
    pub raw: Option<Matcher>,
    /// Matched in the normalised text.
    pub normalized: Option<Matcher>,
}

impl Added {
    /// Added in the order of the file: a content that stands twice counts as it stands last.
    ///
    /// # Errors
    ///
    /// The tokens share ids, which makes one replace another, or normalised contents with different
    /// rules, of which the reference takes any.
    pub fn new<'t>(
        tokens: &'t [AddedToken],
        model: &RawValue,
        normalize: impl Fn(&'t str) -> Cow<'t, str>,
    ) -> Result<Self, Unsupported> {
        let tokens: BTreeMap<&str, &AddedToken> = tokens
            .iter()
            .filter(|token| !token.content.is_empty())
            .map(|token| (token.content.as_str(), token))
            .collect();
        if !tokens.is_empty() {
            check_ids(&tokens, model)?;
        }
        let (normalized, raw): (Vec<_>, Vec<_>) = tokens
            .into_values()
            .map(|token| {
                let content = token.content.as_str();
                if token.normalized {
                    (normalize(content), token)
                } else {
                    (Cow::Borrowed(content), token)
                }
            })
            .partition(|(_, token)| token.normalized);
        Ok(Self {
            raw: Matcher::new(&raw)?,
            normalized: Matcher::new(&normalized)?,
        })
    }

    /// Heap bytes held, roughly.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let matchers = [&self.raw, &self.normalized];
        matchers
            .into_iter()
            .flatten()
            .map(Matcher::heap_bytes)
            .sum()
    }
}

/// The reference keeps added tokens by id. A token that the model knows has the model's; others get
/// the numbers from the size of its vocabulary on, which may be taken where ids have gaps.
fn check_ids(tokens: &BTreeMap<&str, &AddedToken>, model: &RawValue) -> Result<(), Unsupported> {
    let vocabulary = Vocabulary::of(model, tokens.keys().map(|&token| token.to_owned()))?;
    let new = tokens.len() - vocabulary.ids.len();
    // Its size is at least that of its ids and at most that of its entries.
    let given = vocabulary.distinct..vocabulary.entries + new;
    let mut taken = HashSet::new();
    for (token, &id) in &vocabulary.ids {
        if !taken.insert(id) || (new > 0 && given.contains(&(id as usize))) {
            return Err(Unsupported(format!(
                "the added token {token:?} shares its id {id} with another"
            )));
        }
    }
    Ok(())
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// One added token.
    Token,
    /// Text between added tokens, never empty, and the offset of its first byte.
    Text(&'t str, usize),
}

/// A search for added tokens.
#[derive(Debug)]
pub struct Matcher {
    /// The leftmost match, of several the longest, then on from its end.
    search: AhoCorasick,
    rules: Vec<Rules>,
}

/// What a match may take or not have around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
}

impl Matcher {
    /// None without tokens.
    fn new(tokens: &[(Cow<'_, str>, &AddedToken)]) -> Result<Option<Self>, Unsupported> {
        if tokens.is_empty() {
            return Ok(None);
        }
        // Two that are one when normalised: the reference takes either.
        let mut patterns: BTreeMap<&str, Rules> = BTreeMap::new();
        for (content, token) in tokens {
            let rules = Rules {
                single_word: token.single_word,
                lstrip: token.lstrip,
                rstrip: token.rstrip,
            };
            if content.is_empty()
                || patterns
                    .insert(content, rules)
                    .is_some_and(|other| other != rules)
            {
                return Err(Unsupported(format!(
                    "the added token {:?} is nothing when normalised, or another one",
                    token.content
                )));
            }
        }
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns.keys())
            .map_err(|error| Unsupported(format!("the added tokens: {error}")))?;
        Ok(Some(Self {
            search,
            rules: patterns.into_values().collect(),
        }))
    }

    fn heap_bytes(&self) -> usize {
        self.search.memory_usage() + self.rules.len() * size_of::<Rules>()
    }

    /// Gives the parts of `text` in their order.
    ///
    /// White space that a token takes on its right is not hidden from the matches that follow. Such
    /// a match counts, the text after it begins at its own end, and what stands between the two
    /// ends is read twice: the reference does so.
    pub fn split<'t>(&self, text: &'t str, mut part: impl FnMut(Part<'t>)) {
        let mut done = 0;
        let mut space = 0..0;
        for found in self.search.find_iter(text) {
            let (mut start, mut end) = (found.start(), found.end());
            let Some(rules) = self.rules.get(found.pattern().as_usize()) else {
                continue;
            };
            if rules.single_word && (ends_with_word(text, start) || starts_with_word(text, end)) {
                continue;
            }
            if rules.lstrip {
                let before = text.get(done..start).unwrap_or_default();
                start = done.max(start - (before.len() - before.trim_end().len()));
            }
            if rules.rstrip {
                // A run of spaces is measured once, however many tokens stand in it.
                if !(space.start..=space.end).contains(&end) {
                    let after = text.get(end..).unwrap_or_default();
                    space = end..end + (after.len() - after.trim_start().len());
                }
                end = space.end;
            }
            match text.get(done..start) {
                None | Some("") => {}
                Some(between) => part(Part::Text(between, done)),
            }
            // All of what it would take was taken: nothing is left that could be a token.
            if start < end {
                part(Part::Token);
            }
            done = end;
        }
        match text.get(done..) {
            None | Some("") => {}
            Some(rest) => part(Part::Text(rest, done)),
        }
    }
}

fn ends_with_word(text: &str, end: usize) -> bool {
    let before = text.get(..end).unwrap_or_default();
    before.chars().next_back().is_some_and(is_word)
}

fn starts_with_word(text: &str, start: usize) -> bool {
    let after = text.get(start..).unwrap_or_default();
    after.chars().next().is_some_and(is_word)
}
