//! The table in CONFORMANCE.md: each rule has tests that exist, or a reason why none can cover it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// One rule of the table.
struct Row<'a> {
    id: &'a str,
    level: &'a str,
    /// Tests, separated by commas, or a marked reason.
    cover: &'a str,
}

/// How a reason begins.
const REASONS: [&str; 4] = ["by type:", "caller:", "not in scope:", "open:"];
const LEVELS: [&str; 3] = ["MUST", "SHOULD", "MAY"];

#[test]
fn every_rule_of_the_table_has_a_test_or_a_reason() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let table = fs::read_to_string(tests.join("CONFORMANCE.md")).unwrap();
    let faults = faults(&table, &all_tests(&tests));
    assert!(faults.is_empty(), "CONFORMANCE.md:\n{}", faults.join("\n"));
}

#[test]
fn a_row_at_fault_is_named() {
    let known = BTreeMap::from([("framing".into(), BTreeSet::from(["a_test".into()]))]);
    let cases = [
        ("a test", "| C1 | §5.2 | rule | MUST | `framing::a_test` |", ""),
        ("a reason", "| C1 | §5.2 | rule | MAY | caller: may log it |", ""),
        ("nothing", "| C1 | §5.2 | rule | MUST | |", "C1: neither a test nor a reason"),
        ("an empty reason", "| C1 | §5.2 | rule | MUST | caller: |", "C1: an empty reason"),
        (
            "no such test",
            "| C1 | §5.2 | rule | MUST | `framing::a_test`, `framing::none` |",
            "C1: no test framing::none",
        ),
        (
            "no such file",
            "| C1 | §5.2 | rule | MUST | `none::a_test` |",
            "C1: no test none::a_test",
        ),
        ("no file", "| C1 | §5.2 | rule | MUST | `a_test` |", "C1: no test a_test"),
        ("no rule", "| C1 | §5.2 | | MUST | `framing::a_test` |", "C1: an empty cell"),
        ("another level", "| C1 | §5.2 | rule | must | `framing::a_test` |", "C1: level must"),
        ("four cells", "| C1 | §5.2 | rule | `framing::a_test` |", "C1: 4 cells, not 5"),
        (
            "an id twice",
            "| C1 | §5.2 | rule | MAY | caller: a |\n| C1 | §5.3 | rule | MAY | caller: b |",
            "C1: stands twice",
        ),
        ("no row", "Only text.", "no rows"),
    ];
    for (name, rows, fault) in cases {
        let table =
            format!("| id | where | rule | level | covered by |\n|---|---|---|---|---|\n{rows}");
        assert_eq!(faults(&table, &known).join("\n"), fault, "{name}");
    }
}

#[test]
fn a_test_is_found_by_its_attribute() {
    let source = "fn helper() {}\n#[test]\nfn one() {}\n#[test]\n#[should_panic]\nfn two() {}\n\
        #[tokio::test]\nasync fn three() {}\nproptest! {\n    #[test]\n    fn four(\n        x: u8,\n\
        #[derive(Debug)]\nstruct No;\nfn no() {}\n// #[test]\nfn commented_out() {}\n";
    assert!(tests_in(source).into_iter().eq(["four", "one", "three", "two"]));
}

/// What is wrong with the table, each with the row's id.
fn faults(table: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for cells in table.lines().filter_map(cells) {
        let row = match cells[..] {
            ["id", ..] => continue,
            [id, ..] if id.starts_with("---") => continue,
            [id, place, rule, level, cover] => {
                if [id, place, rule].contains(&"") {
                    faults.push(format!("{id}: an empty cell"));
                }
                Row { id, level, cover }
            }
            _ => {
                faults.push(format!("{}: {} cells, not 5", cells[0], cells.len()));
                continue;
            }
        };
        if !ids.insert(row.id) {
            faults.push(format!("{}: stands twice", row.id));
        }
        if !LEVELS.contains(&row.level) {
            faults.push(format!("{}: level {}", row.id, row.level));
        }
        faults.extend(cover_faults(&row, known));
    }
    if ids.is_empty() && faults.is_empty() {
        faults.push("no rows".into());
    }
    faults
}

fn cover_faults(row: &Row<'_>, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    if row.cover.is_empty() {
        return vec![format!("{}: neither a test nor a reason", row.id)];
    }
    if let Some(reason) = REASONS.iter().find_map(|marker| row.cover.strip_prefix(marker)) {
        let empty = reason.trim().is_empty();
        return if empty { vec![format!("{}: an empty reason", row.id)] } else { vec![] };
    }
    let exists = |test: &str| {
        let (file, name) = test.split_once("::").unwrap_or_default();
        known.get(file).is_some_and(|tests| tests.contains(name))
    };
    row.cover
        .split(',')
        .map(|test| test.trim().trim_matches('`'))
        .filter(|test| !exists(test))
        .map(|test| format!("{}: no test {test}", row.id))
        .collect()
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// The names of all tests, by file.
fn all_tests(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, tests_in(&fs::read_to_string(path).unwrap()))
        })
        .collect()
}

/// The functions that stand behind `#[test]` or `#[tokio::test]`, in `proptest!` too.
fn tests_in(source: &str) -> BTreeSet<String> {
    let mut is_test = false;
    let mut names = BTreeSet::new();
    for line in source.lines().map(str::trim_start) {
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(function) = function {
            let name = function.split(['(', '<']).next().unwrap_or_default();
            if is_test {
                names.insert(name.into());
            }
            is_test = false;
        }
    }
    names
}
