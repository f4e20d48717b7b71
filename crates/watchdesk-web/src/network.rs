//! Whose word counts about where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

/// Proxies in a chain that we look back through.
const HOPS_MAX: usize = 10;

/// Proxies of ours, as addresses or networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is neither an address nor a network: write 10.0.0.5, 10.0.0.0/8 or fd00::/8")]
pub struct NetworkError(pub String);

impl TrustedProxies {
    pub fn parse<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self, NetworkError> {
        list.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client's address: the peer's, unless the peer is a proxy of ours, which then says for whom it speaks.
    fn client(&self, peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
        let mut client = peer;
        for claimed in forwarded_for.into_iter().flat_map(|list| list.rsplit(',')).take(HOPS_MAX) {
            if !self.trusts(client) {
                break;
            }
            let Ok(address) = claimed.trim().parse() else { break };
            client = address;
        }
        client
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, bits) =
            text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Who asks, for throttling. Never logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Without a connection, as in tests, it is the machine's own.
    pub fn of(parts: &Parts, trusted: &TrustedProxies) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let forwarded: Vec<&str> =
            parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let forwarded = forwarded.join(",");
        Self(trusted.client(peer, Some(forwarded.as_str()).filter(|list| !list.is_empty())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listed_proxy_says_for_whom_it_speaks() {
        let trusted = TrustedProxies::parse(["10.0.0.0/8", "fd00::1"]).unwrap();
        let table = [
            ("203.0.113.9", None, "203.0.113.9"),
            ("203.0.113.9", Some("198.51.100.7"), "203.0.113.9"),
            ("10.1.2.3", Some("198.51.100.7"), "198.51.100.7"),
            ("10.1.2.3", Some("192.0.2.1, 198.51.100.7"), "198.51.100.7"),
            ("10.1.2.3", Some("198.51.100.7, 10.9.9.9"), "198.51.100.7"),
            ("10.1.2.3", Some("nonsense"), "10.1.2.3"),
            ("fd00::1", Some("2001:db8::7"), "2001:db8::7"),
            ("::ffff:10.1.2.3", Some("198.51.100.7"), "198.51.100.7"),
        ];
        for (peer, forwarded, expected) in table {
            let client = trusted.client(peer.parse().unwrap(), forwarded);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["", "desk.example", "10.0.0.0/33", "10.0.0.0/x", "fd00::/129"] {
            assert_eq!(TrustedProxies::parse([text]), Err(NetworkError(text.to_owned())));
        }
    }
}
