// Invariant: any bytes are decoded or refused, and give the same body, the same end and the same
// refusal whether they come at once or byte by byte.
#![no_main]

use _native::chunks::ChunkDecoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut whole = ChunkDecoder::default();
    let mut body = Vec::new();
    let used = whole.feed(input, &mut body);

    let mut single = ChunkDecoder::default();
    let mut by_byte = Vec::new();
    let mut count = 0;
    let mut refused = None;
    for byte in input {
        match single.feed(std::slice::from_ref(byte), &mut by_byte) {
            Ok(taken) => count += taken,
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert_eq!(body, by_byte);
    match used {
        Ok(used) => assert_eq!((used, None), (count, refused)),
        Err(error) => assert_eq!(Some(error), refused),
    }
    assert_eq!(whole.done(), single.done());
});
