//! The consortium of the runs: every kind of firm and authority, and a product of every class that a rule asks about.

use bencao_crypto::SigningKey;
use bencao_genesis::*;
use std::sync::LazyLock;

pub(crate) const M: usize = 0;
pub(crate) const W: usize = 1;
pub(crate) const W2: usize = 2;
pub(crate) const P: usize = 3;
pub(crate) const P2: usize = 4;
pub(crate) const H: usize = 5;
pub(crate) const H2: usize = 6;
pub(crate) const CDC: usize = 7;
pub(crate) const SITE: usize = 8;
pub(crate) const MAKER: usize = 9;
pub(crate) const ABROAD: usize = 10;
pub(crate) const KEEPER: usize = 11;
pub(crate) const IMPORTER: usize = 12;
pub(crate) const REG: usize = 13;
pub(crate) const CITY: usize = 14;
pub(crate) const NATION: usize = 15;
pub(crate) const ELSEWHERE: usize = 16;
pub(crate) const NOTARY: usize = 17;
pub(crate) const CUSTOMS: usize = 18;
pub(crate) const LAB: usize = 19;
pub(crate) const SAMR: usize = 20;
pub(crate) const HEALTH: usize = 21;
pub(crate) const AGENCY: usize = 22;
pub(crate) const BANK: usize = 23;
pub(crate) const MARKET: usize = 24;
pub(crate) const COOP: usize = 25;
pub(crate) const TRADER: usize = 26;
pub(crate) const PIECES: usize = 27;
pub(crate) const CERT: usize = 28;
pub(crate) const ASSOCIATION: usize = 29;
pub(crate) const PLATFORM: usize = 30;
/// No firm: a member of nothing.
pub(crate) const STRANGER: usize = 99;

/// 2026-11-23T09:00:00+08:00
pub(crate) const START: u64 = 1_795_395_600_000;
pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const DAY: u64 = 24 * HOUR;

pub(crate) fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).expect("a date")
}

/// Identifier of a member by its number in this file.
pub(crate) fn id(n: usize) -> OrgId {
    if n == ABROAD {
        return OrgId::parse("FOREIGN:DE:HRB-12345").expect("well formed");
    }
    let first17 = format!("91650100MA0000{n:03}");
    let check = ids::uscc_check_character(&first17).expect("17 characters of the set");
    OrgId::parse(&format!("{first17}{check}")).expect("its check character is right")
}

fn key(n: usize, purpose: KeyPurpose) -> KeyEntry {
    let mut secret = [7; 32];
    (secret[30], secret[31]) = (n as u8 + 1, purpose as u8);
    let public_key = SigningKey::from_bytes(&secret).expect("a scalar").public();
    KeyEntry { purpose, public_key, valid_from: Height(0), valid_to: None }
}

fn member(n: usize, region: &str, role: Role, licences: &[(LicenceKind, &[DrugClass], &str)]) -> Organisation {
    let licence = |(kind, scope, to): &(LicenceKind, &[DrugClass], &str)| {
        Licence::new(*kind, "证-1", scope, date("2024-01-01"), date(to))
    };
    Organisation {
        id: id(n),
        name: format!("{role:?} {n}"),
        roles: vec![role],
        jurisdiction: RegionCode::parse(region).expect("a region"),
        licences: licences.iter().map(licence).collect(),
        keys: vec![key(n, KeyPurpose::Transact), key(n, KeyPurpose::Release)],
    }
}

