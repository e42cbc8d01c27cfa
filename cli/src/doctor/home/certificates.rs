//! The node's certificate and the authorities.

use super::{kind_of_file, text, wrong_file};
use crate::doctor::Scene;
use crate::doctor::finding::Findings;
use bencao_crypto::PublicKey;
use bencao_crypto::tls::rustls::pki_types::CertificateDer;
use bencao_crypto::x509::{Certificate, ChainError, Expiry, Purpose, Roots, Usage};
use bencao_genesis::{Genesis, Height, KeyPurpose, OrgId, TimestampMs};
use bencao_node::config::Config;
use std::path::Path;

/// Longest file of certificates, bytes.
const FILE_BYTES_MAX: usize = 1 << 20;

pub(super) fn examine(
    config: &Config,
    genesis: Option<&Genesis>,
    node: Option<PublicKey>,
    scene: &Scene,
    findings: &mut Findings,
) {
    let now_s = (scene.now.0 / 1_000).saturating_add_signed(config.clock_offset_s);
    let authorities = authorities(&config.authorities, genesis, now_s, findings);
    let path = &config.certificate;
    let Some(text) = text(path, FILE_BYTES_MAX, "certificate_missing", findings) else { return };
    if text.trim().is_empty() {
        findings.tell("certificate_missing", path.display(), "文件是空的", "the file is empty");
        return;
    }
    let chain = match Certificate::chain_from_pem(&text) {
        Ok(chain) => chain,
        Err(error) => {
            let kind = kind_of_file(&text).filter(|kind| *kind != "a certificate");
            match kind {
                Some(kind) => wrong_file(path, kind, findings),
                None => findings.add("certificate_damaged", path.display(), error),
            }
            return;
        }
    };
    let leaf = &chain[0];
    if leaf.is_authority() {
        findings.add("certificate_of_authority", path.display(), leaf.common_name());
        return;
    }
    if let Some(node) = node.filter(|n| n != leaf.key()) {
        let (of, own) = (leaf.key().id(), node.id());
        let (zh, en) = (format!("证书 {of}，节点密钥 {own}"), format!("certificate {of}, node key {own}"));
        findings.tell("certificate_other_key", path.display(), zh, en);
    }
    if matches!(leaf.usage(), Some(Usage::Encrypt)) {
        findings.tell("certificate_wrong_use", path.display(), "这是加密证书", "a certificate for encryption");
    }
    if let Some(authorities) = &authorities {
        chain_of(path, &chain, authorities, findings);
    }
    dates(path, leaf, now_s, ["certificate_expired", "certificate_not_yet_valid", "certificate_ends_soon"], findings);
    let owner = genesis.and_then(|g| {
        g.organisations.iter().find(|o| o.key_at(leaf.key().id(), KeyPurpose::Node, Height(1)).is_some())
    });
    if let Some(owner) = owner.filter(|o| OrgId::parse(leaf.organisation()).is_ok_and(|named| named != o.id)) {
        let named = leaf.organisation();
        let (zh, en) =
            (format!("证书写 {named}，链上为 {}", owner.id), format!("certificate {named}, chain {}", owner.id));
        findings.tell("certificate_other_organisation", path.display(), zh, en);
    }
}

fn chain_of(path: &Path, chain: &[Certificate], authorities: &Roots, findings: &mut Findings) {
    let der: Vec<CertificateDer<'_>> = chain.iter().map(|c| c.der().into()).collect();
    let Err(error) = authorities.verify_undated(&der, Purpose::Server) else { return };
    let name = match error {
        ChainError::UnknownIssuer => "certificate_unknown_authority",
        ChainError::BadSignature => "certificate_wrong_signature",
        ChainError::WrongUse => "certificate_wrong_use",
        _ => "certificate_damaged",
    };
    let issuer = chain[0].issuer_name();
    findings.tell(
        name,
        path.display(),
        format!("签发者 {issuer:?}：{error}"),
        format!("issued by {issuer:?}: {error}"),
    );
}

/// Names for ended, not begun, ending.
fn dates(path: &Path, certificate: &Certificate, now_s: u64, names: [&str; 3], findings: &mut Findings) {
    let [expired, not_yet, soon] = names;
    let time = |s: u64| TimestampMs(s.saturating_mul(1_000)).to_string();
    let (from, to) = (time(certificate.validity().not_before_s), time(certificate.validity().not_after_s));
    let (name, now) = (certificate.common_name(), time(now_s));
    let check = match certificate.standing(now_s).expiry() {
        Expiry::Far => return,
        Expiry::Expired => expired,
        Expiry::NotYetValid => not_yet,
        Expiry::Days90 | Expiry::Days30 | Expiry::Days7 => soon,
    };
    let (zh, en) = (format!("{name}：{from} 至 {to}，现在 {now}"), format!("{name}: {from} to {to}, now {now}"));
    findings.tell(check, path.display(), zh, en);
}

fn authorities(path: &Path, genesis: Option<&Genesis>, now_s: u64, findings: &mut Findings) -> Option<Roots> {
    let text = text(path, FILE_BYTES_MAX, "authorities_missing", findings)?;
    let all = match Certificate::authorities_from_pem(&text) {
        Ok(all) => all,
        Err(error) => {
            let kind = kind_of_file(&text).filter(|kind| *kind != "a certificate");
            match kind {
                Some(kind) => wrong_file(path, kind, findings),
                None => findings.add("authorities_damaged", path.display(), error),
            }
            return None;
        }
    };
    if let Some(other) = all.iter().find(|c| !c.is_authority()) {
        findings.add("authorities_not_authority", path.display(), other.common_name());
        return None;
    }
    for authority in &all {
        dates(
            path,
            authority,
            now_s,
            ["authority_expired", "certificate_not_yet_valid", "authority_ends_soon"],
            findings,
        );
    }
    let of_genesis = genesis.map(|g| g.authorities.iter().filter_map(|pem| Certificate::from_pem(pem).ok()));
    let of_genesis: Vec<Certificate> = of_genesis.into_iter().flatten().collect();
    let strange = all.iter().find(|c| !of_genesis.contains(c));
    if let Some(strange) = strange.filter(|_| !of_genesis.is_empty()) {
        findings.add("authorities_differ", path.display(), format!("{} {}", strange.common_name(), strange.key().id()));
    }
    Roots::new(&all).ok()
}
