//! `auth_data`: the grant that the autoscaler signed and the client passed on.

use std::borrow::Cow;
use std::ops::Range;

use super::names::Names;
use super::value;
use crate::json::{Number, Result, Scanner, Shape};

/// The fields of a grant. `None` is an absent key; whether one is required is not decided here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth<'a> {
    /// Where the object stands in the body.
    pub span: Range<usize>,
    /// What the autoscaler signed, as base64 text.
    pub signature: Option<Cow<'a, str>>,
    /// The workload granted.
    pub cost: Option<Number>,
    /// The endpoint's name.
    pub endpoint: Option<Cow<'a, str>>,
    /// The request's number at the autoscaler.
    pub reqnum: Option<i64>,
    /// The request's index; null, as one client generation sends it, is absent too.
    pub request_idx: Option<i64>,
    /// The worker that the grant is for.
    pub url: Option<Cow<'a, str>>,
}

/// Reads the object at the next byte. No key may stand twice, known or not: who signed or logged
/// the other one would see another grant than we do.
pub(super) fn read<'a>(scanner: &mut Scanner<'a>) -> Result<Auth<'a>> {
    let mut auth = Auth::default();
    let mut names = Names::new();
    let start = scanner.at();
    scanner.enter_object()?;
    while let Some(key) = scanner.next_key()? {
        let name = scanner.key(key);
        let path = known_path(&name);
        names.add(name, key.start, path)?;
        let token = scanner.value()?;
        match path {
            SIGNATURE => auth.signature = Some(value::text(scanner, token, path)?),
            COST => auth.cost = Some(value::number(scanner, token, path)?),
            ENDPOINT => auth.endpoint = Some(value::text(scanner, token, path)?),
            REQNUM => auth.reqnum = Some(value::integer(scanner, token, path)?),
            REQUEST_IDX if token.shape == Shape::Null => {}
            REQUEST_IDX => auth.request_idx = Some(value::integer(scanner, token, path)?),
            URL => auth.url = Some(value::text(scanner, token, path)?),
            _ => {}
        }
    }
    auth.span = start..scanner.at();
    Ok(auth)
}

const SIGNATURE: &str = "auth_data.signature";
const COST: &str = "auth_data.cost";
const ENDPOINT: &str = "auth_data.endpoint";
const REQNUM: &str = "auth_data.reqnum";
const REQUEST_IDX: &str = "auth_data.request_idx";
const URL: &str = "auth_data.url";

/// The path of a key that a grant knows, else that of the grant: client text stays out of errors.
fn known_path(name: &[u8]) -> &'static str {
    match name {
        b"signature" => SIGNATURE,
        b"cost" => COST,
        b"endpoint" => ENDPOINT,
        b"reqnum" => REQNUM,
        b"request_idx" => REQUEST_IDX,
        b"url" => URL,
        _ => "auth_data",
    }
}