/// Level prefixes differ in the last digit: 1 boxes, 3 cases of 4, 5 cartons of 2 cases.
fn product(name: &str, holder: usize, class: DrugClass, prefix: &str) -> Product {
    let package = |last: &str, level, holds| PackageSpec {
        prefix: format!("{prefix}{last}"),
        level,
        holds,
        description: String::new(),
    };
    Product {
        id: ProductId(name.into()),
        holder: id(holder),
        producer: id(holder),
        class,
        prescription_only: true,
        generic_name: format!("示例{name}"),
        trade_name: String::new(),
        dosage_form: "片剂".into(),
        strength: "0.1g".into(),
        approval_number: "国药准字H20260001".into(),
        standard_code: "86904879000126".into(),
        shelf_life_months: 12,
        content: 100_000,
        ratio_semantics: RatioSemantics::PerLevel,
        packages: vec![package("1", 1, 0), package("3", 2, 4), package("5", 3, 2)],
        details: ProductDetails::default(),
    }
}

/// The founding document of all runs.
pub(crate) static GENESIS: LazyLock<Genesis> = LazyLock::new(genesis);

fn genesis() -> Genesis {
    use DrugClass::*;
    use LicenceKind::*;
    const LONG: &str = "2028-12-31";
    let here = "650100";
    let made: &[DrugClass] =
        &[Chemical, ProprietaryChinese, Biological, Vaccine, Narcotic, PsychotropicII, DecoctionPiece, CrudeHerb];
    let traded: &[DrugClass] =
        &[Chemical, ProprietaryChinese, Biological, Narcotic, PsychotropicII, AnabolicOrPeptide, DecoctionPiece];
    let treated: &[DrugClass] = &[
        Chemical,
        ProprietaryChinese,
        Biological,
        Narcotic,
        PsychotropicII,
        AnabolicOrPeptide,
        DecoctionPiece,
        HospitalPreparation,
    ];
    let mut organisations = vec![
        member(M, here, Role::MarketingHolder, &[(DrugProduction, made, LONG)]),
        member(
            W,
            here,
            Role::Wholesaler,
            &[(DrugWholesale, traded, LONG), (NarcoticWholesaleRegional, &[Narcotic], LONG)],
        ),
        member(
            W2,
            "110105",
            Role::Wholesaler,
            &[(DrugWholesale, &[Chemical, Narcotic], LONG), (NarcoticWholesaleNational, &[Narcotic], LONG)],
        ),
        member(
            P,
            here,
            Role::Pharmacy,
            &[
                (DrugRetail, &[Chemical], "2026-12-31"),
                (PsychotropicRetail, &[PsychotropicII], LONG),
                (InternetSale, &[Chemical], LONG),
            ],
        ),
        member(
            P2,
            here,
            Role::Pharmacy,
            &[
                (DrugRetail, &[Chemical, AnabolicOrPeptide, DecoctionPiece], LONG),
                (PsychotropicRetail, &[PsychotropicII], LONG),
                (InternetSale, &[Chemical, DecoctionPiece], LONG),
            ],
        ),
        member(
            H,
            here,
            Role::Hospital,
            &[
                (MedicalInstitution, treated, LONG),
                (NarcoticPurchaseCard, &[Narcotic], LONG),
                (PreparationTransfer, &[HospitalPreparation], "2027-01-31"),
            ],
        ),
        member(
            H2,
            "110105",
            Role::Hospital,
            &[
                (MedicalInstitution, &[Chemical, Narcotic, HospitalPreparation], LONG),
                (NarcoticPurchaseCard, &[Narcotic], LONG),
            ],
        ),
        member(CDC, here, Role::DiseaseControl, &[]),
        member(
            SITE,
            here,
            Role::VaccinationSite,
            &[(MedicalInstitution, &[Chemical, Vaccine], LONG), (VaccinationPoint, &[Vaccine], LONG)],
        ),
        member(MAKER, here, Role::Producer, &[(DrugProduction, &[Chemical, Narcotic], LONG)]),
        member(ABROAD, here, Role::MarketingHolder, &[(DrugProduction, &[Chemical], LONG)]),
        member(KEEPER, here, Role::Wholesaler, &[(DrugWholesale, &[Chemical], LONG)]),
        member(IMPORTER, here, Role::MarketingHolder, &[]),
        member(REG, "650000", Role::DrugRegulator, &[]),
        member(CITY, here, Role::DrugRegulator, &[]),
        member(NATION, "000000", Role::DrugRegulator, &[]),
        member(ELSEWHERE, "110000", Role::DrugRegulator, &[]),
        member(NOTARY, here, Role::Notary, &[]),
        member(CUSTOMS, "650000", Role::Customs, &[]),
        member(LAB, here, Role::Laboratory, &[]),
        member(SAMR, "650000", Role::MarketRegulator, &[]),
        member(HEALTH, "650000", Role::HealthAuthority, &[]),
        member(AGENCY, here, Role::Agency, &[]),
        member(BANK, here, Role::FinancialInstitution, &[]),
        member(MARKET, here, Role::MarketOperator, &[]),
        member(COOP, here, Role::Grower, &[]),
        member(TRADER, here, Role::HerbTrader, &[]),
        member(PIECES, here, Role::DecoctionProducer, &[(DrugProduction, &[DecoctionPiece, CrudeHerb], LONG)]),
        member(CERT, here, Role::Certifier, &[]),
        member(ASSOCIATION, here, Role::Association, &[]),
        member(PLATFORM, here, Role::TradingPlatform, &[(InternetPlatform, &[], LONG)]),
    ];
    // A key that counted in block 0 only, and so never for a transaction.
    let ended = KeyEntry { valid_to: Some(Height(1)), ..key(202, KeyPurpose::Query) };
    organisations[LAB].keys.push(ended);
    // Letters as on paper: holder of its own production, not under contract.
    let mut own_production = Licence::new(DrugProduction, "新20260001", &[Chemical], date("2024-01-01"), date(LONG));
    own_production.letters = "Ah".into();
    organisations[IMPORTER].licences.push(own_production);
    let validator = key(200, KeyPurpose::Validator);
    let node = key(201, KeyPurpose::Node);
    let (validator_key, node_key) = (validator.public_key, node.public_key);
    organisations[M].keys.extend([validator, node]);
    let by_maker = |made: Product| Product { producer: id(MAKER), ..made };
    let imported = |made: Product| Product { approval_number: "国药准字HJ20260001".into(), ..made };
    let special = |class| match class {
        Narcotic => "注射剂",
        _ => "缓释片",
    };
    Genesis {
        version: 1,
        chain_name: "模型".into(),
        time_ms: TimestampMs(START - DAY),
        rule_version: 1,
        params: Params::default(),
        limits: Limits::default(),
        organisations,
        validators: vec![ValidatorEntry {
            name: "node0".into(),
            organisation: id(M),
            validator_key,
            node_key,
            power: 1,
        }],
        products: vec![
            product("X", M, Chemical, "810000"),
            Product { prescription_only: false, content: 0, ..product("O", M, Chemical, "810001") },
            product("Y", M, Chemical, "810002"),
            Product { dosage_form: special(Narcotic).into(), ..product("N", M, Narcotic, "890000") },
            product("S", M, PsychotropicII, "890001"),
            product("V", M, Vaccine, "820000"),
            product("L", M, Biological, "820001"),
            by_maker(product("K", M, Chemical, "830000")),
            by_maker(product("KN", M, Narcotic, "893000")),
            product("D", M, DecoctionPiece, "840000"),
            imported(product("I", M, Chemical, "850000")),
            imported(product("J", M, Biological, "850001")),
            product("F", ABROAD, Chemical, "860000"),
            Product {
                details: ProductDetails { scan_exempt: true, ..ProductDetails::default() },
                ..product("HP", H, HospitalPreparation, "870000")
            },
            Product { generic_name: "红花".into(), ..product("C", M, CrudeHerb, "840001") },
            product("HH", PIECES, DecoctionPiece, "841000"),
            product("HO", H, DecoctionPiece, "841001"),
            Product {
                approval_number: "国药准字Z20260001".into(), ..product("ZY", M, ProprietaryChinese, "842000")
            },
        ],
        authorities: vec![],
    }
}
