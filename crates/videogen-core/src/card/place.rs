//! Where a server is: on this machine, or on another one of a name.

use std::net::Ipv6Addr;

use url::{Host, Url};

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// This one.
    Here,
    /// Another one, by its name or address.
    At(String),
}

impl Place {
    /// The machine in `address`, a URL; `None` when there is none in it.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let here = match url.host()? {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                if name != "localhost" && !name.ends_with(".localhost") {
                    return Some(Self::At(name));
                }
                true
            }
            Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
            Host::Ipv6(address) => is_here(address),
        };
        Some(if here {
            Self::Here
        } else {
            Self::At(url.host_str()?.to_owned())
        })
    }
}

/// Loopback, also written as an address of version 4.
fn is_here(address: Ipv6Addr) -> bool {
    let mapped = address.to_ipv4_mapped();
    address.is_loopback()
        || address.is_unspecified()
        || mapped.is_some_and(|address| address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_are_known_and_others_kept_apart() {
        for here in [
            "http://127.0.0.1:8188",
            "http://127.8.8.8/",
            "http://LOCALHOST:11434/v1",
            "http://comfy.localhost",
            "http://[::1]:8188",
            "http://[::ffff:127.0.0.1]:1",
            "http://0.0.0.0:8188",
        ] {
            assert_eq!(Place::of(here), Some(Place::Here), "{here}");
        }
        let at = |address| match Place::of(address) {
            Some(Place::At(name)) => name,
            other => panic!("{address}: {other:?}"),
        };
        assert_eq!(at("http://Box.local:8188"), at("https://box.local./comfy"));
        assert_ne!(at("http://192.168.1.20"), at("http://192.168.1.21"));
        for nowhere in ["", "box:8188", "data:,x", "file:///x"] {
            assert_eq!(Place::of(nowhere), None, "{nowhere}");
        }
    }
}
