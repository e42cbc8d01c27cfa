//! 产地初加工、混批、分批、炮制: lots made of lots, in exact balance (M1, M3, M6).

use super::balance::{Exit, sum, within_yield};
use super::catalogue::find_product;
use super::events::{LotTarget, LotUsed, PiecesProcessed};
use super::kinds::LotKind;
use super::lots::{
    Found, NewLot, begin, check_count, check_inputs, check_loss, check_named, check_not_before, check_not_future,
    check_weight, descend, document_digest, folded, load_inputs, making_of, owned, row, use_up,
};
use super::packing::move_packs;
use super::records::{HerbRecord, PieceRecord, ScopeRecord};
use super::roles::require_role;
use super::state::{LotAction, LotState};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::{AUXILIARIES_MAX, PARTS_PER_SPLIT_MAX, PROCESS_STEPS_MAX};
use crate::registry::{Capacity, Execution, require_execution_standard, require_licence};
use crate::rejection::Rejection;
use crate::state::{ProductNo, Stop, Tx, key};
use crate::transaction::{BlendLots, Body, LotPart, LotUse, ProcessAtOrigin, ProcessPieces, SplitLot, count_writes};
use bencao_genesis::{DrugClass, LicenceKind, Role};

/// Who makes 饮片, and under which licence (《药品管理法》 Art. 41; 《中医药法》 Art. 28).
pub(super) const PIECE_PRODUCERS: [Capacity; 2] = [
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
    Capacity::own(Role::Hospital, LicenceKind::MedicalInstitution),
];

fn pair<'a>(inputs: &'a [Found], uses: &[LotUse]) -> Vec<(&'a Found, u64)> {
    inputs.iter().zip(uses).map(|(found, used)| (found, used.weight_mg)).collect()
}

/// Exact total of what goes in.
fn total(uses: &[LotUse], auxiliaries: u64) -> u64 {
    sum(uses.iter().map(|u| u.weight_mg).chain(std::iter::once(auxiliaries)))
}

/// M3: output and loss are exactly what went in.
fn check_balance(lot: &str, expected: u64, output: u64, loss: u64) -> Result<(), Rejection> {
    let actual = sum([output, loss]);
    if actual == expected {
        return Ok(());
    }
    Err(Rejection::MassBalance { lot: lot.to_owned(), expected, actual })
}

fn check_yield(lot: &str, input: u64, output: u64, minimum: u32, expected: u32) -> Result<(), Rejection> {
    if within_yield(output, input, minimum, expected) {
        return Ok(());
    }
    Err(Rejection::YieldOutOfBand { lot: lot.to_owned(), minimum, expected, input, output })
}

