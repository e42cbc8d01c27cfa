//! Registry, oversight, mandates and least disclosure: 1017, 2005–2011, 4010–4030, 7300–7305.

use super::*;
use crate::law::{Chapter, CustodyLaw, DispensingLaw, ExtensionRule, ExtensionSchema, RegistryLaw};
use crate::oversight::*;
use crate::registry::*;

pub(in crate::tests) fn amend(change: impl FnOnce(&mut AmendLaw)) -> Operation {
    let mut operation = AmendLaw {
        title: "新药监规〔2026〕1号".into(),
        basis: "《药品管理法》第三十六条".into(),
        region: RegionCode::parse("650000").unwrap(),
        effective_on: date("2026-11-23"),
        document: None,
        chapters: vec![Chapter::Dispensing(DispensingLaw { reversal_hours: 12, ..DispensingLaw::default() })],
    };
    change(&mut operation);
    Operation::AmendLaw(operation)
}

/// Opens this port alone to drugs.
pub(in crate::tests) fn one_port(w: &mut World, port: &str) {
    let law = CustodyLaw { import_ports: vec![port.into()], ..CustodyLaw::default() };
    w.applied(REG, amend(|a| a.chapters = vec![Chapter::Custody(law)]));
}

/// Lets product X in for 临床急需 of one institution (《药品管理法》 Art. 65).
pub(in crate::tests) fn urgently_imported(w: &mut World, institution: usize) {
    let urgent_imports = vec![ProductId("X".into())];
    let law = CustodyLaw { urgent_imports, ..CustodyLaw::default() };
    w.applied(REG, amend(|a| a.chapters = vec![Chapter::Custody(law)]));
    w.applied(NMPA, grant(institution, LicenceKind::UrgentImport, |_| ()));
}

fn amend_registry(change: impl FnOnce(&mut RegistryLaw)) -> Operation {
    let mut law = RegistryLaw::default();
    change(&mut law);
    amend(|a| a.chapters = vec![Chapter::Registry(law)])
}

pub(in crate::tests) fn grant(to: usize, kind: LicenceKind, change: impl FnOnce(&mut Licence)) -> Operation {
    let mut licence = Licence::new(kind, "证-2", &[DrugClass::Chemical], date("2026-01-01"), date("2030-12-31"));
    change(&mut licence);
    Operation::GrantLicence(GrantLicence { organisation: org_id(to), licence })
}

pub(in crate::tests) fn relicense(of: usize, kind: LicenceKind, action: LicenceAction) -> ChangeLicence {
    ChangeLicence {
        organisation: org_id(of),
        kind,
        number: "证-1".into(),
        action,
        valid_to: None,
        scope: vec![],
        basis: "决定书1号".into(),
    }
}

pub(in crate::tests) fn filing(kind: FilingKind, of: usize, change: impl FnOnce(&mut SubmitFiling)) -> Operation {
    let mut operation = SubmitFiling {
        kind,
        organisation: org_id(of),
        number: "F-1".into(),
        scope: "全部".into(),
        classes: vec![],
        owner: "质量部".into(),
        base_no: if kind == FilingKind::Gap { "JD-654225-01".into() } else { String::new() },
        related: None,
        valid_from: date("2026-01-01"),
        valid_to: date("2029-12-31"),
        document: Some(sm3(b"document")),
    };
    change(&mut operation);
    Operation::SubmitFiling(operation)
}

pub(in crate::tests) fn refile(kind: FilingKind, of: usize, action: LicenceAction) -> Operation {
    refile_number(kind, of, "F-1", action)
}

fn refile_number(kind: FilingKind, of: usize, number: &str, action: LicenceAction) -> Operation {
    let basis = "决定书2号".into();
    Operation::ChangeFiling(ChangeFiling { kind, organisation: org_id(of), number: number.into(), action, basis })
}

/// A key that nobody has.
fn a_key() -> bencao_crypto::PublicKey {
    let mut secret = [98; 32];
    secret[0] = 1;
    bencao_crypto::SigningKey::from_bytes(&secret).unwrap().public()
}

