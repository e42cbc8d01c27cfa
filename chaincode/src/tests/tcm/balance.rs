//! Conservation: whatever documents come, right and wrong, after each of them
//! `in = stock + sold + lost + sampled + destroyed + lost in making`, to the milligram.

use super::*;
use crate::state::StateKey;
use std::collections::BTreeMap;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Mostly what can be, sometimes more.
    fn weight(&mut self, stock: u64) -> u64 {
        match self.below(5) {
            0 => stock,
            1 => stock + 1 + self.below(1_000) as u64,
            _ => 1 + (self.below(1_000_000) as u64 * stock.max(1) / 1_000_000),
        }
    }
}

/// Every lot on record by its key.
fn lots(world: &World) -> BTreeMap<StateKey, LotRecord> {
    let is_lot = |k: &&StateKey| k.key[0] == 7 && k.key[1] == 1;
    let keys: Vec<StateKey> = world.state.keys().filter(is_lot).cloned().collect();
    keys.into_iter().map(|k| (k.clone(), crate::state::load(world, &k).unwrap().unwrap())).collect()
}

/// What came from fields, the fair and 辅料, against all places where it can be.
fn check_conservation(world: &World, came_in: u64) {
    let (mut there, mut lost_in_making) = (0u64, 0u64);
    let records = lots(world);
    for record in records.values() {
        let b = &record.balance;
        assert!(b.is_balanced());
        assert!(record.packed_mg <= b.stock, "M4");
        assert_eq!(b.stock == 0 && record.kind != LotKind::Plant, record.state.is_terminal());
        if !matches!(record.kind, LotKind::Seed | LotKind::Seedling) {
            there += b.stock + b.sold + b.lost + b.sampled + b.destroyed;
        }
        let inputs: u64 = record.making.inputs.iter().map(|i| i.weight_mg).sum();
        if !matches!(record.kind, LotKind::Seed | LotKind::Seedling | LotKind::Plant | LotKind::Harvest) && inputs > 0 {
            assert_eq!(inputs + record.making.auxiliaries_mg, b.received + record.making.loss_mg, "M3");
            lost_in_making += record.making.loss_mg;
        }
        // M6 and M7: nothing is forgotten on the way.
        for input in &record.making.inputs {
            let source = &records[&crate::state::key::lot(input.lot)];
            assert!(record.lineage.contains(&input.lot));
            assert!(source.lineage.iter().all(|l| record.lineage.contains(l)));
            let kept = |o: &Origin| {
                let same = |r: &&Origin| (r.lot, r.region, &r.place, r.garden) == (o.lot, o.region, &o.place, o.garden);
                let found = record.origins.iter().filter(same).collect::<Vec<_>>();
                let within = |h: HarvestPeriod, of: HarvestPeriod| of.first <= h.first && h.last <= of.last;
                let told = |r: &&Origin| o.harvested.is_none_or(|h| r.harvested.is_some_and(|of| within(h, of)));
                found.len() == 1 && found.iter().all(told)
            };
            assert!(source.origins.iter().all(kept) || record.kind == LotKind::Plant);
            assert!(!record.claims.garden || source.claims.garden || record.kind == LotKind::Plant);
        }
    }
    // Closed loop: what was shipped is received, refused, or on its way (M2).
    let on_the_way = records.values().filter(|r| r.transit.is_some()).count();
    assert_eq!(shipments(world).iter().map(|s| s.lots - s.received - s.refused).sum::<u32>() as usize, on_the_way);
    // What went into production batches has left the lots.
    let into_batches: u64 = batches(world).iter().map(|b| b.total_mg).sum();
    assert_eq!(came_in, there + lost_in_making + into_batches);
}

fn shipments(world: &World) -> Vec<LotShipmentRecord> {
    let keys: Vec<StateKey> = world.state.keys().filter(|k| k.key[0] == 7 && k.key[1] == 11).cloned().collect();
    keys.iter().map(|k| crate::state::load(world, k).unwrap().unwrap()).collect()
}

fn batches(world: &World) -> Vec<BatchLotsRecord> {
    let keys: Vec<StateKey> = world.state.keys().filter(|k| k.key[0] == 7 && k.key[1] == 10).cloned().collect();
    keys.iter().map(|k| crate::state::load(world, k).unwrap().unwrap()).collect()
}

/// A lot with its record, by name.
fn named(world: &World) -> Vec<(LotId, LotRecord)> {
    let of = |key: &StateKey, record: LotRecord| {
        let organisation = u32::from_be_bytes(key.key[2..6].try_into().unwrap());
        let number = LocalNo::new(std::str::from_utf8(&key.key[6..]).unwrap()).unwrap();
        (LotId { number, organisation: org_id(organisation as usize - 1) }, record)
    };
    lots(world).into_iter().map(|(k, r)| of(&k, r)).collect()
}

fn member_of(record: &LotRecord) -> usize {
    record.owner.0 as usize - 1
}

