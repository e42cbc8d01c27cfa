//! One TLS_SM4_GCM_SM3 connection with mutual authentication, for trying out other implementations of RFC 8998.
//!
//! `tls_echo gen DIR NOW` writes an authority and two identities, valid around the Unix time NOW; `tls_echo server DIR NOW`
//! takes a free port of the loopback, prints it, and returns the first line of one client; `tls_echo client DIR NOW ADDRESS`
//! sends a line and prints the answer. Exit code 0 only if the handshake succeeded and the line came back.

use bencao_crypto::tls::rustls::{ClientConnection, CommonState, ServerConnection, StreamOwned};
use bencao_crypto::tls::{self, Identity, Trust};
use bencao_crypto::x509::{Authority, Certificate, Roots, Subject, Validity};
use bencao_crypto::{SigningKey, keyfile};
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

type Outcome = Result<(), Box<dyn Error>>;

const DAY_S: u64 = 86_400;
const GREETING: &str = "来自本草的问候\n";

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["gen", folder, now] => generate(Path::new(folder), now.parse()?),
        ["server", folder, now] => serve(Path::new(folder), now.parse()?),
        ["client", folder, now, address] => dial(Path::new(folder), now.parse()?, address),
        _ => Err("usage: tls_echo gen DIR NOW | server DIR NOW | client DIR NOW ADDRESS".into()),
    }
}

fn generate(folder: &Path, now_s: u64) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let validity = Validity { not_before_s: now_s - DAY_S, not_after_s: now_s + 30 * DAY_S };
    let root = Subject { common_name: "root", organisation: "consortium" };
    let authority = Authority::create(root, SigningKey::generate()?, validity)?;
    std::fs::write(folder.join("ca.pem"), authority.certificate().to_pem())?;
    for name in ["server", "client"] {
        let key = SigningKey::generate()?;
        let subject = Subject { common_name: name, organisation: "member" };
        let certificate = authority.issue(subject, &key.public(), validity)?;
        std::fs::write(folder.join(format!("{name}.pem")), certificate.to_pem())?;
        std::fs::write(folder.join(format!("{name}.key")), keyfile::to_plain_pem(&key).as_bytes())?;
    }
    Ok(())
}

fn load(folder: &Path, name: &str, now_s: u64) -> Result<(Identity, Trust), Box<dyn Error>> {
    let read = |file: String| std::fs::read_to_string(folder.join(file));
    let key = keyfile::open(read(format!("{name}.key"))?.as_bytes(), None)?;
    let identity = Identity::new(Certificate::chain_from_pem(&read(format!("{name}.pem"))?)?, key)?;
    let roots = Roots::new(&Certificate::authorities_from_pem(&read("ca.pem".into())?)?)?;
    let authorities = tls::Authorities::new(roots);
    Ok((identity, Trust { authorities, known: Arc::new(|_| false), now_s: Arc::new(move || now_s) }))
}

fn report(connection: &CommonState, now_s: u64) -> Outcome {
    let peer = tls::peer(connection, now_s)?;
    let suite = u16::from(connection.negotiated_cipher_suite().ok_or("no suite")?.suite());
    let group = u16::from(connection.negotiated_key_exchange_group().ok_or("no group")?.name());
    println!("peer {} suite {suite:#06x} group {group:#06x}", peer.certificate.common_name());
    Ok(())
}

fn serve(folder: &Path, now_s: u64) -> Outcome {
    let (identity, trust) = load(folder, "server", now_s)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("listening {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let (socket, _) = listener.accept()?;
    let connection = ServerConnection::new(Arc::new(tls::server_config(&identity, &trust)?))?;
    let mut stream = BufReader::new(StreamOwned::new(connection, socket));
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let stream = stream.get_mut();
    report(&stream.conn, now_s)?;
    stream.write_all(line.as_bytes())?;
    stream.conn.send_close_notify();
    Ok(stream.flush()?)
}

fn dial(folder: &Path, now_s: u64, address: &str) -> Outcome {
    let (identity, trust) = load(folder, "client", now_s)?;
    let connection = ClientConnection::new(Arc::new(tls::client_config(&identity, &trust)?), tls::any_server_name())?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(GREETING.as_bytes())?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    report(&stream.get_ref().conn, now_s)?;
    print!("answer {line}");
    if line == GREETING { Ok(()) } else { Err("another answer".into()) }
}