/// What may not be mixed, and how a lot says it.
type Trait = (&'static str, fn(&Found) -> String);

/// All inputs agree in what may not be mixed.
fn check_alike(inputs: &[Found], mixed: &[Trait]) -> Result<(), Rejection> {
    let Some((first, others)) = inputs.split_first() else { return Ok(()) };
    for other in others {
        for (what, of) in mixed {
            let (expected, actual) = (of(first), of(other));
            if expected != actual {
                return Err(Rejection::LotsDiffer { lot: other.name.clone(), what, expected, actual });
            }
        }
    }
    Ok(())
}

fn herb_of(found: &Found) -> String {
    found.record.herb.to_string()
}

fn kind_of(found: &Found) -> String {
    found.record.kind.name().to_owned()
}

fn product_of(found: &Found) -> String {
    found.record.product.map_or_else(String::new, |p| p.0.to_string())
}

fn standard_of(found: &Found) -> String {
    found.record.standard.clone()
}

fn own_use_of(found: &Found) -> String {
    found.record.own_use.to_string()
}

fn first(inputs: &[Found]) -> Result<&Found, Stop> {
    inputs.first().ok_or(Stop::View(crate::state::ViewError::Damaged))
}

impl Body for ProcessAtOrigin {
    /// The lot and its inputs.
    fn writes_bound(&self) -> u32 {
        count_writes(self.inputs.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_inputs(&self.inputs, 1)?;
        check_named("method", &self.method)?;
        check_weight("weight_mg", self.weight_mg)?;
        check_loss("loss_mg", self.loss_mg)
    }

    /// Order of checks: role, date, inputs by the owner's table, one herb, M3, yield band, stock of each input, mixing
    /// limits, name free.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::ProcessAtOrigin)?;
        check_not_future(tx, "done_on", self.done_on)?;
        let inputs = load_inputs(tx, &self.inputs, LotAction::ProcessAtOrigin)?;
        check_alike(&inputs, &[("herb", herb_of)])?;
        inputs.iter().try_for_each(|found| check_not_before(found, "done_on", self.done_on))?;
        let input = total(&self.inputs, 0);
        let name = self.lot_no.as_str();
        check_balance(name, input, self.weight_mg, self.loss_mg)?;
        let book = tx.law(tx.organisation.jurisdiction);
        let law = &book.tcm;
        check_yield(name, input, self.weight_mg, law.origin_yield_ppm_min, 1_000_000)?;
        let uses = pair(&inputs, &self.inputs);
        let descent = descend(name, &uses, making_of(&uses, 0, self.loss_mg))?;
        let first = first(&inputs)?;
        let new = NewLot {
            number: self.lot_no,
            kind: LotKind::Initial,
            state: LotState::InitialProcessed,
            herb: first.record.herb,
            region: first.record.region,
            made_on: self.done_on,
            weight_mg: self.weight_mg,
            descent,
        };
        let handed_over = inputs.iter().all(|i| i.record.handed_over);
        let mut found = begin(tx, new, document_digest(self))?;
        found.record.handed_over = handed_over;
        use_up(tx, inputs, &self.inputs, LotTarget::Lot(found.lot), LotAction::ProcessAtOrigin)?;
        found.store(tx);
        Ok(())
    }
}

/// Where a lot of this kind begins in the state machine.
fn initial_state(kind: LotKind) -> LotState {
    match kind {
        LotKind::Seed | LotKind::Seedling => LotState::Seedling,
        LotKind::Plant => LotState::Planted,
        LotKind::Harvest => LotState::Harvested,
        LotKind::Initial => LotState::InitialProcessed,
        LotKind::Piece => LotState::Processed,
    }
}

impl Body for BlendLots {
    /// The lot and its inputs.
    fn writes_bound(&self) -> u32 {
        count_writes(self.inputs.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_inputs(&self.inputs, 2)?;
        check_loss("loss_mg", self.loss_mg)
    }

    /// Order of checks: role, date, inputs by the owner's table, one kind, herb, product, standard and use, output left,
    /// yield band, mixing limits, name free, stock of each input. A blend is tested anew.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Blend)?;
        check_not_future(tx, "done_on", self.done_on)?;
        let inputs = load_inputs(tx, &self.inputs, LotAction::Blend)?;
        let alike: [Trait; 5] = [
            ("kind", kind_of),
            ("herb", herb_of),
            ("product", product_of),
            ("standard", standard_of),
            ("own_use", own_use_of),
        ];
        check_alike(&inputs, &alike)?;
        inputs.iter().try_for_each(|found| check_not_before(found, "done_on", self.done_on))?;
        let input = total(&self.inputs, 0);
        let name = self.lot_no.as_str();
        let output = input.checked_sub(self.loss_mg).filter(|left| *left > 0);
        let too_much = || Rejection::MassBalance { lot: name.to_owned(), expected: input, actual: self.loss_mg };
        let output = output.ok_or_else(too_much)?;
        let book = tx.law(tx.organisation.jurisdiction);
        let law = &book.tcm;
        check_yield(name, input, output, law.blend_yield_ppm_min, 1_000_000)?;
        let uses = pair(&inputs, &self.inputs);
        let descent = descend(name, &uses, making_of(&uses, 0, self.loss_mg))?;
        let first = first(&inputs)?.record.clone();
        let best_before = inputs.iter().filter_map(|i| i.record.best_before).min();
        let handed_over = inputs.iter().all(|i| i.record.handed_over);
        let new = NewLot {
            number: self.lot_no,
            kind: first.kind,
            state: initial_state(first.kind),
            herb: first.herb,
            region: first.region,
            made_on: self.done_on,
            weight_mg: output,
            descent,
        };
        let mut found = begin(tx, new, document_digest(self))?;
        found.record.product = first.product;
        found.record.standard = first.standard;
        found.record.own_use = first.own_use;
        found.record.best_before = best_before;
        found.record.handed_over = handed_over;
        use_up(tx, inputs, &self.inputs, LotTarget::Lot(found.lot), LotAction::Blend)?;
        found.store(tx);
        Ok(())
    }
}

impl Body for SplitLot {
    /// The lot, its parts, and the packages that move.
    fn writes_bound(&self) -> u32 {
        let packs = self.parts.iter().map(|p| p.packs.len()).fold(0, usize::saturating_add);
        count_writes(self.parts.len()).saturating_add(count_writes(packs)).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_count("parts", self.parts.len(), 1, PARTS_PER_SPLIT_MAX)?;
        self.parts.iter().try_for_each(|p| check_weight("weight_mg", p.weight_mg))
    }

    fn codes_count(&self) -> usize {
        self.parts.iter().map(|p| p.packs.len()).fold(0, usize::saturating_add)
    }

    /// Order of checks: the owner's table; then each part in the order of the document.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::Split)?;
        let document = document_digest(self);
        for part in &self.parts {
            let new = take_part(tx, &mut found, part, LotAction::Split, document)?;
            new.store(tx);
        }
        found.store(tx);
        Ok(())
    }
}

