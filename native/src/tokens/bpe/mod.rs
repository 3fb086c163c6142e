//! Byte pair encoding.

pub mod byte_level;
