//! Which addresses may be contacted: decided on the URL before a connection, on the resolved addresses while it is
//! made, and again on each redirect.

mod access;
pub(crate) mod ranges;
pub(crate) mod resolver;

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};
use videogen_types::{Hint, Setting};

pub use self::access::NetworkAccess;
pub use self::ranges::AddressKind;

/// A network: an address and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix.min(32)))
                    .unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix.min(128)))
                    .unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: http_scheme(url.scheme())?.to_owned(),
            host: url.host_str()?.to_owned(),
            port: port(url)?,
        })
    }
}

/// The scheme of the request a URL leads to: WebSockets begin as HTTP.
fn http_scheme(scheme: &str) -> Option<&'static str> {
    match scheme {
        "http" | "ws" => Some("http"),
        "https" | "wss" => Some("https"),
        _ => None,
    }
}

fn port(url: &Url) -> Option<u16> {
    url.port_or_known_default()
}

/// Which hosts and addresses a client may contact.
///
/// There are two starting points. [`AddressPolicy::public`] is for URLs that others may have written (mirrors,
/// redirects, catalogues): https, the usual ports, and only addresses of the public internet. [`AddressPolicy::local`]
/// is for services a user configured, which live on this machine or in its network as often as not. A client's policy
/// holds for every connection it makes, whatever name led there; names are judged by *all* the addresses they resolve
/// to, and the addresses that were judged are the ones connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPolicy {
    public_only: bool,
    http: bool,
    any_port: bool,
    ports: Vec<u16>,
    origins: Option<Vec<Origin>>,
    networks: Vec<Network>,
    hosts: Vec<String>,
    access: NetworkAccess,
}

impl AddressPolicy {
    /// Only https, ports 80 and 443, addresses of the public internet. A name of which one address is not public is
    /// refused as a whole: what else it resolves to a moment later is nobody's promise.
    pub fn public() -> Self {
        Self {
            public_only: true,
            http: false,
            any_port: false,
            ports: vec![80, 443],
            origins: None,
            networks: Vec::new(),
            hosts: Vec::new(),
            access: NetworkAccess::Online,
        }
    }

    /// http or https, any port, any address that names one machine, except the metadata services of clouds.
    pub fn local() -> Self {
        Self {
            public_only: false,
            http: true,
            any_port: true,
            ports: Vec::new(),
            origins: None,
            networks: Vec::new(),
            hosts: Vec::new(),
            access: NetworkAccess::Online,
        }
    }

