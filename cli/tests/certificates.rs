//! `bencao ca` as an office uses it: an authority, certificates, renewal, one authority below another, a dual pair from outside.

use bencao_crypto::keyfile::{self, Passphrase};
use bencao_crypto::x509::{
    Authority, Certificate, CertificateRequest, Purpose, Roots, Subject, Terms, Usage, Validity,
};
use bencao_crypto::{SigningKey, enveloped_key};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_S: u64 = 86_400;

fn bencao(arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bencao"));
    command.args(arguments).args(["--output", "json"]).stdin(Stdio::null()).env_remove("BENCAO_PASSPHRASE");
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let json = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"));
    (output.status.code().unwrap(), json)
}

fn done(arguments: &[&str]) -> Value {
    let (code, json) = bencao(arguments);
    assert_eq!(code, 0, "{arguments:?}: {json}");
    json
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn chain(path: &str) -> Vec<Certificate> {
    Certificate::chain_from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether a chain leads to a root for TLS, now.
fn leads(chain: &[Certificate], root: &str) -> bool {
    let roots = Roots::new(&self::chain(root)).unwrap();
    let der: Vec<_> = chain.iter().map(|c| c.der().into()).collect();
    roots.verify(&der, Purpose::Server, now_s()).is_ok()
}

struct Office {
    folder: tempfile::TempDir,
    passphrase: String,
}

impl Office {
    fn open() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = folder.path().join("passphrase").display().to_string();
        std::fs::write(&passphrase, "correct horse\n").unwrap();
        Office { folder, passphrase }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn authority(&self, name: &str, more: &[&str]) -> String {
        let dir = self.path(name);
        let new = [
            "ca",
            "new",
            "--dir",
            &dir,
            "--name",
            name,
            "--organisation",
            "联盟",
            "--passphrase-file",
            &self.passphrase,
        ];
        done(&[&new[..], more].concat());
        dir
    }

    /// A fresh key and a request for it.
    fn request(&self, name: &str, organisation: &str) -> String {
        let (key, request) = (self.path(&format!("{name}.key")), self.path(&format!("{name}.csr")));
        done(&["key", "new", "--out", &key, "--passphrase-file", &self.passphrase]);
        let ask = ["ca", "request", "--key", &key, "--name", name, "--organisation", organisation, "--out", &request];
        done(&[&ask[..], &["--passphrase-file", &self.passphrase]].concat());
        request
    }

    fn issue(&self, dir: &str, request: &str, out: &str, more: &[&str]) -> Value {
        let issue = ["ca", "issue", "--dir", dir, request, "--out", out, "--passphrase-file", &self.passphrase];
        done(&[&issue[..], more].concat())
    }
}

#[test]
fn an_authority_issues_lists_and_renews() {
    let office = Office::open();
    let dir = office.authority("root", &["--days", "400"]);
    let root = office.path("root/certificate.pem");
    let request = office.request("node1", "91350100M000100Y43");
    let out = office.path("node1.pem");
    let issued = office.issue(&dir, &request, &out, &["--days", "20"]);
    assert_eq!((&issued["issued"][0]["usage"], &issued["issued"][0]["days_left"]), (&"node".into(), &20.into()));
    let first = chain(&out);
    assert!(leads(&first, &root));
    assert_eq!(first[0].organisation_code(), Some("91350100M000100Y43"));
    assert_eq!(first[0].organisation(), "91350100M000100Y43");

    // Renewed in place: the same key, later dates.
    let renewed = done(&[
        "ca",
        "renew",
        "--dir",
        &dir,
        &out,
        "--out",
        &out,
        "--days",
        "200",
        "--passphrase-file",
        &office.passphrase,
    ]);
    assert_eq!(renewed["issued"][0]["key_id"], issued["issued"][0]["key_id"]);
    let second = chain(&out);
    assert_eq!((second[0].key(), second[0].organisation_code()), (first[0].key(), first[0].organisation_code()));
    assert!(second[0].validity().not_after_s > first[0].validity().not_after_s && leads(&second, &root));

    // Longer than the authority's own is cut to it.
    let long = office.path("long.pem");
    office.issue(&dir, &request, &long, &["--days", "9000"]);
    assert_eq!(chain(&long)[0].validity().not_after_s, chain(&root)[0].validity().not_after_s);
    let listed = done(&["ca", "list", "--dir", &dir]);
    let days: Vec<i64> =
        listed["issued"].as_array().unwrap().iter().map(|c| c["days_left"].as_i64().unwrap()).collect();
    assert_eq!((days.len(), days.is_sorted()), (3, true), "{days:?}");

    // What is not right is said, and nothing is written over.
    let (code, refused) =
        bencao(&["ca", "issue", "--dir", &dir, &request, "--out", &long, "--passphrase-file", &office.passphrase]);
    assert_eq!((code, &refused["name"]), (2, &"file".into()));
    let (code, _) = bencao(&[
        "ca",
        "issue",
        "--dir",
        &dir,
        &root,
        "--out",
        &office.path("x"),
        "--passphrase-file",
        &office.passphrase,
    ]);
    assert_eq!(code, 2, "a certificate is no request");
    let other = office.authority("other", &[]);
    let (code, refused) =
        bencao(&["ca", "renew", "--dir", &other, &out, "--out", &out, "--passphrase-file", &office.passphrase]);
    assert_eq!(code, 2);
    assert!(refused["message_en"].as_str().unwrap().contains("another authority"), "{refused}");
}

#[test]
fn an_authority_below_another() {
    let office = Office::open();
    let root = office.authority("root", &["--levels", "1"]);
    let request = office.request("issuing", "联盟");
    let dir = office.path("issuing");
    std::fs::create_dir(&dir).unwrap();
    std::fs::copy(office.path("issuing.key"), office.path("issuing/key.pem")).unwrap();
    office.issue(&root, &request, &office.path("issuing/certificate.pem"), &["--usage", "authority"]);
    let out = office.path("node.pem");
    office.issue(&dir, &office.request("node", "x"), &out, &[]);
    let found = chain(&out);
    assert_eq!(found.len(), 2, "the authority in the middle comes along");
    assert!(leads(&found, &office.path("root/certificate.pem")));
    assert!(!leads(&found[..1], &office.path("root/certificate.pem")));
}

#[test]
fn a_dual_pair_from_outside_is_imported_whole_or_not_at_all() {
    let office = Office::open();
    // Outside: the member's signing key is its own, the encryption key is made by the authority.
    let request = office.request("member", "91350100M000100Y43");
    let request = CertificateRequest::from_pem(&std::fs::read_to_string(request).unwrap()).unwrap();
    let outside = SigningKey::generate().unwrap();
    let validity = Validity { not_before_s: now_s() - 60, not_after_s: now_s() + 400 * DAY_S };
    let ca = Authority::create(Subject { common_name: "outside", organisation: "CA" }, outside, validity).unwrap();
    let encryption = SigningKey::generate().unwrap();
    let subject = Subject { common_name: "member", organisation: "91350100M000100Y43" };
    let terms = |usage| Terms { usage, validity, organisation_code: None };
    let sign = ca.issue_on(subject, request.key(), &terms(Usage::Sign)).unwrap();
    let encrypt = ca.issue_on(subject, &encryption.public(), &terms(Usage::Encrypt)).unwrap();
    let envelope = enveloped_key::seal(request.key(), &encryption).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(office.path(name), bytes).unwrap();
    write("sign.pem", sign.to_pem().as_bytes());
    write("encrypt.pem", encrypt.to_pem().as_bytes());
    write("envelope", &envelope);
    write("ca.pem", ca.certificate().to_pem().as_bytes());

    let import = |sign: &str, encrypt: &str, out: &str| {
        let path = |name: &str| office.path(name);
        bencao(&[
            "ca",
            "import",
            "--key",
            &path("member.key"),
            "--sign-certificate",
            &path(sign),
            "--encrypt-certificate",
            &path(encrypt),
            "--enveloped-key",
            &path("envelope"),
            "--authorities",
            &path("ca.pem"),
            "--out",
            &path(out),
            "--passphrase-file",
            &office.passphrase,
        ])
    };
    for (sign, encrypt) in [("encrypt.pem", "encrypt.pem"), ("sign.pem", "sign.pem"), ("ca.pem", "encrypt.pem")] {
        let (code, refused) = import(sign, encrypt, "none");
        assert_eq!((code, &refused["name"]), (2, &"bad_input".into()), "{sign} {encrypt}: {refused}");
        assert!(!Path::new(&office.path("none")).exists());
    }
    let (code, imported) = import("sign.pem", "encrypt.pem", "pair");
    assert_eq!((code, &imported["encrypt"]["usage"]), (0, &"encrypt".into()), "{imported}");
    let file = std::fs::read(office.path("pair/encrypt.pem")).unwrap();
    let passphrase = Passphrase::new(b"correct horse".to_vec()).unwrap();
    assert_eq!(keyfile::open(&file, Some(&passphrase)).unwrap().public(), encryption.public());
    assert_eq!(chain(&office.path("pair/sign-certificate.pem"))[0], sign);
}