pub(in crate::tests) fn standard(id: &str, change: impl FnOnce(&mut RegisterStandard)) -> Operation {
    let mut operation = RegisterStandard {
        id: id.into(),
        kind: StandardKind::Local,
        title: "红花饮片".into(),
        scope: "饮片".into(),
        region: RegionCode::parse("650000").unwrap(),
        herbs: vec![],
        classes: vec![],
        effective_on: date("2026-01-01"),
        replaces: String::new(),
        document: None,
    };
    change(&mut operation);
    Operation::RegisterStandard(operation)
}

pub(in crate::tests) fn coding(prefixes: &[&str]) -> Operation {
    Operation::FileCodingRule(FileCodingRule {
        scheme: CodingScheme::Platform,
        issuer: "码上放心".into(),
        filing_no: "备案-7".into(),
        prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect(),
    })
}

pub(in crate::tests) fn person(n: u8) -> OrgId {
    OrgId::parse(&format!("PERSON:{}", hex::encode([n; 32]))).unwrap()
}

pub(in crate::tests) fn participant(n: u8, change: impl FnOnce(&mut RegisterParticipant)) -> Operation {
    let mut operation = RegisterParticipant {
        id: person(n),
        name: format!("NH-{n:04}"),
        roles: vec![Role::Grower],
        region: RegionCode::parse("650102").unwrap(),
        key: None,
        consent: sm3(b"consent"),
        household: Some(sm3(b"household")),
        sealed: None,
    };
    change(&mut operation);
    Operation::RegisterParticipant(operation)
}

pub(in crate::tests) fn give(operations: &[&str], change: impl FnOnce(&mut GiveMandate)) -> Operation {
    let mut operation = GiveMandate {
        agent: org_id(AGENCY),
        participant: None,
        operations: operations.iter().map(|o| (*o).to_owned()).collect(),
        products: vec![],
        reads: vec![],
        valid_from: date("2026-11-01"),
        valid_to: date("2026-12-31"),
        uses_max: None,
        document: None,
    };
    change(&mut operation);
    Operation::GiveMandate(operation)
}

/// The agency sends for `principal` under its mandate `MANDATE`.
pub(in crate::tests) fn by_agent(world: &mut World, principal: usize, number: &str, operation: Operation) -> Receipt {
    let (mut body, _) = world.transaction(principal, number, operation);
    let key = signing_key(AGENCY, KeyPurpose::Transact);
    body.key = key.public().id();
    body.mandate = Some(Mandate { agent: org_id(AGENCY), number: DocumentNumber("MANDATE".into()) });
    world.submit(&body, &key)
}

/// W gives the mandate, then the agency ships one box for W.
fn shipped_by_agent(world: &mut World, operations: &[&str], change: impl FnOnce(&mut GiveMandate)) -> Receipt {
    assert!(world.send_as(W, "MANDATE", give(operations, change)).is_applied());
    by_agent(world, W, "A-1", ship(P, &[b1(4)]))
}

pub(in crate::tests) fn list(of: usize, list: PublicList) -> Operation {
    Operation::ListOrganisation(ListOrganisation {
        organisation: org_id(of),
        list,
        reason: "未按规定建立追溯制度".into(),
        basis: "决定书3号".into(),
        until: date("2027-11-22"),
    })
}

pub(in crate::tests) fn delist(of: usize, list: PublicList) -> Operation {
    Operation::RemoveFromList(RemoveFromList { organisation: org_id(of), list, reason: "已整改".into() })
}

/// P2 tries to sell what P sold: an alarm at this height.
pub(in crate::tests) fn second_sale(world: &mut World) -> Height {
    world.applied(P, dispense(321, &[b1(1)]));
    assert_eq!(world.refused(P2, dispense(321, &[b1(1)])), "already_dispensed");
    Height(world.outputs.len() as u64)
}

pub(in crate::tests) fn triage(height: Height, verdict: TriageVerdict) -> Operation {
    Operation::TriageAlarm(TriageAlarm { height, index: 0, verdict, reason: "现场核查".into() })
}

