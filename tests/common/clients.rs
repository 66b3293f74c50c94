//! A client by way of each adapter.

use std::future::Future;

use fullduplex::{Error, Message, blocking, client::Client, tokio as ws};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// What the server says first, by way of each adapter.
pub(crate) fn both(client: &Client) -> [Result<String, Error>; 2] {
    let text = |message: Option<Message<'_>>| message.unwrap().as_text().unwrap().to_owned();
    let over_tokio = block_on(async {
        let (mut ws, _) = ws::connect_with(client).await?;
        ws.receive().await.map(text)
    });
    let blocking = blocking::connect_with(client).and_then(|(mut ws, _)| ws.receive().map(text));
    [over_tokio, blocking]
}
