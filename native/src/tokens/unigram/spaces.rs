//! Runs of spaces.

use std::borrow::Cow;

/// Two spaces or more become `by`; one stays as it is.
pub fn squeeze<'t>(text: &'t str, by: &str) -> Cow<'t, str> {
    let Some(first) = text.find("  ") else {
        return Cow::Borrowed(text);
    };
    let (before, mut rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    while !rest.is_empty() {
        let after = rest.trim_start_matches(' ');
        out.push_str(if rest.len() - after.len() == 1 {
            " "
        } else {
            by
        });
        let end = after.find(' ').unwrap_or(after.len());
        out.push_str(after.get(..end).unwrap_or_default());
        rest = after.get(end..).unwrap_or_default();
    }
    Cow::Owned(out)
}
