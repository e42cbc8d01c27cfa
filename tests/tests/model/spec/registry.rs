//! Who takes part, with which licences, and which products and prefixes there are.

use super::oversight::Listing;
use super::{FirmNo, Model, ProductNo, Refusal, Verdict, ensure};
use bencao_chaincode::UnitKey;
use bencao_chaincode::registry::{FilingKind, LicenceAction, StandardKind};
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, DrugClass, Licence, LicenceKind, LicenceStatus, OrgId, Organisation, ProductId};
use bencao_genesis::{RegionCode, Role};
use std::collections::BTreeSet;
use std::rc::Rc;

/// An organisation.
#[derive(Clone, Debug)]
pub(crate) struct Firm {
    pub(crate) id: OrgId,
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) region: RegionCode,
    pub(crate) licences: Vec<Licence>,
    /// Numbers of the holds on it.
    pub(crate) holds: BTreeSet<u32>,
    pub(crate) listings: Vec<Listing>,
    /// Who registered it and acts for it, if it has no key of its own.
    pub(crate) host: Option<FirmNo>,
}

impl Firm {
    pub(crate) fn new(organisation: &Organisation) -> Firm {
        Firm {
            id: organisation.id.clone(),
            name: organisation.name.clone(),
            roles: organisation.roles.clone(),
            region: organisation.jurisdiction,
            licences: organisation.licences.clone(),
            holds: BTreeSet::new(),
            listings: Vec::new(),
            host: None,
        }
    }

    pub(crate) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub(crate) fn is_one_of(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.is(*role))
    }

    /// Of another country (D15).
    pub(crate) fn is_abroad(&self) -> bool {
        self.id.as_str().starts_with("FOREIGN:")
    }

    /// Whether a licence of the kind counts today, whatever it covers.
    pub(crate) fn holds(&self, kind: LicenceKind, today: CalendarDate) -> bool {
        self.licences.iter().any(|l| l.kind == kind && counts(l, today))
    }

    /// Whether a licence of the kind covers the class today.
    pub(crate) fn may(&self, kind: LicenceKind, class: DrugClass, today: CalendarDate) -> bool {
        self.licences
            .iter()
            .any(|l| l.kind == kind && l.scope.contains(&class) && counts(l, today) && letters(l, class))
    }
}

/// Class letters of §1.5, where any are recorded.
fn letters(licence: &Licence, class: DrugClass) -> bool {
    use DrugClass::*;
    let letter = match class {
        Chemical | AnabolicOrPeptide => 'h',
        ProprietaryChinese => 'z',
        Biological | Vaccine | BloodProduct => 's',
        DecoctionPiece => 'y',
        Narcotic | PsychotropicI | PsychotropicII | MedicalToxic | Radioactive | Precursor => 't',
        CrudeHerb | HospitalPreparation => return true,
    };
    !licence.letters.chars().any(char::is_lowercase) || licence.letters.contains(letter)
}

fn within(licence: &Licence, today: CalendarDate) -> bool {
    licence.valid_from <= today && today <= licence.valid_to
}

fn counts(licence: &Licence, today: CalendarDate) -> bool {
    licence.status == LicenceStatus::InForce && within(licence, today)
}

/// A product.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) holder: FirmNo,
    pub(crate) producer: FirmNo,
    pub(crate) class: DrugClass,
    pub(crate) prescription_only: bool,
    pub(crate) generic_name: String,
    pub(crate) dosage_form: String,
    pub(crate) approval_number: String,
    /// 10⁻⁴ of a smallest preparation unit in a smallest package.
    pub(crate) content: u64,
    /// 执行标准, or empty.
    pub(crate) standard: String,
    /// Its holder says that no unit is scanned by itself.
    pub(crate) scan_exempt: bool,
    /// Temperatures on the way by the master data, tenths of a degree.
    pub(crate) temperature: Option<(i16, i16)>,
    /// Prefix, level, direct children of a full package.
    pub(crate) packages: Vec<(String, u8, u32)>,
    /// Numbers of the holds on it.
    pub(crate) holds: BTreeSet<u32>,
}

