//! The chunked coding: what is decoded, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use _native::chunks::{ChunkDecoder, ChunkError};
use proptest::prelude::*;

fn decode(input: &[u8]) -> Result<(Vec<u8>, usize, bool), ChunkError> {
    let mut decoder = ChunkDecoder::default();
    let mut body = Vec::new();
    let used = decoder.feed(input, &mut body)?;
    Ok((body, used, decoder.done()))
}

#[test]
fn chunks_are_joined() {
    let wire = b"3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n";
    let expected = (b"abc0123456789".to_vec(), wire.len(), true);
    assert_eq!(decode(wire), Ok(expected));
}

#[test]
fn extensions_white_space_and_trailers_are_dropped() {
    let wire = b"3;name=\"v\"\r\nabc\r\n2 \r\nde\r\n0\r\nx-checksum: 1\r\ny: 2\r\n\r\n";
    let expected = (b"abcde".to_vec(), wire.len(), true);
    assert_eq!(decode(wire), Ok(expected));
}

#[test]
fn what_follows_the_end_is_not_taken() {
    let expected = (b"a".to_vec(), 11, true);
    assert_eq!(decode(b"1\r\na\r\n0\r\n\r\nHTTP/1.1 200"), Ok(expected));
}

#[test]
fn a_body_that_is_cut_is_not_done() {
    let whole = b"3\r\nabc\r\n0\r\n\r\n";
    for length in 0..whole.len() {
        let (_, _, done) = decode(whole.get(..length).unwrap()).unwrap();
        assert!(!done, "after {length} bytes");
    }
}

#[test]
fn broken_framing_is_refused() {
    let long = format!("1;{}\r\n", "x".repeat(17_000));
    for wire in [
        &b"\r\n"[..],
        b"x\r\n",
        b"-1\r\n",
        b"0x1\r\n",
        b"1\na",
        b"1\rX",
        b"1\r\nab\r\n",
        b"1\r\na\rX",
        b"11111111111111111\r\n",
        b"0\r\n\rX",
        b"0\r\na: b\rX",
        long.as_bytes(),
    ] {
        assert!(
            decode(wire).is_err(),
            "{:?}",
            wire.escape_ascii().to_string()
        );
    }
}

#[test]
fn the_largest_size_is_no_overflow() {
    let (body, _, done) = decode(b"ffffffffffffffff\r\nabc").unwrap();
    assert_eq!((body.as_slice(), done), (&b"abc"[..], false));
}

proptest! {
    #[test]
    fn any_chunks_cut_anywhere_give_their_bytes(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
        cuts in prop::collection::vec(1_usize..20, 1..40),
        rest in prop::collection::vec(any::<u8>(), 0..10),
    ) {
        let mut wire = Vec::new();
        for chunk in &chunks {
            wire.extend(format!("{:x}\r\n", chunk.len()).bytes());
            wire.extend(chunk);
            wire.extend(b"\r\n");
        }
        wire.extend(b"0\r\n\r\n");
        let length = wire.len();
        wire.extend(&rest);

        let mut decoder = ChunkDecoder::default();
        let (mut body, mut used, mut from) = (Vec::new(), 0, 0);
        for cut in cuts.iter().cycle() {
            let to = (from + cut).min(wire.len());
            used += decoder.feed(wire.get(from..to).unwrap(), &mut body).unwrap();
            from = to;
            if from == wire.len() {
                break;
            }
        }
        prop_assert_eq!(body, chunks.concat());
        prop_assert_eq!(used, length);
        prop_assert!(decoder.done());
    }

    #[test]
    fn no_bytes_panic(wire in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&wire);
    }
}
