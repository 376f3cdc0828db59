//! Registries as files: what is refused, what comes back as it was written, and the laws of merging, consent and locking.

mod adversarial;
mod built_in;
mod laws;
mod locking;
mod writing;

use videogen_cdn::{
    Asset, AssetFile, AssetId, AssetKind, Attribution, Licence, Mirror, MirrorKind,
};

/// An asset with one file and one mirror.
pub(crate) fn asset(id: &str, licence: &str) -> Asset {
    Asset {
        id: AssetId::new(id).expect("an id"),
        kind: AssetKind::Music,
        title: format!("{id}, by somebody"),
        licence: Licence::new(licence),
        attribution: Some(Attribution {
            title: id.to_owned(),
            author: "Somebody".into(),
            source: Some("https://example.org/somebody".into()),
        }),
        tags: vec!["nature".into()],
        explicit: false,
        files: vec![AssetFile {
            name: format!("{id}.mp3"),
            size: Some(1_000),
            sha256: None,
            cross_check: None,
            mirrors: vec![Mirror {
                url: format!("https://example.org/{id}.mp3")
                    .parse()
                    .expect("a URL"),
                kind: MirrorKind::Origin,
                priority: Mirror::USUAL_PRIORITY,
            }],
        }],
    }
}
