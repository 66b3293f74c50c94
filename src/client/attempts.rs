//! The addresses of a host, in the order in which to try them (RFC 8305).

use core::{net::SocketAddr, time::Duration};

/// Sorts addresses so that the families take turns, the one of the first address first (§4).
pub(crate) fn in_order(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.into_iter().collect();
    let is_first = |address: &SocketAddr| address.is_ipv6() == addresses[0].is_ipv6();
    let mut first = addresses.iter().filter(|address| is_first(address));
    let mut second = addresses.iter().filter(|address| !is_first(address));
    let mut sorted = Vec::with_capacity(addresses.len());
    while sorted.len() < addresses.len() {
        sorted.extend(first.next());
        sorted.extend(second.next());
    }
    sorted
}

/// How long an attempt is waited for before the next one is made beside it (§5, §8).
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
