//! Which machine an address is of: this one, or another one of a name.

use std::net::Ipv6Addr;

use url::{Host, Url};
use videogen_types::Machine;

/// Returns the machine in `address`, a URL; `None` when there is none in it. Names are compared without a trailing dot and
/// without case; nothing is resolved.
pub fn machine_of(address: &str) -> Option<Machine> {
    let url = Url::parse(address).ok()?;
    let is_here = match url.host()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            if name != "localhost" && !name.ends_with(".localhost") {
                return Some(Machine::Remote(name));
            }
            true
        }
        Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        Host::Ipv6(address) => is_here(address),
    };
    Some(if is_here {
        Machine::Local
    } else {
        Machine::Remote(url.host_str()?.to_owned())
    })
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
            assert_eq!(machine_of(here), Some(Machine::Local), "{here}");
        }
        let at = |address| match machine_of(address) {
            Some(Machine::Remote(name)) => name,
            other => panic!("{address}: {other:?}"),
        };
        assert_eq!(at("http://Box.local:8188"), at("https://box.local./comfy"));
        assert_ne!(at("http://192.168.1.20"), at("http://192.168.1.21"));
        for nowhere in ["", "box:8188", "data:,x", "file:///x"] {
            assert_eq!(machine_of(nowhere), None, "{nowhere}");
        }
    }
}
