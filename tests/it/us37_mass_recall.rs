//! A class I recall of a large batch with half of it sold: the hold bites in the block in which the recall is decided,
//! wherever the goods are and whatever is under way; and the recall's scope is known at once.
//!
//! `BENCAO_STORY_UNITS` is the size of the batch, a multiple of 10,000. The default is one for every change; a million,
//! with a release build, is what `docs/performance.md` tells of.

use crate::harness::Hand;
use crate::market::{Market, VALIDATORS, day, product};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

const PREFIXES: [&str; 3] = ["8100091", "8100092", "8100093"];
/// Pallets of the batch.
const PALLETS: u64 = 10;
/// Boxes of a case.
const BOXES: u64 = 100;
/// Codes of one bill of sale.
const SOLD_PER_BILL: u64 = 5_000;

fn units() -> u64 {
    let units: u64 =
        std::env::var("BENCAO_STORY_UNITS").map_or(10_000, |text| text.parse().expect("a number of units"));
    assert!(units > 0 && units.is_multiple_of(10_000), "a multiple of 10,000");
    units
}

fn code(level: usize, n: u64) -> String {
    format!("{}{n:013}", PREFIXES[level - 1])
}

/// Relation XML of pallets of cases of boxes: a hundred megabytes for a million boxes.
fn relation(market: &Market, units: u64) -> String {
    let path = market.file("relation.xml", "");
    let mut file = BufWriter::new(File::create(&path).expect("a file"));
    write_relation(&mut file, units).and_then(|()| file.flush()).expect("room on the disk");
    path
}

fn write_relation(file: &mut impl Write, units: u64) -> std::io::Result<()> {
    let (cases, per_pallet) = (units / BOXES, units / BOXES / PALLETS);
    writeln!(
        file,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document License=\"示例\">\n<Relation productCode=\"BIG\" \
         subTypeNo=\"1\" cascade=\"1:100\" packageSpec=\"托\" comment=\"\">\n<Batch batchNo=\"M1\" madeDate=\"{}\" \
         validateDate=\"{}\" workshop=\"一车间\" lineName=\"1号线\" lineManager=\"\">",
        day(-30),
        day(335)
    )?;
    let mut line = |level: usize, n: u64, parent: String| {
        let code = code(level, n);
        writeln!(file, "<Code curCode=\"{code}\" packLayer=\"{level}\" parentCode=\"{parent}\" flag=\"0\"/>")
    };
    (0..PALLETS).try_for_each(|n| line(3, n, String::new()))?;
    (0..cases).try_for_each(|n| line(2, n, code(3, n / per_pallet)))?;
    (0..units).try_for_each(|n| line(1, n, code(2, n / BOXES)))?;
    writeln!(file, "</Batch>\n</Relation>\n</Document>")
}

/// Says how long something took; nothing is asserted about it.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    eprintln!("{what}: {} ms", begun.elapsed().as_millis());
    result
}

