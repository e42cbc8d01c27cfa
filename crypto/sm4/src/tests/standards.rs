//! Vectors of the standards on everything there is.

use super::standard::KEY;
use super::{SUBJECTS, asked_for, subject, subjects};
use crate::Sm4Gcm;

fn hex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

/// GB/T 32907 annex A.1, and A.2 for compiled code; emulation stops at a thousand.
#[test]
fn gbt_32907_one_and_a_million_encryptions() {
    let answers = [
        (1, "681EDF34D206965E86B3E94F536E4246"),
        (100, "8DA24CB1008BD3271AA3B60105A7D5FD"),
        (1_000, "D735E91CC5689CF312BCC1EFB740E813"),
        (1_000_000, "595298C7C6FD271F0402F804C33D3F66"),
    ];
    for i in 0..SUBJECTS {
        let Some((name, subject)) = subject(i, &KEY) else { continue };
        let (mut block, mut done) = (KEY, 0);
        for (count, answer) in answers.iter().take(if name.contains("emulated") { 3 } else { 4 }) {
            (done..*count).for_each(|_| block = subject.encrypt_block(&block));
            done = *count;
            assert_eq!(block, hex(answer), "{name}: {count} encryptions");
        }
    }
}

/// RFC 8998 appendix A.1.
#[test]
fn rfc_8998_gcm() {
    let nonce = hex("00001234567800000000ABCD");
    let aad: [u8; 20] = hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
    let plain: [u8; 64] = hex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD\
                               EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA");
    let sealed: [u8; 64] = hex("17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735\
                                D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D");
    let tag = hex("83DE3541E4C2B58177E065A9BF7B62EC");
    for (name, subject) in subjects(&KEY) {
        let mut text = plain;
        assert_eq!(subject.seal(&nonce, &aad, &mut text), tag, "{name}");
        assert_eq!(text, sealed, "{name}");
        assert_eq!(subject.open(&nonce, &aad, &mut text, &tag), Ok(()), "{name}");
        assert_eq!(text, plain, "{name}");
    }
}

#[test]
fn the_paths_asked_for_are_tested() {
    for path in crate::Path::ALL.into_iter().filter(|path| !path.is_available()) {
        eprintln!("NOT RUN on this processor: {path}");
        assert_ne!(asked_for(path), Some(true), "{path} is asked for");
    }
}

#[test]
fn the_detected_path_is_the_first_available() {
    let path = Sm4Gcm::new(&KEY).path();
    assert_eq!(Some(path), crate::Path::available().next());
    assert_eq!(crate::Path::available().last(), Some(crate::Path::Portable));
    for path in crate::Path::ALL {
        assert_eq!(Sm4Gcm::with_path(path, &KEY).is_ok(), path.is_available(), "{path}");
    }
}
