//! Registries of a user's own, and mirrors in a network of their own: what is public needs no setting.

use std::net::IpAddr;
use std::str::FromStr;

use camino::Utf8PathBuf;
use videogen_cdn::{AssetStoreLimits, Registry, RegistryRules};
use videogen_net::AddressPolicy;
use videogen_types::{ByteSize, InvalidValue};

use super::Settings;

/// A host or network that mirrors may be in, though it is not public or not encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MirrorHost {
    /// An address, and how many of its leading bits count.
    Network(IpAddr, u8),
    /// A name, which may be asked by plain http.
    Name(String),
}

impl FromStr for MirrorHost {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || {
            let allowed = "an address such as 127.0.0.1, a network such as 10.1.0.0/16, or the name of a host";
            InvalidValue::new("host of mirrors", text, allowed)
        };
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let bare = address.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(whole), |prefix| {
                prefix.parse::<u8>().map_err(|_| wrong())
            })?;
            return if prefix <= whole {
                Ok(Self::Network(address, prefix))
            } else {
                Err(wrong())
            };
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if prefix.is_none() && !text.is_empty() && text.len() <= 253 && text.chars().all(is_name) {
            Ok(Self::Name(text.to_ascii_lowercase()))
        } else {
            Err(wrong())
        }
    }
}

impl MirrorHost {
    /// Whether a host of a URL is meant.
    fn has(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case(host),
            Self::Network(address, prefix) => bare
                .parse::<IpAddr>()
                .is_ok_and(|other| leading(*address, *prefix) == leading(other, *prefix)),
        }
    }
}

/// The leading bits of an address, with its family.
fn leading(address: IpAddr, prefix: u8) -> (bool, u128) {
    let (bits, of) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let dropped = u32::from(of - prefix.min(of));
    (address.is_ipv4(), bits.checked_shr(dropped).unwrap_or(0))
}

/// Where what was fetched may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MirrorHosts(Vec<MirrorHost>);

impl MirrorHosts {
    /// What a registry may have: plain http where it was allowed. An allowed network allows each of its hosts that a text of a
    /// registry names.
    pub(crate) fn rules(&self, text: &str) -> RegistryRules {
        let mut rules = RegistryRules::default();
        for host in &self.0 {
            match host {
                MirrorHost::Name(name) => rules = rules.allow_plain_http(name),
                MirrorHost::Network(address, _) => {
                    let shown = match address {
                        IpAddr::V4(address) => address.to_string(),
                        IpAddr::V6(address) => format!("[{address}]"),
                    };
                    rules = rules.allow_plain_http(&shown);
                }
            }
        }
        // The other addresses of a network, as they stand in the text.
        for rest in text.split("http://").skip(1) {
            let host = rest.split(['/', '"', '\'', '?']).next().unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(host, port)| {
                if port.chars().all(|c| c.is_ascii_digit()) {
                    host
                } else {
                    rest
                }
            });
            if self.0.iter().any(|allowed| allowed.has(host)) {
                rules = rules.allow_plain_http(host);
            }
        }
        rules
    }

    /// `policy`, and the hosts at the ports that mirrors of `registry` have there.
    pub(crate) fn admit(&self, mut policy: AddressPolicy, registry: &Registry) -> AddressPolicy {
        if self.0.is_empty() {
            return policy;
        }
        policy = policy.allow_http();
        for host in &self.0 {
            policy = match host {
                MirrorHost::Network(address, prefix) => policy.allow_network(*address, *prefix),
                MirrorHost::Name(name) => policy.allow_host(name),
            };
        }
        let files = registry.assets().flat_map(|asset| &asset.files);
        for mirror in files.flat_map(|file| &file.mirrors) {
            let host = mirror.url.host_str().unwrap_or_default();
            if let Some(port) = mirror.url.port()
                && self.0.iter().any(|allowed| allowed.has(host))
            {
                policy = policy.allow_port(port);
            }
        }
        policy
    }
}

impl Settings {
    /// Hosts that mirrors may be on, though they are not public.
    pub(crate) fn mirror_hosts(&self) -> MirrorHosts {
        MirrorHosts(self.list("mirror_hosts"))
    }

    /// The registry that was named for this run, or by the settings.
    pub(crate) fn registry_file(&self) -> Option<Utf8PathBuf> {
        self.get("registry")
    }

    /// How much of what was fetched is kept.
    pub(crate) fn assets_limits(&self) -> AssetStoreLimits {
        AssetStoreLimits {
            bytes: self.required::<ByteSize>("assets_limit").get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{refused, settings_of};

    const MINE: &str = r#"
        [[asset]]
        id = "a"
        kind = "music"
        title = "a"
        licence = "CC0-1.0"
        file = [{ name = "a.mp3", mirrors = ["http://127.0.0.1:8123/a.mp3", "http://10.1.2.3:81/a.mp3", "https://example.org/a.mp3"] }]
    "#;

    fn hosts(text: &str) -> MirrorHosts {
        settings_of(&[("VIDEOGEN_MIRROR_HOSTS", text)]).mirror_hosts()
    }

    #[test]
    fn hosts_of_ones_own_are_allowed_and_no_others() {
        let parse = |hosts: &MirrorHosts| Registry::parse(MINE, "mine", &hosts.rules(MINE));
        assert!(parse(&hosts("")).is_err() && parse(&hosts("127.0.0.1")).is_err());
        let both = hosts("127.0.0.1, 10.1.0.0/16");
        let registry = parse(&both).expect("both are allowed");
        let policy = both.admit(AddressPolicy::public(), &registry);
        let mirrors = &registry.get("a").expect("there").files[0].mirrors;
        for mirror in mirrors {
            assert_eq!(policy.check_url(&mirror.url), Ok(()), "{}", mirror.url);
        }
        for other in [
            "http://127.0.0.2:8123/",
            "http://10.2.0.1:81/",
            "http://127.0.0.1:22/",
        ] {
            let url = other.parse().expect("a URL");
            assert!(policy.check_url(&url).is_err(), "{other}");
        }
        // Without any, nothing is different.
        let public = AddressPolicy::public();
        assert_eq!(hosts("").admit(public.clone(), &registry), public);
    }

    #[test]
    fn what_is_no_host_is_named() {
        for (text, is) in [
            (
                "::1",
                MirrorHost::Network("::1".parse().expect("an address"), 128),
            ),
            (
                "10.0.0.0/8",
                MirrorHost::Network("10.0.0.0".parse().expect("an address"), 8),
            ),
            ("NAS.local", MirrorHost::Name("nas.local".into())),
        ] {
            assert_eq!(text.parse(), Ok(is));
        }
        for wrong in ["10.0.0.0/33", "10.0.0.0/x", "http://nas", "a b", "nas/8"] {
            let failure = refused(&[("VIDEOGEN_MIRROR_HOSTS", wrong)]);
            assert!(
                failure.message.contains("VIDEOGEN_MIRROR_HOSTS"),
                "{failure:?}"
            );
        }
    }
}
