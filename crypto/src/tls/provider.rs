//! The rustls `CryptoProvider` of RFC 8998: TLS_SM4_GCM_SM3, curveSM2, sm2sig_sm3, and nothing else to downgrade to.

use super::signer;
use crate::hmac::HmacSm3;
use crate::sm4::{Sm4Gcm, TAG_BYTES};
use crate::x509::{SIGNATURE_ALGORITHMS, Sm2Verification};
use ::hmac::{KeyInit as _, Mac as _};
use elliptic_curve::{Generate as _, ecdh::EphemeralSecret, sec1::ToSec1Point as _};
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, Nonce,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm, UnsupportedOperationError,
    make_tls13_aad,
};
use rustls::crypto::tls13::HkdfUsingHmac;
use rustls::crypto::{
    self, ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup,
    WebPkiSupportedAlgorithms, hash,
};
use rustls::{
    CipherSuite, CipherSuiteCommon, ConnectionTrafficSecrets, ContentType, Error, NamedGroup, PeerMisbehaved,
    ProtocolVersion, SignatureScheme, SupportedCipherSuite, Tls13CipherSuite,
};
use sm3::{Digest as _, Sm3};

pub(super) use crate::holder::HANDSHAKE_ID;
/// sm2sig_sm3 (RFC 8998 §3.2.1).
pub(super) const SM2SIG_SM3: SignatureScheme = SignatureScheme::Unknown(0x0708);
/// curveSM2 (RFC 8998 §3.2.2).
pub(super) const CURVE_SM2: NamedGroup = NamedGroup::Unknown(0x0029);
/// TLS_SM4_GCM_SM3 (RFC 8998 §2).
pub(super) const TLS_SM4_GCM_SM3: CipherSuite = CipherSuite::Unknown(0x00c6);

/// Certificates are signed under the default ID, handshakes under [`HANDSHAKE_ID`].
pub(super) static VERIFICATION: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: SIGNATURE_ALGORITHMS,
    mapping: &[(SM2SIG_SM3, &[&Sm2Verification::with_id(HANDSHAKE_ID)])],
};

static SUITE: Tls13CipherSuite = Tls13CipherSuite {
    // 2^24 records a key: the bound of RFC 8446 §5.5 for a 128-bit block in GCM.
    common: CipherSuiteCommon { suite: TLS_SM4_GCM_SM3, hash_provider: &Sm3Hash, confidentiality_limit: 1 << 24 },
    hkdf_provider: &HkdfUsingHmac(&Sm3Hmac),
    aead_alg: &Sm4GcmAead,
    quic: None,
};

/// The provider. Built once for each configuration; it holds no state.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![SupportedCipherSuite::Tls13(&SUITE)],
        kx_groups: vec![&Sm2KeyExchange],
        signature_verification_algorithms: VERIFICATION,
        secure_random: &OsRandom,
        key_provider: &signer::KeyLoader,
    }
}

#[derive(Debug)]
struct OsRandom;

impl SecureRandom for OsRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buffer).map_err(|_| GetRandomFailed)
    }
}

struct Sm3Hash;

impl hash::Hash for Sm3Hash {
    fn start(&self) -> Box<dyn hash::Context> {
        Box::new(Sm3Context(Sm3::new()))
    }

    fn hash(&self, data: &[u8]) -> hash::Output {
        hash::Output::new(&Sm3::digest(data))
    }

    fn output_len(&self) -> usize {
        32
    }

    fn algorithm(&self) -> hash::HashAlgorithm {
        hash::HashAlgorithm::Unknown(0x07)
    }
}

struct Sm3Context(Sm3);

impl hash::Context for Sm3Context {
    fn fork_finish(&self) -> hash::Output {
        hash::Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn hash::Context> {
        Box::new(Sm3Context(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> hash::Output {
        hash::Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

struct Sm3Hmac;

impl crypto::hmac::Hmac for Sm3Hmac {
    fn with_key(&self, key: &[u8]) -> Box<dyn crypto::hmac::Key> {
        Box::new(Sm3HmacKey(HmacSm3::new_from_slice(key).expect("HMAC takes a key of any length")))
    }

    fn hash_output_len(&self) -> usize {
        32
    }
}

struct Sm3HmacKey(HmacSm3);

impl crypto::hmac::Key for Sm3HmacKey {
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> crypto::hmac::Tag {
        let mut mac = self.0.clone();
        mac.update(first);
        middle.iter().for_each(|part| mac.update(part));
        mac.update(last);
        crypto::hmac::Tag::new(&mac.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        32
    }
}

struct Sm4GcmAead;

impl Sm4GcmAead {
    fn record_key(key: &AeadKey, iv: Iv) -> Box<RecordKey> {
        let key = key.as_ref().try_into().expect("rustls cuts the key to key_len()");
        Box::new(RecordKey { cipher: Sm4Gcm::new(key), iv })
    }
}

impl Tls13AeadAlgorithm for Sm4GcmAead {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Sm4GcmAead::record_key(&key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Sm4GcmAead::record_key(&key, iv)
    }

    fn key_len(&self) -> usize {
        crate::sm4::KEY_BYTES
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

/// One direction's traffic key.
struct RecordKey {
    cipher: Sm4Gcm,
    iv: Iv,
}

impl MessageEncrypter for RecordKey {
    fn encrypt(&mut self, message: OutboundPlainMessage<'_>, sequence: u64) -> Result<OutboundOpaqueMessage, Error> {
        let total = self.encrypted_payload_len(message.payload.len());
        let mut payload = PrefixedPayload::with_capacity(total);
        payload.extend_from_chunks(&message.payload);
        payload.extend_from_slice(&[u8::from(message.typ)]);
        let nonce = Nonce::new(&self.iv, sequence).0;
        let tag = self.cipher.seal_in_place(&nonce, &make_tls13_aad(total), payload.as_mut());
        payload.extend_from_slice(&tag);
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    fn encrypted_payload_len(&self, plain: usize) -> usize {
        plain + 1 + TAG_BYTES
    }
}

impl MessageDecrypter for RecordKey {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let payload = &mut message.payload;
        let aad = make_tls13_aad(payload.len());
        let nonce = Nonce::new(&self.iv, sequence).0;
        let (body, tag) = payload.split_last_chunk_mut::<TAG_BYTES>().ok_or(Error::DecryptError)?;
        self.cipher.open_in_place(&nonce, &aad, body, tag).map_err(|_| Error::DecryptError)?;
        let length = body.len();
        payload.truncate(length);
        message.into_tls13_unpadded_message()
    }
}

#[derive(Debug)]
struct Sm2KeyExchange;

impl SupportedKxGroup for Sm2KeyExchange {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = EphemeralSecret::try_generate().map_err(|_| Error::FailedToGetRandomBytes)?;
        let share = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(EphemeralKey { secret, share }))
    }

    fn name(&self) -> NamedGroup {
        CURVE_SM2
    }
}

struct EphemeralKey {
    secret: EphemeralSecret<sm2::Sm2>,
    share: Vec<u8>,
}

impl ActiveKeyExchange for EphemeralKey {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // TLS 1.3 allows the uncompressed form only (RFC 8446 §4.2.8.2); the parser checks that the point is on the curve.
        if peer.len() != 65 || peer[0] != 4 {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let peer = sm2::PublicKey::from_sec1_bytes(peer).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        Ok(SharedSecret::from(self.secret.diffie_hellman(&peer).raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        CURVE_SM2
    }
}
