//! Founding documents of a test network: the law, standards, certificates and mandates that a consortium begins with. They
//! are no part of the genesis file, which knows no rules: each authority decides its own, signs it and answers for it, in
//! the first blocks ([ADR 11](../../../docs/adr/0011-law-as-data.md)). One file a member, for `bencao tx submit`.

use super::members::Member;
use crate::failure::Failure;
use crate::write;
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::law::{CatalogueLaw, Chapter, RegistryLaw};
use bencao_chaincode::registry::{FilingKind, StandardKind};
use bencao_chaincode::transaction::{AmendLaw, GiveMandate, Operation, RegisterStandard, SubmitFiling};
use bencao_crypto::sm3;
use bencao_genesis::{CalendarDate, OrgId, Role};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// 红花 in GB/T 31774.
const SAFFLOWER: &str = "06160411000000008";

/// Writes `founding/<member>.json` for each member that has something to say; gives their paths.
pub(super) fn write(dir: &Path, members: &[Member], today: CalendarDate) -> Result<Vec<PathBuf>, Failure> {
    let folder = dir.join("founding");
    write::folder(&folder)?;
    let mut paths = Vec::new();
    for member in members {
        let documents = documents_of(member, members, today)?;
        if documents.is_empty() {
            continue;
        }
        let path = folder.join(format!("{}.json", member.name));
        let text = serde_json::to_string_pretty(&documents).map_err(|e| Failure::internal(&e))?;
        write::new_file(&path, (text + "\n").as_bytes())?;
        paths.push(path);
    }
    Ok(paths)
}

fn documents_of(member: &Member, members: &[Member], today: CalendarDate) -> Result<Vec<Value>, Failure> {
    let mut operations = Vec::new();
    if member.organisation.roles.contains(&Role::DrugRegulator) {
        operations.push(rule_set(member, today));
        operations.push(standard(member, today));
        operations.extend(members.iter().filter_map(|of| certificate(member, of, today)));
    }
    if is_maker(member) {
        operations.push(trace_policy(member, today));
        let agency = members.iter().find(|m| m.organisation.roles.contains(&Role::Agency));
        operations.extend(agency.map(|agency| mandate(&agency.organisation.id, today)));
    }
    let document = |(number, operation): (usize, Operation)| {
        let operation = serde_json::to_value(operation).map_err(|e| Failure::internal(&e))?;
        Ok(json!({ "document_no": format!("founding-{}", number + 1), "operation": operation }))
    };
    operations.into_iter().enumerate().map(document).collect()
}

fn is_maker(member: &Member) -> bool {
    [Role::MarketingHolder, Role::DecoctionProducer].iter().any(|role| member.organisation.roles.contains(role))
}

/// Days from today on.
fn later(today: CalendarDate, days: u32) -> CalendarDate {
    CalendarDate::from_days(today.days().saturating_add(days))
}

/// The chapters that a region most often has of its own, with the defaults to start from.
fn rule_set(authority: &Member, today: CalendarDate) -> Operation {
    Operation::AmendLaw(AmendLaw {
        title: "追溯目录与备案规则（示例）".into(),
        basis: "《药品管理法》第十二条、第三十六条；商秩字〔2019〕5号".into(),
        region: authority.organisation.jurisdiction,
        effective_on: today,
        document: None,
        chapters: vec![Chapter::Registry(RegistryLaw::default()), Chapter::Catalogue(CatalogueLaw::default())],
    })
}

/// A 炮制规范 of the region.
fn standard(authority: &Member, today: CalendarDate) -> Operation {
    let region = authority.organisation.jurisdiction;
    let herbs = HerbCode::new(SAFFLOWER).into_iter().collect();
    Operation::RegisterStandard(RegisterStandard {
        id: "示例炮制规范 红花".into(),
        kind: if region.contains_all() { StandardKind::National } else { StandardKind::Local },
        title: "红花饮片炮制规范（示例）".into(),
        scope: "红花".into(),
        region,
        herbs,
        classes: Vec::new(),
        effective_on: today,
        replaces: String::new(),
        document: None,
    })
}

/// GMP of a maker, GSP of a trader, by the regulator that answers for it.
fn certificate(authority: &Member, of: &Member, today: CalendarDate) -> Option<Operation> {
    let roles = &of.organisation.roles;
    let traders = [Role::Wholesaler, Role::Pharmacy];
    let (kind, title) = match () {
        () if is_maker(of) || roles.contains(&Role::Producer) => (FilingKind::Gmp, "GMP"),
        () if traders.iter().any(|role| roles.contains(role)) => (FilingKind::Gsp, "GSP"),
        () => return None,
    };
    authority.organisation.jurisdiction.contains(&of.organisation.jurisdiction).then(|| {
        Operation::SubmitFiling(SubmitFiling {
            number: format!("{title}-{}", of.name),
            scope: "许可范围".into(),
            valid_to: later(today, 5 * 365),
            ..filing(kind, &of.organisation.id, today)
        })
    })
}

/// 追溯管理制度: its digest, version and owner.
fn trace_policy(member: &Member, today: CalendarDate) -> Operation {
    Operation::SubmitFiling(SubmitFiling {
        number: "1.0".into(),
        owner: "质量管理部".into(),
        valid_to: later(today, 5 * 365),
        document: Some(sm3("追溯管理制度（示例）".as_bytes())),
        ..filing(FilingKind::TracePolicy, &member.organisation.id, today)
    })
}

fn filing(kind: FilingKind, organisation: &OrgId, today: CalendarDate) -> SubmitFiling {
    SubmitFiling {
        kind,
        organisation: organisation.clone(),
        number: String::new(),
        scope: String::new(),
        classes: Vec::new(),
        owner: String::new(),
        base_no: String::new(),
        related: None,
        valid_from: today,
        valid_to: today,
        document: None,
    }
}

/// The agency of a members file may move goods for the maker for half a year; its number is the document's.
fn mandate(agency: &OrgId, today: CalendarDate) -> Operation {
    Operation::GiveMandate(GiveMandate {
        agent: agency.clone(),
        participant: None,
        operations: vec!["custody".into()],
        products: Vec::new(),
        reads: Vec::new(),
        valid_from: today,
        valid_to: later(today, 180),
        uses_max: None,
        document: None,
    })
}