#[test]
fn a_large_batch_half_sold_is_recalled_in_one_block() {
    let (units, half) = (units(), units() / 2);
    let market = Market::open();
    let mut big = product("BIG", "chemical", [PREFIXES[0], PREFIXES[1]], u32::try_from(BOXES).expect("a hundred"));
    let pallet = json!({"prefix": PREFIXES[2], "level": 3, "holds": units / BOXES / PALLETS, "description": "托"});
    big["packages"].as_array_mut().expect("packages").push(pallet);
    assert_eq!(market.registers("producer", &[big]).code, 0);
    let path = relation(&market, units);
    let said = timed(&format!("{units} units activated"), || {
        market.run("producer", &["tx", "commission", &path, "--document-no", "C-M1"])
    });
    assert_eq!(said.code, 0, "{}", said.json);
    let released = market.release("producer", ("BIG", "M1", usize::try_from(units).expect("fits")), &[]);
    assert_eq!(released.code, 0, "{}", released.json);

    // Half to the hospital, which uses all of it; half at the wholesaler.
    let pallets: Vec<String> = (0..PALLETS).map(|n| code(3, n)).collect();
    market.ships("producer", "S1", "wholesaler", &pallets);
    market.receives("wholesaler", "E1", ("producer", "S1"), &pallets);
    let (used, kept) = pallets.split_at(pallets.len() / 2);
    market.ships("wholesaler", "S2", "hospital", used);
    market.receives("hospital", "E2", ("wholesaler", "S2"), used);
    let sales: Vec<(String, Value)> = (0..half.div_ceil(SOLD_PER_BILL))
        .map(|bill| {
            let codes: Vec<String> =
                (bill * SOLD_PER_BILL..half.min((bill + 1) * SOLD_PER_BILL)).map(|n| code(1, n)).collect();
            (format!("D-{bill}"), json!({"type": "dispense", "bill_type": 323, "codes": codes}))
        })
        .collect();
    timed(&format!("{half} units used"), || sales.chunks(10).for_each(|some| market.does_all("hospital", some)));

    let (recall, gone) = decided_among_other_bills(&market, half);
    let (shown, quantities) = timed("scope of the recall", || {
        let shown = market.read("/v1/recalls/1");
        let quantities = shown["quantities"].clone();
        (shown, quantities)
    });
    assert_eq!((&shown["status"], &shown["decided_at"]), (&json!("open"), &recall["block_time"]));
    let counts =
        ["shipped", "dispensed", "recovered", "recallable", "outstanding"].map(|name| quantities[name].as_u64());
    assert_eq!(counts, [units, half, 0, units - half, units - half].map(Some));

    // Everywhere: a box deep inside a pallet that nobody touched, a case, a pallet; what is sold stays sold.
    for code in [code(1, units - 1), code(2, units / BOXES - 1), kept[kept.len() - 1].clone()] {
        let seen = market.code(&code);
        assert_eq!(
            (&seen["verdict"], &seen["custodian"]["id"]),
            (&json!("recalled"), &json!(market.id("wholesaler"))),
            "{seen}"
        );
    }
    assert_eq!(market.code(&code(1, 0))["state"], "dispensed");

    // It comes back by pallets, and is counted by units.
    let producer = market.id("producer");
    market.moves("wholesaler", &crate::market::shipment("RS", "211", &producer), kept);
    let wholesaler = market.id("wholesaler");
    market.moves("producer", &crate::market::receipt("RE", "108", &wholesaler, "RS"), kept);
    let quantities = timed("rate of the recall", || market.read("/v1/recalls/1"))["quantities"].clone();
    // All but the boxes that left for the pharmacy before the decision.
    let counts = ["recovered", "recallable", "outstanding"].map(|name| quantities[name].as_u64());
    assert_eq!(counts, [units - half - gone, units - half, gone].map(Some), "{quantities}");
    timed("compared block by block", || market.assert_one_truth());
    let (memory, disk) = market.net.footprint();
    eprintln!("most of any node: {memory} MiB of memory, {disk} MiB on disk");
}

/// Bills that the wholesaler sends around the decision, each of one box.
const AROUND: u64 = 24;

/// The recall and the number of boxes shipped before it. The recall is decided while the wholesaler goes on shipping through
/// every node: each bill is judged by its place in the chain, before the decision or after it, in the same block too.
fn decided_among_other_bills(market: &Market, half: u64) -> (Value, u64) {
    let pharmacy = market.id("pharmacy");
    let (seller, holder) = (market.net.member("wholesaler"), market.net.member("producer"));
    let (seller, holder): (Hand, Hand) = (market.net.hand(&seller), market.net.hand(&holder));
    let ship = |n: u64| {
        let operation = json!({"type": "ship", "bill_type": 201, "receiver": pharmacy, "codes": [code(1, half + n)]});
        let node = usize::try_from(n).expect("small") % VALIDATORS;
        (node, market.net.submit(node, &seller, &format!("A-{n}"), &operation).unwrap_or_else(|e| panic!("A-{n}: {e}")))
    };
    let start = json!({"type": "start_recall", "kind": "voluntary", "class": 1, "product_id": "BIG", "batches": ["M1"],
        "reason": "无菌检查不合格"});
    let mut sent: Vec<(usize, String)> = (0..AROUND / 2).map(ship).collect();
    let decision = market.net.submit(0, &holder, "RC-1", &start).expect("accepted");
    sent.extend((AROUND / 2..AROUND).map(ship));
    let receipt = |node: usize, id: &str| market.net.read(node, &format!("/v1/transactions/{id}?wait=60s"));
    let recall = receipt(0, &decision);
    assert_eq!((&recall["status"], &recall["case"]), (&json!("applied"), &json!(1)), "{recall}");
    // One more, surely after it.
    sent.push(ship(AROUND));
    let place = |bill: &Value| (bill["height"].as_u64(), bill["index"].as_u64());
    let (mut held, mut gone) = (0_u64, 0_u64);
    for (node, id) in sent {
        let bill = receipt(node, &id);
        let expected = if place(&bill) < place(&recall) { Value::Null } else { json!("held") };
        assert_eq!(bill["error"]["name"], expected, "{bill} around {recall}");
        *if expected == Value::Null { &mut gone } else { &mut held } += 1;
    }
    assert!(held > 0);
    market.saw(recall["height"].as_u64().expect("a height"));
    (recall, gone)
}
