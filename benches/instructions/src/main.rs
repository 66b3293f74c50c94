//! Counts the instructions that the core's work takes, once it is under way: valgrind runs each case
//! n times, then 2n times, and the difference is what n of them take.
//!
//! Without arguments it prints a line for each case: its name, a tab, instructions. With a case's
//! number and n it is what valgrind runs.

use std::{
    env,
    io::{self, Error},
    process::{Child, Command, Stdio},
};

use cases::CASES;

mod cases;
#[path = "../../common/mod.rs"]
mod common;

fn main() -> io::Result<()> {
    let arguments: Vec<usize> = env::args().skip(1).filter_map(|it| it.parse().ok()).collect();
    if let [case, rounds] = arguments[..] {
        let mut work = CASES[case].1();
        (0..rounds).for_each(|_| work());
        return Ok(());
    }
    for (case, (name, _)) in CASES.iter().enumerate() {
        // Both at once, for a machine with two processors.
        let (once, twice) = (start(case, ROUNDS)?, start(case, 2 * ROUNDS)?);
        let (once, twice) = (instructions(once)?, instructions(twice)?);
        println!("{name}\t{}", (twice - once + ROUNDS as u64 / 2) / ROUNDS as u64);
    }
    Ok(())
}

/// Starts to run a case so many times under valgrind.
fn start(case: usize, rounds: usize) -> io::Result<Child> {
    Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([case.to_string(), rounds.to_string()])
        // Copying with `rep movsb`, which glibc does on some processors only, counts for each byte.
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS,-FSRM")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// How many instructions a run took.
fn instructions(run: Child) -> io::Result<u64> {
    let run = run.wait_with_output()?;
    let report = String::from_utf8_lossy(&run.stderr);
    let count = report.lines().find_map(|line| line.split_once("Collected : "));
    match count.and_then(|(_, count)| count.trim().parse().ok()) {
        Some(count) if run.status.success() => Ok(count),
        _ => Err(Error::other(report.into_owned())),
    }
}

/// Enough that the start of the process, which takes a few hundred more or less each time, is lost.
const ROUNDS: usize = 1000;