fn range(details: &bencao_genesis::ProductDetails) -> Option<(i16, i16)> {
    details.temperature.map(|t| (t.min_tenths, t.max_tenths))
}

impl Product {
    pub(crate) fn new(product: &bencao_genesis::Product, holder: FirmNo, producer: FirmNo) -> Product {
        Product {
            id: product.id.clone(),
            holder,
            producer,
            class: product.class,
            prescription_only: product.prescription_only,
            generic_name: product.generic_name.clone(),
            dosage_form: product.dosage_form.clone(),
            approval_number: product.approval_number.clone(),
            content: product.content,
            standard: product.details.standard.clone(),
            scan_exempt: product.details.scan_exempt,
            temperature: range(&product.details),
            packages: product.packages.iter().map(|p| (p.prefix.clone(), p.level, p.holds)).collect(),
            holds: BTreeSet::new(),
        }
    }

    pub(crate) fn capacity(&self, level: u8) -> u32 {
        self.packages.iter().find(|(_, l, _)| *l == level).map_or(0, |(_, _, holds)| *holds)
    }

    /// The next level above.
    pub(crate) fn level_above(&self, level: u8) -> Option<u8> {
        self.packages.iter().map(|(_, l, _)| *l).filter(|l| *l > level).min()
    }
}

/// An entry in a register.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) issuer: FirmNo,
    pub(crate) number: String,
    pub(crate) valid_from: CalendarDate,
    pub(crate) valid_to: CalendarDate,
    pub(crate) status: LicenceStatus,
    pub(crate) classes: Vec<DrugClass>,
    /// Of a GAP entry.
    pub(crate) base: String,
    /// Whom it names besides.
    pub(crate) related: Option<FirmNo>,
}

impl Entry {
    pub(crate) fn counts(&self, today: CalendarDate) -> bool {
        self.status == LicenceStatus::InForce && (self.valid_from..=self.valid_to).contains(&today)
    }

    /// Its classes, or all.
    pub(crate) fn covers(&self, class: DrugClass) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }
}

/// A standard on record.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    owner: FirmNo,
    kind: StandardKind,
    region: RegionCode,
    herbs: Vec<String>,
    classes: Vec<DrugClass>,
    from: CalendarDate,
    /// First day on which it no longer holds.
    end: Option<CalendarDate>,
    replaced: bool,
}

impl Standard {
    /// Set by a department: others are obliged by it (《标准化法》 Art. 18, 19).
    fn is_of_state(&self) -> bool {
        self.kind <= StandardKind::Local
    }

    /// 企业标准 of somebody else.
    fn is_of_another(&self, firm: FirmNo) -> bool {
        self.kind == StandardKind::Enterprise && self.owner != firm
    }

    /// Whether it governs what is made of the herb on a day.
    fn is_about(&self, herb: Option<&str>, day: CalendarDate) -> bool {
        self.is_of_state() && self.holds(day) && herb.is_some_and(|h| self.herbs.iter().any(|x| x == h))
    }

    fn holds(&self, day: CalendarDate) -> bool {
        self.from <= day && self.end.is_none_or(|end| day < end)
    }
}

/// The seven departments.
pub(crate) const DEPARTMENTS: [Role; 7] = [
    Role::Customs,
    Role::DrugRegulator,
    Role::HealthAuthority,
    Role::CommerceAuthority,
    Role::IndustryAuthority,
    Role::AgricultureAuthority,
    Role::MarketRegulator,
];
/// Who may hold a product.
const HOLDERS: [Role; 3] = [Role::MarketingHolder, Role::DecoctionProducer, Role::Hospital];
/// Licences of one firm; entries of one firm in one register.
const LICENCES_MAX: usize = 32;
const ENTRIES_MAX: usize = 16;
/// The same of agreements with keepers and of annual reports.
const AGREEMENTS_MAX: usize = 64;
/// Longest validity of a licence, years.
const LICENCE_YEARS: u32 = 5;

/// A way of taking part: role, the licence it needs, and whether it covers own products only.
pub(crate) type Capacity = (Role, Option<LicenceKind>, bool);

