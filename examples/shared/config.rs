//! The settings of the example servers and clients.

use fullduplex::Config;

/// The defaults; and messages compressed, if the feature is there and the peer can.
pub fn config() -> Config {
    #[allow(unused_mut, reason = "for want of the feature")]
    let mut config = Config::default();
    #[cfg(feature = "deflate")]
    {
        let mut compression = fullduplex::Compression::default();
        compression.context_takeover = true;
        compression.peer_context_takeover = true;
        config.compression = Some(compression);
    }
    config
}
