//! The way through a proxy, over a stream.

use super::{adapter::Adapter, wire::Wire};
use crate::{
    ClientRequest, Config, Error, HandshakeError, Role, WriteBuffer,
    client::{Proxy, ProxyError, Tunnel},
};

/// Has the proxy at the other end of `stream` open a tunnel to the server of `request`. Returns the
/// stream, which is the server's then.
pub(crate) async fn tunnel_over<S: Unpin, A: Adapter<S>>(
    stream: S,
    proxy: &Proxy,
    request: &ClientRequest,
    config: &Config,
) -> Result<S, Error> {
    let mut wire = Wire::<S, A>::new(stream, Role::Client, config);
    let step = wire.in_time(async |wire| {
        let failed = |error: ProxyError| Error::from(HandshakeError::from(error));
        let (host, port) = (request.host(), request.port());
        let mut output = WriteBuffer::new();
        let mut tunnel = Tunnel::start(proxy, host, port, config, &mut output).map_err(failed)?;
        loop {
            wire.write(&mut output).await?;
            if wire.read().await? == 0 {
                return Err(failed(tunnel.receive_end()));
            }
            let received = wire.input.consume(|unread| tunnel.receive(unread, &mut output));
            let is_open = received.map_err(failed)?;
            wire.input.release();
            if !wire.input.is_empty() {
                return Err(failed(ProxyError::UnexpectedBytes));
            }
            if is_open {
                return Ok(());
            }
        }
    });
    let opened = step.await;
    wire.observed(opened)?;
    Ok(wire.stream)
}
