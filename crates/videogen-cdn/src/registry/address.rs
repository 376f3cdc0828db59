//! An asset that is in no registry: one file, at an address that a person named.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use videogen_durable::safe_name;

use super::asset::{Asset, AssetFile, AssetId, AssetKind, Mirror, MirrorKind};
use super::error::UrlProblem;
use super::licence::Licence;
use super::rules::{RegistryRules, UrlUse, checked};

/// The most characters of a file's name that are taken over.
const MOST_CHARACTERS: usize = 24;

impl Asset {
    /// The file at `url`: the same asset for the same address. Nothing is known of it, so its licence is `unknown`, and the
    /// first download is trusted and locked.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn at_address(
        kind: AssetKind,
        url: &str,
        rules: &RegistryRules,
    ) -> Result<Self, UrlProblem> {
        let url = checked(url, UrlUse::File, rules)?;
        let last = url.path_segments().and_then(|mut parts| parts.next_back());
        let fits = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
        let plain: String = last.unwrap_or_default().chars().filter(fits).collect();
        // The end of a name is kept, which says what kind of file it is.
        let from = plain.len().saturating_sub(MOST_CHARACTERS);
        let name = safe_name(&plain[from..], kind.name());
        let mut id = format!("{name}-");
        for byte in &Sha256::digest(url.as_str())[..8] {
            let _ = write!(id, "{byte:02x}");
        }
        Ok(Self {
            id: AssetId::new(&id).expect("letters, digits, - _ and . only"),
            kind,
            title: name.clone(),
            licence: Licence::new("unknown"),
            attribution: None,
            tags: Vec::new(),
            explicit: true,
            files: vec![AssetFile {
                name,
                size: None,
                sha256: None,
                cross_check: None,
                mirrors: vec![Mirror {
                    url,
                    kind: MirrorKind::Origin,
                    priority: Mirror::USUAL_PRIORITY,
                }],
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(url: &str) -> Result<Asset, UrlProblem> {
        Asset::at_address(AssetKind::Music, url, &RegistryRules::default())
    }

    #[test]
    fn an_address_is_an_asset_of_its_own() {
        let song = at("https://example.org/a/My%20Song.mp3?key=1").expect("an asset");
        assert_eq!(song.files[0].name, "My20Song.mp3");
        assert!(song.id.as_str().starts_with("My20Song.mp3-"), "{}", song.id);
        assert!(song.licence.duties().is_unknown);
        assert_eq!(
            at("https://example.org/a/My%20Song.mp3?key=1"),
            Ok(song.clone())
        );
        let other = at("https://example.org/a/My%20Song.mp3?key=2").expect("an asset");
        assert_ne!(other.id, song.id);
        let bare = at("https://example.org").expect("an asset");
        assert_eq!(bare.files[0].name, "music");
    }

    #[test]
    fn an_address_keeps_the_rules_of_registries() {
        assert!(matches!(
            at("http://example.org/a.mp3"),
            Err(UrlProblem::PlainHttp { .. })
        ));
        assert!(matches!(
            at("ftp://example.org/a.mp3"),
            Err(UrlProblem::Scheme { .. })
        ));
        assert_eq!(
            at("https://u:p@example.org/a.mp3"),
            Err(UrlProblem::Credentials)
        );
        let rules = RegistryRules::default().allow_plain_http("example.org");
        assert!(Asset::at_address(AssetKind::Music, "http://example.org/a.mp3", &rules).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_the_path_the_names_are_plain(path in "[ -~\u{e9}\u{202e}]{0,80}") {
            if let Ok(asset) = at(&format!("https://example.org/{path}")) {
                let name = &asset.files[0].name;
                prop_assert_eq!(&safe_name(name, "x"), name);
                prop_assert!(crate::plain_name::check(name).is_ok());
                prop_assert!(AssetId::new(asset.id.as_str()).is_ok());
            }
        }
    }
}
