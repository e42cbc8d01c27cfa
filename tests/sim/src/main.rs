//! `cargo sim -- --seeds A..B`: seeded clusters of real replicas and ledgers over faulty stores and network.
//!
//! Each seed draws cluster size, weather, cuts, crashes and load; after every event the checker looks at agreement,
//! results, double signs and promises. A failing seed prints the one command that replays it.

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

use std::process::ExitCode;
use world::{Report, World};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((first, last)) = parse(&arguments) else {
        eprintln!("usage: cargo sim -- --seeds A..B   (B excluded)");
        return ExitCode::from(2);
    };
    let mut sum = Report::default();
    for seed in first..last {
        match World::new(seed).run() {
            Ok(report) => add(&mut sum, &report),
            Err(violation) => {
                println!("seed {seed}: {violation}");
                println!("replay: cargo sim -- --seeds {seed}..{}", seed + 1);
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "seeds {first}..{last}: {} heights, {} events, {} crashes, {} messages lost, {} bills promised, {} applied, greatest round {}",
        sum.height, sum.events, sum.crashes, sum.lost, sum.promised, sum.applied, sum.round_max
    );
    println!("{} passed, 0 failed", last - first);
    ExitCode::SUCCESS
}

fn parse(arguments: &[String]) -> Option<(u64, u64)> {
    let [flag, range] = arguments else { return None };
    let (first, last) = range.split_once("..")?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (flag == "--seeds" && first < last).then_some((first, last))
}

fn add(sum: &mut Report, one: &Report) {
    sum.height += one.height;
    sum.events += one.events;
    sum.crashes += one.crashes;
    sum.lost += one.lost;
    sum.promised += one.promised;
    sum.applied += one.applied;
    sum.round_max = sum.round_max.max(one.round_max);
}