    /// For services that a person configured, wherever they are: as [`AddressPolicy::local`], and only the origins of
    /// these URLs. Whatever such a service redirects to is nobody's wish, so it is the same online and offline.
    pub fn services<'a>(urls: impl IntoIterator<Item = &'a Url>) -> Self {
        Self::local().only_origins(urls)
    }

    /// Only the loopback addresses of this machine, beside the origins that are named by [`AddressPolicy::only_origins`].
    /// No name but `localhost` is resolved, since asking for an address is a request, too.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.access = NetworkAccess::Offline;
        self
    }

    /// Also plain http.
    #[must_use]
    pub fn allow_http(mut self) -> Self {
        self.http = true;
        self
    }

    /// Also this port.
    #[must_use]
    pub fn allow_port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// Also every address of a network, whatever kind it is, for example a company's mirror at `10.1.0.0/16`. A
    /// `prefix` beyond the length of the address counts as the whole address.
    #[must_use]
    pub fn allow_network(mut self, address: IpAddr, prefix: u8) -> Self {
        self.networks.push(Network { address, prefix });
        self
    }

    /// Also the host of this name, on this machine or in a network of one's own, for example a mirror that a router names. What
    /// it resolves to counts for nothing else, and an address that no machine has stays refused.
    #[must_use]
    pub fn allow_host(mut self, name: &str) -> Self {
        self.hosts.push(name.to_ascii_lowercase());
        self
    }

    /// Only the origins (scheme, host and port) of these URLs, and of those named by earlier calls. `ws` counts as
    /// `http`, `wss` as `https`.
    #[must_use]
    pub fn only_origins<'a>(mut self, urls: impl IntoIterator<Item = &'a Url>) -> Self {
        self.origins
            .get_or_insert_default()
            .extend(urls.into_iter().filter_map(Origin::of));
        self
    }

    /// Judges all of a URL that can be judged without resolving its name: scheme, user, port, origin, and a host that
    /// is an address. The `url` crate has normalised `0x7f.1`, `2130706433`, `0177.0.0.1` and full-width digits by
    /// then.
    ///
    /// # Errors
    /// Why a request to `url` is refused.
    pub fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        let Some(scheme) = http_scheme(url.scheme()) else {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        };
        let (Some(host), Some(port)) = (url.host(), port(url)) else {
            return Err(Refusal::NoHost);
        };
        // First: what else is wrong with it does not matter then.
        if self.is_loopback_only() && !is_loopback(&host) {
            return Err(Refusal::Offline);
        }
        if scheme == "http" && !self.http {
            return Err(Refusal::NotEncrypted);
        }
        if self.public_only && (!url.username().is_empty() || url.password().is_some()) {
            return Err(Refusal::Userinfo);
        }
        if !self.any_port && !self.ports.contains(&port) {
            return Err(Refusal::Port(port));
        }
        if let Some(origins) = &self.origins
            && !Origin::of(url).is_some_and(|origin| origins.contains(&origin))
        {
            return Err(Refusal::Origin);
        }
        match host {
            Host::Ipv4(address) => self.check_address(address.into()),
            Host::Ipv6(address) => self.check_address(address.into()),
            Host::Domain(_) => Ok(()),
        }
    }

    /// Judges one address.
    ///
    /// # Errors
    /// Why a connection to it is refused.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let kind = AddressKind::of(address);
        // What `localhost` resolves to is the system's word.
        if self.is_loopback_only() && kind != AddressKind::Loopback {
            return Err(Refusal::Offline);
        }
        if self
            .networks
            .iter()
            .any(|network| network.contains(address.to_canonical()))
        {
            return Ok(());
        }
        let allowed = match kind {
            AddressKind::Public => true,
            AddressKind::Loopback | AddressKind::Private | AddressKind::LinkLocal => {
                !self.public_only
            }
            // Documentation and benchmark networks are used in laboratories; they harm nobody.
            AddressKind::Reserved => !self.public_only,
            AddressKind::Metadata | AddressKind::Unspecified | AddressKind::Multicast => false,
        };
        if allowed {
            Ok(())
        } else {
            Err(Refusal::Address { address, kind })
        }
    }

    /// Whether nothing but this machine may be contacted.
    fn is_loopback_only(&self) -> bool {
        self.access == NetworkAccess::Offline && self.origins.is_none()
    }

    /// Judges what a name resolved to: those that may be connected to, in their order.
    pub(crate) fn filter(
        &self,
        name: &str,
        addresses: Vec<IpAddr>,
    ) -> Result<Vec<IpAddr>, Refusal> {
        let is_named = self
            .hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(name));
        let check = |address| match self.check_address(address) {
            Err(Refusal::Address {
                kind: AddressKind::Loopback | AddressKind::Private | AddressKind::LinkLocal,
                ..
            }) if is_named => Ok(()),
            judged => judged,
        };
        let mut good = Vec::with_capacity(addresses.len());
        let mut refused = None;
        for address in addresses {
            match check(address) {
                Ok(()) => good.push(address),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        match refused {
            Some(refusal) if self.public_only || good.is_empty() => Err(refusal),
            _ => Ok(good),
        }
    }
}

/// Whether a host is this machine by its name or its address.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => AddressKind::of((*address).into()) == AddressKind::Loopback,
        Host::Ipv6(address) => AddressKind::of((*address).into()) == AddressKind::Loopback,
        Host::Domain(name) => *name == "localhost",
    }
}

