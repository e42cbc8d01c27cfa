//! What strangers may send, from fixed seeds: pieces of good fields put together in wrong ways. Nothing panics, nothing grows, and
//! what is accepted is what was written.

use bencao_access::journal::{SignedHead, Verifier};
use bencao_access::request::{parse_content_digest, parse_purpose, unescape};
use bencao_access::{Parameters, Token};
use bencao_crypto::sm3;

/// Bytes that follow from a seed.
struct Seeded {
    seed: u64,
    block: [u8; 32],
    used: usize,
}

impl Seeded {
    fn new(seed: u64) -> Seeded {
        Seeded { seed, block: [0; 32], used: 32 }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.block = sm3(&[&self.seed.to_le_bytes()[..], &self.block].concat()).0;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    fn below(&mut self, end: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % end
    }
}

const PIECES: [&str; 32] = [
    "bencao=",
    "(",
    ")",
    "\"@method\"",
    "\"@authority\"",
    "\"@path\"",
    "\"@query\"",
    "\"content-digest\"",
    " ",
    ";",
    "created=1795449600",
    "expires=1795449630",
    "nonce=\"0123456789abcdef\"",
    "alg=\"sm2-sm3\"",
    "keyid=\"",
    "\"",
    "0123456789abcdef0123456789abcdef01234567",
    "sm3=:",
    ":",
    "=",
    "bct1-",
    "-",
    "%",
    "%E6",
    "%00",
    "é",
    "0",
    "a",
    "{",
    "\"type\":\"query\"",
    "\n",
    "99999999999999999999",
];

fn text(random: &mut Seeded) -> String {
    (0..random.below(40)).map(|_| PIECES[random.below(PIECES.len())]).collect()
}

#[test]
fn fields_put_together_at_random_are_read_as_written_or_not_at_all() {
    for seed in 0..20_000 {
        let text = text(&mut Seeded::new(seed));
        if let Ok(parameters) = Parameters::parse(&text) {
            assert_eq!(format!("bencao={}", parameters.text), text);
        }
        if let Ok(token) = Token::parse(&text) {
            assert_eq!(*token.show(), text);
        }
        let _ = (parse_content_digest(&text), SignedHead::parse(&text));
        if let Ok(purpose) = parse_purpose(&text) {
            assert!(purpose.chars().count() <= 200 && !purpose.chars().any(char::is_control));
        }
        assert!(unescape(&text).is_none_or(|plain| plain.len() <= text.len()));
    }
}

#[test]
fn lines_put_together_at_random_are_no_log() {
    for seed in 0..2_000 {
        let mut random = Seeded::new(seed);
        let object = text(&mut random);
        let line = format!("{} {object}\n", sm3(object.as_bytes()));
        let mut verifier = Verifier::new(None, Vec::new());
        assert!(verifier.segment(1, line.as_bytes()).is_err(), "{line}");
    }
}
