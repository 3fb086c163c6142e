//! The chunked transfer coding of HTTP/1.1 (RFC 9112, 7.1), taken off a body as it comes.

use std::fmt;

use memchr::memchr;

/// Hexadecimal digits of a chunk's size: 16 make 64 bits, and leading zeros are nobody's habit.
const MAX_SIZE_DIGITS: u32 = 16;
/// Bytes of chunk extensions in one size line, and of trailers at the end. Precedent: hyper 16 KiB.
const MAX_IGNORED: usize = 16 * 1024;

/// Where the decoder stands; the name says what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Size { digits: u32 },
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    Nothing,
}

/// A byte that the coding does not allow where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkError {
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunked body: expected {}", self.expected)
    }
}

impl std::error::Error for ChunkError {}

/// Takes the coding off one body.
#[derive(Clone, Debug)]
pub struct ChunkDecoder {
    next: Next,
    /// Of the chunk that is being read: bytes that are still to come.
    left: u64,
    /// Bytes of extensions or trailers seen so far.
    ignored: usize,
}

impl Default for ChunkDecoder {
    fn default() -> Self {
        Self {
            next: Next::Size { digits: 0 },
            left: 0,
            ignored: 0,
        }
    }
}

impl ChunkDecoder {
    /// Whether the body has ended.
    #[must_use]
    pub fn done(&self) -> bool {
        self.next == Next::Nothing
    }

    /// Decode what came, appending the body's bytes to `body`.
    ///
    /// Returns how many bytes of `input` belong to this body: all, unless it ended before.
    ///
    /// # Errors
    ///
    /// The framing is broken. `body` holds what was sound before it.
    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, ChunkError> {
        let mut rest = input;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.next {
                Next::Nothing => break,
                Next::Data => self.take_data(rest, body),
                Next::Extension | Next::Trailer => self.skip_line(rest)?,
                _ => {
                    self.next = self.step(byte)?;
                    after
                }
            };
        }
        Ok(input.len() - rest.len())
    }

    fn take_data<'a>(&mut self, input: &'a [u8], body: &mut Vec<u8>) -> &'a [u8] {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX);
        let (data, rest) = input.split_at(wanted.min(input.len()));
        body.extend_from_slice(data);
        self.left -= data.len() as u64;
        if self.left == 0 {
            self.next = Next::DataCr;
        }
        rest
    }

    /// To the end of a line that says nothing to us, or of the input.
    fn skip_line<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8], ChunkError> {
        let length = memchr(b'\r', input).unwrap_or(input.len());
        self.ignored += length;
        if self.ignored > MAX_IGNORED {
            return Err(ChunkError {
                expected: "at most 16 KiB of extensions or trailers",
            });
        }
        let (_, rest) = input.split_at(length);
        let Some((_, after)) = rest.split_first() else {
            return Ok(rest);
        };
        self.next = match self.next {
            Next::Extension => Next::SizeLf,
            _ => Next::TrailerLf,
        };
        Ok(after)
    }

    fn step(&mut self, byte: u8) -> Result<Next, ChunkError> {
        match (self.next, byte) {
            (Next::Size { digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                if digits == MAX_SIZE_DIGITS {
                    return Err(ChunkError {
                        expected: "a chunk size of at most 16 digits",
                    });
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.left = self.left << 4 | u64::from(digit);
                Ok(Next::Size { digits: digits + 1 })
            }
            (Next::Size { digits: 1.. }, b'\r') => Ok(Next::SizeLf),
            // White space before the line's end is a known sin of servers; RFC 9112 calls it BWS.
            (Next::Size { digits: 1.. }, b';' | b' ' | b'\t') => Ok(Next::Extension),
            (Next::Size { .. }, _) => Err(ChunkError {
                expected: "a chunk size in hexadecimal digits",
            }),
            (Next::SizeLf, b'\n') if self.left == 0 => {
                self.ignored = 0;
                Ok(Next::TrailerStart)
            }
            (Next::SizeLf, b'\n') => {
                self.ignored = 0;
                Ok(Next::Data)
            }
            (Next::DataCr, b'\r') => Ok(Next::DataLf),
            (Next::DataLf, b'\n') => Ok(Next::Size { digits: 0 }),
            (Next::DataCr | Next::DataLf, _) => Err(ChunkError {
                expected: "a line end after a chunk",
            }),
            (Next::TrailerStart, b'\r') => Ok(Next::EndLf),
            (Next::TrailerStart, _) => {
                self.ignored += 1;
                Ok(Next::Trailer)
            }
            (Next::TrailerLf, b'\n') => Ok(Next::TrailerStart),
            (Next::EndLf, b'\n') => Ok(Next::Nothing),
            _ => Err(ChunkError {
                expected: "a line feed after a carriage return",
            }),
        }
    }
}