pub(in crate::tests) fn dossier(kind: DossierKind, change: impl FnOnce(&mut OpenDossier)) -> Operation {
    let mut operation = OpenDossier {
        kind,
        organisation: Some(org_id(W)),
        product: None,
        batch_no: String::new(),
        subject: "追溯制度检查".into(),
        text: "未核注到货".into(),
        finding: None,
        deadline: None,
        amount_fen: 0,
        parties: vec![],
        document: None,
    };
    if kind == DossierKind::Inspection {
        (operation.finding, operation.deadline) = (Some(Finding::Defects), Some(date("2026-12-23")));
    }
    change(&mut operation);
    Operation::OpenDossier(operation)
}

pub(in crate::tests) fn follow_up(author: usize, step: DossierStep) -> Operation {
    let number = DocumentNumber("J-1".into());
    Operation::FollowUp(FollowUp { author: org_id(author), number, step, text: "见附件".into(), document: None })
}

fn w_made(letters: &str) -> impl FnOnce(&mut World) -> Receipt + use<> {
    let letters = letters.to_owned();
    move |w| {
        w.applied(REG, grant(W, LicenceKind::DrugProduction, |l| l.letters = letters));
        w.send(M, register(|p| p.producer = org_id(W)))
    }
}

fn extended(p: &mut Product) {
    p.details.extension = vec![ExtensionField { name: "道地产区".into(), value: "裕民".into() }];
}

pub(super) fn registry_rows() -> Vec<Row> {
    use LicenceKind::DrugWholesale;
    let mut rows = mandate_rows();
    rows.extend(oversight_rows());
    rows.extend(filing_rows());
    rows.extend([
        row(
            "personal_data",
            |w| w.send(COOP, participant(1, |p| p.name = "张三".into())),
            |w| w.send(COOP, participant(1, |_| ())),
        ),
        row(
            "personal_data",
            |w| w.send_as(P, "11010519491231002X", dispense(321, &[b1(1)])),
            |w| w.send_as(P, "13800138000", dispense(321, &[b1(1)])),
        ),
        row(
            "personal_data",
            |w| w.send(REG, dossier(DossierKind::Penalty, |d| d.text = "当事人 11010519491231002X".into())),
            |w| w.send(REG, dossier(DossierKind::Penalty, |d| d.text = "当事人见附件".into())),
        ),
        row("no_authority", |w| w.send(W, amend(|_| ())), |w| w.send(REG, amend(|_| ()))),
        row(
            "no_authority",
            |w| w.send(REG, amend(|a| a.region = RegionCode::parse("000000").unwrap())),
            |w| w.send(NMPA, amend(|a| a.region = RegionCode::parse("000000").unwrap())),
        ),
        row(
            "no_authority",
            |w| w.send(HEALTH, grant(W, DrugWholesale, |_| ())),
            |w| w.send(HEALTH, grant(W, LicenceKind::NarcoticPurchaseCard, |_| ())),
        ),
        row(
            "past_dated",
            |w| w.send(REG, amend(|a| a.effective_on = date("2026-11-22"))),
            |w| w.send(REG, amend(|a| a.effective_on = date("2027-01-01"))),
        ),
        row(
            "register_full",
            |w| {
                (1..=4).for_each(|_| drop(w.applied(REG, amend(|a| a.effective_on = date("2027-01-01")))));
                w.send(REG, amend(|a| a.effective_on = date("2027-01-01")))
            },
            |w| {
                (1..=4).for_each(|_| drop(w.applied(REG, amend(|a| a.effective_on = date("2026-11-23")))));
                w.send(REG, amend(|a| a.effective_on = date("2027-01-01")))
            },
        ),
        row(
            "unknown_member",
            |w| w.send(REG, grant(99, DrugWholesale, |_| ())),
            |w| w.send(REG, grant(W, DrugWholesale, |_| ())),
        ),
        row(
            "licence_exists",
            |w| w.send(REG, grant(W, DrugWholesale, |l| l.number = "证-1".into())),
            |w| w.send(REG, grant(W, DrugWholesale, |_| ())),
        ),
        row(
            "status_not_allowed",
            |w| w.send(REG, Operation::ChangeLicence(relicense(W, DrugWholesale, LicenceAction::Restore))),
            |w| w.send(REG, Operation::ChangeLicence(relicense(W, DrugWholesale, LicenceAction::Suspend))),
        ),
        row(
            "too_long",
            |w| w.send(REG, grant(W, DrugWholesale, |l| l.valid_to = date("2031-01-02"))),
            |w| w.send(REG, grant(W, DrugWholesale, |l| l.valid_to = date("2031-01-01"))),
        ),
        row(
            "licence_suspended",
            |w| {
                w.applied(REG, Operation::ChangeLicence(relicense(W, DrugWholesale, LicenceAction::Suspend)));
                plain(w)
            },
            |w| {
                w.applied(REG, Operation::ChangeLicence(relicense(W, DrugWholesale, LicenceAction::Suspend)));
                w.applied(REG, Operation::ChangeLicence(relicense(W, DrugWholesale, LicenceAction::Restore)));
                plain(w)
            },
        ),
        row(
            "scope_not_changed",
            |w| {
                let mut change = relicense(W, DrugWholesale, LicenceAction::Narrow);
                change.scope = vec![DrugClass::Vaccine];
                w.send(REG, Operation::ChangeLicence(change))
            },
            |w| {
                let mut change = relicense(W, DrugWholesale, LicenceAction::Narrow);
                change.scope = vec![DrugClass::Chemical];
                w.send(REG, Operation::ChangeLicence(change))
            },
        ),
        row("class_letter", w_made("Ah"), w_made("Ch")),
        row(
            "contract_banned",
            |w| w.send(M, register(|p| narcotic_by(p, W))),
            |w| w.send(M, register(|p| narcotic_by(p, M))),
        ),
        row(
            "extension_field",
            |w| w.send(M, register(extended)),
            |w| {
                let fields = vec![ExtensionRule { name: "道地产区".into(), required: true }];
                let schemas = vec![ExtensionSchema { class: DrugClass::Chemical, fields }];
                w.applied(REG, amend_registry(|law| law.schemas = schemas));
                w.send(M, register(extended))
            },
        ),
    ]);
    rows
}