/// With a licence.
pub(crate) const fn with(role: Role, licence: LicenceKind) -> Capacity {
    (role, Some(licence), false)
}

/// With a licence, for products of which it is holder or producer.
pub(crate) const fn own(role: Role, licence: LicenceKind) -> Capacity {
    (role, Some(licence), true)
}

/// By law, without a licence.
pub(crate) const fn by_law(role: Role) -> Capacity {
    (role, None, false)
}

/// Who makes drugs, and under which licence (《药品管理法》 Art. 41, 39, 76).
pub(crate) const MAKERS: [Capacity; 4] = [
    own(Role::MarketingHolder, LicenceKind::DrugProduction),
    own(Role::Producer, LicenceKind::DrugProduction),
    own(Role::DecoctionProducer, LicenceKind::DrugProduction),
    own(Role::Hospital, LicenceKind::MedicalInstitution),
];

impl Model {
    pub(crate) fn firm(&self, id: &OrgId) -> Option<FirmNo> {
        self.firms.iter().position(|f| f.id == *id)
    }

    pub(crate) fn product(&self, id: &ProductId) -> Result<ProductNo, Refusal> {
        self.products.iter().position(|p| p.id == *id).ok_or("unknown_product")
    }

    /// Product and level that a code's prefix stands for.
    pub(crate) fn prefix(&self, code: &UnitKey) -> Option<(ProductNo, u8)> {
        let prefix = code.prefix()?;
        let of = |(number, product): (ProductNo, &Rc<Product>)| {
            product.packages.iter().find(|(p, _, _)| *p == prefix).map(|(_, level, _)| (number, *level))
        };
        self.products.iter().enumerate().find_map(of)
    }

    /// Rule 7: one of `capacities` in which the firm may deal with the product today. Of those that its roles allow, the
    /// one that comes furthest says why not.
    pub(crate) fn licensed(
        &self,
        firm: FirmNo,
        product: ProductNo,
        capacities: &[Capacity],
        otherwise: Refusal,
    ) -> Verdict {
        let (firm_no, firm, product) = (firm, &self.firms[firm], &self.products[product]);
        let today = self.today();
        let mut best = (0, otherwise);
        for (role, licence, own) in capacities {
            let its_own = product.holder == firm_no || product.producer == firm_no;
            if !firm.is(*role) || (*own && !its_own) {
                continue;
            }
            let Some(kind) = licence else { return Ok(()) };
            if firm.may(*kind, product.class, today) {
                return Ok(());
            }
            let of_kind: Vec<&Licence> = firm.licences.iter().filter(|l| l.kind == *kind).collect();
            let found = match () {
                () if of_kind.iter().any(|l| counts(l, today)) => (3, "out_of_scope"),
                () if of_kind.iter().any(|l| within(l, today)) => (2, "licence_suspended"),
                () if !of_kind.is_empty() => (2, "licence_not_in_force"),
                () => (1, "not_licensed"),
            };
            if found.0 > best.0 {
                best = found;
            }
        }
        Err(best.1)
    }

    /// Rule 7: a party that is frozen, or whose licence is locked, neither sends nor receives.
    pub(crate) fn active(&self, firm: FirmNo) -> Verdict {
        use super::quality::Hold::{Freeze, LicenceLock};
        let holds = self.holds_of_firm(firm);
        ensure(!holds.contains(&Freeze) && !holds.contains(&LicenceLock), "party_suspended")
    }

    /// A drug regulator whose region contains one of `regions`.
    pub(crate) fn regulates(&self, authority: FirmNo, regions: &[RegionCode]) -> bool {
        let authority = &self.firms[authority];
        authority.is(Role::DrugRegulator) && regions.iter().any(|r| authority.region.contains(r))
    }
}

// Who may act as an authority, and the registers.

