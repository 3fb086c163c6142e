//! Splitting a text into the words that byte pair encoding works on.
//!
//! Each known pattern is a scanner over bytes written by hand: what the reference's regex engine
//! finds, backtracking and all, without one. A pattern is known by its spelling, byte for byte.
//!
//! * [`class`]: characters as the patterns see them
//! * [`parts`]: what several of them have in common
//! * [`gpt2`], [`cl100k`], [`o200k`]: patterns
//! * [`nested`]: patterns one after the other
//! * [`window`]: many bytes of ASCII at once

mod cl100k;
mod class;
mod gpt2;
mod nested;
mod o200k;
mod parts;
mod pattern;
mod window;

pub use pattern::Pattern;

/// A way to split a text, as a whole or nothing: the pieces are all of it, in order.
trait Split {
    /// Where the piece that begins at `at` ends; `at` is the end of another, or 0, and not the end
    /// of the text, which is UTF-8.
    fn end(text: &[u8], at: usize) -> usize;

    /// Gives each piece: a text and where in it the piece begins and ends.
    #[inline]
    fn pieces(text: &[u8], each: &mut impl FnMut(&[u8], usize, usize)) {
        let mut at = 0;
        while at < text.len() {
            let end = Self::end(text, at);
            each(text, at, end);
            at = end;
        }
    }
}

#[cfg(test)]
mod tests;