fn narcotic_by(product: &mut Product, producer: usize) {
    product.class = DrugClass::Narcotic;
    product.producer = org_id(producer);
    product.packages[0].prefix = "8900011".into();
    product.packages[1].prefix = "8900013".into();
}

fn filing_rows() -> Vec<Row> {
    use FilingKind::*;
    vec![
        row("coding_prefix_taken", |w| w.send(MAH2, coding(&["8100001"])), |w| w.send(MAH2, coding(&["8100777"]))),
        row(
            "coding_prefix_taken",
            |w| {
                w.applied(MAH2, coding(&["8100011"]));
                w.send(M, register(|_| ()))
            },
            |w| {
                w.applied(M, coding(&["8100011"]));
                w.send(M, register(|_| ()))
            },
        ),
        // Nor by naming whoever filed it as the producer.
        row(
            "coding_prefix_taken",
            |w| {
                w.applied(MAH2, coding(&["8100011"]));
                w.send(M, register(|p| p.producer = org_id(MAH2)))
            },
            |w| w.send(M, register(|p| p.producer = org_id(MAH2))),
        ),
        // Nor by what its producer files later: that is for what it codes itself.
        row(
            "coding_prefix_taken",
            |w| {
                w.applied(M, register(|p| p.producer = org_id(MAH2)));
                w.state.remove(&key::coding("8100011"));
                w.applied(MAH2, coding(&["8100011"]));
                w.send(M, super::super::law_world::one_box("Y", "8100011", "P1"))
            },
            |w| {
                w.applied(M, register(|p| p.producer = org_id(MAH2)));
                w.state.remove(&key::coding("8100011"));
                w.applied(M, coding(&["8100011"]));
                w.send(M, super::super::law_world::one_box("Y", "8100011", "P1"))
            },
        ),
        // Whoever registered a product first files its prefix, and who it says makes it.
        row(
            "coding_prefix_taken",
            |w| {
                w.applied(M, register(|_| ()));
                w.state.remove(&key::coding("8100011"));
                w.send(MAH2, coding(&["8100011"]))
            },
            |w| {
                w.applied(M, register(|p| p.producer = org_id(MAH2)));
                w.state.remove(&key::coding("8100011"));
                w.send(MAH2, coding(&["8100011"]))
            },
        ),
        row(
            "coding_rule_not_filed",
            |w| {
                w.state.remove(&key::coding("8100001"));
                w.send(M, new_batch(|_| ()))
            },
            |w| {
                w.state.remove(&key::coding("8100001"));
                w.applied(M, coding(&["8100001"]));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "trace_policy_required",
            |w| {
                w.applied(REG, amend_registry(|law| law.trace_policy_required = true));
                w.send(M, new_batch(|_| ()))
            },
            |w| {
                w.applied(REG, amend_registry(|law| law.trace_policy_required = true));
                w.applied(M, filing(TracePolicy, M, |_| ()));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "field_form",
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "26年".into())),
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "2025".into())),
        ),
        row(
            "date_in_future",
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "2027".into())),
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "2026".into())),
        ),
        row(
            "field_form",
            |w| w.send(M, filing(AnnualReport, M, |f| (f.number, f.document) = ("2025".into(), None))),
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "2025".into())),
        ),
        row(
            "no_authority",
            |w| w.send(REG, filing(AnnualReport, M, |f| f.number = "2025".into())),
            |w| w.send(M, filing(AnnualReport, M, |f| f.number = "2025".into())),
        ),
        row(
            "standard_exists",
            |w| {
                w.applied(REG, standard("DB65/T 1-2026", |_| ()));
                w.send(REG, standard("DB65/T 1-2026", |_| ()))
            },
            |w| {
                w.applied(REG, standard("DB65/T 1-2026", |_| ()));
                let today = date("2026-11-23");
                w.send(
                    REG,
                    standard("DB65/T 1-2027", |s| (s.replaces, s.effective_on) = ("DB65/T 1-2026".into(), today)),
                )
            },
        ),
        row(
            "unknown_standard",
            |w| w.send(REG, standard("DB65/T 1-2027", |s| s.replaces = "DB65/T 1-2026".into())),
            |w| w.send(REG, standard("DB65/T 1-2027", |_| ())),
        ),
        row(
            "filing_exists",
            |w| {
                w.applied(CERT, filing(Gap, COOP, |_| ()));
                w.send(CERT, filing(Gap, COOP, |_| ()))
            },
            |w| {
                w.applied(CERT, filing(Gap, COOP, |_| ()));
                w.send(CERT, filing(Gap, COOP, |f| f.number = "F-2".into()))
            },
        ),
        row(
            "unknown_filing",
            |w| w.send(CERT, refile(Gap, COOP, LicenceAction::Suspend)),
            |w| {
                w.applied(CERT, filing(Gap, COOP, |_| ()));
                w.send(CERT, refile(Gap, COOP, LicenceAction::Suspend))
            },
        ),
        row(
            "no_authority",
            |w| w.send(AGENCY, filing(TracePolicy, W, |_| ())),
            |w| w.send(W, filing(TracePolicy, W, |_| ())),
        ),
        row(
            "not_licensed",
            |w| w.send(MARKET, filing(MarketAdmission, CDC, |_| ())),
            |w| w.send(MARKET, filing(MarketAdmission, COOP, |_| ())),
        ),
        // 平台: on file itself, and its merchants licensed and reported (《药品管理法》 Art. 62).
        row(
            "not_licensed",
            |w| {
                crate::tests::trade::change_member(w, PLATFORM, |o| o.licences.clear());
                w.send(PLATFORM, filing(PlatformAdmission, P, |_| ()))
            },
            |w| w.send(PLATFORM, filing(PlatformAdmission, P, |_| ())),
        ),
        row(
            "not_licensed",
            |w| w.send(PLATFORM, filing(PlatformAdmission, P2, |_| ())),
            |w| {
                w.applied(REG, grant(P2, LicenceKind::InternetSale, |_| ()));
                w.send(PLATFORM, filing(PlatformAdmission, P2, |_| ()))
            },
        ),
        row(
            "no_authority",
            |w| w.send(MARKET, filing(PlatformAdmission, P, |_| ())),
            |w| w.send(PLATFORM, filing(PlatformAdmission, P, |_| ())),
        ),
        row(
            "organisation_exists",
            |w| {
                w.applied(COOP, participant(1, |_| ()));
                w.send(COOP, participant(1, |_| ()))
            },
            |w| {
                w.applied(COOP, participant(1, |_| ()));
                w.send(COOP, participant(2, |_| ()))
            },
        ),
        row(
            "key_exists",
            |w| {
                let taken = signing_key(W, KeyPurpose::Transact).public();
                w.send(AGRI, participant(1, |p| p.key = Some(taken)))
            },
            |w| {
                let free = bencao_crypto::SigningKey::from_bytes(&[99; 32]).unwrap().public();
                w.send(AGRI, participant(1, |p| p.key = Some(free)))
            },
        ),
        // Who has a key of its own is admitted by a department of its region; others are hosted in the host's province.
        row(
            "no_authority",
            |w| w.send(COOP, participant(1, |p| p.key = Some(a_key()))),
            |w| w.send(AGRI, participant(1, |p| p.key = Some(a_key()))),
        ),
        row(
            "no_authority",
            |w| w.send(COOP, participant(1, |p| p.region = RegionCode::parse("110105").unwrap())),
            |w| w.send(COOP, participant(1, |p| p.region = RegionCode::parse("654225").unwrap())),
        ),
        // An association of the nation hosts in every province.
        row(
            "no_authority",
            |w| w.send(AGENCY, participant(1, |p| p.region = RegionCode::parse("110105").unwrap())),
            |w| {
                super::super::trade::change_member(w, AGENCY, |o| o.jurisdiction = RegionCode::NATION);
                w.send(AGENCY, participant(1, |p| p.region = RegionCode::parse("110105").unwrap()))
            },
        ),
        row(
            "role_not_allowed",
            |w| w.send(COOP, participant(1, |p| (p.id, p.name) = (org_id(300), "经营户".into()))),
            |w| w.send(MARKET, participant(1, |p| (p.id, p.name) = (org_id(300), "经营户".into()))),
        ),
        // A body that is no authority does not fill a register of somebody else.
        row(
            "register_full",
            |w| {
                for n in 0..crate::limits::FILINGS_PER_BODY_MAX {
                    w.applied(MARKET, filing(MarketAdmission, COOP, |f| f.number = format!("F-{n}")));
                }
                w.send(MARKET, filing(MarketAdmission, COOP, |f| f.number = "F-9".into()))
            },
            |w| {
                for n in 0..crate::limits::FILINGS_PER_BODY_MAX {
                    w.applied(MARKET, filing(MarketAdmission, COOP, |f| f.number = format!("F-{n}")));
                }
                w.applied(MARKET, refile_number(MarketAdmission, COOP, "F-0", LicenceAction::Revoke));
                w.send(MARKET, filing(MarketAdmission, COOP, |f| f.number = "F-9".into()))
            },
        ),
        row("role_not_allowed", |w| w.send(W, participant(1, |_| ())), |w| w.send(COOP, participant(1, |_| ()))),
    ]
}