/// What an action makes of a licence or entry.
fn after(action: LicenceAction, status: LicenceStatus) -> Result<LicenceStatus, Refusal> {
    use LicenceAction::*;
    use LicenceStatus::*;
    Ok(match (action, status) {
        (Renew | Narrow, InForce | Suspended) => status,
        (Widen, InForce) => InForce,
        (Suspend, InForce) => Suspended,
        (Restore, Suspended) => InForce,
        (Revoke, InForce | Suspended) => Revoked,
        _ => return Err("status_not_allowed"),
    })
}

/// The department that grants a kind of licence.
fn department(kind: LicenceKind) -> Role {
    use LicenceKind::*;
    match kind {
        MedicalInstitution | NarcoticPurchaseCard | VaccinationPoint => Role::HealthAuthority,
        Business => Role::MarketRegulator,
        ExportFiling => Role::Customs,
        _ => Role::DrugRegulator,
    }
}

/// The last day of a licence that begins on `from`.
fn last_day(from: CalendarDate) -> CalendarDate {
    let (year, month, day) = from.parts();
    let end = CalendarDate::new(year + LICENCE_YEARS, month, day);
    end.unwrap_or_else(|| CalendarDate::new(year + LICENCE_YEARS, month, day - 1).expect("28 February"))
}

fn is_less(smaller: &[DrugClass], larger: &[DrugClass]) -> bool {
    smaller.len() < larger.len() && smaller.iter().all(|c| larger.contains(c))
}

impl Model {
    /// A member that an operation of the registry names.
    pub(crate) fn member(&self, id: &OrgId) -> Result<FirmNo, Refusal> {
        self.firm(id).ok_or("unknown_member")
    }

    /// One of these departments, with jurisdiction over the region.
    pub(crate) fn authority(&self, by: FirmNo, roles: &[Role], region: RegionCode) -> Verdict {
        let own = &self.firms[by];
        ensure(own.is_one_of(roles) && own.region.contains(&region), "no_authority")
    }

    pub(crate) fn grant_licence(&mut self, by: FirmNo, bill: &GrantLicence) -> Verdict {
        let (firm, licence) = (self.member(&bill.organisation)?, &bill.licence);
        self.authority(by, &[department(licence.kind)], self.firms[firm].region)?;
        let today = self.today();
        let licences = &mut self.firm_mut(firm).licences;
        ensure(!licences.iter().any(|l| l.kind == licence.kind && l.number == licence.number), "licence_exists")?;
        ensure(licence.valid_to <= last_day(licence.valid_from), "too_long")?;
        if licences.len() >= LICENCES_MAX {
            licences.retain(|l| l.status != LicenceStatus::Revoked && l.valid_to >= today);
        }
        ensure(licences.len() < LICENCES_MAX, "register_full")?;
        licences.push(licence.clone());
        Ok(())
    }

