//! The sample files of `demo/` against the rules themselves: what the demo shows must follow from the files.

use super::tests::Scratch;
use super::*;
use bencao_chaincode::execute::{BlockContext, execute_block};
use bencao_chaincode::state::{StateKey, StateView, ViewError};
use bencao_chaincode::{Outcome, Receipt, genesis_state};
use bencao_client::bill::{Planned, Signer};
use bencao_client::documents;
use bencao_client::plan::{self, Movements};
use bencao_client::relation::Commission;
use bencao_crypto::LibraryKeys;
use bencao_genesis::{Height, OrgId};
use std::collections::BTreeMap;
use std::convert::Infallible;

struct Memory(BTreeMap<StateKey, Vec<u8>>);

impl StateView for Memory {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.0.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

/// A chain of one process: every bill is a block.
struct Chain {
    file: TestnetFile,
    genesis: Genesis,
    state: Memory,
    height: u64,
    alarms: u32,
}

impl Chain {
    fn new(dir: &Path) -> Chain {
        Chain::with_members(dir, None)
    }

    fn with_members(dir: &Path, members: Option<PathBuf>) -> Chain {
        let args = TestnetArgs {
            validators: 1,
            observers: 0,
            dir: dir.into(),
            products: None,
            members,
            chain_name: "story".into(),
            certificate_days: 30,
        };
        let file = create(&args).unwrap();
        let genesis = Genesis::parse(&std::fs::read_to_string(&file.genesis).unwrap()).unwrap();
        let state = Memory(genesis_state(&genesis).unwrap());
        Chain { file, genesis, state, height: 0, alarms: 0 }
    }

    fn signer(&self, member: &str, release: bool) -> Signer {
        let member = self.file.members.iter().find(|m| m.name == member).unwrap();
        let path = if release { member.release_key.as_ref().unwrap() } else { &member.key };
        let passphrase = Passphrase::new(std::fs::read(member.passphrase_file.as_ref().unwrap()).unwrap()).unwrap();
        Signer {
            chain: self.genesis.chain_id(),
            principal: OrgId::parse(&member.uscc).unwrap(),
            key: keyfile::open(&std::fs::read(path).unwrap(), Some(&passphrase)).unwrap(),
            mandate: None,
        }
    }

    fn play(&mut self, signer: &Signer, planned: &Planned) -> Receipt {
        self.height += 1;
        let time = self.genesis.time_ms.plus_ms(self.height * 1_000);
        let context = BlockContext {
            chain: self.genesis.chain_id(),
            height: Height(self.height),
            time,
            rule_version: 1,
            limits: self.genesis.limits.clone(),
            params: self.genesis.params.clone(),
        };
        let bill = signer.sign(planned, time.plus_ms(3_600_000));
        let output = execute_block(&self.state, &context, &[&bill.bytes], &LibraryKeys).unwrap();
        for (key, value) in output.writes {
            match value {
                Some(value) => self.state.0.insert(key, value),
                None => self.state.0.remove(&key),
            };
        }
        self.alarms += output.counts.alarms;
        output.receipts.into_iter().next().unwrap()
    }

    fn applied(&mut self, signer: &Signer, planned: &Planned) {
        let receipt = self.play(signer, planned);
        assert!(matches!(receipt.outcome, Outcome::Applied(_)), "{}: {:?}", planned.document_no, receipt.outcome);
    }

    fn commission(&mut self, file: &str) -> Vec<(String, String, u32)> {
        let signer = self.signer("producer", false);
        let text = std::fs::read(demo(file)).unwrap();
        let commission = Commission::scan(file, text.as_slice()).unwrap();
        let max = plan::codes_max(3_500, 20_000);
        commission
            .split(
                max,
                || Ok(text.as_slice()),
                |bill| {
                    let planned = plan::commission(file, &format!("{file}_{}", bill.number), &bill).unwrap();
                    self.applied(&signer, &planned);
                    Ok::<(), Infallible>(())
                },
            )
            .unwrap();
        let batch =
            |b: &bencao_client::relation::Batch| (b.header.product_id.clone(), b.header.batch_no.clone(), b.levels[0]);
        commission.batches().iter().map(batch).collect()
    }

