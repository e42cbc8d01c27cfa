//! Just enough of Rust's lexical structure to tell code from comments, literals and test modules.

/// A token of code: an identifier, a number or one punctuation character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// 1-based.
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_identifier(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// `source` with comments and the inside of literals replaced by spaces; line breaks stay.
pub(crate) fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => line_end(&chars, at),
            ('/', Some('*')) => comment_end(&chars, at),
            ('"', _) => string_end(&chars, at),
            ('r' | 'b' | 'c', _) if !follows_identifier(&chars, at) => prefixed_string_end(&chars, at),
            ('\'', _) => char_end(&chars, at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out.into_iter().collect()
}

fn follows_identifier(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn line_end(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n)
}

fn comment_end(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// End of `b"…"`, `r"…"`, `r#"…"#`, `br"…"`, `b'…'` and the like; `start` itself if none begins there.
fn prefixed_string_end(chars: &[char], start: usize) -> usize {
    let letters = chars[start..].iter().take(2).take_while(|c| matches!(c, 'r' | 'b' | 'c')).count();
    let raw = chars[start..start + letters].contains(&'r');
    let hashes = chars[start + letters..].iter().take_while(|c| **c == '#').count();
    let open = start + letters + hashes;
    match chars.get(open) {
        Some('"') if raw => {
            let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let inside = &chars[open + 1..];
            inside.windows(close.len()).position(|w| w == close).map_or(chars.len(), |n| open + 1 + n + close.len())
        }
        Some('"') if hashes == 0 => string_end(chars, open),
        Some('\'') if hashes == 0 && chars[start] == 'b' && letters == 1 => char_end(chars, open),
        _ => start,
    }
}

/// End of a character literal; `start` itself for a lifetime or a label.
fn char_end(chars: &[char], start: usize) -> usize {
    match chars.get(start + 1) {
        Some('\\') => {
            let rest = &chars[(start + 3).min(chars.len())..];
            rest.iter().position(|c| *c == '\'').map_or(chars.len(), |n| start + 4 + n)
        }
        Some(_) if chars.get(start + 2) == Some(&'\'') => start + 3,
        _ => start,
    }
}

/// The tokens of `source` outside comments and literals.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let blanked = blank(source);
    let mut found: Vec<Token> = Vec::new();
    for (index, line) in blanked.lines().enumerate() {
        let chars: Vec<char> = line.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let end = token_end(&chars, at);
            if !chars[at].is_whitespace() {
                found.push(Token { text: chars[at..end].iter().collect(), line: index + 1 });
            }
            at = end;
        }
    }
    found
}

fn token_end(chars: &[char], at: usize) -> usize {
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    if !word(&chars[at]) {
        return at + 1;
    }
    let mut end = at + chars[at..].iter().take_while(|c| word(c)).count();
    // `1.5` is one number; `0..5`, `1.max(2)` and the `0.1` of `pair.0.1` are not.
    let number = chars[at].is_ascii_digit() && (at == 0 || chars[at - 1] != '.');
    if number && chars.get(end) == Some(&'.') && chars.get(end + 1).is_some_and(char::is_ascii_digit) {
        end += 1 + chars[end + 1..].iter().take_while(|c| word(c)).count();
    }
    end
}

/// `tokens` without the items that `#[cfg(test)]` or `#[test]` marks.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match test_attribute_end(tokens, at) {
            Some(end) => at = item_end(tokens, end),
            None => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

fn test_attribute_end(tokens: &[Token], at: usize) -> Option<usize> {
    const FORMS: [&[&str]; 2] = [&["#", "[", "cfg", "(", "test", ")", "]"], &["#", "[", "test", "]"]];
    let matches = |form: &[&str]| {
        tokens.len() >= at + form.len() && form.iter().zip(&tokens[at..]).all(|(want, token)| token.text == *want)
    };
    FORMS.iter().find(|form| matches(form)).map(|form| at + form.len())
}

/// The end of the item that begins at `at`: after its `;` or its closing brace, whichever is at depth zero first.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let source = "a // Instant\n/* /* f64 */ x */ b \"HashMap \\\" q\" r#\"std::fs \" \"# b'x' '\\'' c'";
        assert_eq!(texts(source), ["a", "b", "c", "'"]);
    }

    #[test]
    fn lifetimes_and_labels_stay_code() {
        assert_eq!(texts("&'a str 'x: loop"), ["&", "'", "a", "str", "'", "x", ":", "loop"]);
    }

    #[test]
    fn lines_are_counted_through_blanked_text() {
        let token = &tokens("/*\n\n*/ \"\n\" here")[0];
        assert_eq!((token.text.as_str(), token.line), ("here", 4));
    }

    #[test]
    fn numbers_with_a_fraction_are_one_token() {
        assert_eq!(texts("1.5 0..5 1.max(2) pair.0.1")[0], "1.5");
        assert!(!texts("0..5 1.max(2) pair.0.1").iter().any(|text| text.len() > 1 && text.contains('.')));
    }

    #[test]
    fn test_items_are_left_out_and_others_kept() {
        let source = "fn a() {} #[cfg(test)] mod tests { fn b() { c } } fn d() {} #[cfg(test)] mod e; use f;";
        let kept = without_tests(&tokens(source));
        let names: Vec<_> =
            kept.iter().filter(|token| token.is_identifier()).map(|token| token.text.as_str()).collect();
        assert_eq!(names, ["fn", "a", "fn", "d", "use", "f"]);
    }
}
