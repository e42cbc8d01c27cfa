//! A home of a chain with one validator, and hands to use its API with.

use bencao_chaincode::transaction::{Commission, CommissionedUnit, Dispense, Release, Ship};
use bencao_chaincode::{Operation, codes};
use bencao_client::api::{Client, Submitted, Until};
use bencao_client::bill::{Planned, SignedBill, Signer};
use bencao_crypto::SigningKey;
use bencao_crypto::keyfile::to_plain_pem;
use bencao_crypto::x509::{Authority, Subject, Validity};
use bencao_genesis::ids::uscc_check_character;
use bencao_genesis::{
    CalendarDate, DrugClass, Genesis, KeyEntry, KeyPurpose, Licence, LicenceKind, Limits, OrgId, Organisation,
    PackageSpec, Params, Product, ProductDetails, ProductId, RatioSemantics, RegionCode, Role, TimestampMs,
    ValidatorEntry,
};
use bencao_node::{Options, Running};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// Longer than anything here takes; reached only by a fault.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn now() -> TimestampMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimestampMs(since.as_millis() as u64)
}

pub(crate) fn organisation_id(first: &str) -> OrgId {
    OrgId::parse(&format!("{first}{}", uscc_check_character(first).unwrap())).unwrap()
}

fn member(name: &str, first: &str, roles: &[Role], licence: LicenceKind, keys: Vec<KeyEntry>) -> Organisation {
    let day = |text| CalendarDate::parse(text).unwrap();
    Organisation {
        id: organisation_id(first),
        name: name.into(),
        roles: roles.to_vec(),
        jurisdiction: RegionCode::parse("650100").unwrap(),
        licences: vec![Licence::new(licence, "L-1", &[DrugClass::Chemical], day("2020-01-01"), day("2099-12-31"))],
        keys,
    }
}

pub(crate) fn entry(purpose: KeyPurpose, key: &SigningKey) -> KeyEntry {
    KeyEntry { purpose, public_key: key.public(), valid_from: Default::default(), valid_to: None }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate().unwrap()
}

/// A chain, its one home, and the keys of its members.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) genesis: Genesis,
    pub(crate) producer: Signer,
    pub(crate) releaser: Signer,
    pub(crate) administrator: Signer,
    pub(crate) hospital: Signer,
    pub(crate) stranger: SigningKey,
    /// Keys of the producer by purpose.
    pub(crate) of_producer: Vec<(KeyPurpose, SigningKey)>,
    validator_node: bencao_crypto::PublicKey,
}

impl World {
    pub(crate) fn new() -> World {
        World::with(Vec::new())
    }

