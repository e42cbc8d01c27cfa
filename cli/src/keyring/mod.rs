//! Keys on the chain: registered, rotated, revoked, approved by other administrators.

mod args;

pub(crate) use args::KeyringCommand;

use crate::access;
use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::session::{self, Session};
use crate::{passphrase, tx};
use args::{KeyDocument, NewKey, NewSource};
use bencao_chaincode::transaction::{
    AdminQuorum, ApproveKeys, ChangeKeys, DocumentNumber, KeyChange, KeyGrant, KeyRevocation, KeyRotation, Operation,
};
use bencao_client::api::{ApiError, Outcome};
use bencao_client::bill::Planned;
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{ChainId, Height, KeyPurpose, OrgId};
use serde_json::{Value, json};

/// Longest file of `key grant`, bytes.
const GRANT_BYTES_MAX: usize = 64 << 10;

pub(crate) fn run(console: &Console, command: KeyringCommand) -> Result<Report, Failure> {
    match command {
        KeyringCommand::List { id, node } => {
            let view = access::client(console, &node)?.keys(&id)?;
            let text = list(console, &view);
            Ok(Report::done(view, text))
        }
        KeyringCommand::Grant { new, organisation, chain, node, passphrase } => {
            let organisation = OrgId::parse(&organisation)
                .map_err(|e| Failure::input(format!("--organisation：{e}"), format!("--organisation: {e}")))?;
            let chain = match chain {
                Some(text) => text,
                None => access::client(console, &node)?.status()?.chain_id,
            };
            let chain = Digest::from_hex(&chain).map(ChainId);
            let chain = chain.ok_or_else(|| Failure::input("--chain：不是摘要", "--chain: no digest"))?;
            let grant = granted(console, &new, &passphrase, chain, &organisation)?;
            let json = serde_json::to_value(&grant).map_err(|e| Failure::internal(&e))?;
            let text = serde_json::to_string_pretty(&json).map_err(|e| Failure::internal(&e))? + "\n";
            Ok(Report::done(json, text))
        }
        KeyringCommand::Add { source, document } => change(console, document, |console, session, passphrase| {
            let grant = sourced(console, &source, passphrase, session)?;
            let name = format!("key-add-{}", short(&grant.public_key.id()));
            Ok((name, KeyChange::Add(grant)))
        }),
        KeyringCommand::Rotate { old, overlap, source, document } => {
            let old = key_id("--old", &old)?;
            change(console, document, |console, session, passphrase| {
                let new = sourced(console, &source, passphrase, session)?;
                let name = format!("key-rotate-{}-{}", short(&old), short(&new.public_key.id()));
                Ok((name, KeyChange::Rotate(KeyRotation { old, new, overlap })))
            })
        }
        KeyringCommand::Revoke { key_id: id, at, document } => {
            let key = key_id("KEY_ID", &id)?;
            change(console, document, |_, _, _| {
                let change = KeyChange::Revoke(KeyRevocation { key, at: at.map(Height) });
                Ok((format!("key-revoke-{}", short(&key)), change))
            })
        }
        KeyringCommand::Quorum { administrators, document } => change(console, document, |_, _, _| {
            let change = KeyChange::SetQuorum(AdminQuorum { administrators });
            Ok((format!("key-quorum-{administrators}"), change))
        }),
        KeyringCommand::Approve { order, content, document_no, sign } => {
            tx::send_all(console, &sign, |session| approve(console, session, order, content, document_no))
        }
    }
}

fn short(id: &KeyId) -> String {
    id.to_string().chars().take(8).collect()
}

fn key_id(flag: &str, text: &str) -> Result<KeyId, Failure> {
    serde_json::from_value(Value::from(text)).map_err(|_| {
        Failure::input(format!("{flag} {text}：应为 40 位十六进制密钥标识"), format!("{flag} {text}: not a key id"))
    })
}

