//! Herbs and gardens on record, plants, field work and harvest.

use super::*;
use crate::registry::LicenceAction;
use crate::tests::refusals::registry::refile;

pub(super) fn rows() -> Vec<Row> {
    let new_herb = |approval: &str| Herb {
        newly_introduced: true,
        approval_number: approval.into(),
        ..herb(HerbCode::new("06160111000000016").unwrap(), "新药材")
    };
    let grow_new = |w: &mut World| {
        let code = HerbCode::new("06160111000000016").unwrap();
        send(w, G, RecordSeed { herb: code, ..seed("S1", KG) })
    };
    let planted = |w: &mut World| {
        w.done(G, plant("P1", vec![]));
        lot(G, "P1")
    };
    vec![
        row(
            "lot_exists",
            |w| {
                w.done(G, seed("S1", KG));
                send(w, G, seed("S1", KG))
            },
            |w| {
                w.done(G, seed("S1", KG));
                send(w, G, seed("S2", KG))
            },
        ),
        row(
            "unknown_lot",
            |w| send(w, G, harvest("H1", lot(G, "P9"), KG)),
            |w| {
                w.done(G, plant("P1", vec![]));
                send(w, G, harvest("H1", lot(G, "P1"), KG))
            },
        ),
        row("role_required", |w| send(w, T, seed("S1", KG)), |w| send(w, G, seed("S1", KG))),
        row(
            "unknown_herb",
            |w| send(w, G, RecordSeed { herb: HerbCode::new("00000000000000001").unwrap(), ..seed("S1", KG) }),
            |w| send(w, G, seed("S1", KG)),
        ),
        row(
            "herb_not_approved",
            move |w| {
                w.done(R, RegisterHerbs { herbs: vec![new_herb("")] });
                grow_new(w)
            },
            move |w| {
                w.done(R, RegisterHerbs { herbs: vec![new_herb("")] });
                w.done(R, RegisterHerbs { herbs: vec![new_herb("国药准字Z20260009")] });
                grow_new(w)
            },
        ),
        row(
            "herb_exists",
            |w| send(w, R, RegisterHerbs { herbs: vec![herb(safflower(), "藏红花")] }),
            |w| send(w, R, RegisterHerbs { herbs: vec![herb(safflower(), "红花")] }),
        ),
        row(
            "garden_exists",
            |w| send(w, M, garden()),
            |w| send(w, M, RegisterGarden { garden_no: number("YY-2"), ..garden() }),
        ),
        row(
            "unknown_garden",
            |w| {
                let garden = Some(GardenId { number: number("YY-9"), organisation: org_id(M) });
                send(w, G, Plant { garden, ..plant("P1", vec![]) })
            },
            |w| send(w, G, plant("P1", vec![])),
        ),
        row(
            "garden_contract",
            |w| send(w, G, Plant { planted_on: date("2025-12-31"), ..plant("P1", vec![]) }),
            |w| send(w, G, Plant { planted_on: date("2026-01-01"), ..plant("P1", vec![]) }),
        ),
        row(
            "not_garden_member",
            |w| send(w, G, Plant { household: Some(household(2)), ..plant("P1", vec![]) }),
            |w| {
                let added = AmendGarden {
                    garden_no: number("YY-1"),
                    households_added: vec![household(2)],
                    households_removed: vec![],
                    contract_to: date("2029-12-31"),
                    contract: digest("supplement"),
                };
                w.done(M, added);
                send(w, G, Plant { household: Some(household(2)), ..plant("P1", vec![]) })
            },
        ),
        row("not_garden_grower", |w| send(w, G2, plant("P1", vec![])), |w| send(w, M, plant("P1", vec![]))),
        row(
            "garden_herb",
            |w| send(w, G, Plant { herb: liquorice(), ..plant("P1", vec![]) }),
            |w| send(w, G, plant("P1", vec![])),
        ),
        row(
            "garden_county",
            |w| send(w, G, Plant { region: RegionCode::parse("654221").unwrap(), ..plant("P1", vec![]) }),
            |w| send(w, G, plant("P1", vec![])),
        ),
        row(
            "gap_filing_required",
            |w| {
                let elsewhere = plant_elsewhere("P1", "新疆裕民", vec![]);
                let base_no = "JD-654225-02".into();
                send(w, G, Plant { base_no, gap_audit: Some(digest("audit")), ..elsewhere })
            },
            |w| send(w, G, plant("P1", vec![])),
        ),
        row(
            "garden_base",
            |w| send(w, G, Plant { base_no: "JD-654225-02".into(), ..plant("P1", vec![]) }),
            |w| send(w, G, plant("P1", vec![])),
        ),
        row(
            "gap_filing_required",
            |w| {
                w.applied(R, refile(FilingKind::Gap, M, LicenceAction::Suspend));
                send(w, G, plant("P1", vec![]))
            },
            |w| {
                w.applied(R, refile(FilingKind::Gap, M, LicenceAction::Suspend));
                send(w, G, Plant { gap_audit: None, ..plant("P1", vec![]) })
            },
        ),
        row(
            "gap_filing_required",
            // The sponsor's entry serves its garden's plants, not those of others at the same base.
            |w| send(w, G2, Plant { gap_audit: Some(digest("audit")), ..plant_elsewhere("P1", "新疆裕民", vec![]) }),
            |w| {
                w.applied(R, filing(FilingKind::Gap, G2, |_| {}));
                send(w, G2, Plant { gap_audit: Some(digest("audit")), ..plant_elsewhere("P1", "新疆裕民", vec![]) })
            },
        ),
        row(
            "banned_pesticide",
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Pesticide, "40%甲基异柳磷乳油", 30))
            },
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Pesticide, "苦参碱", 30))
            },
        ),
        row(
            "banned_pesticide",
            // What is sprayed as a fertiliser is sprayed, however its name is written.
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Fertiliser, "４０％ 甲　胺 磷 乳油", 0))
            },
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Fertiliser, "４０％ 有机肥", 0))
            },
        ),
        row(
            "banned_pesticide",
            // 1605 is 对硫磷; a registration with these figures in it is not.
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Pesticide, "１６０５ 50%乳油", 30))
            },
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Pesticide, "苦参碱 PD20161605", 30))
            },
        ),
        row(
            "banned_pesticide",
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Other, "DDT 粉剂", 0))
            },
            move |w| {
                let plants = planted(w);
                send(w, G, field_work(plants, FieldWorkKind::Other, "除草", 0))
            },
        ),
        row(
            "safety_interval",
            move |w| {
                let plants = planted(w);
                w.done(G, field_work(plants.clone(), FieldWorkKind::Pesticide, "吡虫啉", 51));
                send(w, G, harvest("H1", plants, KG))
            },
            move |w| {
                let plants = planted(w);
                w.done(G, field_work(plants.clone(), FieldWorkKind::Pesticide, "吡虫啉", 50));
                send(w, G, harvest("H1", plants, KG))
            },
        ),
        row(
            "date_in_future",
            |w| send(w, G, RecordSeed { made_on: date("2026-11-24"), ..seed("S1", KG) }),
            |w| send(w, G, RecordSeed { made_on: date("2026-11-23"), ..seed("S1", KG) }),
        ),
        row(
            "date_before_lot",
            move |w| {
                let plants = planted(w);
                send(w, G, Harvest { harvested_on: date("2026-04-09"), ..harvest("H1", plants, KG) })
            },
            move |w| {
                let plants = planted(w);
                send(w, G, Harvest { harvested_on: date("2026-04-10"), ..harvest("H1", plants, KG) })
            },
        ),
    ]
}
