//! Text as Chinese systems write it: UTF-8 with or without BOM, UTF-16 with BOM, GB18030 (and its subsets GBK, GB2312).

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};
use std::io::{self, BufRead, Read};

/// The whole text; `None` if it is neither valid UTF-8 nor valid GB18030.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<String> {
    if let Some((encoding, bom)) = Encoding::for_bom(&bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(&bytes[bom..]).map(|t| t.into_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let text = GB18030.decode_without_bom_handling_and_without_replacement(error.as_bytes());
            text.map(|t| t.into_owned())
        }
    }
}

/// How much of a stream is read at once, bytes.
const CHUNK_BYTES: usize = 16 << 10;

/// A stream of any size, decoded to UTF-8 on the way, with the position of the reader: lines, and bytes since the last
/// [`Utf8Stream::start_element`], which are bounded.
pub(crate) struct Utf8Stream<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    source_done: bool,
    finished: bool,
    text: String,
    text_at: usize,
    line: u64,
    element_bytes: usize,
    element_bytes_max: usize,
}

impl<R: Read> Utf8Stream<R> {
    /// Decides the encoding from the BOM or an XML declaration at the start.
    ///
    /// # Errors
    /// Those of the source.
    pub(crate) fn open(mut source: R, element_bytes_max: usize) -> io::Result<Utf8Stream<R>> {
        let mut raw = Vec::with_capacity(CHUNK_BYTES);
        (&mut source).take(CHUNK_BYTES as u64).read_to_end(&mut raw)?;
        let encoding = Encoding::for_bom(&raw).map_or_else(|| declared(&raw), |(encoding, _)| encoding);
        Ok(Utf8Stream {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            source_done: raw.is_empty(),
            raw,
            raw_at: 0,
            finished: false,
            text: String::with_capacity(CHUNK_BYTES),
            text_at: 0,
            line: 1,
            element_bytes: 0,
            element_bytes_max,
        })
    }

    /// Line of the next byte, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The reader begins another element.
    pub(crate) fn start_element(&mut self) {
        self.element_bytes = 0;
    }

    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.text_at = 0;
        while self.text.is_empty() && !self.finished {
            if self.raw_at == self.raw.len() && !self.source_done {
                self.raw.clear();
                self.raw_at = 0;
                let read = (&mut self.source).take(CHUNK_BYTES as u64).read_to_end(&mut self.raw)?;
                self.source_done = read == 0;
            }
            // What does not fit into the text's capacity stays for the next round.
            let raw = &self.raw[self.raw_at..];
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(raw, &mut self.text, self.source_done);
            self.raw_at += read;
            match result {
                DecoderResult::Malformed(..) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "not text of the declared encoding"));
                }
                DecoderResult::InputEmpty => self.finished = self.source_done,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }
}

/// The encoding of an XML declaration, if it is a Chinese one; else UTF-8.
fn declared(start: &[u8]) -> &'static Encoding {
    let head = &start[..start.len().min(200)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declaration = head.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map(|(inside, _)| inside);
    let label = declaration.and_then(|d| d.split_once("encoding")).and_then(|(_, v)| v.split(['"', '\'']).nth(1));
    label.and_then(|l| Encoding::for_label(l.trim().as_bytes())).unwrap_or(UTF_8)
}

impl<R: Read> Read for Utf8Stream<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Utf8Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.element_bytes > self.element_bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "an element is too long"));
        }
        if self.text_at == self.text.len() {
            self.refill()?;
        }
        Ok(&self.text.as_bytes()[self.text_at..])
    }

    fn consume(&mut self, n: usize) {
        let used = &self.text.as_bytes()[self.text_at..self.text_at + n];
        self.line += used.iter().filter(|b| **b == b'\n').count() as u64;
        self.text_at += n;
        self.element_bytes += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_encodings_are_told_apart() {
        let text = "单据编号,追溯码\r\n㐀𠀀,1";
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(decode(gb.into_owned()).as_deref(), Some(text));
        assert_eq!(decode(text.as_bytes().to_vec()).as_deref(), Some(text));
        assert_eq!(decode([b"\xef\xbb\xbf", text.as_bytes()].concat()).as_deref(), Some(text));
        let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(utf16).as_deref(), Some(text));
        assert_eq!(decode(vec![b'a', 0xff, 0xff]), None);
        assert_eq!(decode(b"\xef\xbb\xbf\xff".to_vec()), None);
    }

    #[test]
    fn a_stream_is_decoded_and_counted() {
        let body = "<a>\n".repeat(40_000);
        let text = format!("<?xml version=\"1.0\" encoding=\"GB2312\"?>\n药{body}");
        let (bytes, _, _) = GB18030.encode(&text);
        let mut stream = Utf8Stream::open(bytes.as_ref(), usize::MAX).unwrap();
        let mut read = String::new();
        stream.read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert_eq!(stream.line(), 40_002);
    }

    #[test]
    fn an_element_without_end_is_refused() {
        let mut stream = Utf8Stream::open(io::repeat(b'x'), 64 << 10).unwrap();
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let mut bad = Utf8Stream::open(&b"abc\xff"[..], 100).unwrap();
        assert!(io::copy(&mut bad, &mut io::sink()).is_err());
    }
}
