//! Which addresses a desk may call: the public ones, and those that the operator of this desk allowed by name.
//!
//! Whoever may write a URL must not reach what only this machine can reach: its own services, the office behind it,
//! the metadata service of its cloud. Names and spellings do not matter here; the address that is connected to does.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`; a single address is a range of one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is neither an address nor a network: write 10.0.0.5, 10.0.0.0/8 or fd00::/8")]
pub struct NotANetwork(pub String);

/// The ranges that a desk may call although they are not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Vec<Network>);

/// Why an address may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Public,
    /// Named by the operator of this desk, who answers for what stands there.
    Allowed,
}

/// An address that is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what}{}", if *.can_be_allowed { " that webhook.allow_addresses does not list" } else { ", which is never called" })]
pub struct Forbidden {
    pub address: IpAddr,
    what: &'static str,
    can_be_allowed: bool,
}

const METADATA: &str = "the metadata service of a cloud";

/// Nobody's pager lives there, whatever is allowed.
const NEVER: [(Network, &str); 9] = [
    (v4([0, 0, 0, 0], 8), "an unspecified address"),
    (v4([169, 254, 169, 254], 32), METADATA),
    (v4([169, 254, 0, 23], 32), METADATA),
    (v4([100, 100, 100, 200], 32), METADATA),
    (v4([168, 63, 129, 16], 32), METADATA),
    (v4([192, 0, 0, 192], 32), METADATA),
    (v4([224, 0, 0, 0], 4), "a multicast address"),
    (v4([255, 255, 255, 255], 32), "the broadcast address"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), METADATA),
];

/// Called only where the operator allowed it. The registries of special-purpose addresses (RFC 6890) and what belongs
/// with them; of IPv6 everything outside 2000::/3 is closed anyway, named here so that it is told well.
const CLOSED: [(Network, &str); 26] = [
    (v4([10, 0, 0, 0], 8), "a private address"),
    (v4([100, 64, 0, 0], 10), "a carrier's internal address"),
    (v4([127, 0, 0, 0], 8), "this machine itself"),
    (v4([169, 254, 0, 0], 16), "a link-local address"),
    (v4([172, 16, 0, 0], 12), "a private address"),
    (v4([192, 0, 0, 0], 24), "a reserved address"),
    (v4([192, 0, 2, 0], 24), "an address for documentation"),
    (v4([192, 88, 99, 0], 24), "a 6to4 relay"),
    (v4([192, 168, 0, 0], 16), "a private address"),
    (v4([198, 18, 0, 0], 15), "an address for benchmarks"),
    (v4([198, 51, 100, 0], 24), "an address for documentation"),
    (v4([203, 0, 113, 0], 24), "an address for documentation"),
    (v4([240, 0, 0, 0], 4), "a reserved address"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "an unspecified address"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "this machine itself"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "an IPv4-compatible address"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "a translated (NAT64) address"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "a tunnelled (Teredo) address"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "a reserved address"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "an address for documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "a tunnelled (6to4) address"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "an address for documentation"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a private (unique local) address"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "a link-local address"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a site-local address"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast address"),
];

const GLOBAL_UNICAST: Network = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// What stands behind the last 32 bits of these is an IPv4 address (RFC 6052).
const NAT64: Network = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Whether this very address may be connected to.
pub fn check_address(address: IpAddr, allow: &AllowedAddresses) -> Result<Standing, Forbidden> {
    // `::ffff:10.0.0.1` is 10.0.0.1 to the system that connects, so it is to us.
    let address = address.to_canonical();
    if let Some(what) = named_in(&NEVER, address) {
        return Err(Forbidden { address, what, can_be_allowed: false });
    }
    if allow.contains(address) {
        return Ok(Standing::Allowed);
    }
    let closed = |what| Err(Forbidden { address, what, can_be_allowed: true });
    if let Some(inner) = behind_nat64(address) {
        // Where only IPv6 reaches out, every IPv4 address looks like this; what it leads to decides.
        return match check_address(inner, &AllowedAddresses::default()) {
            Ok(_) => Ok(Standing::Public),
            Err(forbidden) => closed(forbidden.what),
        };
    }
    match named_in(&CLOSED, address) {
        Some(what) => closed(what),
        None if address.is_ipv6() && !GLOBAL_UNICAST.contains(address) => closed("no public address"),
        None => Ok(Standing::Public),
    }
}

