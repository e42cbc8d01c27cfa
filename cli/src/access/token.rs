//! `bencao token`: tokens of a node's API, in its home. The node sees a changed list at once.

use super::args::TokenCommand;
use crate::args::Lang;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{passphrase, write};
use bencao_access::policy::Right;
use bencao_access::token::{KEY_BYTES, RANDOM_BYTES, TokenFile, TokenId, TokenRecord};
use bencao_access::{Role, Token};
use bencao_genesis::{OrgId, TimestampMs};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// Folder of a home with the list and the key of its digests.
const FOLDER: &str = "access";
const LIST: &str = "tokens.toml";
const KEY: &str = "token-key";
/// Longest list read, bytes.
const LIST_BYTES_MAX: usize = 1 << 20;
const DAY_MS: u64 = 86_400_000;

pub(crate) fn run(console: &Console, home: Option<&Path>, command: TokenCommand) -> Result<Report, Failure> {
    let home = home.ok_or_else(|| Failure::input("缺少 --home", "--home is needed"))?;
    if !home.join("config.toml").is_file() {
        let shown = home.display();
        return Err(Failure::input(format!("{shown}：不是节点目录"), format!("{shown}: not a node's home")));
    }
    let book = Book { folder: home.join(FOLDER) };
    match command {
        TokenCommand::New { name, role, organisation, scope, days, out } => {
            let asked = Asked { name, role, organisation, scope, days };
            new(console, &book, asked, out.as_deref())
        }
        TokenCommand::List => Ok(list(console, &book.read()?)),
        TokenCommand::Revoke { id } => revoke(console, &book, &id),
    }
}