fn random_operation(random: &mut Random, world: &World, step: usize) -> (usize, Operation) {
    let all = named(world);
    let live: Vec<_> = all.iter().filter(|(_, r)| r.balance.stock > 0).cloned().collect();
    let fields: Vec<_> = all.iter().filter(|(_, r)| r.kind == LotKind::Plant).cloned().collect();
    let new = format!("N{step}");
    if live.is_empty() || random.below(6) == 0 {
        let (id, record) = random.pick(&fields);
        return (member_of(&record), harvest(&new, id, 1 + random.below(500) as u64 * KG).op());
    }
    let (id, record) = random.pick(&live);
    let who = if random.below(12) == 0 { random.pick(&[G, T, D, H, W]) } else { member_of(&record) };
    if let Some(transit) = record.transit {
        let receiver = transit.receiver.0 as usize - 1;
        let shipment = shipment_of(world, &record);
        let weight = record.balance.stock - random.below(3) as u64 * record.balance.stock / 100;
        return match random.below(4) {
            0 => {
                let (sender, shipment_no) = (org_id(member_of(&record)), DocumentNumber(shipment));
                (receiver, RefuseLots { sender, shipment_no, reason: "重量不符".into(), lots: vec![id] }.op())
            }
            _ => (receiver, take_in(member_of(&record), &shipment, &[(id, weight)]).op()),
        };
    }
    let stock = record.balance.stock;
    let weight = random.weight(stock);
    let loss = random.below(4) as u64 * weight / 10;
    match random.below(14) {
        0 => (who, dry(&new, vec![uses(id, weight)], weight - loss, loss).op()),
        1 => {
            let other = random.pick(&live).0;
            let inputs = vec![uses(id, weight), uses(other, random.weight(stock))];
            (who, BlendLots { done_on: date("2026-11-23"), ..blend(&new, inputs) }.op())
        }
        2 => {
            let part = LotPart { lot_no: number(&new), weight_mg: weight, packs: vec![] };
            (who, SplitLot { lot: id, parts: vec![part] }.op())
        }
        3 => (who, test(id, random.below(6) > 0).op()),
        4 => (who, certify(id).op()),
        5 | 6 => {
            let label = if record.kind == LotKind::Piece { piece_label } else { label };
            let code = packed(&format!("P{step}"), PackKind::Box, random.weight(stock / 3), None);
            let packs = if random.below(2) == 0 { vec![code] } else { vec![] };
            (who, PackLot { packs, ..pack(id, label("新疆裕民、新疆额敏")) }.op())
        }
        7 | 8 => {
            let to = random.pick(if record.kind == LotKind::Piece { &[H, W] } else { &[T, D] });
            if random.below(2) == 0 { (who, sell(to, &[id]).op()) } else { (who, sell_part(to, id, &new, weight).op()) }
        }
        9 => {
            let auxiliary = 1 + random.below(1_000) as u64;
            let auxiliaries = vec![Auxiliary { name: "黄酒".into(), weight_mg: auxiliary }];
            let made = make_pieces(&new, vec![uses(id, weight)], weight + auxiliary - loss, loss);
            (who, ProcessPieces { auxiliaries, made_on: date("2026-11-23"), ..made }.op())
        }
        10 => (who, dispense_lots(vec![uses(id, weight)]).op()),
        11 => (who, WriteOffLot { lot: id, weight_mg: weight, reason: LossReason::Insects }.op()),
        12 => {
            let (weighing, buyer) = (Weighing::Manual, digest("fair"));
            (who, SellUntraced { lot: id, weight_mg: weight, weighing, buyer }.op())
        }
        _ => (T, buy_untraced(&new, 1 + random.below(50) as u64 * KG).op()),
    }
}

/// The document that shipped a lot.
fn shipment_of(world: &World, record: &LotRecord) -> String {
    let position = record.transit.unwrap().shipment;
    let of_block = |e: &&crate::EventRecord| e.id.height == position.height && e.id.transaction == position.index;
    let mut events = world.outputs.iter().flat_map(|o| &o.events);
    events.find(of_block).unwrap().document.0.clone()
}

/// Milligrams that an applied operation brought into the system.
fn brought_in(operation: &Operation) -> u64 {
    match operation {
        Operation::Harvest(o) => o.weight_mg,
        Operation::BuyUntraced(o) => o.weight_mg,
        Operation::ProcessPieces(o) => o.auxiliaries.iter().map(|a| a.weight_mg).sum(),
        _ => 0,
    }
}

fn run(seed: u64, steps: usize) -> [usize; 2] {
    let mut world = World::with_herbs();
    world.done(G, plant("F1", vec![]));
    world.done(G, plant("F2", vec![]));
    let mut random = Random(seed);
    let (mut came_in, mut seen) = (0, [0, 0]);
    for step in 0..steps {
        let (member, operation) = random_operation(&mut random, &world, step);
        let receipt = world.send_as(member, &format!("R{step}"), operation.clone());
        seen[usize::from(receipt.is_applied())] += 1;
        if receipt.is_applied() {
            came_in += brought_in(&operation);
        } else if let crate::Outcome::Rejected(refusal) = &receipt.outcome {
            assert_ne!(crate::rejection::rule(refusal.code).unwrap().name, "internal", "{operation:?}");
        }
        check_conservation(&world, came_in);
    }
    seen
}

#[test]
fn not_a_milligram_is_made_or_lost() {
    let mut seen = [0, 0];
    for seed in 1..=8 {
        let counts = run(seed * 104_729, 150);
        seen = [seen[0] + counts[0], seen[1] + counts[1]];
    }
    assert!(seen[0] > 200 && seen[1] > 200, "the generator makes right and wrong documents: {seen:?}");
}
