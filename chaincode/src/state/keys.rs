//! Keys of every kind of record. Module bytes: 0 transactions, 1 registry, 2 production, 3 custody, 4 dispensing, 5 oversight,
//! 6 quality, 7 tcm, 8 governance, 9 deadlines.

use super::StateKey;
use crate::codes::{HerbCode, UnitKey};
use crate::event::Subject;
use crate::registry::{Covered, FilingKind};
use crate::tcm::{GardenRef, LotRef};
use crate::transaction::{DocumentNumber, TransactionId};
use bencao_crypto::{Digest, KeyId, encode, tagged};
use bencao_genesis::{OrgId, ProductId, RegionCode, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Number of an organisation on this chain, from 1, in order of admission: four bytes where its identifier takes 26.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrgNo(pub u32);

/// Number of a product on this chain, from 1, in order of registration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductNo(pub u32);

/// Number of a hold, recall or proposal on this chain, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseNo(pub u32);

/// A batch: product, and number within the product from 1, in order of first commissioning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
pub struct BatchRef {
    /// The product.
    pub product: ProductNo,
    /// From 1.
    pub number: u32,
}

/// Constructors of [`StateKey`], one a kind.
pub mod key {
    use super::*;

    fn locality(group: &str, name: &[u8]) -> [u8; 3] {
        let [a, b, c, ..] = tagged(group, &[name]).0;
        [a, b, c]
    }

    fn build(locality: [u8; 3], module: u8, kind: u8, body: &[u8]) -> StateKey {
        let mut key = vec![module, kind];
        key.extend_from_slice(body);
        StateKey { locality, key }
    }

    fn numbered(organisation: OrgNo, number: &DocumentNumber) -> Vec<u8> {
        let mut body = organisation.0.to_be_bytes().to_vec();
        body.extend_from_slice(number.0.as_bytes());
        body
    }

    fn of_product(product: ProductNo) -> [u8; 3] {
        locality("bencao/locality/product/1", &product.0.to_be_bytes())
    }

    fn of_organisation(organisation: OrgNo) -> [u8; 3] {
        locality("bencao/locality/organisation/1", &organisation.0.to_be_bytes())
    }

    fn of_code(code: &UnitKey) -> [u8; 3] {
        locality("bencao/locality/prefix/1", code.prefix().unwrap_or_default().as_bytes())
    }

    /// Live id of a rejected transaction: ordered by valid-until, so that a scan finds those that have expired.
    pub fn live_id(valid_until: TimestampMs, id: &TransactionId) -> StateKey {
        let mut body = valid_until.0.to_be_bytes().to_vec();
        body.extend_from_slice(&id.0.0);
        build([0; 3], 0, 1, &body)
    }

    /// Applied document of an organisation.
    pub fn document(principal: OrgNo, number: &DocumentNumber) -> StateKey {
        build(of_organisation(principal), 0, 2, &numbered(principal, number))
    }

    /// Counters of the registry.
    pub fn registry_counters() -> StateKey {
        build([0; 3], 1, 0, &[])
    }

    /// Organisation by number.
    pub fn organisation(number: OrgNo) -> StateKey {
        build(of_organisation(number), 1, 1, &number.0.to_be_bytes())
    }

    /// Number of an organisation by identifier.
    pub fn organisation_number(id: &OrgId) -> StateKey {
        let group = locality("bencao/locality/identifier/1", id.as_str().as_bytes());
        build(group, 1, 2, id.as_str().as_bytes())
    }

    /// Signing key by id.
    pub fn signing_key(id: &KeyId) -> StateKey {
        build(locality("bencao/locality/key/1", &id.0), 1, 3, &id.0)
    }

    /// Product by number.
    pub fn product(number: ProductNo) -> StateKey {
        build(of_product(number), 1, 4, &number.0.to_be_bytes())
    }

    /// Number of a product by name.
    pub fn product_number(id: &ProductId) -> StateKey {
        let group = locality("bencao/locality/product-name/1", id.0.as_bytes());
        build(group, 1, 5, id.0.as_bytes())
    }

    /// Product and level by 药品标识码 or GTIN.
    pub fn prefix(prefix: &str) -> StateKey {
        build(locality("bencao/locality/prefix/1", prefix.as_bytes()), 1, 6, prefix.as_bytes())
    }

    /// Regions with rule sets of their own.
    pub fn law_regions() -> StateKey {
        build([0; 3], 1, 16, &[])
    }

    /// Rules of a region, in force and to come.
    pub fn law_rules(region: RegionCode) -> StateKey {
        build([0; 3], 1, 17, region.to_string().as_bytes())
    }

    /// A rule set by number.
    pub fn rule_set(number: u32) -> StateKey {
        build([0; 3], 1, 18, &number.to_be_bytes())
    }

    /// 档案 of an organisation: what the registry and oversight know of it.
    pub fn organisation_file(number: OrgNo) -> StateKey {
        build(of_organisation(number), 1, 19, &number.0.to_be_bytes())
    }

    /// Coding rule of a prefix.
    pub fn coding(prefix: &str) -> StateKey {
        build(locality("bencao/locality/prefix/1", prefix.as_bytes()), 1, 20, prefix.as_bytes())
    }

    /// A standard by id.
    pub fn standard(id: &str) -> StateKey {
        build(locality("bencao/locality/standard/1", id.as_bytes()), 1, 21, id.as_bytes())
    }

    /// Standards about a herb or a class: tag 1 and the herb, or tag 2 and the class.
    pub fn standards_covering(covered: &Covered) -> StateKey {
        match covered {
            Covered::Herb(herb) => {
                let mut body = vec![1];
                body.extend_from_slice(&herb.number().to_be_bytes());
                build(of_herb(*herb), 1, 24, &body)
            }
            Covered::Class(class) => {
                let mut body = vec![2];
                body.extend_from_slice(&encode(class));
                build([0; 3], 1, 24, &body)
            }
        }
    }

    /// Entries of an organisation in one register.
    pub fn filings(organisation: OrgNo, kind: FilingKind) -> StateKey {
        let mut body = organisation.0.to_be_bytes().to_vec();
        body.push(kind.byte());
        build(of_organisation(organisation), 1, 22, &body)
    }

    /// A mandate by principal and number.
    pub fn mandate(principal: OrgNo, number: &DocumentNumber) -> StateKey {
        let mut body = principal.0.to_be_bytes().to_vec();
        body.extend_from_slice(number.0.as_bytes());
        build(of_organisation(principal), 1, 23, &body)
    }

    /// Result of the triage of an alarm.
    pub fn triage(position: crate::receipt::Position) -> StateKey {
        let mut body = position.height.0.to_be_bytes().to_vec();
        body.extend_from_slice(&position.index.to_be_bytes());
        build([0; 3], 5, 4, &body)
    }

    /// A dossier by who opened it and number.
    pub fn dossier(author: OrgNo, number: &DocumentNumber) -> StateKey {
        let mut body = author.0.to_be_bytes().to_vec();
        body.extend_from_slice(number.0.as_bytes());
        build(of_organisation(author), 5, 5, &body)
    }

    /// Batch by number.
    pub fn batch(batch: BatchRef) -> StateKey {
        let mut body = batch.product.0.to_be_bytes().to_vec();
        body.extend_from_slice(&batch.number.to_be_bytes());
        build(of_product(batch.product), 2, 1, &body)
    }

    /// Number of a batch by 产品批号.
    pub fn batch_number(product: ProductNo, batch_no: &str) -> StateKey {
        let mut body = product.0.to_be_bytes().to_vec();
        body.extend_from_slice(batch_no.as_bytes());
        build(of_product(product), 2, 2, &body)
    }

    /// What was allocated and voided under a prefix.
    pub fn allocation(prefix: &str) -> StateKey {
        build(locality("bencao/locality/prefix/1", prefix.as_bytes()), 2, 3, prefix.as_bytes())
    }

    /// A code allocated by itself, or voided before use.
    pub fn issued(code: &UnitKey) -> StateKey {
        build(of_code(code), 2, 4, &encode(code))
    }

    /// What went into rework for a batch.
    pub fn rework(product: ProductNo, batch_no: &str) -> StateKey {
        let mut body = product.0.to_be_bytes().to_vec();
        body.extend_from_slice(batch_no.as_bytes());
        build(of_product(product), 2, 5, &body)
    }

    /// Contract of manufacture.
    pub fn contract(product: ProductNo, producer: OrgNo) -> StateKey {
        let mut body = product.0.to_be_bytes().to_vec();
        body.extend_from_slice(&producer.0.to_be_bytes());
        build(of_product(product), 2, 6, &body)
    }

    /// Bounds of the contracts of a product: from, and before.
    pub fn contracts_of(product: ProductNo) -> (StateKey, StateKey) {
        let (from, mut to) = (contract(product, OrgNo(0)), contract(product, OrgNo(u32::MAX)));
        to.key.push(0);
        (from, to)
    }

    /// Who is responsible here for a holder abroad.
    pub fn responsible(holder: OrgNo) -> StateKey {
        build(of_organisation(holder), 2, 7, &holder.0.to_be_bytes())
    }

    /// The one record under a code.
    pub fn unit(code: &UnitKey) -> StateKey {
        build(of_code(code), 3, 1, &encode(code))
    }

    /// Order by author and document number.
    pub fn order(author: OrgNo, number: &DocumentNumber) -> StateKey {
        build(of_organisation(author), 3, 2, &numbered(author, number))
    }

    /// 邮寄证明 by the sender who used it and its number.
    pub fn postal_permit(sender: OrgNo, permit: &str) -> StateKey {
        let mut body = sender.0.to_be_bytes().to_vec();
        body.extend_from_slice(permit.as_bytes());
        build(of_organisation(sender), 3, 3, &body)
    }

    /// What a prescription was filled for: the institution, and the keyed digest of its number.
    pub fn prescription(institution: OrgNo, number: &Digest) -> StateKey {
        let mut body = institution.0.to_be_bytes().to_vec();
        body.extend_from_slice(&number.0);
        build(of_organisation(institution), 4, 1, &body)
    }

    fn of_subject(subject: &Subject) -> [u8; 3] {
        match subject {
            Subject::Unit(code) => of_code(code),
            Subject::Batch(batch) => of_product(batch.product),
            Subject::Product(product) => of_product(*product),
            Subject::Organisation(organisation) => of_organisation(*organisation),
            _ => [0; 3],
        }
    }

    fn case(kind: u8, case: CaseNo) -> StateKey {
        build(locality("bencao/locality/case/1", &case.0.to_be_bytes()), 6, kind, &case.0.to_be_bytes())
    }

    /// Counters of `quality`.
    pub fn quality_counters() -> StateKey {
        build([0; 3], 6, 0, &[])
    }

    /// Hold by number.
    pub fn hold(number: CaseNo) -> StateKey {
        case(1, number)
    }

    /// Open holds on a package, batch, product or organisation.
    pub fn target_holds(subject: &Subject) -> StateKey {
        build(of_subject(subject), 6, 2, &encode(subject))
    }

    /// Open holds on a variety of herb.
    pub fn variety_holds(herb: HerbCode) -> StateKey {
        build(of_herb(herb), 6, 7, &herb.number().to_be_bytes())
    }

    /// Recall by number.
    pub fn recall(number: CaseNo) -> StateKey {
        case(3, number)
    }

    /// How many recalls of a product are open.
    pub fn open_recalls(product: ProductNo) -> StateKey {
        build(of_product(product), 6, 8, &product.0.to_be_bytes())
    }

    /// Party notified of a recall.
    pub fn notice(recall: CaseNo, party: OrgNo) -> StateKey {
        let mut name = case(4, recall);
        name.key.extend_from_slice(&party.0.to_be_bytes());
        name
    }

    /// Bounds of the notices of a recall: from, and before.
    pub fn notices_of(recall: CaseNo) -> (StateKey, StateKey) {
        let from = notice(recall, OrgNo(0));
        let mut to = notice(recall, OrgNo(u32::MAX));
        to.key.push(0);
        (from, to)
    }

    /// Proposed bill by number.
    pub fn proposal(number: CaseNo) -> StateKey {
        case(5, number)
    }

    /// What crossed the border of the market with one batch at one organisation. Those of a batch stand together.
    pub fn tally(batch: BatchRef, organisation: OrgNo) -> StateKey {
        let mut name = tallies_from(batch);
        name.key.extend_from_slice(&organisation.0.to_be_bytes());
        name
    }

    /// Sorts before every [`tally`] of a batch, and after those of the batches before it.
    pub fn tallies_from(batch: BatchRef) -> StateKey {
        let mut body = batch.product.0.to_be_bytes().to_vec();
        body.extend_from_slice(&batch.number.to_be_bytes());
        build(of_product(batch.product), 6, 6, &body)
    }

    /// Number of the last change of validators, nodes or parameters.
    pub fn revision() -> StateKey {
        build([0; 3], 8, 0, &[])
    }

    /// Validators, in force and to come.
    pub fn seats() -> StateKey {
        build([0; 3], 8, 1, &[])
    }

    /// A node by the id of its key. All stand together.
    pub fn node_term(node_key: &KeyId) -> StateKey {
        build([0; 3], 8, 2, &node_key.0)
    }

    /// Bounds of [`node_term`]: from, and before.
    pub fn node_terms() -> (StateKey, StateKey) {
        (build([0; 3], 8, 2, &[]), build([0; 3], 8, 3, &[]))
    }

    /// Parameters, in force and to come.
    pub fn settings() -> StateKey {
        build([0; 3], 8, 3, &[])
    }

    /// Voters and what is pending.
    pub fn governance() -> StateKey {
        build([0; 3], 8, 4, &[])
    }

    /// What an emergency freeze stops.
    pub fn frozen() -> StateKey {
        build([0; 3], 8, 5, &[])
    }

    /// Proposal of governance by number, from 1. All stand together, in order.
    pub fn motion(number: u32) -> StateKey {
        build([0; 3], 8, 6, &number.to_be_bytes())
    }

    /// Keys of an organisation.
    pub fn keyring(organisation: OrgNo) -> StateKey {
        build(of_organisation(organisation), 8, 7, &organisation.0.to_be_bytes())
    }

    /// Change of keys that waits for other administrators, by the document that asked for it.
    pub fn key_order(organisation: OrgNo, number: &DocumentNumber) -> StateKey {
        build(of_organisation(organisation), 8, 8, &numbered(organisation, number))
    }

    /// Something that comes due: ordered by time, so that a scan finds the earliest.
    pub(crate) fn deadline(at: TimestampMs, due: &crate::execute::Due) -> StateKey {
        let mut body = at.0.to_be_bytes().to_vec();
        body.extend_from_slice(&encode(due));
        build([0; 3], 9, 1, &body)
    }

    /// Bound of [`deadline`]: those that come due before `at` sort before it.
    pub(crate) fn deadlines_before(at: TimestampMs) -> StateKey {
        build([0; 3], 9, 1, &at.0.to_be_bytes())
    }

    /// Sorts after every deadline.
    pub(crate) fn deadlines_end() -> StateKey {
        build([0; 3], 9, 2, &[])
    }

    /// Alarm of one transaction.
    pub fn alarm(position: crate::receipt::Position) -> StateKey {
        let mut body = position.height.0.to_be_bytes().to_vec();
        body.extend_from_slice(&position.index.to_be_bytes());
        build([0; 3], 5, 1, &body)
    }

    /// Illegal attempts on a code. Never under the unit's own key (D8).
    pub fn attempts(code: &UnitKey) -> StateKey {
        build(of_code(code), 5, 2, &encode(code))
    }

    fn of_herb(herb: HerbCode) -> [u8; 3] {
        locality("bencao/locality/herb/1", &herb.number().to_be_bytes())
    }

    fn local_name(organisation: OrgNo, number: &str) -> Vec<u8> {
        let mut body = organisation.0.to_be_bytes().to_vec();
        body.extend_from_slice(number.as_bytes());
        body
    }

    /// Lot by its maker and the maker's number.
    pub fn lot(lot: LotRef) -> StateKey {
        let body = local_name(lot.organisation, lot.number.as_str());
        build(of_organisation(lot.organisation), 7, 1, &body)
    }

    /// Holds of a lot.
    pub fn lot_holds(lot: LotRef) -> StateKey {
        let body = local_name(lot.organisation, lot.number.as_str());
        build(of_organisation(lot.organisation), 7, 2, &body)
    }

    /// Package by its TCM code.
    pub fn tcm_pack(code: &UnitKey) -> StateKey {
        build(locality("bencao/locality/pack/1", &encode(code)), 7, 3, &encode(code))
    }

    /// Herb by its GB/T 31774 code.
    pub fn herb(herb: HerbCode) -> StateKey {
        build(of_herb(herb), 7, 4, &herb.number().to_be_bytes())
    }

    /// 工艺档案 of a product of class 饮片.
    pub fn piece(product: ProductNo) -> StateKey {
        build(of_product(product), 7, 5, &product.0.to_be_bytes())
    }

    /// 炮制范围 of an organisation.
    pub fn processing_scope(organisation: OrgNo) -> StateKey {
        build(of_organisation(organisation), 7, 6, &organisation.0.to_be_bytes())
    }

    /// 定制药园 by its sponsor and the sponsor's number.
    pub fn garden(garden: GardenRef) -> StateKey {
        let body = local_name(garden.organisation, garden.number.as_str());
        build(of_organisation(garden.organisation), 7, 7, &body)
    }

    /// Number of lots of a household.
    pub fn household(household: &Digest) -> StateKey {
        build(locality("bencao/locality/household/1", &household.0), 7, 8, &household.0)
    }

    /// A lot of a household, from 1.
    pub fn household_lot(household: &Digest, number: u32) -> StateKey {
        let mut body = household.0.to_vec();
        body.extend_from_slice(&number.to_be_bytes());
        build(locality("bencao/locality/household/1", &household.0), 7, 9, &body)
    }

    /// What a production batch was made of.
    pub fn batch_lots(batch: BatchRef) -> StateKey {
        let mut body = batch.product.0.to_be_bytes().to_vec();
        body.extend_from_slice(&batch.number.to_be_bytes());
        build(of_product(batch.product), 7, 10, &body)
    }

    /// Shipment of lots by its document.
    pub fn lot_shipment(sender: OrgNo, number: &DocumentNumber) -> StateKey {
        let body = local_name(sender, &number.0);
        build(of_organisation(sender), 7, 11, &body)
    }

    /// Alarms that an organisation raised within an hour.
    pub fn alarm_quota(organisation: OrgNo) -> StateKey {
        build(of_organisation(organisation), 5, 3, &organisation.0.to_be_bytes())
    }
}