    /// With more members than the two.
    pub(crate) fn with(more: Vec<Organisation>) -> World {
        let (validator, node) = (key(), key());
        let (transact, release, admin, at_hospital) = (key(), key(), key(), key());
        let observer = key();
        let of_producer = vec![
            (KeyPurpose::Transact, transact.clone()),
            (KeyPurpose::Release, release.clone()),
            (KeyPurpose::Admin, admin.clone()),
            (KeyPurpose::Query, key()),
            (KeyPurpose::Validator, validator.clone()),
            (KeyPurpose::Node, node.clone()),
            (KeyPurpose::Encrypt, key()),
        ];
        let producer = member(
            "天山制药",
            "91650100MA0000001",
            &[Role::MarketingHolder, Role::Producer],
            LicenceKind::DrugProduction,
            of_producer.iter().map(|(purpose, key)| entry(*purpose, key)).collect(),
        );
        let hospital = member(
            "人民医院",
            "12650100MA0000004",
            &[Role::Hospital],
            LicenceKind::MedicalInstitution,
            vec![entry(KeyPurpose::Transact, &at_hospital), entry(KeyPurpose::Node, &observer)],
        );
        let (producer_id, hospital_id) = (producer.id.clone(), hospital.id.clone());
        let folder = tempfile::tempdir().unwrap();
        let seconds = now().0 / 1000;
        let validity = Validity { not_before_s: seconds - 3_600, not_after_s: seconds + 86_400 };
        let named = |common_name| Subject { common_name, organisation: "test" };
        let authority = Authority::create(named("authority"), key(), validity).unwrap();
        let certificate = authority.issue(named("node0"), &node.public(), validity).unwrap();
        let of_observer = authority.issue(named("observer"), &observer.public(), validity).unwrap();
        let genesis = Genesis {
            version: 1,
            chain_name: "test".into(),
            time_ms: TimestampMs(now().0 - 60_000),
            rule_version: 1,
            params: Params::default(),
            limits: Limits { transaction_bytes_max: 64 << 10, ..Limits::default() },
            validators: vec![ValidatorEntry {
                name: "node0".into(),
                organisation: producer_id.clone(),
                validator_key: validator.public(),
                node_key: node.public(),
                power: 1,
            }],
            products: vec![product(&producer_id)],
            organisations: [producer, hospital].into_iter().chain(more).collect(),
            authorities: vec![authority.certificate().to_pem()],
        };
        genesis.check().unwrap();
        let home = folder.path();
        let write = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();
        write("genesis.json", &genesis.to_json());
        write("validator.pem", &to_plain_pem(&validator));
        write("node.pem", &to_plain_pem(&node));
        write("certificate.pem", &certificate.to_pem());
        write("authorities.pem", &authority.certificate().to_pem());
        write("config.toml", CONFIG);
        std::fs::create_dir(home.join("observer")).unwrap();
        write("observer/genesis.json", &genesis.to_json());
        write("observer/node.pem", &to_plain_pem(&observer));
        write("observer/certificate.pem", &of_observer.to_pem());
        write("observer/authorities.pem", &authority.certificate().to_pem());
        let chain = genesis.chain_id();
        let signer = |principal: &OrgId, key| Signer { chain, principal: principal.clone(), key, mandate: None };
        World {
            producer: signer(&producer_id, transact),
            releaser: signer(&producer_id, release),
            administrator: signer(&producer_id, admin),
            hospital: signer(&hospital_id, at_hospital),
            stranger: key(),
            of_producer,
            validator_node: node.public(),
            genesis,
            folder,
        }
    }

    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn start(&self) -> Node {
        Node::start(self.home(), Options::default())
    }

    /// With lines appended to the validator's configuration.
    pub(crate) fn configure(&self, lines: &str) {
        std::fs::write(self.path("config.toml"), format!("{CONFIG}\n{lines}")).unwrap();
    }

    /// The validator, and beside it an observer with a home of its own, `observer`.
    pub(crate) fn start_with_observer(&self) -> (Node, Node) {
        // The observer has to know where to dial: a port that is free at this moment.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let p2p = format!("p2p_listen = \"127.0.0.1:{port}\"");
        let config = CONFIG.replace("p2p_listen = \"127.0.0.1:0\"", &p2p);
        assert_ne!(config, CONFIG);
        std::fs::write(self.path("config.toml"), config).unwrap();
        let validator = hex::encode(self.validator_node.as_bytes());
        let peer =
            format!("\n[[peers]]\nname = \"node0\"\nnode_key = \"{validator}\"\naddress = \"127.0.0.1:{port}\"\n");
        let config = CONFIG.replace("\"validator\"\n", "\"observer\"\n").replace("validator = \"validator.pem\"\n", "");
        std::fs::write(self.path("observer/config.toml"), config + &peer).unwrap();
        (self.start(), self.start_observer())
    }

    pub(crate) fn start_observer(&self) -> Node {
        Node::start(&self.path("observer"), Options::default())
    }
}

const CONFIG: &str = r#"name = "node0"
kind = "validator"
api_listen = "127.0.0.1:0"
p2p_listen = "127.0.0.1:0"
genesis = "genesis.json"
data_dir = "data"
certificate = "certificate.pem"
authorities = "authorities.pem"

[keys]
validator = "validator.pem"
node = "node.pem"
"#;

