//! What may merge with the beginnings and the ends of characters before they are whole.

use super::pairs::{FIRST, NEVER, Symbol};

/// A bit for each byte from 0x80 on, by its lowest seven bits, and one for all of ASCII.
pub(super) type Bytes = u128;

/// That one: 0xff, which no text has.
const ASCII: usize = 0x7f;

/// Where the bit of a byte is.
#[inline]
pub(super) fn bit(byte: u8) -> usize {
    if byte.is_ascii() {
        ASCII
    } else {
        usize::from(byte) & 0x7f
    }
}

/// Of merges with a symbol on one side: the lowest rank by the byte that meets it there.
type Lowest = [u32; 128];

/// Of symbols of one byte or two: what characters are made from.
struct Side {
    /// By symbol, where in `lowest` one is; 0 for those that have no merge, which is the first.
    places: Vec<u32>,
    lowest: Vec<Lowest>,
}

impl Side {
    fn new(symbols: usize) -> Self {
        Self {
            places: vec![0; symbols],
            lowest: vec![[NEVER; 128]],
        }
    }

    fn lower(&mut self, symbol: Symbol, beside: u8, rank: u32) {
        let Some(place) = self.places.get_mut(symbol as usize) else {
            return;
        };
        if *place == 0 {
            *place = u32::try_from(self.lowest.len()).unwrap_or(0);
            self.lowest.push([NEVER; 128]);
        }
        let lowest = self.lowest.get_mut(*place as usize);
        if let Some(lowest) = lowest.and_then(|lowest| lowest.get_mut(bit(beside))) {
            *lowest = rank.min(*lowest);
        }
    }

    /// Bytes with which no merge of the symbol is as early as `rank`.
    fn later(&self, symbol: Symbol, rank: u32) -> Bytes {
        let place = self.places.get(symbol as usize).copied().unwrap_or(0);
        let lowest = self.lowest.get(place as usize);
        lowest.map_or(0, |lowest| {
            // By halves: shifting 128 bits is several instructions.
            let half = |lowest: &[u32]| {
                let bits = lowest.iter().rev();
                bits.fold(0_u64, |bits, lowest| bits << 1 | u64::from(*lowest > rank))
            };
            let (low, high) = lowest.split_at(64);
            Bytes::from(half(high)) << 64 | Bytes::from(half(low))
        })
    }
}

/// Of all merges.
pub(super) struct Sides<'a> {
    merges: &'a [[Symbol; 3]],
    right: Side,
    left: Side,
}

impl<'a> Sides<'a> {
    /// Of left, right and product of each merge, where merge r makes symbol 256 + r.
    pub fn new(merges: &'a [[Symbol; 3]]) -> Self {
        let symbols = merges.len() + FIRST as usize;
        // First byte, last byte, and the length as far as it is of interest.
        let mut ends: Vec<(u8, u8, u8)> = (0..=u8::MAX).map(|byte| (byte, byte, 1)).collect();
        ends.reserve_exact(merges.len());
        let (mut on_right, mut on_left) = (Side::new(symbols), Side::new(symbols));
        for (rank, &[left, right, _]) in (0..).zip(merges) {
            let of = |symbol: Symbol| ends.get(symbol as usize).copied().unwrap_or_default();
            let (first, left_last, left_length) = of(left);
            let (right_first, last, right_length) = of(right);
            if right_length < 3 && !right_first.is_ascii() {
                on_right.lower(right, left_last, rank);
            }
            if left_length < 3 && !left_last.is_ascii() {
                on_left.lower(left, right_first, rank);
            }
            ends.push((first, last, left_length.saturating_add(right_length)));
        }
        Self {
            merges,
            right: on_right,
            left: on_left,
        }
    }

    /// The bytes that a token of up to three is closed after: no merge goes on from them into what
    /// it is made from before it is whole.
    pub fn closed_after(&self, token: Symbol) -> Bytes {
        self.closed(token, &self.right, |[left, ..]| left)
    }

    /// The same for bytes that stand after it.
    pub fn closed_before(&self, token: Symbol) -> Bytes {
        self.closed(token, &self.left, |[_, right, _]| right)
    }

    fn closed(&self, token: Symbol, side: &Side, part: impl Fn([Symbol; 3]) -> Symbol) -> Bytes {
        let (mut token, mut bytes) = (token, Bytes::MAX);
        while let Some(rank) = token.checked_sub(FIRST) {
            let Some(merge) = self.merges.get(rank as usize) else {
                return 0;
            };
            token = part(*merge);
            bytes &= side.later(token, rank);
        }
        bytes
    }
}