fn named_in(table: &[(Network, &'static str)], address: IpAddr) -> Option<&'static str> {
    table.iter().find(|(network, _)| network.contains(address)).map(|(_, what)| *what)
}

fn behind_nat64(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V6(outer) if NAT64.contains(address) => {
            let [.., a, b, c, d] = outer.octets();
            Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Network {
    Network { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], bits: u8) -> Network {
    Network { address: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), bits }
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = u32::from(own) ^ u32::from(other);
                differing.checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = u128::from(own) ^ u128::from(other);
                differing.checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) =
            text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > all { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl AllowedAddresses {
    pub fn parse<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self, NotANetwork> {
        list.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allow: &[&str]) -> Result<Standing, String> {
        let allow = AllowedAddresses::parse(allow.iter().copied()).unwrap();
        check_address(address.parse().unwrap(), &allow).map_err(|forbidden| forbidden.to_string())
    }

    /// First and last address of each range, and the neighbours that are public again.
    #[test]
    fn every_range_that_is_not_public_is_closed() {
        let table: [(&[&str], &str); 32] = [
            (&["0.0.0.0", "0.255.255.255", "::"], "unspecified"),
            (
                &["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
                "private",
            ),
            (&["100.64.0.0", "100.127.255.255"], "carrier"),
            (&["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"], "this machine"),
            (&["169.254.0.0", "169.254.255.255", "fe80::", "febf:ffff::1"], "link-local"),
            (&["169.254.169.254", "169.254.0.23", "100.100.100.200"], "metadata"),
            (&["168.63.129.16", "192.0.0.192", "fd00:ec2::254"], "metadata"),
            (&["192.0.0.0", "192.0.0.255", "240.0.0.0", "255.255.255.254"], "reserved"),
            (&["192.0.2.0", "192.0.2.255", "198.51.100.7", "203.0.113.255"], "documentation"),
            (&["192.88.99.1"], "6to4 relay"),
            (&["198.18.0.0", "198.19.255.255"], "benchmarks"),
            (&["224.0.0.0", "239.255.255.255", "ff02::1", "ffff::"], "multicast"),
            (&["255.255.255.255"], "broadcast"),
            (&["::ffff:10.0.0.1", "::ffff:192.168.1.1"], "private"),
            (&["::ffff:127.0.0.1"], "this machine"),
            (&["::ffff:169.254.169.254"], "metadata"),
            (&["::ffff:0.0.0.0"], "unspecified"),
            (&["::127.0.0.1", "::8.8.8.8"], "IPv4-compatible"),
            (&["64:ff9b::127.0.0.1"], "this machine"),
            (&["64:ff9b::10.0.0.1"], "private"),
            (&["64:ff9b::169.254.169.254"], "metadata"),
            (&["64:ff9b:1::8.8.8.8"], "NAT64"),
            (&["2001::1", "2001:0:ffff::"], "Teredo"),
            (&["2001:20::1", "2001:1ff:ffff::"], "reserved"),
            (&["2001:db8::1"], "documentation"),
            (&["3fff::1", "3fff:fff::"], "documentation"),
            (&["2002:7f00:1::", "2002:808:808::"], "6to4"),
            (&["fc00::1", "fdff:ffff::1"], "unique local"),
            (&["fec0::1", "feff::1"], "site-local"),
            (&["100::1", "5f00::1", "4000::1", "::1:0:0:0", "1fff:ffff::"], "no public"),
            (&["fe00::1", "8000::1"], "no public"),
            (&["::ffff:0:10.0.0.1"], "no public"),
        ];
        for (addresses, what) in table {
            for address in addresses {
                let said = check(address, &[]).expect_err(address);
                assert!(said.contains(what), "{address}: {said}");
            }
        }
    }

    #[test]
    fn what_lies_between_is_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.114.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2000::1",
            "2001:200::1",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "240e::1",
            "2606:4700::1111",
            "3ffe:ffff::1",
            "3fff:1000::1",
        ] {
            assert_eq!(check(address, &[]), Ok(Standing::Public), "{address}");
        }
    }

    #[test]
    fn what_the_operator_allowed_is_called_and_nothing_beside_it() {
        let allow = ["10.1.0.0/16", "192.168.7.7", "fd12::/16", "8.8.8.8"];
        for address in ["10.1.0.0", "10.1.255.255", "192.168.7.7", "fd12::1", "8.8.8.8", "::ffff:10.1.2.3"] {
            assert_eq!(check(address, &allow), Ok(Standing::Allowed), "{address}");
        }
        for address in ["10.0.255.255", "10.2.0.0", "192.168.7.8", "fd13::1", "::1", "64:ff9b::10.1.0.1"] {
            let said = check(address, &allow).expect_err(address);
            assert!(said.contains("webhook.allow_addresses does not list"), "{said}");
        }
        assert_eq!(check("8.8.4.4", &allow), Ok(Standing::Public));
    }

    #[test]
    fn some_addresses_nobody_can_allow() {
        let everything = ["0.0.0.0/0", "::/0"];
        for address in ["0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254", "224.0.0.1", "255.255.255.255"] {
            assert!(check(address, &everything).expect_err(address).contains("never called"), "{address}");
        }
        assert_eq!(check("127.0.0.1", &everything), Ok(Standing::Allowed));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["", "10.0.0.0/33", "10.0/8", "fd00::/129", "pager.example.cn", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert_eq!(AllowedAddresses::parse([text]), Err(NotANetwork(text.to_owned())));
        }
    }
}
