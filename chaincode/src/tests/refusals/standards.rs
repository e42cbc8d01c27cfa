//! Execution standards: 4026, 4032–4034. What they mean for 饮片 from day to day is in `tests/tcm/standards.rs`.

use super::registry::standard;
use super::*;
use crate::codes::HerbCode;
use crate::registry::StandardKind;

fn herb() -> HerbCode {
    HerbCode::new("06160411000000008").unwrap()
}

/// A national standard, of the nation's regulator.
fn national(id: &str, change: impl FnOnce(&mut RegisterStandard)) -> Operation {
    standard(id, |s| {
        (s.kind, s.region) = (StandardKind::National, RegionCode::parse("000000").unwrap());
        change(s);
    })
}

/// Product X is made to a standard from now on.
fn made_to(name: &str) -> Operation {
    let details = ProductDetails { standard: name.into(), ..ProductDetails::default() };
    Operation::UpdateProduct(UpdateProduct { product_id: ProductId("X".into()), details })
}

/// 饮片 D of the herb, made to a standard.
fn piece_to(world: &mut World, name: &str) -> Receipt {
    let known = Herb {
        code: herb(),
        name: "红花".into(),
        species: "Carthamus tinctorius L.".into(),
        part: "花".into(),
        newly_introduced: false,
        approval_number: String::new(),
    };
    world.applied(REG, Operation::RegisterHerbs(RegisterHerbs { herbs: vec![known] }));
    world.send(
        M,
        Operation::DefinePiece(DefinePiece {
            product_id: ProductId("D".into()),
            herb: herb(),
            standard: name.into(),
            yield_ppm_min: 700_000,
            yield_ppm_max: 1_000_000,
        }),
    )
}

pub(super) fn standard_rows() -> Vec<Row> {
    vec![
        row(
            "unknown_standard",
            |w| {
                w.applied(NMPA, national("YP-1", |s| s.classes = vec![DrugClass::Chemical]));
                w.send(M, made_to("YP-2"))
            },
            |w| {
                w.applied(NMPA, national("YP-1", |s| s.classes = vec![DrugClass::Vaccine]));
                w.send(M, made_to("YP-2"))
            },
        ),
        row(
            "standard_not_in_force",
            |w| {
                w.applied(NMPA, national("YP-1", |s| s.effective_on = date("2026-11-24")));
                w.send(M, made_to("YP-1"))
            },
            |w| {
                w.applied(NMPA, national("YP-1", |s| s.effective_on = date("2026-11-23")));
                w.send(M, made_to("YP-1"))
            },
        ),
        row(
            "standard_not_in_force",
            // Of a new batch the production date counts, which is 2026-10-24.
            |w| {
                w.applied(NMPA, national("YP-1", |_| ()));
                w.applied(M, made_to("YP-1"));
                let next = |s: &mut RegisterStandard| {
                    (s.replaces, s.effective_on) = ("YP-1".into(), date("2026-10-24"));
                };
                w.applied(NMPA, national("YP-2", next));
                w.send(M, new_batch(|_| ()))
            },
            |w| {
                w.applied(NMPA, national("YP-1", |_| ()));
                w.applied(M, made_to("YP-1"));
                let next = |s: &mut RegisterStandard| {
                    (s.replaces, s.effective_on) = ("YP-1".into(), date("2026-10-25"));
                };
                w.applied(NMPA, national("YP-2", next));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "standard_outranked",
            |w| {
                w.applied(REG, standard("DBY65/1", |s| s.herbs = vec![herb()]));
                w.applied(NMPA, national("YP-红花", |s| s.herbs = vec![herb()]));
                piece_to(w, "DBY65/1")
            },
            |w| {
                w.applied(REG, standard("DBY65/1", |s| s.herbs = vec![herb()]));
                w.applied(NMPA, national("YP-红花", |s| s.herbs = vec![herb()]));
                piece_to(w, "YP-红花")
            },
        ),
        row(
            "standard_out_of_scope",
            |w| {
                w.applied(M, standard("Q/M 1", |s| (s.kind, s.region) = (StandardKind::Enterprise, nation())));
                piece_to(w, "Q/M 1")
            },
            |w| {
                w.applied(M, standard("Q/M 1", |s| (s.kind, s.region) = (StandardKind::Enterprise, nation())));
                // Approved drugs have a standard of their own (《药品管理法》 Art. 28).
                w.send(M, made_to("Q/M 1"))
            },
        ),
        row(
            "register_full",
            |w| {
                for n in 0..16 {
                    w.applied(REG, standard(&format!("DBY65/{n}"), |s| s.herbs = vec![herb()]));
                }
                w.send(REG, standard("DBY65/16", |s| s.herbs = vec![herb()]))
            },
            |w| {
                for n in 0..16 {
                    w.applied(REG, standard(&format!("DBY65/{n}"), |s| s.herbs = vec![herb()]));
                }
                let withdraw = WithdrawStandard { id: "DBY65/3".into(), basis: "公告".into() };
                w.applied(REG, Operation::WithdrawStandard(withdraw));
                w.send(REG, standard("DBY65/16", |s| s.herbs = vec![herb()]))
            },
        ),
    ]
}

fn nation() -> RegionCode {
    RegionCode::parse("000000").unwrap()
}
