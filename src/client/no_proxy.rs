//! Which hosts are reached without a proxy: the rules of `no_proxy`.

use alloc::{string::String, vec::Vec};
use core::net::IpAddr;

use crate::handshake::{split_port, without_brackets};

/// The rules of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProxy(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// `*`
    All,
    /// `a.example`, itself and what is below it, or `.a.example`, only what is below; in lower case,
    /// with the leading dot.
    Name { suffix: String, itself: bool, port: Option<u16> },
    /// `10.0.0.0/8`, or one address.
    Network { address: IpAddr, prefix_len: u32, port: Option<u16> },
}

/// A host in its one form.
enum Host {
    Name(String),
    Address(IpAddr),
}

impl NoProxy {
    /// Parses a list: commas or blanks stand between its rules. One that says nothing matches nothing.
    pub(super) fn parse(list: &str) -> Self {
        let rules = list.split([',', ' ', '\t']).filter(|rule| !rule.is_empty());
        Self(rules.filter_map(Rule::parse).collect())
    }

    /// Whether a client goes to `host` without a proxy.
    pub(super) fn matches(&self, host: &str, port: u16) -> bool {
        let host = Host::new(host);
        host.is_loopback() || self.0.iter().any(|rule| rule.matches(&host, port))
    }
}

impl Host {
    fn new(host: &str) -> Self {
        match host.parse::<IpAddr>() {
            Ok(address) => Self::Address(address.to_canonical()),
            // Without the dot that ends a name from the root.
            Err(_) => Self::Name(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()),
        }
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl Rule {
    fn parse(rule: &str) -> Option<Self> {
        if rule == "*" {
            return Some(Self::All);
        }
        if let Some((address, prefix_len)) = rule.split_once('/') {
            let (address, prefix_len) = (address.parse().ok()?, prefix_len.parse().ok()?);
            let fits = prefix_len <= address_len(address);
            return fits.then_some(Self::Network { address, prefix_len, port: None });
        }
        // An IPv6 address may stand there without brackets.
        let (host, port) = match rule.parse::<IpAddr>() {
            Ok(_) => (rule, None),
            Err(_) => split_port(rule).ok()?,
        };
        // `*.a.example` is `.a.example`.
        let host = host.strip_prefix('*').unwrap_or(host);
        match Host::new(without_brackets(host)) {
            Host::Address(address) => {
                Some(Self::Network { address, prefix_len: address_len(address), port })
            }
            Host::Name(name) => {
                let itself = !name.starts_with('.');
                let suffix = if itself { [".", &name].concat() } else { name };
                (suffix.len() > 1).then_some(Self::Name { suffix, itself, port })
            }
        }
    }

    fn matches(&self, host: &Host, port: u16) -> bool {
        let is_port = |wanted: &Option<u16>| wanted.is_none_or(|wanted| wanted == port);
        match (self, host) {
            (Self::All, _) => true,
            (Self::Name { suffix, itself, port }, Host::Name(name)) => {
                is_port(port) && (name.ends_with(suffix) || *itself && *name == suffix[1..])
            }
            (Self::Network { address: network, prefix_len, port }, Host::Address(address)) => {
                is_port(port) && is_in(*address, *network, *prefix_len)
            }
            _ => false,
        }
    }
}

/// Whether both have their first `prefix_len` bits in common (RFC 4632 §3.1).
fn is_in(address: IpAddr, network: IpAddr, prefix_len: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= prefix_len
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= prefix_len
        }
        _ => false,
    }
}

/// In bits.
const fn address_len(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}