/// Sends one change. One that waits for other administrators says so.
fn change(
    console: &Console,
    document: KeyDocument,
    make: impl FnOnce(&Console, &Session, &PassphraseArgs) -> Result<(String, KeyChange), Failure>,
) -> Result<Report, Failure> {
    let session = Session::open(console, &document.sign)?;
    let (name, change) = make(console, &session, &document.sign.passphrase)?;
    let document_no = document.document_no.unwrap_or(name);
    let operation = Operation::ChangeKeys(ChangeKeys { changes: vec![change], reason: document.reason });
    let bill = session.send(&Planned { document_no: document_no.clone(), operation })?;
    let applied = bill.status == Outcome::Applied;
    let mut report = session::report(console, vec![bill]);
    if !applied {
        return Ok(report);
    }
    let waiting = match session.client.key_order(session.signer.principal.as_str(), &document_no) {
        Ok(order) => Some(order),
        Err(error) if error.is("unknown_record") => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(order) = waiting {
        report.text += console
            .pick("需其他管理员会签：bencao key approve ", "other administrators have to approve: bencao key approve ");
        report.text += &format!("{document_no}\n");
        if let Some(object) = report.json.as_object_mut() {
            object.insert("key_order".into(), order);
        }
    }
    Ok(report)
}

/// The new key from its file, or from what `grant` wrote.
fn sourced(
    console: &Console,
    source: &NewSource,
    passphrase: &PassphraseArgs,
    session: &Session,
) -> Result<KeyGrant, Failure> {
    match &source.grant {
        None => granted(console, &source.new, passphrase, session.signer.chain, &session.signer.principal),
        Some(file) => {
            let shown = file.display();
            let bytes = passphrase::read(file, GRANT_BYTES_MAX)?;
            serde_json::from_slice(&bytes).map_err(|e| Failure::input(format!("{shown}：{e}"), format!("{shown}: {e}")))
        }
    }
}

/// Signs with the new key that it is had.
fn granted(
    console: &Console,
    new: &NewKey,
    passphrase: &PassphraseArgs,
    chain: ChainId,
    organisation: &OrgId,
) -> Result<KeyGrant, Failure> {
    let missing = |flag: &str| Failure::input(format!("缺少 {flag}"), format!("{flag} is needed"));
    let file = new.new_key.as_deref().ok_or_else(|| missing("--new-key"))?;
    let purpose = new.purpose.as_deref().ok_or_else(|| missing("--purpose"))?;
    let purpose: KeyPurpose = serde_json::from_value(Value::from(purpose)).map_err(|e| Failure::internal(&e))?;
    let mut passphrase = passphrase.clone();
    if new.new_passphrase_file.is_some() {
        passphrase = PassphraseArgs { passphrase_file: new.new_passphrase_file.clone(), ..PassphraseArgs::default() };
    }
    let key = passphrase::open_key(console, file, &passphrase)?;
    let message = KeyGrant::proof_message(chain, organisation, purpose, &key.public());
    let mut scope = new.scope.clone();
    scope.sort();
    Ok(KeyGrant {
        purpose,
        public_key: key.public(),
        proof: Some(key.sign(&message)),
        scope,
        valid_from: new.valid_from.map(Height),
        valid_to: new.valid_to.map(Height),
    })
}

/// Approves the change that the node shows, whose digest is computed here; or the one that was named.
fn approve(
    console: &Console,
    session: &Session,
    order: String,
    content: Option<String>,
    document_no: Option<String>,
) -> Result<Vec<Planned>, Failure> {
    let view = session.client.key_order(session.signer.principal.as_str(), &order)?;
    let changes: Vec<KeyChange> = view
        .get("changes")
        .cloned()
        .and_then(|v| serde_json::from_value(v).ok())
        .ok_or_else(|| ApiError::Answer("changes are none of this version".into()))?;
    let digest = ChangeKeys::digest(&changes);
    if let Some(named) = content.filter(|text| *text != digest.to_string()) {
        return Err(Failure::input(
            format!("密钥变更 {order} 的摘要为 {digest}，不是 {named}"),
            format!("the change of keys {order} has digest {digest}, not {named}"),
        ));
    }
    let shown = serde_json::to_string_pretty(&json!(changes)).unwrap_or_default();
    console.note(&shown, &shown);
    let own = short(&session.signer.key.public().id());
    let document_no = document_no.unwrap_or_else(|| format!("approve-{order}-{own}"));
    let operation = Operation::ApproveKeys(ApproveKeys { order: DocumentNumber(order), content: digest });
    Ok(vec![Planned { document_no, operation }])
}

fn list(console: &Console, view: &Value) -> String {
    let field = |value: &Value, path: &str| match value.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let mut text = format!("{}  {}\n", field(view, "/organisation/id"), field(view, "/organisation/name"));
    for key in view.get("keys").and_then(Value::as_array).into_iter().flatten() {
        let state = if key.get("in_force") == Some(&Value::Bool(true)) { "✓" } else { "✗" };
        let until = field(key, "/valid_to");
        let scope: Vec<&str> =
            key.get("scope").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        text += &format!(
            "  {state} {:<9} {}  #{} … {}  {}\n",
            field(key, "/purpose"),
            field(key, "/key_id"),
            field(key, "/valid_from"),
            if until.is_empty() { console.pick("长期", "no end").to_owned() } else { format!("#{until}") },
            scope.join(","),
        );
    }
    text
}
