//! Special tokens around a text, truncation, padding.
