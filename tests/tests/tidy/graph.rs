//! Who may depend on whom, compared with `golden/package-graph.toml`; versions in the root manifest only.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::{File, assert_none, files};
use crate::unsafety::states_its_lints;

/// Edges of one package: internal ones for all, external ones for packages that declare `external` in the golden file.
#[derive(Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Edges {
    folder: String,
    internal: BTreeSet<String>,
    external: Option<BTreeSet<String>>,
}

type Graph = BTreeMap<String, Edges>;

/// Name, folder and normal dependencies of a member manifest; test-only dependencies are no part of the product.
fn edges(file: &File) -> Option<(String, Edges)> {
    let manifest: toml::Table = file.text.parse().expect("cargo reads this manifest, so it parses");
    let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
    let (mut internal, mut external) = (BTreeSet::new(), BTreeSet::new());
    for (_, table) in dependency_tables(&manifest).into_iter().filter(|(section, _)| section != "dev-dependencies") {
        for dependency in table.keys() {
            let side = if dependency.starts_with("bencao-") { &mut internal } else { &mut external };
            side.insert(dependency.clone());
        }
    }
    let folder = file.path.trim_end_matches("Cargo.toml").trim_end_matches('/').to_owned();
    Some((name, Edges { folder, internal, external: Some(external) }))
}

/// Every table of dependencies, also those under `[target.…]`, with the section's name.
fn dependency_tables(manifest: &toml::Table) -> Vec<(String, &toml::Table)> {
    const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let holders = targets.filter_map(toml::Value::as_table).chain([manifest]);
    let named = holders.flat_map(|holder| SECTIONS.map(|section| (section.to_owned(), holder.get(section))));
    named.filter_map(|(section, value)| Some((section, value?.as_table()?))).collect()
}

fn compare(golden: &Graph, actual: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for name in golden.keys().chain(actual.keys()).collect::<BTreeSet<_>>() {
        match (golden.get(name), actual.get(name)) {
            (Some(golden), Some(actual)) => findings.extend(compare_edges(name, golden, actual)),
            (None, _) => findings.push(format!("{name}: a package that the golden graph does not know")),
            (_, None) => findings.push(format!("{name}: in the golden graph, not in the workspace")),
        }
    }
    findings
}

fn compare_edges(name: &str, golden: &Edges, actual: &Edges) -> Vec<String> {
    let mut findings = Vec::new();
    if golden.folder != actual.folder {
        findings.push(format!("{name}: lies in {}, the golden graph says {}", actual.folder, golden.folder));
    }
    let unexpected = actual.internal.difference(&golden.internal);
    findings.extend(unexpected.map(|to| format!("{name} → {to}: an edge that the golden graph does not allow")));
    if let (Some(allowed), Some(used)) = (&golden.external, &actual.external) {
        let foreign = used.difference(allowed);
        findings.extend(foreign.map(|to| format!("{name} → {to}: a foreign crate that a pure package does not list")));
    }
    findings
}

/// A cycle or a missing package among the internal edges of the golden graph itself.
fn disorder(graph: &Graph) -> Vec<String> {
    let mut left: BTreeMap<&String, BTreeSet<&String>> =
        graph.iter().map(|(name, edges)| (name, edges.internal.iter().collect())).collect();
    while let Some(leaf) = left.iter().find(|(_, uses)| uses.is_empty()).map(|(name, _)| *name) {
        left.remove(leaf);
        for uses in left.values_mut() {
            uses.remove(leaf);
        }
    }
    left.iter().map(|(name, uses)| format!("{name}: in a cycle, or uses an unknown package: {uses:?}")).collect()
}

/// Dependencies of a member that say more than `workspace = true`, features and `optional`.
fn own_versions(file: &File) -> Vec<String> {
    let manifest: toml::Table = file.text.parse().expect("cargo reads this manifest, so it parses");
    let mut findings = Vec::new();
    for (_, table) in dependency_tables(&manifest) {
        for (name, value) in table {
            let inherits = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            if !inherits {
                findings.push(format!("{}: {name} does not inherit from the root manifest", file.path));
            }
        }
    }
    let inherited =
        |key: &str| manifest.get("package").and_then(|package| package.get(key)?.get("workspace")).is_some();
    for key in ["version", "edition", "rust-version", "license", "publish"].into_iter().filter(|key| !inherited(key)) {
        findings.push(format!("{}: package.{key} does not inherit from the root manifest", file.path));
    }
    let inherits_lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).is_some();
    if !inherits_lints && !states_its_lints(&file.path) {
        findings.push(format!("{}: lints are not inherited", file.path));
    }
    findings
}

/// Manifests of workspace members; the fuzz package is outside the workspace on purpose.
fn manifests() -> Vec<File> {
    let mut manifests = files();
    manifests.retain(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("tests/fuzz/"));
    assert!(!manifests.is_empty(), "the workspace has members");
    manifests
}

fn golden() -> Graph {
    toml::from_str(include_str!("../../golden/package-graph.toml")).expect("the golden graph parses")
}

#[test]
fn package_graph_is_the_golden_one() {
    let actual: Graph = manifests().iter().filter_map(edges).collect();
    assert_none(&compare(&golden(), &actual));
}

#[test]
fn golden_graph_has_no_cycle() {
    assert_none(&disorder(&golden()));
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    assert_none(&manifests().iter().flat_map(own_versions).collect::<Vec<_>>());
}

