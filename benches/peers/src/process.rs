//! A server in a process of its own: the program that measures, started again as `serve NAME`.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{self, Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use crate::servers;

/// Pins this process, the load, to the second core; or becomes a server, if that is asked for.
///
/// Returns the arguments. A server prints its address, and `answer` to every line of its input.
pub fn start(answer: Option<fn() -> String>) -> Vec<String> {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    match &arguments[..] {
        [mode, name] if mode == "serve" => serve(name, answer),
        _ => pin(process::id()),
    }
    arguments
}

/// Runs a server until its parent ends it.
fn serve(name: &str, answer: Option<fn() -> String>) -> ! {
    if let Some(answer) = answer {
        thread::spawn(move || {
            let mut line = String::new();
            while std::io::stdin().read_line(&mut line).is_ok_and(|len| len > 0) {
                println!("{}", answer());
            }
        });
    }
    servers::run(name, |address| println!("{address}"));
    unreachable!("servers accept for ever")
}

/// A server on the first core; it ends with this value.
pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    pub fn start(name: &'static str) -> Self {
        let mut process = Command::new("taskset")
            .args(["-c", "0"])
            .arg(env::current_exe().expect("this program"))
            .args(["serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset is needed to pin processes");
        let questions = process.stdin.take().expect("piped");
        let mut answers = BufReader::new(process.stdout.take().expect("piped"));
        let address = line(&mut answers).parse().expect("an address");
        Self { name, address, process, questions, answers }
    }

    /// The yardstick is an echo of bytes: neither handshakes nor masks.
    pub fn is_raw(&self) -> bool {
        self.name == "raw"
    }

    /// User and system time so far, in nanoseconds, of all threads.
    pub fn processor_time(&self) -> f64 {
        // The kernel counts when the server goes to sleep.
        thread::sleep(Duration::from_millis(5));
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("Linux");
        let times = tasks.map(|task| {
            let path = task.expect("a thread").path().join("schedstat");
            let text = fs::read_to_string(path).expect("Linux with schedstat");
            text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).expect("nanoseconds")
        });
        times.sum()
    }

    /// What the server has to say for itself.
    pub fn ask(&mut self) -> String {
        self.questions.write_all(b"\n").expect("the server runs");
        line(&mut self.answers)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("the server runs");
        self.process.wait().expect("the server was started");
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("the server runs");
    line.trim().to_owned()
}

fn pin(process: u32) {
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", "1", &process.to_string()])
        .stdout(Stdio::null())
        .status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset is needed to pin processes");
}
