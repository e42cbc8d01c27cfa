//! `cargo sim -- --seeds A..B`: seeded clusters of real replicas and ledgers over faulty stores and network.
//!
//! Each seed draws cluster size, weather, cuts, crashes and load; after every event the checker looks at agreement,
//! results, double signs and promises. A failing seed prints the one command that replays it.
//!
//! `--crypto-path auto|portable|ifma|reference` signs with SM2 and verifies on that path, some ten times slower.

mod checker;
mod events;
mod keys;
mod network;
mod node;
mod plan;
mod prng;
mod state;
mod workload;
mod world;

#[cfg(test)]
mod tests;

use bencao_crypto::{CryptoPath, path};
use std::process::ExitCode;
use world::{Report, World};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(Wanted { seeds: (first, last), path }) = parse(&arguments) else {
        eprintln!("usage: cargo sim -- --seeds A..B [--crypto-path auto|portable|ifma|reference]   (B excluded)");
        return ExitCode::from(2);
    };
    if let Some(path) = path {
        match path::choose(path) {
            Ok(paths) => println!("SM2 by the path {}", paths.verify().name()),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::from(2);
            }
        }
        keys::use_sm2();
    }
    let mut sum = Report::default();
    for seed in first..last {
        match World::new(seed).run() {
            Ok(report) => add(&mut sum, &report),
            Err(violation) => {
                println!("seed {seed}: {violation}");
                println!("replay: cargo sim -- --seeds {seed}..{} {}", seed + 1, arguments[2..].join(" "));
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "seeds {first}..{last}: {} heights, {} events, {} crashes, {} messages lost, {} bills promised, {} applied, greatest round {}, {} changes of validators",
        sum.height, sum.events, sum.crashes, sum.lost, sum.promised, sum.applied, sum.round_max, sum.set_changes
    );
    println!("{} passed, 0 failed", last - first);
    ExitCode::SUCCESS
}

/// What the command line asks for.
struct Wanted {
    seeds: (u64, u64),
    /// Real signatures, verified on this path.
    path: Option<CryptoPath>,
}

fn parse(arguments: &[String]) -> Option<Wanted> {
    let (range, path) = match arguments {
        [flag, range] if flag == "--seeds" => (range, None),
        [flag, range, path_flag, path] if flag == "--seeds" && path_flag == "--crypto-path" => {
            let named = |wanted: &CryptoPath| wanted.name() == path;
            (range, Some(CryptoPath::ALL.into_iter().find(named)?))
        }
        _ => return None,
    };
    let (first, last) = range.split_once("..")?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first < last).then_some(Wanted { seeds: (first, last), path })
}

fn add(sum: &mut Report, one: &Report) {
    sum.height += one.height;
    sum.events += one.events;
    sum.crashes += one.crashes;
    sum.lost += one.lost;
    sum.promised += one.promised;
    sum.applied += one.applied;
    sum.round_max = sum.round_max.max(one.round_max);
    sum.set_changes += one.set_changes;
}
