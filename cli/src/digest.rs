//! `bencao digest`: what stands on the ledger in the place of a document or a person.

use crate::args::DigestArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase;
use crate::recall::digest_of;
use bencao_client::bill::CommitmentKey;
use serde_json::json;

pub(crate) fn run(console: &Console, args: &DigestArgs) -> Result<Report, Failure> {
    let mut list = Vec::new();
    let mut text = String::new();
    for file in &args.files {
        if let Some(digest) = digest_of(Some(file))? {
            text += &format!("{digest}  {}\n", file.display());
            list.push(json!({"file": file, "digest": digest.to_string()}));
        }
    }
    if let Some(key) = args.key.as_ref().filter(|_| !args.person.is_empty()) {
        let key = passphrase::open_key(console, key, &args.passphrase)?;
        let parts: Vec<&str> = args.person.iter().map(String::as_str).collect();
        let digest = CommitmentKey::of(&key).commit("person", &parts);
        text += &format!("{digest}\n");
        list.push(json!({"person": true, "digest": digest.to_string()}));
    }
    Ok(Report::done(json!({ "digests": list }), text))
}
