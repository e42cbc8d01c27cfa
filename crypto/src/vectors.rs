//! Examples of the standards that more than one place checks: the start-up tests and the unit tests.

/// Private key of the SM2 examples (GM/T 0003.5-2012 annexes A and C).
pub(crate) const SM2_SECRET: &str = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
/// Its public key `x ‖ y`.
pub(crate) const SM2_PUBLIC: &str = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020\
                                     CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
/// Signature `r ‖ s` of "message digest" under the default ID (annex A).
pub(crate) const SM2_SIGNATURE: &str = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3\
                                        B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";
/// Envelope of "encryption standard", C1 ‖ C3 ‖ C2 (annex C).
pub(crate) const ENVELOPE_C1_C3_C2: &str = "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73\
     E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0\
     59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766\
     21886CA989CA9C7D58087307CA93092D651EFA";
/// SM3("abc") (GM/T 0004-2012 annex A.1).
pub(crate) const SM3_ABC: &str = "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0";
/// SM3 of "abcd" sixteen times (annex A.2).
pub(crate) const SM3_ABCD: &str = "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732";
/// Key and plaintext of the SM4 examples (GM/T 0002-2012 annex A), key of RFC 8998 appendix A.
pub(crate) const SM4_KEY: [u8; 16] =
    [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10];
/// Its ciphertext.
pub(crate) const SM4_BLOCK: &str = "681EDF34D206965E86B3E94F536E4246";
/// Nonce of the SM4-GCM example (RFC 8998 appendix A.1).
pub(crate) const GCM_NONCE: [u8; 12] = [0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0xab, 0xcd];
/// Associated data.
pub(crate) const GCM_AAD: &str = "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2";
/// Plaintext.
pub(crate) const GCM_PLAIN: &str = "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD\
                                    EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA";
/// Ciphertext ‖ tag.
pub(crate) const GCM_SEALED: &str = "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735\
                                     D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D\
                                     83DE3541E4C2B58177E065A9BF7B62EC";
/// HMAC-SM3(key = "key", "The quick brown fox jumps over the lazy dog"): by definition, not from a standard.
pub(crate) const HMAC_FOX: &str = "BD4A34077888162B210645B8EBF74B9AF357303789357A27C7FC457244EBD398";

/// The bytes of a constant above.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("constants of this file are hexadecimal")
}

/// The key of [`SM2_SECRET`].
pub(crate) fn key() -> crate::SigningKey {
    let secret = bytes(SM2_SECRET).try_into().expect("32 bytes");
    crate::SigningKey::from_bytes(&secret).expect("a key of the standard")
}

/// "Randomness" that yields the `k` of the standard's examples.
pub(crate) fn standard_k(out: &mut [u8]) -> Result<(), crate::envelope::EnvelopeError> {
    let k = bytes("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21");
    out.copy_from_slice(k.get(..out.len()).ok_or(crate::envelope::EnvelopeError::NoRandomness)?);
    Ok(())
}