fn product(holder: &OrgId) -> Product {
    Product {
        id: ProductId("X".into()),
        holder: holder.clone(),
        producer: holder.clone(),
        class: DrugClass::Chemical,
        prescription_only: false,
        generic_name: "示例片".into(),
        trade_name: String::new(),
        dosage_form: "片剂".into(),
        strength: "0.25g".into(),
        approval_number: "国药准字H65020002".into(),
        standard_code: String::new(),
        shelf_life_months: 24,
        content: 0,
        ratio_semantics: RatioSemantics::PerLevel,
        packages: vec![PackageSpec { prefix: "8100011".into(), level: 1, holds: 0, description: "24片/盒".into() }],
        details: ProductDetails::default(),
    }
}

/// The `n`-th code of the product.
pub(crate) fn code(n: u32) -> String {
    format!("8100011{n:013}")
}

pub(crate) fn commission(numbers: std::ops::Range<u32>, declared_units: u32) -> Operation {
    let unit =
        |n| CommissionedUnit { code: codes::parse(&code(n)).unwrap().key, level: 1, parent: None, remainder: false };
    let today = now().china_date();
    let (y, m, _) = today.parts();
    Operation::Commission(Commission {
        product_id: ProductId("X".into()),
        batch_no: "B1".into(),
        made_on: CalendarDate::new(y, m, 1).unwrap(),
        expires_on: CalendarDate::new(y + 1, m, 1).unwrap(),
        declared_units,
        workshop: String::new(),
        line: String::new(),
        units: numbers.map(unit).collect(),
    })
}

pub(crate) fn release(declared_units: u32) -> Operation {
    Operation::Release(Release {
        bill_type: 101,
        product_id: ProductId("X".into()),
        batch_no: "B1".into(),
        declared_units,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    })
}

pub(crate) fn ship(to: &OrgId, number: u32) -> Operation {
    Operation::Ship(Ship {
        bill_type: 201,
        receiver: to.clone(),
        bill_time: None,
        details: None,
        terms: None,
        codes: vec![codes::parse(&code(number)).unwrap().key],
    })
}

pub(crate) fn dispense(number: u32) -> Operation {
    Operation::Dispense(Dispense {
        bill_type: 323,
        bill_time: None,
        prescription: None,
        customer: None,
        vaccinator: None,
        platform: None,
        codes: vec![codes::parse(&code(number)).unwrap().key],
    })
}

pub(crate) fn signed(signer: &Signer, document_no: &str, operation: Operation) -> SignedBill {
    let planned = Planned { document_no: document_no.into(), operation };
    signer.sign(&planned, now().plus_ms(3_600_000))
}

/// A running node and a client of it. Stops the node when dropped.
pub(crate) struct Node {
    running: Option<Running>,
    pub(crate) client: Client,
}

impl Node {
    pub(crate) fn start(home: &Path, options: Options) -> Node {
        let running = Running::start(home, options).unwrap();
        let client = Client::new(&[format!("http://{}", running.api_address())]).unwrap();
        Node { running: Some(running), client }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.running.as_ref().unwrap().api_address()
    }

    /// Stops the node and waits until everything is closed.
    pub(crate) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stop();
        running.wait().unwrap();
    }

    /// Sends a bill and waits until it is as firm as `until`.
    pub(crate) fn settle(&self, bill: &SignedBill, until: Until) -> bencao_client::api::Bill {
        let sent = self.client.submit(&bill.bytes, Instant::now() + PATIENCE).unwrap();
        assert_eq!(sent.transaction_id(), bill.id.to_string());
        let bill = self.client.transaction(sent.transaction_id(), PATIENCE, until).unwrap();
        assert!(bill.has_reached(until), "{bill:?}");
        bill
    }

    pub(crate) fn accept(&self, bill: &SignedBill) {
        let sent = self.client.submit(&bill.bytes, Instant::now() + PATIENCE).unwrap();
        assert!(matches!(sent, Submitted::Accepted(_)), "{sent:?}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A test that fails has said why already.
        if let Some(running) = self.running.take() {
            running.stop();
            let _ = running.wait();
        }
    }
}
