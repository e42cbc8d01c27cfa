//! Who may do what on the chain, as `docs/access.md` says it: every operation, tried with every role, every purpose of a
//! key, and every standing of its organisation.
//!
//! The samples are what the tables of all modules let pass. An operation is tried by an organisation that has one role
//! and every licence: a role may submit it if at least one sample is applied.

use super::rules;
use super::*;
use crate::governance::{Standing, may_submit};
use crate::receipt::Outcome;
use crate::registry::{KeyRecord, NumberRecord, OrganisationRecord};
use crate::state::{StateKey, StateView, ViewError, to_record};
use crate::tests::law_world::{digest, loss, pack, sscc};
use crate::tests::refusals;
use crate::tests::tcm::{rules as herbs, story};
use crate::tests::trade::{move_stock, returned};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Samples of one form of an operation by one organisation: goods of one class may be closed to a role that has others.
const ALIKE: usize = 6;
const ROLES: [Role; 25] = {
    use Role::*;
    [
        MarketingHolder,
        Producer,
        Wholesaler,
        Pharmacy,
        Hospital,
        VaccinationSite,
        DiseaseControl,
        Grower,
        HerbTrader,
        MarketOperator,
        DecoctionProducer,
        Laboratory,
        Certifier,
        Agency,
        Association,
        FinancialInstitution,
        Customs,
        DrugRegulator,
        HealthAuthority,
        CommerceAuthority,
        IndustryAuthority,
        AgricultureAuthority,
        MarketRegulator,
        Notary,
        TradingPlatform,
    ]
};

const PURPOSES: [KeyPurpose; 7] = {
    use KeyPurpose::*;
    [Transact, Release, Admin, Validator, Node, Encrypt, Query]
};

const DRUG_CLASSES: [DrugClass; 15] = {
    use DrugClass::*;
    [
        Chemical,
        ProprietaryChinese,
        Biological,
        Vaccine,
        BloodProduct,
        Narcotic,
        PsychotropicI,
        PsychotropicII,
        MedicalToxic,
        Radioactive,
        Precursor,
        AnabolicOrPeptide,
        DecoctionPiece,
        CrudeHerb,
        HospitalPreparation,
    ]
};

const LICENCES: [LicenceKind; 20] = {
    use LicenceKind::*;
    [
        DrugProduction,
        DrugWholesale,
        DrugRetail,
        MedicalInstitution,
        NarcoticWholesaleNational,
        NarcoticWholesaleRegional,
        NarcoticPurchaseCard,
        PsychotropicRetail,
        RadioactiveUse,
        RadioactiveTrade,
        PreparationPermit,
        PreparationTransfer,
        DecoctionByHospital,
        VaccinationPoint,
        InternetSale,
        InternetPlatform,
        UrgentImport,
        ImportFiling,
        ExportFiling,
        Business,
    ]
};

/// Name of a value in JSON.
fn name<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// Everything that is applied on the way through all tables, each operation once.
pub(in crate::tests) fn samples(alike: usize) -> Vec<Recorded> {
    let recording = |genesis: Genesis| {
        let mut world = World::with(genesis);
        world.recorded = Some(Vec::new());
        world
    };
    let mut base = refusals::stocked_in(recording(refusals::wide_genesis()));
    let mut found = base.recorded.take().unwrap();
    let mut run = |mut world: World, step: Box<dyn FnOnce(&mut World) -> Receipt>| {
        step(&mut world);
        found.extend(world.recorded.unwrap());
    };
    refusals::rows().into_iter().for_each(|row| run(base.clone_recording(), row.accepted));
    let base = stocked_gov();
    rules::rows().for_each(|(_, _, accepted)| run(base.clone_recording(), accepted));
    herbs::accepted().for_each(|accepted| {
        let mut world = World::with_herbs();
        world.recorded = Some(Vec::new());
        run(world, accepted);
    });
    run(base.clone_recording(), Box::new(beside_the_rules));
    let mut world = World::with_herbs();
    world.recorded = Some(Vec::new());
    run(world, Box::new(story::beside_the_rules));
    let mut seen = BTreeMap::new();
    found.retain(|r| {
        r.body.mandate.is_none() && {
            let count: &mut usize = seen.entry((form(&r.body.operation), r.body.principal.clone())).or_default();
            *count += 1;
            *count <= alike
        }
    });
    found
}

/// What tells forms of an operation apart: its type, and the kinds that it names.
fn form(operation: &Operation) -> String {
    let value = serde_json::to_value(operation).unwrap();
    let part = |name: &str| value.get(name).map(ToString::to_string).unwrap_or_default();
    ["type", "bill_type", "kind", "action", "scheme", "movement", "step", "list", "roles"].map(part).join(" ")
}

/// A state with some records in the place of others.
struct Altered<'a> {
    base: &'a Recorded,
    records: BTreeMap<StateKey, Vec<u8>>,
}

impl StateView for Altered<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.records.get(key).map_or_else(|| self.base.get(key), |bytes| Ok(Some(bytes.clone())))
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        self.base.scan(from, to, limit)
    }
}

/// What no row of a table of rules needs to be applied, once each.
fn beside_the_rules(world: &mut World) -> Receipt {
    crate::tests::registry::every_operation(world);
    let (cases, boxes) = world.make_batch("B8", 20);
    world.applied(M, pack(sscc(1), &cases[..1]));
    world.applied(M, loss(215, &boxes[16..17]));
    world.applied(M, move_stock(112, &boxes[17..18]));
    assert!(world.send_as(M, "B8-1", ship(W, &boxes[18..19])).is_applied());
    world.applied(W, receive(M, "B8-1", &boxes[18..19]));
    assert!(world.send_as(W, "B8-2", ship_as(202, M, &boxes[18..19], returned)).is_applied());
    world.applied(M, receive_as(103, W, "B8-2", &boxes[18..19], |_| ()));
    let (product_id, batch_no) = (ProductId("X".into()), "B8".to_owned());
    let kind = crate::production::QualityDocumentKind::Stability;
    let (number, digest) = ("1".to_owned(), digest("稳定性"));
    let document = FileQualityDocument { product_id, batch_no, kind, number, digest };
    world.applied(M, Operation::FileQualityDocument(document))
}

