//! What kind of address an address is; pure.
//!
//! The lists are the IANA special-purpose registries for IPv4 and IPv6. Addresses that carry an IPv4 address inside are
//! judged by that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressKind {
    /// Reachable from everywhere.
    Public,
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, unique local, carrier-grade NAT).
    Private,
    /// The link only.
    LinkLocal,
    /// The metadata service of a cloud: it hands out credentials.
    Metadata,
    /// `0.0.0.0` and `::`, which name no machine; systems take them for this one.
    Unspecified,
    /// Many machines.
    Multicast,
    /// Documentation, benchmarks, tunnels, and what is not handed out.
    Reserved,
}

impl AddressKind {
    /// What `address` is.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// In words, after "is".
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "this machine",
            Self::Private => "in a private network",
            Self::LinkLocal => "link-local",
            Self::Metadata => "a cloud's metadata service",
            Self::Unspecified => "no address to connect to",
            Self::Multicast => "a multicast or broadcast address",
            Self::Reserved => "reserved",
        }
    }
}

fn of_v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        [0, 0, 0, 0] => AddressKind::Unspecified,
        [169, 254, 169, 254] | [100, 100, 100, 200] => AddressKind::Metadata,
        [127, ..] => AddressKind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            AddressKind::Private
        }
        [169, 254, ..] => AddressKind::LinkLocal,
        [224..=239, ..] | [255, 255, 255, 255] => AddressKind::Multicast,
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressKind::Reserved,
        _ => AddressKind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressKind {
    let segments = address.segments();
    if address.is_unspecified() {
        return AddressKind::Unspecified;
    }
    if address.is_loopback() {
        return AddressKind::Loopback;
    }
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // IPv4-mapped, IPv4-compatible (long deprecated), and NAT64, which IPv6-only networks need.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            inner(high, low)
        }
        // 6to4 carries the router's IPv4 address.
        [0x2002, high, low, ..] => match inner(high, low) {
            AddressKind::Public => AddressKind::Reserved,
            kind => kind,
        },
        // EC2's metadata service.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => AddressKind::Metadata,
        // Unique local, and site-local of old.
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => AddressKind::Private,
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        // What is handed out at all is 2000::/3; within it: Teredo and other protocol assignments, documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressKind::Reserved,
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> AddressKind {
        AddressKind::of(text.parse().unwrap())
    }

    #[test]
    fn every_known_way_round_the_guard_is_seen_through() {
        for (text, expected) in [
            ("127.0.0.1", AddressKind::Loopback),
            ("127.255.255.254", AddressKind::Loopback),
            ("::1", AddressKind::Loopback),
            ("::ffff:127.0.0.1", AddressKind::Loopback),
            ("::127.0.0.1", AddressKind::Loopback),
            ("64:ff9b::7f00:1", AddressKind::Loopback),
            ("2002:7f00:1::", AddressKind::Loopback),
            ("::ffff:169.254.169.254", AddressKind::Metadata),
            ("64:ff9b::a9fe:a9fe", AddressKind::Metadata),
            ("169.254.169.254", AddressKind::Metadata),
            ("fd00:ec2::254", AddressKind::Metadata),
            ("0.0.0.0", AddressKind::Unspecified),
            ("::", AddressKind::Unspecified),
            ("::ffff:0.0.0.0", AddressKind::Unspecified),
            ("0.1.2.3", AddressKind::Reserved),
            ("10.0.0.1", AddressKind::Private),
            ("172.31.0.1", AddressKind::Private),
            ("192.168.1.1", AddressKind::Private),
            ("100.64.0.1", AddressKind::Private),
            ("::ffff:10.0.0.1", AddressKind::Private),
            ("fc00::1", AddressKind::Private),
            ("fec0::1", AddressKind::Private),
            ("fe80::1", AddressKind::LinkLocal),
            ("169.254.1.1", AddressKind::LinkLocal),
            ("224.0.0.1", AddressKind::Multicast),
            ("255.255.255.255", AddressKind::Multicast),
            ("ff02::1", AddressKind::Multicast),
            ("240.0.0.1", AddressKind::Reserved),
            ("192.0.2.1", AddressKind::Reserved),
            ("198.18.0.1", AddressKind::Reserved),
            ("2001::1", AddressKind::Reserved),
            ("2001:db8::1", AddressKind::Reserved),
            ("100::1", AddressKind::Reserved),
            ("64:ff9b:1::1", AddressKind::Reserved),
            ("3fff::1", AddressKind::Reserved),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(kind(text), AddressKind::Public, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_wrapped_address_is_what_it_wraps(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let plain = AddressKind::of(address.into());
            // `::` and `::1` are addresses of their own.
            prop_assume!(bits > 1);
            prop_assert_eq!(AddressKind::of(address.to_ipv6_mapped().into()), plain);
            let [a, b, c, d] = address.octets();
            let compatible = Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
            prop_assert_eq!(AddressKind::of(compatible.into()), plain);
        }

        #[test]
        fn nothing_private_by_std_is_public(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            if address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified()
            {
                prop_assert_ne!(AddressKind::of(address.into()), AddressKind::Public);
            }
        }
    }
}