/// A new lot out of another, with the packages named. Order of checks: name free, packages of the lot and together of
/// the part's weight, weight not in other packages, stock. What it was, it stays: state, test, certificate, claims.
pub(super) fn take_part(
    tx: &mut Tx,
    from: &mut Found,
    part: &LotPart,
    action: LotAction,
    document: bencao_crypto::Digest,
) -> Result<Found, Stop> {
    let uses = [(&*from, part.weight_mg)];
    let descent = descend(part.lot_no.as_str(), &uses, making_of(&uses, 0, 0))?;
    let before = from.record.clone();
    let new = NewLot {
        number: part.lot_no,
        kind: before.kind,
        state: before.state,
        herb: before.herb,
        region: before.region,
        made_on: before.made_on,
        weight_mg: part.weight_mg,
        descent,
    };
    let mut found = begin(tx, new, document)?;
    found.record.product = before.product;
    found.record.standard = before.standard;
    found.record.best_before = before.best_before;
    found.record.own_use = before.own_use;
    found.record.handed_over = before.handed_over;
    found.record.suppliers = before.suppliers;
    found.record.laboratories = before.laboratories;
    found.record.test = before.test;
    found.record.certificate = before.certificate;
    move_packs(tx, from, &mut found, part)?;
    let packed_left = from.record.packed_mg;
    from.take(Exit::Used, part.weight_mg, row(action)?)?;
    from.record.packed_mg = packed_left.min(from.record.balance.stock);
    let used = LotUsed { into: LotTarget::Lot(found.lot), weight_mg: part.weight_mg };
    from.event(tx, EventBody::LotUsed(used));
    Ok(found)
}

impl Body for ProcessPieces {
    /// The lot and its inputs.
    fn writes_bound(&self) -> u32 {
        count_writes(self.inputs.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_inputs(&self.inputs, 1)?;
        check_count("auxiliaries", self.auxiliaries.len(), 0, AUXILIARIES_MAX)?;
        for auxiliary in &self.auxiliaries {
            check_named("auxiliaries.name", &auxiliary.name)?;
            check_weight("auxiliaries.weight_mg", auxiliary.weight_mg)?;
        }
        check_count("steps", self.steps.len(), 1, PROCESS_STEPS_MAX)?;
        self.steps.iter().try_for_each(|s| check_text("steps.details", &s.details))?;
        if !self.steps.is_sorted_by_key(|s| s.method.group()) {
            return Err(Rejection::FieldForm { field: "steps", expected: "in the order of the seven step groups" });
        }
        check_weight("weight_mg", self.weight_mg)?;
        check_loss("loss_mg", self.loss_mg)
    }

    /// Order of checks: role, date, product, licence, 工艺档案, 辅料, its 执行标准 on the production date, methods within the
    /// licence, 保质期, inputs by the owner's table with a passed test, the herb of the product, M3, yield band, mixing
    /// limits, name free, stock of each input.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Process)?;
        check_not_future(tx, "made_on", self.made_on)?;
        let (product, piece) = self.find_piece(tx)?;
        self.check_auxiliaries(tx, product, &piece)?;
        require_execution_standard(
            tx,
            &Execution {
                standard: &piece.standard,
                firm: tx.principal,
                class: DrugClass::DecoctionPiece,
                herb: Some(piece.herb),
                region: tx.organisation.jurisdiction,
                day: self.made_on,
            },
        )?;
        self.check_scope(tx)?;
        self.check_best_before(tx)?;
        let inputs = load_inputs(tx, &self.inputs, LotAction::Process)?;
        for found in &inputs {
            found.passed_test()?;
            check_not_before(found, "made_on", self.made_on)?;
            if found.record.herb != piece.herb {
                let (expected, actual) = (piece.herb.to_string(), found.record.herb.to_string());
                return Err(Rejection::LotsDiffer { lot: found.name.clone(), what: "herb", expected, actual }.into());
            }
        }
        let found = self.make(tx, product, &piece, &inputs)?;
        use_up(tx, inputs, &self.inputs, LotTarget::Lot(found.lot), LotAction::Process)?;
        found.store(tx);
        Ok(())
    }
}

