//! Standards and what is made to them: 4026, 4032–4034, and who registers, replaces and withdraws which. What they mean
//! for 饮片 from day to day is in `tests/tcm/standards.rs`.

use super::super::law_world::{ELSEWHERE, MAKER, contract, one_box};
use super::super::trade::change_member;
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

/// 企业标准
fn enterprise(id: &str, change: impl FnOnce(&mut RegisterStandard)) -> Operation {
    national(id, |s| {
        s.kind = StandardKind::Enterprise;
        change(s);
    })
}

/// 团体标准
fn group(id: &str, change: impl FnOnce(&mut RegisterStandard)) -> Operation {
    national(id, |s| {
        s.kind = StandardKind::Group;
        change(s);
    })
}

/// Two more associations.
fn associations(world: &mut World) -> [usize; 2] {
    let associations = [AGENCY, MARKET];
    for n in associations {
        change_member(world, n, |o| o.roles = vec![Role::Association]);
    }
    associations
}

fn withdrawn(id: &str) -> Operation {
    Operation::WithdrawStandard(WithdrawStandard { id: id.into(), basis: "公告".into() })
}

/// Product X is made to a standard from now on.
fn made_to(name: &str) -> Operation {
    product_made_to("X", name)
}

fn product_made_to(product: &str, name: &str) -> Operation {
    let details = ProductDetails { standard: name.into(), ..ProductDetails::default() };
    Operation::UpdateProduct(UpdateProduct { product_id: ProductId(product.into()), details })
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
    let mut rows = execution_rows();
    rows.extend(number_rows());
    rows.extend(author_rows());
    rows.extend(other_firm_rows());
    rows
}

fn execution_rows() -> Vec<Row> {
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
            // Of a new batch the production date counts.
            |w| {
                replaced_today(w);
                w.send(M, new_batch(|b| b.made_on = date("2026-11-23")))
            },
            |w| {
                replaced_today(w);
                w.send(M, new_batch(|b| b.made_on = date("2026-11-22")))
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
                w.applied(M, enterprise("Q/M 1", |_| ()));
                piece_to(w, "Q/M 1")
            },
            |w| {
                w.applied(M, enterprise("Q/M 1", |_| ()));
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
                w.applied(REG, withdrawn("DBY65/3"));
                w.send(REG, standard("DBY65/16", |s| s.herbs = vec![herb()]))
            },
        ),
    ]
}

/// Product X is made to a standard that another replaces from today on.
fn replaced_today(world: &mut World) {
    world.applied(NMPA, national("YP-1", |_| ()));
    world.applied(M, made_to("YP-1"));
    let next = |s: &mut RegisterStandard| (s.replaces, s.effective_on) = ("YP-1".into(), date("2026-11-23"));
    world.applied(NMPA, national("YP-2", next));
}

/// A number says whose standard it is.
fn number_rows() -> Vec<Row> {
    vec![
        row(
            "field_form",
            |w| w.send(M, enterprise("《中国药典》2025年版一部", |_| ())),
            |w| w.send(M, enterprise("Q/M 1", |_| ())),
        ),
        row(
            "field_form",
            |w| {
                let [of, _] = associations(w);
                w.send(of, group("GB/T 1", |_| ()))
            },
            |w| {
                let [of, _] = associations(w);
                w.send(of, group("T/XJ 1", |_| ()))
            },
        ),
        row("field_form", |w| w.send(NMPA, national("Q/M 1", |_| ())), |w| w.send(NMPA, national("GB/T 1", |_| ()))),
        row("field_form", |w| w.send(REG, standard("T/XJ 1", |_| ())), |w| w.send(REG, standard("DB65/T 1", |_| ()))),
        // 饮片 are made to no such standard, on record or not.
        row("standard_out_of_scope", |w| piece_to(w, "T/XJ 1"), |w| piece_to(w, "《中国药典》2025年版一部")),
    ]
}

