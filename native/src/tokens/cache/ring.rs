//! Bytes of the last texts, the oldest overwritten first.

use std::hint::black_box;

/// Bytes of memory that the kernel gives at once, at least.
pub(super) const PAGE: usize = 4096;

/// A ring of bytes in which every text lies in one piece.
#[derive(Debug)]
pub(super) struct Ring {
    bytes: Vec<u8>,
    /// Bytes ever written, skipped ones included: where the next text goes, modulo the size.
    written: u64,
}

impl Ring {
    /// Zeroed by the kernel: memory is used as it is written.
    pub fn new(size: usize) -> Self {
        Self {
            bytes: vec![0; size],
            written: 0,
        }
    }

    /// Makes the kernel give all of the memory now.
    pub fn touch(&mut self) {
        for page in self.bytes.chunks_mut(PAGE) {
            if let Some(byte) = page.first_mut() {
                *byte = black_box(0);
            }
        }
    }

    /// Keeps `text`, and says where; None if it is too long to be worth it, an eighth of all.
    pub fn push(&mut self, text: &[u8]) -> Option<u64> {
        let (size, length) = (self.bytes.len() as u64, text.len() as u64);
        if length > size / 8 {
            return None;
        }
        let left = size - self.written % size;
        let position = self.written + if length > left { left } else { 0 };
        let start = usize::try_from(position % size).ok()?;
        self.bytes
            .get_mut(start..start + text.len())?
            .copy_from_slice(text);
        self.written = position + length;
        Some(position)
    }

    /// What was kept at `position`, unless it was overwritten since.
    pub fn get(&self, position: u64, length: usize) -> Option<&[u8]> {
        let size = self.bytes.len() as u64;
        if self.written.checked_sub(position)? > size {
            return None;
        }
        let start = usize::try_from(position % size).ok()?;
        self.bytes.get(start..start + length)
    }
}
