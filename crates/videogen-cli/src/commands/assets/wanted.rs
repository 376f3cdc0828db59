//! What is to be fetched, what is here, and what somebody has to say yes to first: the same for `setup`, `assets` and
//! `voices`.

use videogen_cdn::{Asset, AssetId, Licence, LicenceDuties, Permission};
use videogen_types::{PlannedAsset, PlannedState};

/// An asset that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) asset: Asset,
    pub(crate) state: WantedState,
    /// Whether it is one of many that would do, so that nobody is bothered for it.
    pub(crate) is_one_of_many: bool,
}

/// How it stands with an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WantedState {
    /// It is here.
    Here,
    /// It may be fetched.
    Missing,
    /// Somebody has to accept its licence first.
    Asks(LicenceDuties),
    /// Nobody can allow it, and why.
    Refused(&'static str),
}

/// What knows how it stands with assets.
pub(crate) trait Standing {
    /// Whether it is here, whole.
    fn is_here(&self, id: &AssetId) -> bool;

    /// What may be done with it.
    fn permission(&self, asset: &Asset) -> Permission;
}

impl Wanted {
    /// How it stands with `asset`. What is here was allowed when it was fetched.
    pub(crate) fn new(asset: &Asset, standing: &dyn Standing) -> Self {
        let state = if standing.is_here(&asset.id) {
            WantedState::Here
        } else {
            match standing.permission(asset) {
                Permission::Granted => WantedState::Missing,
                Permission::Asks(duties) => WantedState::Asks(duties),
                Permission::Refused { reason } => WantedState::Refused(reason),
                // Of a later version of the crate: it is not known whether it may be used.
                _ => WantedState::Asks(asset.licence.duties()),
            }
        };
        Self {
            asset: asset.clone(),
            state,
            is_one_of_many: false,
        }
    }

    /// The same, as one of many that would do.
    pub(crate) fn of_many(mut self) -> Self {
        self.is_one_of_many = true;
        self
    }

    /// Whether somebody has to accept its licence first.
    pub(crate) fn asks(&self) -> bool {
        matches!(self.state, WantedState::Asks(_))
    }

    /// Whether one of `accepted`, licences and names of assets, is a yes to it.
    pub(crate) fn is_accepted(&self, accepted: &[String]) -> bool {
        self.asks() && accepted.iter().any(|name| accepts(name, &self.asset))
    }

    /// As programs are told of it.
    pub(crate) fn planned(&self) -> PlannedAsset {
        let duties = self.asset.licence.duties().sentences();
        PlannedAsset {
            asset: self.asset.id.to_string(),
            kind: self.asset.kind.name().to_owned(),
            title: self.asset.title.clone(),
            state: match self.state {
                WantedState::Here => PlannedState::Installed,
                WantedState::Missing => PlannedState::Missing,
                WantedState::Asks(_) => PlannedState::Asks,
                WantedState::Refused(_) => PlannedState::Refused,
            },
            bytes: self.asset.size(),
            licence: self.asset.licence.id().to_owned(),
            duties: duties.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Whether `name`, the identifier of a licence or the name of an asset, is a yes to `asset`.
fn accepts(name: &str, asset: &Asset) -> bool {
    let of_licence = Licence::new(name.trim());
    asset.id.as_str() == name.trim() || of_licence.id().eq_ignore_ascii_case(asset.licence.id())
}

/// The sum of the published sizes of assets, and how many of their files have none.
pub(crate) fn size_of<'a>(assets: impl IntoIterator<Item = &'a Asset>) -> (u64, u32) {
    let files = assets.into_iter().flat_map(|asset| &asset.files);
    files.fold((0, 0), |(bytes, unknown), file| match file.size {
        Some(size) => (bytes.saturating_add(size), unknown),
        None => (bytes, unknown + 1),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use videogen_cdn::{LicenceConsent, Registry, RegistryRules};

    use super::*;

    /// A registry in which everything has one file of 1 MB, and nothing is here that is not named.
    #[derive(Debug, Default)]
    pub(crate) struct Known {
        pub(crate) registry: Registry,
        pub(crate) here: BTreeSet<String>,
        pub(crate) consent: LicenceConsent,
    }

    impl Known {
        /// Assets by id, kind, licence and tag; a kind with `!` is fetched on an explicit wish only.
        pub(crate) fn new(assets: &[(&str, &str, &str, &str)]) -> Self {
            let text: Vec<String> = assets
                .iter()
                .map(|(id, kind, licence, tag)| {
                    let (kind, explicit) = match kind.strip_suffix('!') {
                        Some(kind) => (kind, "explicit = true\n"),
                        None => (*kind, ""),
                    };
                    format!(
                        "[[asset]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle = \"{id}, of a test\"\nlicence = \"{licence}\"\n\
                         tags = [\"{tag}\"]\nattribution = {{ title = \"{id}\", author = \"Somebody\", source = \"https://example.org\" }}\n{explicit}\
                         file = [{{ name = \"{id}.bin\", size = 1000000, mirrors = [\"https://example.org/{id}.bin\"] }}]\n"
                    )
                })
                .collect();
            let rules = RegistryRules::default();
            Self {
                registry: Registry::parse(&text.concat(), "test.toml", &rules).expect("a registry"),
                ..Self::default()
            }
        }

        pub(crate) fn wanted(&self, id: &str) -> Wanted {
            Wanted::new(self.registry.get(id).expect(id), self)
        }
    }

    impl Standing for Known {
        fn is_here(&self, id: &AssetId) -> bool {
            self.here.contains(id.as_str())
        }

        fn permission(&self, asset: &Asset) -> Permission {
            self.consent.permits(asset)
        }
    }

    #[test]
    fn what_may_be_fetched_depends_on_licence_and_consent() {
        let mut known = Known::new(&[
            ("free", "music", "CC0-1.0", "tech"),
            ("by", "music", "CC-BY-4.0", "tech"),
            ("nc", "music", "CC-BY-NC-4.0", "tech"),
            ("nd", "music", "CC-BY-ND-4.0", "tech"),
            ("odd", "voice", "unknown", "en_US"),
        ]);
        assert_eq!(known.wanted("free").state, WantedState::Missing);
        assert_eq!(known.wanted("by").state, WantedState::Missing);
        assert!(known.wanted("nc").asks() && known.wanted("odd").asks());
        assert!(matches!(known.wanted("nd").state, WantedState::Refused(_)));
        let yes = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let nc = known.wanted("nc");
        assert!(nc.is_accepted(&yes(&["cc-by-nc-4.0"])) && nc.is_accepted(&yes(&["x", "nc"])));
        assert!(!nc.is_accepted(&yes(&["CC-BY-NC-3.0", "odd"])) && !nc.is_accepted(&[]));
        assert!(known.wanted("odd").is_accepted(&yes(&["unknown"])));
        // No yes allows what cannot be allowed, and none is needed for what is free.
        assert!(
            !known
                .wanted("nd")
                .is_accepted(&yes(&["nd", "CC-BY-ND-4.0"]))
        );
        assert!(!known.wanted("free").is_accepted(&yes(&["free"])));
        known.here.insert("nc".into());
        assert_eq!(known.wanted("nc").state, WantedState::Here);
        let planned = known.wanted("odd").planned();
        assert_eq!(
            (planned.state, planned.bytes),
            (PlannedState::Asks, Some(1_000_000))
        );
        assert!(
            planned.duties[0].contains("Nothing certain is known"),
            "{planned:?}"
        );
    }
}