/// Who ends a standard by another, or by withdrawing it; and from which day.
fn author_rows() -> Vec<Row> {
    fn next(of: &str) -> impl FnOnce(&mut RegisterStandard) {
        let of = of.to_owned();
        move |s: &mut RegisterStandard| (s.replaces, s.effective_on) = (of, date("2026-11-23"))
    }
    vec![
        row(
            "no_authority",
            |w| {
                w.applied(W, enterprise("Q/W 1", |_| ()));
                w.send(M, enterprise("Q/M 1", next("Q/W 1")))
            },
            |w| {
                w.applied(W, enterprise("Q/W 1", |_| ()));
                w.send(W, enterprise("Q/W 2", next("Q/W 1")))
            },
        ),
        row(
            "no_authority",
            |w| {
                let [of, other] = associations(w);
                w.applied(of, group("T/XJ 1", |_| ()));
                w.send(other, group("T/XJ 2", next("T/XJ 1")))
            },
            |w| {
                let [of, _] = associations(w);
                w.applied(of, group("T/XJ 1", |_| ()));
                w.send(of, group("T/XJ 2", next("T/XJ 1")))
            },
        ),
        // Of standards of state also by a department that may set them there.
        row(
            "no_authority",
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                let elsewhere = |s: &mut RegisterStandard| {
                    next("DB65/T 1")(s);
                    s.region = RegionCode::parse("110000").unwrap();
                };
                w.send(ELSEWHERE, standard("DB11/T 1", elsewhere))
            },
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                w.send(NMPA, standard("DB65/T 2", next("DB65/T 1")))
            },
        ),
        row(
            "past_dated",
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                let dated_back = |s: &mut RegisterStandard| {
                    next("DB65/T 1")(s);
                    s.effective_on = date("2026-11-22");
                };
                w.send(REG, standard("DB65/T 2", dated_back))
            },
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                w.send(REG, standard("DB65/T 2", next("DB65/T 1")))
            },
        ),
        // A drug regulator of the author's region withdraws what is not of state.
        row(
            "no_authority",
            |w| {
                w.applied(M, enterprise("Q/M 1", |_| ()));
                w.send(ELSEWHERE, withdrawn("Q/M 1"))
            },
            |w| {
                w.applied(M, enterprise("Q/M 1", |_| ()));
                w.send(REG, withdrawn("Q/M 1"))
            },
        ),
        row(
            "no_authority",
            |w| {
                let [of, _] = associations(w);
                w.applied(of, group("T/XJ 1", |_| ()));
                w.send(SAMR, withdrawn("T/XJ 1"))
            },
            |w| {
                let [of, _] = associations(w);
                w.applied(of, group("T/XJ 1", |_| ()));
                w.send(REG, withdrawn("T/XJ 1"))
            },
        ),
        row(
            "no_authority",
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                w.send(NMPA, withdrawn("DB65/T 1"))
            },
            |w| {
                w.applied(REG, standard("DB65/T 1", |_| ()));
                w.send(REG, withdrawn("DB65/T 1"))
            },
        ),
    ]
}

/// What a firm sets for itself stops no other.
fn other_firm_rows() -> Vec<Row> {
    fn all(s: &mut RegisterStandard) {
        (s.herbs, s.classes) = (vec![herb()], vec![DrugClass::Chemical]);
    }
    fn vaccines(s: &mut RegisterStandard) {
        s.classes = vec![DrugClass::Vaccine];
    }
    vec![
        row(
            "unknown_standard",
            |w| {
                w.applied(NMPA, national("YP-1", all));
                w.send(M, made_to("YP-2"))
            },
            |w| {
                let [of, _] = associations(w);
                w.applied(W, enterprise("Q/W 1", all));
                w.applied(of, group("T/XJ 1", all));
                w.send(M, made_to("YP-2"))
            },
        ),
        row(
            "unknown_standard",
            |w| {
                w.applied(NMPA, national("YP-1", all));
                w.send(M, made_to("T/XJ 1"))
            },
            |w| {
                let [of, _] = associations(w);
                w.applied(NMPA, national("YP-1", all));
                w.applied(of, group("T/XJ 1", |_| ()));
                w.send(M, made_to("T/XJ 1"))
            },
        ),
        // A number that another registered first says nothing about what this firm makes to it.
        row(
            "standard_out_of_scope",
            |w| {
                w.applied(M, enterprise("Q/M 1", vaccines));
                w.send(M, made_to("Q/M 1"))
            },
            |w| {
                w.applied(W, enterprise("Q/M 1", vaccines));
                w.applied(M, made_to("Q/M 1"));
                w.send(M, new_batch(|_| ()))
            },
        ),
        // Where standards of state are kept, a firm names its own.
        row(
            "standard_out_of_scope",
            |w| {
                w.applied(NMPA, national("YP-1", all));
                w.applied(W, enterprise("Q/W 1", |_| ()));
                w.send(M, made_to("Q/W 1"))
            },
            |w| {
                w.applied(NMPA, national("YP-1", all));
                w.applied(M, enterprise("Q/M 1", |_| ()));
                w.send(M, made_to("Q/M 1"))
            },
        ),
        // Under contract it is made to the holder's.
        row(
            "standard_out_of_scope",
            |w| {
                contract_kept(w, vaccines);
                w.send(MAKER, one_box("K", "8300001", "P1"))
            },
            |w| {
                contract_kept(w, |_| ());
                w.send(MAKER, one_box("K", "8300001", "P1"))
            },
        ),
        // Standards of firms take no room in the register of a herb.
        row(
            "register_full",
            |w| {
                for n in 0..crate::limits::STANDARDS_COVERING_MAX {
                    w.applied(REG, standard(&format!("DBY65/{n}"), all));
                }
                w.send(REG, standard("DBY65/16", all))
            },
            |w| {
                for n in 0..crate::limits::STANDARDS_COVERING_MAX {
                    w.applied(W, enterprise(&format!("Q/W {n}"), all));
                }
                w.send(REG, standard("DBY65/16", all))
            },
        ),
    ]
}

/// Product K, made under contract to a standard that its holder registers; a standard of state is about its class.
fn contract_kept(world: &mut World, change: impl FnOnce(&mut RegisterStandard)) {
    world.applied(M, contract("K", "2026-12-31"));
    world.applied(M, product_made_to("K", "Q/M 1"));
    world.applied(NMPA, national("YP-1", |s| s.classes = vec![DrugClass::Chemical]));
    world.applied(M, enterprise("Q/M 1", change));
}
