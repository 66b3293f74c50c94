//! The examples as programs.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

/// The program of an example, which `cargo test` has built beside this test's directory; with
/// `--test`, it builds none: `cargo build --examples`.
pub fn example(name: &str) -> Command {
    let mut path = env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", name]);
    assert!(path.exists(), "{}: cargo build --examples", path.display());
    Command::new(path)
}

/// An example that serves until it is ended, at the latest with its test.
pub struct Server {
    pub process: Child,
    /// What it prints behind its address.
    #[allow(dead_code, reason = "each test uses its part")]
    pub prints: BufReader<ChildStdout>,
    pub url: String,
}

impl Server {
    pub fn start(name: &str) -> Self {
        let mut server = example(name);
        let mut process = server.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut prints = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        prints.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap().into();
        Self { process, prints, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
