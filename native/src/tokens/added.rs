//! Tokens matched in a text before its model sees it.