impl Recorded {
    fn organisation(&self) -> (OrgNo, OrganisationRecord) {
        let number: NumberRecord = load(self, &key::organisation_number(&self.body.principal)).unwrap().unwrap();
        let number = OrgNo(number.number);
        (number, load(self, &key::organisation(number)).unwrap().unwrap())
    }

    /// What becomes of it if its organisation is another.
    fn attempt(&self, change: impl FnOnce(&mut OrganisationRecord), signer: Option<&KeyRecord>) -> Result<(), String> {
        let (number, mut record) = self.organisation();
        change(&mut record);
        let mut records = BTreeMap::from([(key::organisation(number), to_record(&record))]);
        let mut body = self.body.clone();
        if let Some(record) = signer {
            body.key = record.public_key.id();
            records.insert(key::signing_key(&body.key), to_record(record));
        }
        let signature = bencao_crypto::Signature([1; 64]);
        let bytes = SignedTransaction { body: body.to_bytes(), signature }.to_bytes();
        let view = Altered { base: self, records };
        let output = crate::execute_block(&view, &self.context, &[&bytes], &Trusting).unwrap();
        match &output.receipts[0].outcome {
            Outcome::Applied(_) => Ok(()),
            Outcome::Rejected(refusal) => Err(crate::rejection::rule(refusal.code).unwrap().name.to_owned()),
            Outcome::Repeated(_) => Err("repeated".to_owned()),
        }
    }

    fn with_role(&self, role: Role) -> Result<(), String> {
        let full = |kind| Licence::new(kind, "证-0", &DRUG_CLASSES, date("2024-01-01"), date("2028-12-31"));
        let change = |record: &mut OrganisationRecord| {
            record.roles = vec![role];
            record.licences.extend(LICENCES.map(full));
        };
        self.attempt(change, None)
    }
}

/// Samples by operation.
fn by_operation() -> BTreeMap<u16, Vec<Recorded>> {
    let mut all: BTreeMap<u16, Vec<Recorded>> = BTreeMap::new();
    for sample in samples(ALIKE) {
        all.entry(sample.body.operation.tag()).or_default().push(sample);
    }
    let missing: Vec<&str> =
        Operation::TAGS.iter().filter(|(tag, _)| !all.contains_key(tag)).map(|(_, name)| *name).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
    all
}

fn table(all: &BTreeMap<u16, Vec<Recorded>>) -> String {
    let mut out =
        String::from("| Operation | Key | By mandate | While frozen or suspended | Roles |\n|---|---|---|---|---|\n");
    for (tag, samples) in all {
        let operation = &samples[0].body.operation;
        assert_eq!(operation.tag(), *tag);
        let may = |role: &&Role| samples.iter().any(|sample| sample.with_role(**role).is_ok());
        let roles: Vec<String> = ROLES.iter().filter(may).map(name).collect();
        let roles = match roles.len() {
            count if count == ROLES.len() => "every role".to_owned(),
            _ => roles.iter().map(|r| format!("`{r}`")).collect::<Vec<_>>().join(", "),
        };
        let yes = |is: bool| if is { "yes" } else { "–" };
        writeln!(
            out,
            "| `{}` | `{}` | {} | {} | {roles} |",
            operation.name(),
            name(&operation.purpose()),
            yes(operation.body().delegable()),
            yes(may_submit(Standing::Suspended, operation.name())),
        )
        .unwrap();
    }
    out
}

#[test]
fn every_cell_of_the_table_is_allowed_or_refused_as_written() {
    let all = by_operation();
    // Key × operation: the purpose of the operation, and no other.
    for sample in all.values().map(|samples| &samples[0]) {
        let operation = &sample.body.operation;
        let (number, _) = sample.organisation();
        for (n, purpose) in (200u8..).zip(PURPOSES) {
            let key = key_of(n);
            let record = KeyRecord {
                version: 1,
                organisation: number,
                purpose,
                public_key: key.public(),
                valid_from: Height(0),
                valid_to: None,
                scope: Vec::new(),
            };
            let outcome = sample.attempt(|_| (), Some(&record));
            let what = (operation.name(), purpose);
            match purpose == operation.purpose() {
                true => assert_ne!(outcome.err().as_deref(), Some("key_purpose"), "{what:?}"),
                false => assert_eq!(outcome.unwrap_err(), "key_purpose", "{what:?}"),
            }
        }
    }
    // Standing × operation.
    for sample in all.values().map(|samples| &samples[0]) {
        let name = sample.body.operation.name();
        for standing in Standing::ALL {
            let outcome = sample.attempt(|record| record.standing = *standing, None);
            let expected = match standing {
                Standing::Active => None,
                Standing::Removed => Some("member_removed"),
                // A custodian that is stopped has its goods sampled; an authority that is, witnesses nothing.
                _ if name == "countersign" => Some("party_not_active"),
                _ if may_submit(*standing, name) => None,
                _ => Some("member_suspended"),
            };
            assert_eq!(outcome.err().as_deref(), expected, "{name} {standing:?}");
        }
    }
    // Role × operation, and the page.
    let expected = table(&all);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- operations: begin -->\n", "<!-- operations: end -->");
    let section = text.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(body, _)| body);
    assert!(section == Some(expected.as_str()), "{path}, section operations must read:\n{expected}");
}