struct Asked {
    name: String,
    role: String,
    organisation: Option<String>,
    scope: Vec<String>,
    days: u32,
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn new(console: &Console, book: &Book, asked: Asked, out: Option<&Path>) -> Result<Report, Failure> {
    let mut file = book.read()?;
    let key = book.key()?;
    let mut random = Zeroizing::new([0; RANDOM_BYTES]);
    getrandom::fill(&mut random[..]).map_err(|e| Failure::internal(&e))?;
    let token = Token::from_random(&random);
    let role = match asked.role.as_str() {
        "organisation" => Role::Organisation,
        "regulator" => Role::Regulator,
        _ => Role::Admin,
    };
    let organisation = asked.organisation.as_deref().map(OrgId::parse).transpose();
    let organisation =
        organisation.map_err(|e| Failure::input(format!("--organisation：{e}"), format!("--organisation: {e}")))?;
    let created_ms = now_ms();
    let record = TokenRecord {
        id: token.id(),
        name: asked.name,
        role,
        organisation,
        scopes: asked.scope.iter().map(|name| right(name)).collect::<Result<_, _>>()?,
        created_ms,
        expires_ms: (asked.days > 0).then(|| created_ms + u64::from(asked.days) * DAY_MS),
        digest: token.digest(&key),
    };
    file.tokens.push(record.clone());
    book.write(&file)?;
    let text = token.show();
    let mut json = json!({ "id": record.id, "name": record.name, "role": record.role, "organisation": record.organisation,
        "scopes": record.scopes, "expires": record.expires_ms.map(|ms| TimestampMs(ms).to_string()) });
    let shown = match out {
        Some(path) => {
            write::new_secret(path, format!("{}\n", *text).as_bytes())?;
            json["file"] = json!(path.display().to_string());
            format!("{} {}\n", console.pick("令牌已写入", "token written to"), path.display())
        }
        None => {
            json["token"] = json!(*text);
            let once = console.pick("令牌只显示这一次", "this is shown once");
            format!("{}\n{once}\n", *text)
        }
    };
    Ok(Report::done(json, format!("{}{shown}", line(console, &record))))
}

fn right(name: &str) -> Result<Right, Failure> {
    Right::find(name).ok_or_else(|| {
        let all: Vec<&str> = Right::ALL.iter().map(|r| r.name()).collect();
        let all = all.join(", ");
        Failure::input(format!("--scope {name}：应为其中之一：{all}"), format!("--scope {name}: expected one of {all}"))
    })
}

fn list(console: &Console, file: &TokenFile) -> Report {
    let tokens: Vec<_> = file
        .tokens
        .iter()
        .map(|r| {
            json!({ "id": r.id, "name": r.name, "role": r.role, "organisation": r.organisation, "scopes": r.scopes,
                "created": TimestampMs(r.created_ms).to_string(),
                "expires": r.expires_ms.map(|ms| TimestampMs(ms).to_string()),
                "expired": r.is_expired(TimestampMs(now_ms())) })
        })
        .collect();
    Report::done(json!({ "tokens": tokens }), file.tokens.iter().map(|r| line(console, r)).collect())
}

fn line(console: &Console, record: &TokenRecord) -> String {
    let scopes: Vec<&str> = record.scopes.iter().map(|r| r.name()).collect();
    let whose = record.organisation.as_ref().map(ToString::to_string).unwrap_or_default();
    let until = match (record.expires_ms, console.lang) {
        (Some(ms), Lang::Zh) => format!("有效至 {}", TimestampMs(ms)),
        (Some(ms), Lang::En) => format!("until {}", TimestampMs(ms)),
        (None, Lang::Zh) => "长期有效".to_owned(),
        (None, Lang::En) => "without end".to_owned(),
    };
    format!("{}  {}  {}  {whose}  {}  {until}\n", record.id, record.name, record.role.name(), scopes.join(","))
}

fn revoke(console: &Console, book: &Book, id: &str) -> Result<Report, Failure> {
    let mut file = book.read()?;
    let before = file.tokens.len();
    let wanted = TokenId::parse(id);
    file.tokens.retain(|record| Some(record.id) != wanted);
    if file.tokens.len() == before {
        return Err(Failure::input(format!("没有令牌 {id}"), format!("there is no token {id}")));
    }
    book.write(&file)?;
    Ok(Report::done(json!({ "revoked": id }), format!("{} {id}\n", console.pick("已撤销", "revoked"))))
}

/// The files.
struct Book {
    folder: PathBuf,
}

impl Book {
    fn read(&self) -> Result<TokenFile, Failure> {
        let path = self.folder.join(LIST);
        if !path.exists() {
            return Ok(TokenFile::default());
        }
        let bytes = passphrase::read(&path, LIST_BYTES_MAX)?;
        let bad = |reason: String| {
            let shown = path.display();
            Failure::input(format!("{shown}：{reason}"), format!("{shown}: {reason}"))
        };
        let text = String::from_utf8(bytes).map_err(|e| bad(e.to_string()))?;
        let file: TokenFile = toml::from_str(&text).map_err(|e| bad(e.message().to_owned()))?;
        file.check().map_err(|e| bad(e.to_string()))?;
        Ok(file)
    }

    /// The key of digests, made with the first token.
    fn key(&self) -> Result<Zeroizing<[u8; KEY_BYTES]>, Failure> {
        let path = self.folder.join(KEY);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if !path.exists() {
            write::folder(&self.folder)?;
            getrandom::fill(&mut key[..]).map_err(|e| Failure::internal(&e))?;
            let digits = Zeroizing::new(hex::encode(&key[..]));
            write::new_secret(&path, digits.as_bytes())?;
            return Ok(key);
        }
        let digits = Zeroizing::new(passphrase::read(&path, 2 * KEY_BYTES + 1)?);
        hex::decode_to_slice(digits.trim_ascii(), &mut key[..]).map_err(|_| {
            let shown = path.display();
            Failure::input(format!("{shown}：应为 64 位十六进制数"), format!("{shown}: expected 64 hexadecimal digits"))
        })?;
        Ok(key)
    }

    /// Replaces the list as a whole, so that the node never reads half of it.
    fn write(&self, file: &TokenFile) -> Result<(), Failure> {
        file.check().map_err(|e| Failure::input(e.to_string(), e.to_string()))?;
        write::folder(&self.folder)?;
        let text = toml::to_string(file).map_err(|e| Failure::internal(&e))?;
        let (path, fresh) = (self.folder.join(LIST), self.folder.join(format!("{LIST}.{}", std::process::id())));
        write::new_secret(&fresh, text.as_bytes())?;
        std::fs::rename(&fresh, &path).map_err(|e| Failure::file(&path, &e))
    }
}
