//! Products of a test network, from a file.

use super::members::Member;
use crate::failure::Failure;
use crate::passphrase::read;
use bencao_genesis::Product;
use serde_json::Value;
use std::path::Path;

/// The samples of `demo/`.
const SAMPLES: &str = include_str!("../../../demo/products.json");
/// Longest products file, bytes.
pub(crate) const FILE_BYTES_MAX: usize = 8 << 20;

/// Reads a products file; `holder` and `producer` may name a member instead of its code.
pub(crate) fn load(path: Option<&Path>, members: &[Member]) -> Result<Vec<Product>, Failure> {
    let bytes = match path {
        None => SAMPLES.as_bytes().to_vec(),
        Some(path) => read(path, FILE_BYTES_MAX)?,
    };
    let path = path.unwrap_or(Path::new("products.json"));
    parse(path, &bytes, |name| members.iter().find(|m| m.name == name).map(|m| m.organisation.id.to_string()))
}

/// Reads the bytes of a products file; `member` knows the codes of members by name.
pub(crate) fn parse(
    path: &Path,
    bytes: &[u8],
    member: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Product>, Failure> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(wrong(path, "too long", None));
    }
    let json = |e: &serde_json::Error| wrong(path, &e.to_string(), Some(e.line() as u64));
    let mut list: Vec<Value> = serde_json::from_slice(bytes).map_err(|e| json(&e))?;
    for value in list.iter_mut().filter_map(Value::as_object_mut) {
        for field in ["holder", "producer"] {
            let code = value.get(field).and_then(Value::as_str).and_then(&member);
            if let Some(code) = code {
                value.insert(field.into(), Value::String(code));
            }
        }
    }
    list.into_iter()
        .enumerate()
        .map(|(i, v)| serde_json::from_value(v).map_err(|e| wrong(path, &format!("products[{i}]: {e}"), None)))
        .collect()
}

fn wrong(path: &Path, reason: &str, line: Option<u64>) -> Failure {
    let shown = path.display();
    let mut failure = Failure::input(format!("{shown}：产品文件有误：{reason}"), format!("{shown}: {reason}"));
    failure.fault.line = line.filter(|l| *l > 0);
    failure
}
