//! mod-10 check digits (GB 18937, GS1) and the forms of 本位码 and 批准文号.

/// The check digit for a body of ASCII digits: weights 3, 1, 3 … from the right (domain §1.2).
pub fn mod10(body: &[u8]) -> u8 {
    let mut sum = 0u32;
    for (i, digit) in body.iter().rev().enumerate() {
        let weight = if i % 2 == 0 { 3 } else { 1 };
        sum = sum.wrapping_add(u32::from(digit.wrapping_sub(b'0')).wrapping_mul(weight));
    }
    match sum % 10 {
        0 => b'0',
        rest => b'9'.wrapping_add(1).wrapping_sub(rest as u8),
    }
}

/// Whether the last of these ASCII digits is the check digit of the others.
pub fn mod10_is_valid(digits: &[u8]) -> bool {
    match digits.split_last() {
        Some((check, body)) if digits.iter().all(u8::is_ascii_digit) => mod10(body) == *check,
        _ => false,
    }
}

/// 国家药品编码本位码: 14 digits beginning `869` with a mod-10 check digit (domain §1.3).
pub fn standard_code_is_valid(text: &str) -> bool {
    text.len() == 14 && text.starts_with("869") && mod10_is_valid(text.as_bytes())
}

/// 批准文号: `国药准字` with `H Z S B T F J`, or `H Z S` and `C` or `J`, then 8 digits (《药品注册管理办法》 Art. 123).
pub fn approval_number_is_well_formed(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("国药准字") else { return false };
    let letters_end = rest.bytes().take_while(u8::is_ascii_uppercase).count();
    let Some((letters, digits)) = rest.split_at_checked(letters_end) else { return false };
    let letters_ok = match letters.as_bytes() {
        [one] => b"HZSBTFJ".contains(one),
        [one, two] => b"HZS".contains(one) && b"CJ".contains(two),
        _ => false,
    };
    letters_ok && digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())
}
