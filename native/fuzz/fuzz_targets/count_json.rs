// Invariant: for any bytes, read returns; an error stands within them; what it accepts is UTF-8, its
// texts hold no more bytes than it, and every cut of it is refused.
#![no_main]

use _native::tokens::json::selector::{Selector, Want};
use _native::tokens::json::{Sink, read};
use libfuzzer_sys::fuzz_target;

struct Length(usize);

impl Sink for Length {
    fn take(&mut self, text: &str, _special: bool) {
        self.0 += text.len();
    }
}

fuzz_target!(|body: &[u8]| {
    let want = |(path, want): (&str, Want)| (path.to_owned(), want);
    let paths = [
        ("prompt", Want::Prompt { special: true }),
        ("a.b", Want::Prompt { special: false }),
        ("messages", Want::Messages),
        ("tools", Want::Tools),
    ];
    let Ok(selector) = Selector::new(paths.map(want).into()) else {
        return;
    };
    let count = |end: usize| read(body, 0..end, &selector, || Length(0));
    match count(body.len()) {
        Err(error) => assert!(error.position <= body.len()),
        Ok((lengths, tally)) => {
            assert!(std::str::from_utf8(body).is_ok());
            assert!(tally.strings + tally.ids + tally.messages <= body.len());
            // A lone surrogate is six bytes, and three in its text.
            assert!(lengths.iter().map(|length| length.0).sum::<usize>() <= body.len());
            let end = body.trim_ascii_end().len();
            if end < 256 {
                for cut in 0..end {
                    assert!(count(cut).is_err());
                }
            }
        }
    }
});