fn mandate_rows() -> Vec<Row> {
    vec![
        row(
            "not_delegable",
            |w| {
                assert!(w.send_as(W, "MANDATE", give(&["custody", "registry"], |_| ())).is_applied());
                by_agent(w, W, "A-1", give(&["ship"], |_| ()))
            },
            |w| shipped_by_agent(w, &["custody", "registry"], |_| ()),
        ),
        row(
            "mandate_not_in_force",
            |w| shipped_by_agent(w, &["ship"], |m| m.valid_from = date("2026-11-24")),
            |w| shipped_by_agent(w, &["ship"], |m| m.valid_from = date("2026-11-23")),
        ),
        row(
            "mandate_not_in_force",
            |w| {
                let operation = give(&["ship"], |m| m.valid_to = date("2026-11-23"));
                assert!(w.send_as(W, "MANDATE", operation).is_applied());
                w.time += DAY;
                by_agent(w, W, "A-1", ship(P, &[b1(4)]))
            },
            |w| shipped_by_agent(w, &["ship"], |m| m.valid_to = date("2026-11-23")),
        ),
        row(
            "mandate_revoked",
            |w| {
                assert!(w.send_as(W, "MANDATE", give(&["ship"], |_| ())).is_applied());
                let number = DocumentNumber("MANDATE".into());
                w.applied(W, Operation::RevokeMandate(RevokeMandate { number, participant: None }));
                by_agent(w, W, "A-1", ship(P, &[b1(4)]))
            },
            |w| shipped_by_agent(w, &["ship"], |_| ()),
        ),
        row(
            "mandate_scope",
            |w| shipped_by_agent(w, &["receive"], |_| ()),
            |w| shipped_by_agent(w, &["receive", "ship"], |_| ()),
        ),
        row(
            "mandate_product",
            |w| shipped_by_agent(w, &["ship"], |m| m.products = vec![ProductId("N".into())]),
            |w| shipped_by_agent(w, &["ship"], |m| m.products = vec![ProductId("X".into())]),
        ),
        row(
            "mandate_used_up",
            |w| {
                assert!(shipped_by_agent(w, &["ship"], |m| m.uses_max = Some(1)).is_applied());
                by_agent(w, W, "A-2", ship(P, &[b1(5)]))
            },
            |w| {
                assert!(shipped_by_agent(w, &["ship"], |m| m.uses_max = Some(2)).is_applied());
                by_agent(w, W, "A-2", ship(P, &[b1(5)]))
            },
        ),
        row(
            "not_host",
            |w| {
                w.applied(COOP, participant(1, |_| ()));
                w.send(MARKET, give(&["tcm"], |m| m.participant = Some(person(1))))
            },
            |w| {
                w.applied(COOP, participant(1, |_| ()));
                w.send(COOP, give(&["tcm"], |m| m.participant = Some(person(1))))
            },
        ),
        row(
            "role_not_allowed",
            |w| w.send(W, give(&["ship"], |m| m.agent = org_id(BANK))),
            |w| {
                let reads = vec![crate::mandates::ReadScope::Stock];
                w.send(W, give(&[], |m| (m.agent, m.reads) = (org_id(BANK), reads)))
            },
        ),
    ]
}