impl ProcessPieces {
    fn find_piece(&self, tx: &mut Tx) -> Result<(ProductNo, PieceRecord), Stop> {
        let number = find_product(tx, &self.product_id)?;
        let product = tx.product(number)?;
        let otherwise = || Rejection::NotProducer {
            product: self.product_id.0.clone(),
            expected: product.master.producer.clone(),
            actual: tx.organisation.id.clone(),
        };
        require_licence(&tx.organisation, &product, None, &PIECE_PRODUCERS, tx.today(), otherwise)?;
        let piece: Option<PieceRecord> = tx.load(&key::piece(number))?;
        let unknown = || Rejection::PieceNotDefined { product: self.product_id.0.clone() };
        Ok((number, piece.ok_or_else(unknown)?))
    }

    /// 辅料 are other substances than what is sliced: the herb itself, or the 饮片, comes as a lot with its origin and its
    /// test, and not as weight of which nothing is known (《药品管理法》 Art. 44, 98; M7).
    fn check_auxiliaries(&self, tx: &Tx, product: ProductNo, piece: &PieceRecord) -> Result<(), Stop> {
        let herb: Option<HerbRecord> = tx.load(&key::herb(piece.herb))?;
        let product = tx.product(product)?.master.generic_name;
        let names: Vec<String> = herb.map(|h| h.name).into_iter().chain([product]).map(|name| folded(&name)).collect();
        let is_one = |given: &str| {
            let given = folded(given);
            names.iter().any(|name| !name.is_empty() && given.contains(name.as_str()))
        };
        match self.auxiliaries.iter().find(|auxiliary| is_one(&auxiliary.name)) {
            None => Ok(()),
            Some(auxiliary) => {
                let (lot, actual) = (self.lot_no.as_str().to_owned(), auxiliary.name.clone());
                Err(Rejection::LotsDiffer { lot, what: "auxiliaries", expected: "辅料".into(), actual }.into())
            }
        }
    }

    /// 炮制方法 inside the licence scope.
    fn check_scope(&self, tx: &Tx) -> Result<(), Stop> {
        let organisation = tx.organisation.id.clone();
        let scope: Option<ScopeRecord> = tx.load(&key::processing_scope(tx.principal))?;
        let in_force = scope.filter(|s| s.valid_from <= tx.today() && tx.today() <= s.valid_to);
        let Some(scope) = in_force else {
            return Err(Rejection::NoProcessingScope { organisation }.into());
        };
        for step in &self.steps {
            let Some(craft) = step.method.craft() else { continue };
            if !scope.crafts.contains(&craft) {
                let (expected, actual) = (craft.name_zh(), step.method.name_zh());
                return Err(Rejection::MethodOutOfScope { organisation, expected, actual }.into());
            }
        }
        Ok(())
    }

    /// 《中药饮片标签管理规定》: 保质期 is mandatory from its date on.
    fn check_best_before(&self, tx: &Tx) -> Result<(), Rejection> {
        let book = tx.law(tx.organisation.jurisdiction);
        let law = &book.tcm;
        match self.best_before {
            Some(actual) if actual <= self.made_on => {
                Err(Rejection::ExpiryBeforeProduction { expected: self.made_on, actual })
            }
            None if self.made_on >= law.best_before_mandatory_from => {
                Err(Rejection::BestBeforeRequired { expected: law.best_before_mandatory_from })
            }
            _ => Ok(()),
        }
    }

    fn make(&self, tx: &mut Tx, product: ProductNo, piece: &PieceRecord, inputs: &[Found]) -> Result<Found, Stop> {
        let auxiliaries = sum(self.auxiliaries.iter().map(|a| a.weight_mg));
        let input = total(&self.inputs, auxiliaries);
        let name = self.lot_no.as_str();
        check_balance(name, input, self.weight_mg, self.loss_mg)?;
        check_yield(name, total(&self.inputs, 0), self.weight_mg, piece.yield_ppm_min, piece.yield_ppm_max)?;
        let uses = pair(inputs, &self.inputs);
        let descent = descend(name, &uses, making_of(&uses, auxiliaries, self.loss_mg))?;
        let new = NewLot {
            number: self.lot_no,
            kind: LotKind::Piece,
            state: LotState::Processed,
            herb: piece.herb,
            region: tx.organisation.jurisdiction,
            made_on: self.made_on,
            weight_mg: self.weight_mg,
            descent,
        };
        let mut found = begin(tx, new, document_digest(self))?;
        found.record.product = Some(product);
        found.record.standard.clone_from(&piece.standard);
        found.record.best_before = self.best_before;
        found.record.handed_over = true;
        found.record.own_use = !tx.organisation.has_role(Role::DecoctionProducer);
        let body = PiecesProcessed {
            product,
            steps: self.steps.clone(),
            auxiliaries: self.auxiliaries.clone(),
            persons: [self.technologist, self.manager, self.quality_person],
        };
        found.event(tx, EventBody::PiecesProcessed(body));
        Ok(found)
    }
}
