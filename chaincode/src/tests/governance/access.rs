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
use crate::state::to_record;
use crate::tests::refusals;
use crate::tests::tcm::rules as herbs;
use bencao_crypto::encode;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const ROLES: [Role; 24] = {
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
fn samples() -> Vec<Recorded> {
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
    let mut seen = BTreeSet::new();
    found.retain(|r| r.body.mandate.is_none() && seen.insert((encode(&r.body.operation), r.body.principal.clone())));
    found
}

impl Recorded {
    fn organisation(&self) -> (OrgNo, OrganisationRecord) {
        let number: NumberRecord = load(self, &key::organisation_number(&self.body.principal)).unwrap().unwrap();
        let number = OrgNo(number.number);
        (number, load(self, &key::organisation(number)).unwrap().unwrap())
    }

    /// What becomes of it if its organisation is another.
    fn attempt(&self, change: impl FnOnce(&mut OrganisationRecord), signer: Option<&SigningKey>) -> Result<(), String> {
        let (number, mut record) = self.organisation();
        change(&mut record);
        let mut changed = self.clone();
        changed.state.insert(key::organisation(number), to_record(&record));
        let key = signer.cloned().unwrap_or_else(|| key_of(1));
        if signer.is_some() {
            changed.body.key = key.public().id();
        }
        let bytes = changed.body.sign(&key).to_bytes();
        let output = crate::execute_block(&changed, &changed.context, &[&bytes], &Trusting).unwrap();
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
    for sample in samples() {
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
            24 => "every role".to_owned(),
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
            let mut sample = sample.clone();
            sample.state.insert(crate::state::key::signing_key(&key.public().id()), to_record(&record));
            let outcome = sample.attempt(|_| (), Some(&key));
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
