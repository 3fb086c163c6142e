// Invariant: for any bytes, parse returns; an error stands within the body; of what it accepts,
// the spans and raw fields are themselves what it accepts, and every cut of it is refused.
#![no_main]

use _native::envelope::{Declared, Value, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(declared) = Declared::new(vec!["a", "a.b", "inputs", "parameters.max_new_tokens"])
    else {
        return;
    };
    let envelope = match parse(body, &declared) {
        Ok(envelope) => envelope,
        Err(error) => {
            assert!(error.position <= body.len());
            return;
        }
    };
    assert!(std::str::from_utf8(body).is_ok());
    for span in [envelope.payload, envelope.auth.map(|auth| auth.span)] {
        let Some(span) = span else { continue };
        assert!(is_json(&body[span]));
    }
    for value in envelope.fields.into_iter().flatten() {
        if let Value::Raw(raw) = value {
            assert!(is_json(raw));
        }
    }
    // Whole and byte by byte; short bodies only, so that the work stays linear in practice.
    let end = body.trim_ascii_end().len();
    if end < 256 {
        for cut in 0..end {
            assert!(parse(&body[..cut], &declared).is_err());
        }
    }
});

/// Accepted inside an envelope, too.
fn is_json(value: &[u8]) -> bool {
    let body = [br#"{"x":"#, value, b"}"].concat();
    Declared::new(Vec::new()).is_ok_and(|none| parse(&body, &none).is_ok())
}
