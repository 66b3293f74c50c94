//! The client that the Autobahn testsuite examines: it echoes what each case sends.
//!
//! `tests/autobahn/run client tokio` runs it, with `URL`, `AGENT` and `ADAPTER` in its environment.

use std::env;

use either::Adapter;
use fullduplex::Error;

#[path = "shared/config.rs"]
mod config;
#[path = "shared/either.rs"]
mod either;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let [url, agent] =
        ["URL", "AGENT"].map(|name| env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
    let adapter = Adapter::from_env(&url).await?;
    let count = echo(&adapter, &format!("{url}/getCaseCount")).await?;
    let count = count.expect("the number of cases");
    for case in 1..=count.parse::<u32>().expect("a number") {
        // What a case does wrong is an error here, as it should be; the report is the judge.
        let url = format!("{url}/runCase?case={case}&agent={agent}");
        if let Err(error) = echo(&adapter, &url).await {
            eprintln!("case {case}: {error}");
        }
    }
    echo(&adapter, &format!("{url}/updateReports?agent={agent}")).await?;
    Ok(())
}

/// Echoes all that comes; returns the last text, which is what `getCaseCount` says.
async fn echo(adapter: &Adapter, url: &str) -> Result<Option<String>, Error> {
    let mut client = adapter.connect(url).await?;
    let mut last = None;
    while let Some(message) = client.receive().await? {
        last = message.as_text().map(String::from);
        client.feed(message).await?;
    }
    Ok(last)
}