    pub(crate) fn change_licence(&mut self, by: FirmNo, bill: &ChangeLicence) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        self.authority(by, &[department(bill.kind)], self.firms[firm].region)?;
        let today = self.today();
        let mut licences = self.firm_mut(firm).licences.iter_mut();
        let found = licences.find(|l| l.kind == bill.kind && l.number == bill.number);
        let licence = found.ok_or("not_licensed")?;
        licence.status = after(bill.action, licence.status)?;
        match bill.action {
            LicenceAction::Renew => {
                let valid_to = bill.valid_to.unwrap_or(licence.valid_to);
                ensure(valid_to > licence.valid_to, "past_dated")?;
                ensure(valid_to <= last_day(today.max(licence.valid_from)), "too_long")?;
                licence.valid_to = valid_to;
            }
            LicenceAction::Narrow => {
                ensure(is_less(&bill.scope, &licence.scope), "scope_not_changed")?;
                licence.scope.clone_from(&bill.scope);
            }
            LicenceAction::Widen => {
                ensure(is_less(&licence.scope, &bill.scope), "scope_not_changed")?;
                licence.scope.clone_from(&bill.scope);
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn file_coding(&mut self, by: FirmNo, bill: &FileCodingRule) -> Verdict {
        let makes = self.firms[by].is_one_of(&HOLDERS) || self.firms[by].is(Role::Producer);
        ensure(makes, "role_not_allowed")?;
        for prefix in &bill.prefixes {
            // First come is first served.
            let mut registered = self.products.iter().filter(|p| p.packages.iter().any(|(t, _, _)| t == prefix));
            ensure(registered.all(|p| [p.holder, p.producer].contains(&by)), "coding_prefix_taken")?;
            ensure(*self.coding.entry(prefix.clone()).or_insert(by) == by, "coding_prefix_taken")?;
        }
        Ok(())
    }

    /// C8: before anything is coded under a prefix, its holder, or the producer who codes, has filed its rule.
    pub(crate) fn coding_filed(&self, by: FirmNo, product: ProductNo, prefix: &str) -> Verdict {
        let product = &self.products[product];
        let own = |filer: &FirmNo| *filer == product.holder || (*filer == product.producer && *filer == by);
        let filer = self.coding.get(prefix).ok_or("coding_rule_not_filed")?;
        ensure(own(filer), "coding_prefix_taken")
    }

    pub(crate) fn register_product(&mut self, by: FirmNo, bill: &RegisterProduct) -> Verdict {
        let product = &bill.product;
        ensure(product.holder == self.firms[by].id, "not_holder")?;
        ensure(self.firms[by].is_one_of(&HOLDERS), "role_not_allowed")?;
        let producer = self.firm(&product.producer).ok_or("unknown_producer")?;
        if producer != by {
            use DrugClass::*;
            let banned = matches!(
                product.class,
                BloodProduct | Narcotic | PsychotropicI | PsychotropicII | MedicalToxic | Precursor
            );
            ensure(!banned, "contract_banned")?;
            // B 委托生产的持有人, C 接受委托的企业, where letters are recorded.
            for (firm, letter) in [(by, 'B'), (producer, 'C')] {
                let mut licences =
                    self.firms[firm].licences.iter().filter(|l| l.kind == LicenceKind::DrugProduction).peekable();
                let none = licences.peek().is_none();
                ensure(none || licences.any(|l| l.letters.is_empty() || l.letters.contains(letter)), "class_letter")?;
            }
        }
        // No schema is in force.
        ensure(product.details.extension.is_empty(), "extension_field")?;
        self.product_standard(by, by, product.class, &product.details.standard, self.today())?;
        ensure(self.product(&product.id).is_err(), "product_exists")?;
        // C8: who filed the rule of a prefix registers under it, and nobody else.
        for package in &product.packages {
            let filer = self.coding.get(&package.prefix);
            let taken = self.products.iter().flat_map(|p| &p.packages).any(|(t, _, _)| *t == package.prefix);
            ensure(filer.is_none_or(|f| *f == by), "coding_prefix_taken")?;
            ensure(!taken, "prefix_taken")?;
        }
        self.products.push(Rc::new(Product::new(product, by, producer)));
        Ok(())
    }

    pub(crate) fn update_product(&mut self, by: FirmNo, bill: &UpdateProduct) -> Verdict {
        let product = self.product(&bill.product_id)?;
        ensure(self.products[product].holder == by, "not_holder")?;
        ensure(bill.details.extension.is_empty(), "extension_field")?;
        let standard = &bill.details.standard;
        self.product_standard(by, by, self.products[product].class, standard, self.today())?;
        let record = Rc::make_mut(&mut self.products[product]);
        record.standard.clone_from(standard);
        record.scan_exempt = bill.details.scan_exempt;
        record.temperature = range(&bill.details);
        Ok(())
    }

    /// What its holder names for a product, if anything: whoever makes it need not be the holder.
    pub(crate) fn product_standard(
        &self,
        by: FirmNo,
        holder: FirmNo,
        class: DrugClass,
        name: &str,
        day: CalendarDate,
    ) -> Verdict {
        if name.is_empty() { Ok(()) } else { self.execution_standard((by, holder), name, class, None, day) }
    }

    pub(crate) fn register_participant(&mut self, by: FirmNo, bill: &RegisterParticipant) -> Verdict {
        use Role::*;
        let hosts: &[Role] = match bill.id.as_str() {
            id if id.starts_with("FOREIGN:") => &[Customs],
            id if id.starts_with("PERSON:") => &[
                Grower,
                MarketOperator,
                DecoctionProducer,
                Agency,
                Association,
                CommerceAuthority,
                AgricultureAuthority,
            ],
            _ => &[MarketOperator, Agency, Association, CommerceAuthority, AgricultureAuthority],
        };
        let host = &self.firms[by];
        ensure(host.is_one_of(hosts), "role_not_allowed")?;
        let department = host.is_one_of(&[Customs, CommerceAuthority, AgricultureAuthority]);
        let sees = (department && host.region.contains(&bill.region))
            || (bill.key.is_none() && (host.region.same_province(&bill.region) || host.region.contains(&bill.region)));
        ensure(sees || bill.id.as_str().starts_with("FOREIGN:"), "no_authority")?;
        ensure(self.firm(&bill.id).is_none(), "organisation_exists")?;
        self.firms.push(Rc::new(Firm {
            id: bill.id.clone(),
            name: bill.name.clone(),
            roles: bill.roles.clone(),
            region: bill.region,
            licences: Vec::new(),
            holds: BTreeSet::new(),
            listings: Vec::new(),
            host: bill.key.is_none().then_some(by),
        }));
        Ok(())
    }

    // Standards.

    fn sets_standards(&self, by: FirmNo, kind: StandardKind, region: RegionCode) -> Verdict {
        match kind {
            StandardKind::Group => ensure(self.firms[by].is(Role::Association), "no_authority"),
            StandardKind::Enterprise => Ok(()),
            _ => {
                let departments: Vec<Role> = DEPARTMENTS.into_iter().filter(|d| *d != Role::Customs).collect();
                self.authority(by, &departments, region)
            }
        }
    }

    pub(crate) fn register_standard(&mut self, by: FirmNo, bill: &RegisterStandard) -> Verdict {
        self.sets_standards(by, bill.kind, bill.region)?;
        ensure(!self.standards.contains_key(&bill.id), "standard_exists")?;
        if !bill.replaces.is_empty() {
            let old = self.standards.get(&bill.replaces).ok_or("unknown_standard")?.clone();
            ensure(old.kind == bill.kind && !old.replaced, "standard_exists")?;
            if old.owner != by {
                ensure(old.is_of_state(), "no_authority")?;
                self.sets_standards(by, old.kind, old.region)?;
            }
            ensure(bill.effective_on >= self.today(), "past_dated")?;
            let end = Some(old.end.map_or(bill.effective_on, |end| end.min(bill.effective_on)));
            self.standards.insert(bill.replaces.clone(), Standard { end, replaced: true, ..old });
        }
        let standard = Standard {
            owner: by,
            kind: bill.kind,
            region: bill.region,
            herbs: bill.herbs.iter().map(ToString::to_string).collect(),
            classes: bill.classes.clone(),
            from: bill.effective_on,
            end: None,
            replaced: false,
        };
        self.standards.insert(bill.id.clone(), standard);
        Ok(())
    }

    /// 《药品管理法》 Art. 44: what may be named as the standard that something is made to, where and on which day; by whom it
    /// is made, and who names it.
    pub(crate) fn execution_standard(
        &self,
        (by, firm): (FirmNo, FirmNo),
        name: &str,
        class: DrugClass,
        herb: Option<&str>,
        day: CalendarDate,
    ) -> Verdict {
        let Some(standard) = self.standards.get(name) else {
            return self.free_text(name, class, herb, day, "unknown_standard");
        };
        // Whoever registers the number of another firm's standard stops nothing that was not stopped before.
        match standard.is_of_another(firm) {
            true => self.free_text(name, class, herb, day, "standard_out_of_scope"),
            false => self.made_to(by, standard, class, herb, day),
        }
    }

    /// A name of which the register says nothing to whoever names it: anything, until a standard of state is about the
    /// same.
    fn free_text(
        &self,
        name: &str,
        class: DrugClass,
        herb: Option<&str>,
        day: CalendarDate,
        otherwise: Refusal,
    ) -> Verdict {
        let about_class = |s: &Standard| s.is_of_state() && s.holds(day) && s.classes.contains(&class);
        ensure(!self.standards.values().any(|s| s.is_about(herb, day) || about_class(s)), otherwise)?;
        // Associations and enterprises set no standards for 饮片, and their numbers say that they are theirs.
        let of_state = !name.starts_with("T/") && !name.starts_with("Q/");
        ensure(class != DrugClass::DecoctionPiece || of_state, "standard_out_of_scope")
    }

    fn made_to(
        &self,
        by: FirmNo,
        standard: &Standard,
        class: DrugClass,
        herb: Option<&str>,
        day: CalendarDate,
    ) -> Verdict {
        let region = self.firms[by].region;
        let ended = standard.end.is_some_and(|end| day >= end);
        ensure(standard.from <= self.today() && !ended, "standard_not_in_force")?;
        let piece = class == DrugClass::DecoctionPiece;
        let of_state = matches!(standard.kind, StandardKind::National | StandardKind::Local);
        let general = standard.herbs.is_empty() && standard.classes.is_empty();
        let of_herb = match herb {
            Some(herb) => standard.herbs.iter().any(|h| h == herb),
            None => !standard.herbs.is_empty() && (piece || class == DrugClass::CrudeHerb),
        };
        let covers = general || of_herb || standard.classes.contains(&class);
        let applies = standard.region.contains(&region) && (!piece || of_state) && covers;
        ensure(applies, "standard_out_of_scope")?;
        let mut others = self.standards.values().filter(|s| s.is_about(herb, day) && s.region.contains(&region));
        ensure(!others.any(|other| other.kind < standard.kind), "standard_outranked")
    }

    pub(crate) fn withdraw_standard(&mut self, by: FirmNo, bill: &WithdrawStandard) -> Verdict {
        let today = self.today();
        let old = self.standards.get(&bill.id).ok_or("unknown_standard")?.clone();
        if old.owner != by {
            let supervises = !old.is_of_state() && self.regulates(by, &[self.firms[old.owner].region]);
            ensure(supervises, "no_authority")?;
        }
        ensure(old.end.is_none(), "standard_exists")?;
        self.standards.insert(bill.id.clone(), Standard { end: Some(today), ..old });
        Ok(())
    }

    // Registers of one shape.

    /// Departments that enter, and whether they need jurisdiction; whether the firm enters for itself.
    fn enters(&self, by: FirmNo, kind: FilingKind, firm: FirmNo) -> Verdict {
        use FilingKind::*;
        use Role::*;
        let (departments, bodies): (&[Role], &[Role]) = match kind {
            Gmp | Gsp => (&[DrugRegulator], &[Certifier]),
            Gap => (&[DrugRegulator, AgricultureAuthority], &[Certifier]),
            TraceSystemCertificate => (&[DrugRegulator, CommerceAuthority, MarketRegulator], &[Certifier]),
            ForeignExporter => (&[], &[Customs]),
            DomesticConsignee | ExportProcessor => (&[Customs], &[]),
            ExportBase => (&[Customs, AgricultureAuthority], &[]),
            TraceSystem => (&[DrugRegulator, CommerceAuthority, IndustryAuthority], &[]),
            MarketAdmission => (&[], &[MarketOperator]),
            AssociationMember => (&[], &[Association]),
            PlatformAdmission => (&[], &[TradingPlatform]),
            ExportDocument | TracePolicy | AnnualReport | StorageAgreement => {
                return ensure(by == firm, "no_authority");
            }
        };
        let department = self.authority(by, departments, self.firms[firm].region).is_ok();
        ensure(department || self.firms[by].is_one_of(bodies), "no_authority")
    }

    pub(crate) fn submit_filing(&mut self, by: FirmNo, bill: &SubmitFiling) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        self.enters(by, bill.kind, firm)?;
        if by != firm && !self.firms[by].is_one_of(&DEPARTMENTS) {
            let entries = self.filings.get(&(firm, bill.kind)).map(Vec::as_slice).unwrap_or_default();
            let alive = |e: &&Entry| e.status != LicenceStatus::Revoked && e.valid_to >= self.today();
            let own = entries.iter().filter(|e| e.issuer == by).filter(alive).count();
            ensure(own < 4, "register_full")?;
        }
        let related = bill.related.as_ref().map(|id| self.member(id)).transpose()?;
        let today = self.today();
        let merchant = &self.firms[firm];
        if bill.kind == FilingKind::MarketAdmission {
            let licensed = merchant.licences.iter().any(|l| counts(l, today));
            ensure(licensed || merchant.is(Role::Grower), "not_licensed")?;
        }
        if bill.kind == FilingKind::PlatformAdmission {
            use LicenceKind::*;
            self.is_platform(by)?;
            let trades = [DrugRetail, DrugWholesale, DrugProduction].iter().any(|kind| merchant.holds(*kind, today));
            ensure(trades && merchant.holds(InternetSale, today), "not_licensed")?;
        }
        let report = bill.kind == FilingKind::AnnualReport;
        // 年度报告 is about a year that has begun; one that was revoked is replaced.
        let ahead = report && bill.number.parse().is_ok_and(|year: u32| year > today.parts().0);
        ensure(!ahead, "date_in_future")?;
        let entries = self.filings.entry((firm, bill.kind)).or_default();
        entries.retain(|e| !(report && e.number == bill.number && e.status == LicenceStatus::Revoked));
        ensure(!entries.iter().any(|e| e.number == bill.number), "filing_exists")?;
        let many = matches!(bill.kind, FilingKind::StorageAgreement | FilingKind::AnnualReport);
        let most = if many { AGREEMENTS_MAX } else { ENTRIES_MAX };
        if entries.len() >= most {
            entries.retain(|e| e.status != LicenceStatus::Revoked && e.valid_to >= today);
        }
        ensure(entries.len() < most, "register_full")?;
        entries.push(Entry {
            issuer: by,
            number: bill.number.clone(),
            valid_from: bill.valid_from,
            valid_to: bill.valid_to,
            status: LicenceStatus::InForce,
            classes: bill.classes.clone(),
            base: bill.base_no.clone(),
            related,
        });
        Ok(())
    }

    /// Whether a base that the firm runs conforms to GAP on a day.
    pub(crate) fn base_conforms(&self, firm: FirmNo, base: &str, day: CalendarDate) -> bool {
        let entries = self.filings.get(&(firm, FilingKind::Gap)).map(Vec::as_slice).unwrap_or_default();
        entries.iter().any(|e| e.base == base && e.counts(day) && e.covers(DrugClass::CrudeHerb))
    }

    pub(crate) fn change_filing(&mut self, by: FirmNo, bill: &ChangeFiling) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        let entries = self.filings.get(&(firm, bill.kind)).map(Vec::as_slice).unwrap_or_default();
        let place = entries.iter().position(|e| e.number == bill.number).ok_or("unknown_filing")?;
        if entries[place].issuer != by {
            self.supervises(by, bill.kind, self.firms[firm].region)?;
        }
        let entry = &mut self.filings.get_mut(&(firm, bill.kind)).expect("found above")[place];
        entry.status = after(bill.action, entry.status)?;
        Ok(())
    }

    /// Who may change what another entered: the departments of the register; of the others, those of the market.
    fn supervises(&self, by: FirmNo, kind: FilingKind, region: RegionCode) -> Verdict {
        use FilingKind::*;
        use Role::*;
        let departments: &[Role] = match kind {
            Gmp | Gsp => &[DrugRegulator],
            Gap => &[DrugRegulator, AgricultureAuthority],
            TraceSystemCertificate => &[DrugRegulator, CommerceAuthority, MarketRegulator],
            DomesticConsignee | ExportProcessor => &[Customs],
            ExportBase => &[Customs, AgricultureAuthority],
            TraceSystem => &[DrugRegulator, CommerceAuthority, IndustryAuthority],
            _ => &[DrugRegulator, MarketRegulator],
        };
        self.authority(by, departments, region)
    }
}