fn oversight_rows() -> Vec<Row> {
    use PublicList::{Abnormal, SeriousViolation};
    vec![
        row(
            "barred",
            |w| {
                w.applied(SAMR, list(W, SeriousViolation));
                plain(w)
            },
            |w| {
                w.applied(SAMR, list(W, Abnormal));
                plain(w)
            },
        ),
        row(
            "already_listed",
            |w| {
                w.applied(SAMR, list(W, Abnormal));
                w.send(REG, list(W, Abnormal))
            },
            |w| {
                w.applied(SAMR, list(W, Abnormal));
                w.send(REG, list(W, SeriousViolation))
            },
        ),
        row(
            "not_listed",
            |w| w.send(SAMR, delist(W, Abnormal)),
            |w| {
                w.applied(SAMR, list(W, Abnormal));
                w.send(SAMR, delist(W, Abnormal))
            },
        ),
        row(
            "unknown_alarm",
            |w| w.send(REG, triage(Height(1), TriageVerdict::Confirmed)),
            |w| {
                let height = second_sale(w);
                w.send(REG, triage(height, TriageVerdict::Confirmed))
            },
        ),
        row(
            "triage_unchanged",
            |w| {
                let height = second_sale(w);
                w.applied(REG, triage(height, TriageVerdict::Confirmed));
                w.send(REG, triage(height, TriageVerdict::Confirmed))
            },
            |w| {
                let height = second_sale(w);
                w.applied(REG, triage(height, TriageVerdict::Confirmed));
                w.send(NMPA, triage(height, TriageVerdict::Dismissed))
            },
        ),
        row(
            "unknown_dossier",
            |w| w.send(W, follow_up(REG, DossierStep::Report)),
            |w| {
                assert!(w.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
                w.send(W, follow_up(REG, DossierStep::Report))
            },
        ),
        row(
            "no_authority",
            |w| {
                assert!(w.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
                w.send(P, follow_up(REG, DossierStep::Report))
            },
            |w| {
                assert!(w.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
                w.send(W, follow_up(REG, DossierStep::Report))
            },
        ),
    ]
}
