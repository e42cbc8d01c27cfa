//! Both ways with the `openssl` command: keys, signatures, certificates, public-key encryption.
//!
//! Debian 12 has OpenSSL 3.0, which needs to be told the default distinguishing identifier.

use bencao_crypto::keyfile::{self, Form, KeyFileError, Passphrase};
use bencao_crypto::x509::{Authority, Certificate, Purpose, Roots, Subject, Validity};
use bencao_crypto::{Signature, SigningKey, envelope, sm3};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const DISTID: &str = "distid:1234567812345678";
const VALID: Validity = Validity { not_before_s: 1_795_000_000, not_after_s: 1_800_000_000 };

/// A folder in which `openssl` runs.
struct Bench(tempfile::TempDir);

impl Bench {
    /// `None`, said aloud, if there is no `openssl` here.
    fn new() -> Option<Bench> {
        if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
            // Not eprintln!, which the test harness would swallow.
            std::io::stderr().write_all(b"SKIPPED: no `openssl` command, interoperability is not tested\n").unwrap();
            return None;
        }
        Some(Bench(tempfile::tempdir().unwrap()))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Runs `openssl` with the words of `line`; whether it succeeded, and what it said.
    fn attempt(&self, line: &str) -> (bool, String) {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(self.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    fn run(&self, line: &str) -> String {
        let (done, said) = self.attempt(line);
        assert!(done, "openssl {line}\n{said}");
        said
    }

    fn key(&self) -> SigningKey {
        self.run("genpkey -algorithm SM2 -out theirs.key");
        keyfile::open(&self.read("theirs.key"), None).unwrap()
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new(b"a passphrase".to_vec()).unwrap()
}

#[test]
fn keys() {
    let Some(bench) = Bench::new() else { return };
    let ours = SigningKey::generate().unwrap();
    bench.write("plain.key", keyfile::to_plain_pem(&ours).as_bytes());
    bench.run("pkey -in plain.key -pubout -out plain.pub");
    assert_eq!(bench.text("plain.pub"), keyfile::public_to_pem(&ours.public()));
    bench.run("pkey -in plain.key -check -noout");

    bench.write("sealed.key", keyfile::seal(&ours, &passphrase(), Form::OpenSsl).unwrap());
    bench.write("pass", "a passphrase\n");
    bench.run("pkey -in sealed.key -passin file:pass -pubout -out sealed.pub");
    assert_eq!(bench.text("sealed.pub"), keyfile::public_to_pem(&ours.public()));

    let theirs = bench.key();
    bench.run("pkey -in theirs.key -pubout -out theirs.pub");
    assert_eq!(keyfile::public_from_file(&bench.read("theirs.pub")), Ok(theirs.public()));
    bench.run("pkey -in theirs.key -pubout -outform DER -out theirs.pub.der");
    assert_eq!(keyfile::public_from_file(&bench.read("theirs.pub.der")), Ok(theirs.public()));
    for form in ["PEM", "DER"] {
        bench.run(&format!("pkcs8 -topk8 -in theirs.key -v2 sm4-cbc -passout file:pass -outform {form} -out t.key"));
        let file = bench.read("t.key");
        assert_eq!(keyfile::open(&file, Some(&passphrase())).unwrap().public(), theirs.public());
        let wrong = Passphrase::new(b"another".to_vec()).unwrap();
        assert_eq!(keyfile::open(&file, Some(&wrong)).map(drop), Err(KeyFileError::WrongPassphrase));
    }
    bench.run("pkcs8 -topk8 -in theirs.key -v2 aes-256-cbc -passout file:pass -out aes.key");
    let refused = keyfile::open(&bench.read("aes.key"), Some(&passphrase())).map(drop);
    assert_eq!(refused, Err(KeyFileError::Unsupported(keyfile::Part::Cipher)));
    bench.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.key");
    let refused = keyfile::open(&bench.read("p256.key"), None).map(drop);
    assert_eq!(refused, Err(KeyFileError::Unsupported(keyfile::Part::Key)));
}

#[test]
fn signatures() {
    let Some(bench) = Bench::new() else { return };
    let verify = format!("pkeyutl -verify -rawin -digest sm3 -pubin -inkey k.pub -in m -sigfile s -pkeyopt {DISTID}");
    for (i, message) in [&b"message digest"[..], b"x", &[0; 1000]].into_iter().enumerate() {
        let ours = SigningKey::generate().unwrap();
        bench.write("k.pub", keyfile::public_to_pem(&ours.public()));
        bench.write("m", message);
        bench.write("s", ours.sign(message).to_der());
        assert!(bench.run(&verify).contains("Signature Verified Successfully"));
        bench.write("m", [message, b"!"].concat());
        assert!(!bench.attempt(&verify).0, "message {i} was changed");

        let theirs = bench.key();
        bench.write("m", message);
        bench.run(&format!("pkeyutl -sign -rawin -digest sm3 -inkey theirs.key -in m -out s -pkeyopt {DISTID}"));
        let signature = Signature::from_der(&bench.read("s")).unwrap();
        assert!(theirs.public().verify(message, &signature));
        assert!(!theirs.public().verify(b"another", &signature));
        bench.run("pkeyutl -sign -rawin -digest sm3 -inkey theirs.key -in m -out s -pkeyopt distid:another");
        let signature = Signature::from_der(&bench.read("s")).unwrap();
        assert!(!theirs.public().verify(message, &signature), "signed under another identifier");
    }
}

#[test]
fn digests() {
    let Some(bench) = Bench::new() else { return };
    for length in [0, 1, 55, 56, 63, 64, 65, 1000] {
        let message: Vec<u8> = (0..length).map(|i| i as u8).collect();
        bench.write("m", &message);
        assert!(bench.run("dgst -sm3 m").contains(&sm3(&message).to_string()));
    }
}

#[test]
fn our_certificates() {
    let Some(bench) = Bench::new() else { return };
    let subject = Subject { common_name: "本草 CA", organisation: "联盟" };
    let ca = Authority::create(subject, SigningKey::generate().unwrap(), VALID).unwrap();
    let node = Subject { common_name: "node0, +\"x\"", organisation: "91110000100000000X" };
    let member = ca.issue(node, &SigningKey::generate().unwrap().public(), VALID).unwrap();
    bench.write("ca.pem", ca.certificate().to_pem());
    bench.write("member.pem", member.to_pem());
    let line = |cafile: &str, purpose: &str, at_s: u64| {
        format!("verify -x509_strict -vfyopt {DISTID} -purpose {purpose} -attime {at_s} -CAfile {cafile} member.pem")
    };
    for purpose in ["sslserver", "sslclient"] {
        assert!(bench.run(&line("ca.pem", purpose, VALID.not_before_s)).contains("member.pem: OK"));
    }
    assert!(!bench.attempt(&line("ca.pem", "sslserver", VALID.not_after_s + 1)).0, "expired");
    let impostor = Authority::create(subject, SigningKey::generate().unwrap(), VALID).unwrap();
    bench.write("impostor.pem", impostor.certificate().to_pem());
    assert!(!bench.attempt(&line("impostor.pem", "sslserver", VALID.not_before_s)).0);
    let shown =
        bench.run("x509 -in member.pem -noout -subject -nameopt utf8,sep_multiline -ext keyUsage,extendedKeyUsage");
    for expected in
        ["Digital Signature", "TLS Web Server Authentication, TLS Web Client Authentication", "CN=node0, +\"x\""]
    {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
}

#[test]
fn their_certificates() {
    let Some(bench) = Bench::new() else { return };
    bench.run("genpkey -algorithm SM2 -out ca.key");
    bench.run(&format!(
        "req -new -x509 -key ca.key -sm3 -sigopt {DISTID} -subj /C=CN/O=union/CN=root -days 30 -out ca.pem \
         -addext keyUsage=critical,keyCertSign"
    ));
    let theirs = bench.key();
    bench.run(&format!("req -new -key theirs.key -sm3 -sigopt {DISTID} -subj /C=CN/O=member/CN=node -out node.csr"));
    bench.write("ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n");
    bench.run(&format!(
        "x509 -req -in node.csr -CA ca.pem -CAkey ca.key -sm3 -sigopt {DISTID} -vfyopt {DISTID} -days 30 -extfile ext \
         -set_serial 77 -out node.pem"
    ));
    let ca = Certificate::from_pem(&bench.text("ca.pem")).unwrap();
    let node = Certificate::from_pem(&bench.text("node.pem")).unwrap();
    assert!(ca.is_authority());
    assert_eq!((*node.key(), node.common_name(), node.organisation()), (theirs.public(), "node", "member"));
    let roots = Roots::new(&[ca]).unwrap();
    let chain = [node.der().to_vec().into()];
    for purpose in [Purpose::Client, Purpose::Server] {
        assert_eq!(roots.verify(&chain, purpose, node.validity().not_before_s), Ok(()));
    }
    // One of ours under their authority.
    let authority = Authority::load(
        Certificate::from_pem(&bench.text("ca.pem")).unwrap(),
        keyfile::open(&bench.read("ca.key"), None).unwrap(),
    );
    let subject = Subject { common_name: "ours", organisation: "member" };
    let ours = authority.unwrap().issue(subject, &theirs.public(), node.validity()).unwrap();
    bench.write("ours.pem", ours.to_pem());
    assert!(bench.run(&format!("verify -vfyopt {DISTID} -CAfile ca.pem ours.pem")).contains("ours.pem: OK"));
}

#[test]
fn public_key_encryption() {
    let Some(bench) = Bench::new() else { return };
    let theirs = bench.key();
    bench.run("pkey -in theirs.key -pubout -out theirs.pub");
    for message in [&b"k"[..], b"a wrapped key of 16", &[7; 200]] {
        let sealed = envelope::seal(&theirs.public(), message).unwrap();
        bench.write("sealed", envelope::to_der(&sealed).unwrap());
        bench.run("pkeyutl -decrypt -inkey theirs.key -in sealed -out opened");
        assert_eq!(bench.read("opened"), message);
        bench.write("m", message);
        bench.run("pkeyutl -encrypt -pubin -inkey theirs.pub -in m -out sealed");
        let raw = envelope::from_der(&bench.read("sealed")).unwrap();
        assert_eq!(envelope::open(&theirs, &raw).unwrap()[..], *message);
    }
}