    fn submit(&mut self, member: &str, file: &str) -> Vec<Receipt> {
        let signer = self.signer(member, false);
        let documents = documents::read(&demo(file)).unwrap();
        let commitments = signer.commitment_key();
        let movements = Movements { file, principal: &signer.principal, codes_max: 3_332, commitments: &commitments };
        movements.plan(&documents).unwrap().iter().map(|planned| self.play(&signer, planned)).collect()
    }
}

fn demo(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo").join(file)
}

#[test]
fn the_founding_documents_are_decided_by_those_who_sign_them() {
    let scratch = Scratch::new("founding");
    let members = scratch.0.join("members.json");
    let agency = r#"[{"name": "agency", "title": "示例追溯服务", "id": "91350100M000100Y43", "region": "350100",
        "roles": ["agency"]}]"#;
    std::fs::write(&members, agency).unwrap();
    let mut chain = Chain::with_members(&scratch.0.join("net"), Some(members));
    let mut sent = BTreeMap::new();
    for path in chain.file.founding.clone() {
        let member = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let signer = chain.signer(&member, false);
        let bytes = std::fs::read(&path).unwrap();
        let documents = plan::operations(&path.display().to_string(), &bytes).unwrap().unwrap();
        for planned in &documents {
            chain.applied(&signer, planned);
            *sent.entry(planned.operation.name()).or_insert(0) += 1;
        }
    }
    let expected = [("amend_law", 1), ("give_mandate", 1), ("register_standard", 1), ("submit_filing", 4)];
    assert_eq!(sent.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(chain.alarms, 0);
}

#[test]
fn the_sample_files_play_out_by_the_rules() {
    let scratch = Scratch::new("story");
    let mut chain = Chain::new(&scratch.0);
    let release = |product: &str, batch: &str, units| Planned {
        document_no: format!("release-{product}-{batch}"),
        operation: bencao_chaincode::Operation::Release(bencao_chaincode::transaction::Release {
            bill_type: 101,
            product_id: bencao_genesis::ProductId(product.into()),
            batch_no: batch.into(),
            declared_units: units,
            lot_release: String::new(),
            quality_file: None,
            import: None,
        }),
    };
    for file in ["relation-ganmao.xml", "relation-amoxicillin.xml"] {
        for (product, batch, units) in chain.commission(file) {
            assert_eq!(units, 2_000);
            let signer = chain.signer("producer", true);
            chain.applied(&signer, &release(&product, &batch, units));
        }
    }
    for (member, file) in [
        ("producer", "ship-to-wholesaler.csv"),
        ("wholesaler", "receive-at-wholesaler.csv"),
        ("wholesaler", "ship-to-pharmacy.csv"),
        ("wholesaler", "ship-to-hospital.json"),
        ("pharmacy", "receive-at-pharmacy.csv"),
        ("hospital", "receive-at-hospital.csv"),
        ("pharmacy", "sell-at-pharmacy.csv"),
        ("hospital", "use-at-hospital.csv"),
        ("pharmacy", "sales-at-night.csv"),
    ] {
        for receipt in chain.submit(member, file) {
            assert!(matches!(receipt.outcome, Outcome::Applied(_)), "{file}: {:?}", receipt.outcome);
        }
    }
    assert_eq!(chain.alarms, 0);
    let second = chain.submit("pharmacy", "second-sale.csv");
    let Outcome::Rejected(refusal) = &second[0].outcome else { panic!("a second sale was applied") };
    assert_eq!(bencao_chaincode::rejection::rule(refusal.code).unwrap().name, "already_dispensed");
    assert_eq!(chain.alarms, 1);
}