#[test]
fn every_package_has_a_readme() {
    let all = files();
    let missing = manifests().into_iter().filter_map(|manifest| {
        let readme = manifest.path.replace("Cargo.toml", "README.md");
        let found = all.iter().any(|file| file.path == readme && file.text.lines().count() >= 5);
        (!found).then(|| format!("{readme} is missing or says nothing"))
    });
    assert_none(&missing.collect::<Vec<_>>());
}

/// Names of a lock file with the versions of each.
fn locked(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lock: toml::Table = lock.parse().expect("cargo writes this file, so it parses");
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for package in packages {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        versions.entry(text("name")).or_default().insert(text("version"));
    }
    versions
}

/// What one lock file has in a version that the product's does not have.
fn out_of_step(product: &str, other: &str) -> Vec<String> {
    let product = locked(product);
    let differing = locked(other).into_iter().filter_map(|(name, versions)| {
        let known = product.get(&name)?;
        (!versions.is_subset(known)).then(|| format!("{name}: {versions:?}, the product has {known:?}"))
    });
    differing.collect()
}

/// Otherwise fuzzing tells of other code than what runs. `tests/fuzz/README.md` says how to bring them in step.
#[test]
fn fuzz_targets_are_built_of_what_the_product_is_built_of() {
    let all = files();
    let lock = |path: &str| &all.iter().find(|file| file.path == path).expect(path).text;
    assert_none(&out_of_step(lock("Cargo.lock"), lock("tests/fuzz/Cargo.lock")));
}

#[cfg(test)]
mod rules {
    use super::*;

    const GOLDEN: &str = r#"
        [bencao-crypto]
        folder = "crypto"
        internal = []
        external = ["sm3"]
        [bencao-node]
        folder = "node"
        internal = ["bencao-crypto"]
    "#;

    fn golden() -> Graph {
        toml::from_str(GOLDEN).expect("parses")
    }

    fn manifest(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn findings(crypto: &str, node: &str) -> Vec<String> {
        let manifests = [manifest("crypto/Cargo.toml", crypto), manifest("node/Cargo.toml", node)];
        compare(&golden(), &manifests.iter().filter_map(edges).collect())
    }

    const CRYPTO: &str = "[package]\nname = 'bencao-crypto'\n[dependencies]\nsm3 = 1\n[dev-dependencies]\njmt = 1\n";
    const NODE: &str = "[package]\nname = 'bencao-node'\n[dependencies]\nbencao-crypto = 1\naxum = 1\n";

    #[test]
    fn the_allowed_graph_passes() {
        assert_eq!(findings(CRYPTO, NODE), Vec::<String>::new());
    }

    #[test]
    fn unexpected_edges_are_found_in_every_section() {
        let inward = CRYPTO.replace("sm3 = 1", "sm3 = 1\nbencao-node = 1");
        assert_eq!(findings(&inward, NODE).len(), 1);
        let foreign = CRYPTO.replace("sm3 = 1", "rand = 1");
        assert_eq!(findings(&foreign, NODE).len(), 1);
        let target = format!("{CRYPTO}[target.'cfg(unix)'.dependencies]\nlibc = 1\n[build-dependencies]\ncc = 1\n");
        assert_eq!(findings(&target, NODE).len(), 2);
    }

    #[test]
    fn unknown_moved_and_missing_packages_are_found() {
        let renamed = NODE.replace("bencao-node", "bencao-daemon");
        assert_eq!(findings(CRYPTO, &renamed).len(), 2);
        let moved = [manifest("lib/crypto/Cargo.toml", CRYPTO), manifest("node/Cargo.toml", NODE)];
        assert_eq!(compare(&golden(), &moved.iter().filter_map(edges).collect()).len(), 1);
    }

    #[test]
    fn other_versions_in_another_lock_file_are_found() {
        let package = |name: &str, version: &str| format!("[[package]]\nname = '{name}'\nversion = '{version}'\n");
        let product = package("sm3", "0.5.0") + &package("hex", "0.4.3") + &package("hex", "0.4.4");
        assert!(out_of_step(&product, &(package("hex", "0.4.4") + &package("libfuzzer-sys", "0.4.13"))).is_empty());
        assert_eq!(out_of_step(&product, &package("sm3", "0.5.1")).len(), 1);
    }

    #[test]
    fn cycles_are_found() {
        let mut graph = golden();
        assert!(disorder(&graph).is_empty());
        graph.get_mut("bencao-crypto").expect("present").internal.insert("bencao-node".to_owned());
        assert_eq!(disorder(&graph).len(), 2);
    }

    #[test]
    fn versions_outside_the_root_are_found() {
        let head = "[package]\nname='a'\nversion.workspace=true\nedition.workspace=true\nrust-version.workspace=true\n\
                    license.workspace=true\npublish.workspace=true\n[lints]\nworkspace=true\n";
        let with = |tail: &str| own_versions(&manifest("a/Cargo.toml", &format!("{head}{tail}"))).len();
        assert_eq!(with("[dependencies]\nx.workspace = true\ny = { workspace = true, optional = true }\n"), 0);
        assert_eq!(with("[dependencies]\nx = '1'\n"), 1);
        assert_eq!(with("[dev-dependencies]\nx = { path = '../x' }\n"), 1);
        assert_eq!(own_versions(&manifest("a/Cargo.toml", "[package]\nname='a'\nversion='1'\n")).len(), 6);
    }
}
