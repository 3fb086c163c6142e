//! The same counts by plain merging.

use std::collections::HashMap;

use crate::form::Form;
use crate::model::{Model, spelled};

/// A model, merged one merge at a time.
pub struct Plain<'m> {
    model: &'m Model,
    ids: HashMap<&'m str, usize>,
    merges: HashMap<(usize, usize), (usize, usize)>,
}

impl<'m> Plain<'m> {
    pub fn new(model: &'m Model) -> Self {
        let ids: HashMap<_, _> = model
            .vocabulary
            .iter()
            .map(String::as_str)
            .zip(0..)
            .collect();
        let merges = model.merges.iter().zip(0..).map(|((left, right), rank)| {
            let made = ids[format!("{left}{right}").as_str()];
            ((ids[left.as_str()], ids[right.as_str()]), (rank, made))
        });
        Self {
            merges: merges.collect(),
            model,
            ids,
        }
    }

    pub fn count(&self, form: Form, text: &str) -> usize {
        form.words(text).iter().map(|word| self.tokens(word)).sum()
    }

    /// Symbols of a word, as the reference puts them in a row, and then merges them.
    fn tokens(&self, word: &str) -> usize {
        let id = |string: &str| self.ids.get(string).copied();
        if self.model.ignore_merges && id(word).is_some() {
            return 1;
        }
        let mut row = Vec::new();
        let mut waiting = false;
        let unknown = self.model.unknown.as_ref().map(|token| id(token).unwrap());
        for character in word.chars().map(String::from) {
            if let Some(id) = id(&character) {
                row.extend(unknown.filter(|_| std::mem::take(&mut waiting)));
                row.push(id);
                continue;
            }
            let bytes: Option<Vec<_>> = character.bytes().map(|byte| id(&spelled(byte))).collect();
            if let Some(bytes) = bytes.filter(|_| self.model.fallback) {
                row.extend(bytes);
            } else {
                row.extend(unknown.filter(|_| waiting && !self.model.fuse));
                waiting = unknown.is_some();
            }
        }
        row.extend(unknown.filter(|_| waiting));
        self.merged(row)
    }

    fn merged(&self, mut row: Vec<usize>) -> usize {
        loop {
            let pairs = row.windows(2).zip(0..);
            let found = pairs.filter_map(|(pair, at)| {
                let (rank, made) = self.merges.get(&(pair[0], pair[1]))?;
                Some((rank, at, made))
            });
            let Some((_, at, made)) = found.min() else {
                return row.len();
            };
            row.splice(at..at + 2, [*made]);
        }
    }
}