/// Why an address guard says no. Reads after the URL and a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Neither http nor https.
    Scheme(String),
    /// Plain http where https is demanded.
    NotEncrypted,
    /// User and password in a URL that others may have written.
    Userinfo,
    /// No host.
    NoHost,
    /// A port that is not on the list.
    Port(u16),
    /// None of the origins that were named.
    Origin,
    /// Not on this machine, and the network may not be used.
    Offline,
    /// The host is, or resolves to, an address of the wrong kind.
    Address {
        /// The address.
        address: IpAddr,
        /// What it is.
        kind: AddressKind,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => {
                write!(
                    f,
                    "the scheme {:?} is neither http nor https",
                    crate::redact::printable(scheme, 40)
                )
            }
            Self::NotEncrypted => f.write_str("plain http is not allowed here"),
            Self::Userinfo => f.write_str("a user or password in the URL is not allowed here"),
            Self::NoHost => f.write_str("it names no host"),
            Self::Port(port) => write!(f, "port {port} is not allowed here"),
            Self::Origin => f.write_str("it is none of the configured servers"),
            Self::Offline => f.write_str("nothing is fetched from a network while offline"),
            Self::Address { address, kind } => write!(f, "{address} is {}", kind.words()),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// Returns the next action, where there is one.
    pub fn help(&self) -> Option<Hint> {
        Some(match self {
            Self::Address {
                kind: AddressKind::Unspecified,
                ..
            } => "0.0.0.0 is an address to listen on; to connect use 127.0.0.1 or the machine's own address".into(),
            Self::NotEncrypted => "use an https:// URL".into(),
            Self::Scheme(_) => "give an http:// or https:// URL".into(),
            Self::Offline => Hint::from("use what is here, or run without ").term(Setting::Offline),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn public_refuses_every_spelling_of_this_machine() {
        let policy = AddressPolicy::public();
        for text in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://0.0.0.0/",
            "https://0/",
            "https://10.0.0.1/",
        ] {
            assert!(
                matches!(policy.check_url(&url(text)), Err(Refusal::Address { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn public_wants_https_usual_ports_and_no_user() {
        let policy = AddressPolicy::public();
        assert_eq!(
            policy.check_url(&url("http://example.org/")),
            Err(Refusal::NotEncrypted)
        );
        assert_eq!(
            policy.check_url(&url("https://example.org:8443/")),
            Err(Refusal::Port(8443))
        );
        assert_eq!(
            policy.check_url(&url("https://a@example.org/")),
            Err(Refusal::Userinfo)
        );
        assert!(matches!(
            policy.check_url(&url("file:///etc/passwd")),
            Err(Refusal::Scheme(_))
        ));
        assert!(matches!(
            policy.check_url(&url("data:text/plain,x")),
            Err(Refusal::Scheme(_))
        ));
        assert_eq!(policy.check_url(&url("https://example.org/")), Ok(()));
        let wide = policy.allow_http().allow_port(8443);
        assert_eq!(wide.check_url(&url("https://example.org:8443/")), Ok(()));
        assert_eq!(wide.check_url(&url("http://example.org/")), Ok(()));
    }

    #[test]
    fn local_takes_the_users_network_but_no_metadata_service() {
        let policy = AddressPolicy::local();
        for text in [
            "http://127.0.0.1:8188/",
            "http://192.168.1.20:11434/",
            "ws://[::1]:8188/ws",
            "https://example.org/",
        ] {
            assert_eq!(policy.check_url(&url(text)), Ok(()), "{text}");
        }
        for text in [
            "http://169.254.169.254/latest",
            "http://0.0.0.0:8188/",
            "http://[::ffff:a9fe:a9fe]/",
        ] {
            assert!(policy.check_url(&url(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn origins_are_compared_as_a_whole() {
        let policy = AddressPolicy::local().only_origins([&url("http://127.0.0.1:8188/base")]);
        assert_eq!(
            policy.check_url(&url("http://127.0.0.1:8188/other")),
            Ok(())
        );
        assert_eq!(policy.check_url(&url("ws://127.0.0.1:8188/ws")), Ok(()));
        for text in [
            "http://127.0.0.1:8189/",
            "https://127.0.0.1:8188/",
            "http://127.0.0.2:8188/",
        ] {
            assert_eq!(policy.check_url(&url(text)), Err(Refusal::Origin), "{text}");
        }
    }

    #[test]
    fn offline_only_this_machine_is_left_and_what_is_named() {
        let nearby = AddressPolicy::local().offline();
        for text in [
            "http://127.0.0.1:8188/",
            "http://127.9.9.9/",
            "ws://[::1]/",
            "http://localhost:1/",
        ] {
            assert_eq!(nearby.check_url(&url(text)), Ok(()), "{text}");
        }
        for text in [
            "http://192.168.1.20/",
            "https://example.org/",
            "https://localhost.example.org/",
            "http://box:8188/",
            "http://[::ffff:10.0.0.1]/",
            "ftp-no://a/",
        ] {
            assert!(nearby.check_url(&url(text)).is_err(), "{text}");
        }
        let download = AddressPolicy::public().offline();
        for text in [
            "https://example.org/",
            "http://u:p@example.org:81/",
            "https://10.0.0.1/",
        ] {
            assert_eq!(
                download.check_url(&url(text)),
                Err(Refusal::Offline),
                "{text}"
            );
        }
        // That it is on this machine makes nothing public of it.
        assert!(matches!(
            download.check_url(&url("https://127.0.0.1/")),
            Err(Refusal::Address { .. })
        ));
        let mirror = download.allow_network("127.0.0.1".parse().unwrap(), 32);
        assert_eq!(mirror.check_url(&url("https://127.0.0.1/")), Ok(()));
        // A hosts file that sends `localhost` elsewhere leads nowhere.
        let elsewhere = vec!["10.0.0.1".parse().unwrap()];
        assert_eq!(nearby.filter("localhost", elsewhere), Err(Refusal::Offline));

        let named = url("http://box:8188/");
        let services = AddressPolicy::services([&named]);
        for policy in [services.clone(), services.offline()] {
            assert_eq!(policy.check_url(&named), Ok(()));
            assert!(
                policy
                    .check_address("192.168.1.20".parse().unwrap())
                    .is_ok()
            );
            for other in ["http://box:8189/", "http://127.0.0.1:8188/"] {
                assert_eq!(
                    policy.check_url(&url(other)),
                    Err(Refusal::Origin),
                    "{other}"
                );
            }
        }
    }

    #[test]
    fn offline_is_told_with_what_to_do() {
        let help = Refusal::Offline.help().expect("there is something to do");
        assert!(help.to_string().contains("without"), "{help}");
    }

    #[test]
    fn one_private_address_spoils_a_public_name() {
        let good: IpAddr = "1.1.1.1".parse().unwrap();
        let bad: IpAddr = "10.0.0.1".parse().unwrap();
        let metadata: IpAddr = "169.254.169.254".parse().unwrap();
        assert!(
            AddressPolicy::public()
                .filter("a.example", vec![good, bad])
                .is_err()
        );
        assert_eq!(
            AddressPolicy::public().filter("a.example", vec![good]),
            Ok(vec![good])
        );
        assert_eq!(
            AddressPolicy::local().filter("a.example", vec![metadata, bad]),
            Ok(vec![bad])
        );
        assert!(
            AddressPolicy::local()
                .filter("a.example", vec![metadata])
                .is_err()
        );
        let company = AddressPolicy::public().allow_network("10.0.0.0".parse().unwrap(), 8);
        assert_eq!(
            company.filter("a.example", vec![good, bad]),
            Ok(vec![good, bad])
        );
    }

    #[test]
    fn a_host_of_ones_own_is_allowed_by_its_name_and_nothing_else_is() {
        let policy = AddressPolicy::public().allow_host("NAS.local");
        let own: IpAddr = "192.168.1.20".parse().unwrap();
        let metadata: IpAddr = "169.254.169.254".parse().unwrap();
        assert_eq!(policy.filter("nas.local", vec![own]), Ok(vec![own]));
        assert!(policy.filter("other.local", vec![own]).is_err());
        assert!(policy.filter("nas.local", vec![metadata]).is_err());
        assert!(policy.check_address(own).is_err());
        let offline = policy.offline();
        assert_eq!(
            offline.filter("nas.local", vec![own]),
            Err(Refusal::Offline)
        );
    }

    proptest! {
        #[test]
        fn public_never_lets_a_non_public_address_pass(bits: u128) {
            let address = IpAddr::from(std::net::Ipv6Addr::from_bits(bits));
            let verdict = AddressPolicy::public().check_address(address);
            prop_assert_eq!(verdict.is_ok(), AddressKind::of(address) == AddressKind::Public);
        }

        #[test]
        fn a_network_contains_what_shares_its_prefix(bits: u32, other: u32, prefix in 0_u8..=40) {
            let network = Network { address: std::net::Ipv4Addr::from_bits(bits).into(), prefix };
            let shared = (bits ^ other).leading_zeros() >= u32::from(prefix.min(32));
            prop_assert_eq!(network.contains(std::net::Ipv4Addr::from_bits(other).into()), shared);
        }

        #[test]
        fn offline_no_other_machine_is_an_address(bits: u128, v4: u32) {
            let policy = AddressPolicy::local().offline();
            let any = [
                IpAddr::from(std::net::Ipv6Addr::from_bits(bits)),
                std::net::Ipv4Addr::from_bits(v4).into(),
            ];
            for address in any {
                let is_here = AddressKind::of(address) == AddressKind::Loopback;
                prop_assert_eq!(policy.check_address(address).is_ok(), is_here);
            }
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,60}") {
            if let Ok(url) = Url::parse(&text) {
                let _ = AddressPolicy::public().check_url(&url);
                let _ = AddressPolicy::local().check_url(&url);
            }
        }
    }
}
