//! What is built in.

use std::collections::BTreeSet;

use videogen_cdn::{
    AssetKind, CrossCheck, LicenceConsent, Permission, Registry, credit_line, credit_tag,
};

/// Genres of `videogen_types::Genre`, by the names of settings.
fn genres() -> BTreeSet<&'static str> {
    videogen_types::Genre::ALL
        .iter()
        .map(|genre| genre.name())
        .collect()
}

#[test]
fn all_of_it_holds_the_rules() {
    let registry = Registry::built_in();
    for asset in registry.assets() {
        let id = &asset.id;
        assert!(!asset.tags.is_empty(), "{id} has no tag");
        assert!(
            !asset.licence.duties().no_derivatives,
            "{id} could never be used"
        );
        let sizes: Vec<u64> = asset.files.iter().filter_map(|file| file.size).collect();
        assert!(sizes.is_sorted(), "{id}: the small file comes first");
        for file in &asset.files {
            for mirror in &file.mirrors {
                assert_eq!(mirror.url.scheme(), "https", "{id}");
                assert!(mirror.url.query().is_none(), "{id}");
            }
            // A second place without a digest to judge it by would be a second place to be wrong.
            let is_judged = file.sha256.is_some() || file.cross_check.is_some();
            assert!(is_judged || file.mirrors.len() == 1, "{id}: {}", file.name);
        }
        if asset.licence.duties().credit {
            let line = credit_line(asset).expect("it is credited");
            let url = asset.licence.url().expect("it has a text");
            assert!(
                line.contains(&url) && line.contains(&asset.licence.name()),
                "{line}"
            );
            assert!(credit_tag(asset).is_some());
        }
    }
}

#[test]
fn the_whole_catalogue_of_voices_is_there() {
    let registry = Registry::built_in();
    let voices: Vec<_> = registry.of_kind(AssetKind::Voice).collect();
    assert_eq!(voices.len(), 163);
    for voice in voices {
        let id = voice.id.as_str();
        let names: Vec<&str> = voice.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, [format!("{id}.onnx.json"), format!("{id}.onnx")]);
        assert!(voice.size().is_some_and(|size| size > 20_000_000), "{id}");
        for file in &voice.files {
            assert!(matches!(file.cross_check, Some(CrossCheck::Md5(_))), "{id}");
            assert_eq!(file.mirrors.len(), 3, "{id}");
        }
    }
    let bryce = &registry
        .get("en_US-bryce-medium")
        .expect("the owner's")
        .files[1];
    assert_eq!(bryce.size, Some(63_531_379));
    assert_eq!(
        bryce.cross_check,
        Some(CrossCheck::Md5("a8482817c3bdc3d20121a0e31bfa9809".into()))
    );
    assert_eq!(
        bryce.mirrors[0].url.as_str(),
        "https://huggingface.co/rhasspy/piper-voices/resolve/c10ece1aade47bb51c153c893d14e5bf8e5b7117/en/en_US/bryce/medium/en_US-bryce-medium.onnx"
    );
    for voice in ["ryan", "amy"] {
        let asset = registry
            .get(&format!("en_US-{voice}-medium"))
            .expect("the owner's");
        assert!(
            asset.files.iter().all(|file| file.sha256.is_some()),
            "{voice}"
        );
    }
    let encoded = &registry
        .get("pt_PT-tugão-medium")
        .expect("by its key")
        .files[0];
    let url = encoded.mirrors[1].url.as_str();
    assert!(
        url.starts_with("https://hf-mirror.com/")
            && url.ends_with("/pt_PT-tug%C3%A3o-medium.onnx.json"),
        "{url}"
    );
}

#[test]
fn every_genre_has_music_that_needs_no_question() {
    let registry = Registry::built_in();
    let nobody_asked = LicenceConsent::default();
    for genre in genres() {
        let granted = registry.of_kind(AssetKind::Music).filter(|asset| {
            asset.tags.iter().any(|tag| tag == genre)
                && nobody_asked.permits(asset) == Permission::Granted
        });
        assert!(granted.count() >= 2, "{genre}");
    }
    for music in registry.of_kind(AssetKind::Music) {
        for tag in &music.tags {
            assert!(
                genres().contains(tag.as_str()),
                "{} has the tag {tag}",
                music.id
            );
        }
    }
    for id in [
        "enthusiast",
        "night-owl",
        "something-elated",
        "sentinel",
        "epic-song",
    ] {
        assert!(registry.get(id).is_some(), "{id}");
    }
}

#[test]
fn licences_are_what_is_known_of_them() {
    let registry = Registry::built_in();
    let consent = LicenceConsent::default();
    let of = |id: &str| consent.permits(registry.get(id).expect(id));
    assert_eq!(of("en_US-bryce-medium"), Permission::Granted);
    assert_eq!(of("enthusiast"), Permission::Granted);
    assert_eq!(of("noto-sans-arabic"), Permission::Granted);
    assert_eq!(of("RealESRGAN_x4plus"), Permission::Granted);
    for (id, what) in [
        ("en_US-ryan-high", "NC and SA"),
        ("en_US-lessac-medium", "research"),
        ("en_US-amy-medium", "unknown"),
        ("sentinel", "unconfirmed"),
        ("stable-diffusion-xl", "restricted"),
    ] {
        assert!(matches!(of(id), Permission::Asks(_)), "{id}: {what}");
    }
}

#[test]
fn voices_fonts_and_models_lie_in_several_places() {
    for asset in Registry::built_in().assets() {
        let is_music = asset.kind == videogen_cdn::AssetKind::Music;
        for file in &asset.files {
            let hosts = file.mirrors.iter().filter_map(|m| m.url.host_str());
            let hosts: std::collections::BTreeSet<&str> = hosts.collect();
            assert!(is_music || hosts.len() > 1, "{}: {hosts:?}", asset.id);
        }
    }
}

#[test]
fn what_is_large_is_fetched_on_an_explicit_wish_only() {
    for asset in Registry::built_in().assets() {
        assert_eq!(
            asset.explicit,
            asset.size().is_some_and(|size| size > 1 << 30),
            "{}",
            asset.id
        );
    }
    let folders = |asset: &videogen_cdn::Asset| asset.tags.clone();
    let registry = Registry::built_in();
    assert_eq!(
        folders(registry.get("RealESRGAN_x4plus").unwrap()),
        ["upscale_models"]
    );
    assert_eq!(
        folders(registry.get("stable-diffusion-1.5").unwrap()),
        ["checkpoints"]
    );
}

#[test]
fn the_credit_of_music_names_everything_that_cc_by_asks_for() {
    let registry = Registry::built_in();
    let enthusiast = registry.get("enthusiast").unwrap();
    assert_eq!(
        credit_line(enthusiast).unwrap(),
        "Music: \"Enthusiast\" by Tours (https://freemusicarchive.org/music/Tours/Enthusiast/Tours_-_Enthusiast), licensed under \
         CC BY 3.0 (https://creativecommons.org/licenses/by/3.0/). Trimmed, faded and mixed under narration."
    );
    assert_eq!(
        credit_tag(enthusiast).unwrap(),
        "Music: \"Enthusiast\" by Tours, CC BY 3.0."
    );
    assert_eq!(credit_line(registry.get("snowfall").unwrap()), None);
    assert_eq!(credit_line(registry.get("noto-sans-thai").unwrap()), None);
    let voice = credit_line(registry.get("en_US-ryan-medium").unwrap()).unwrap();
    assert!(
        voice.starts_with("Voice: ")
            && voice.contains("CC BY-NC-SA 4.0")
            && !voice.contains("narration")
    );
    let unknown = credit_line(registry.get("sentinel").unwrap()).unwrap();
    assert!(
        unknown.contains("Kai Engel") && !unknown.contains("licensed"),
        "{unknown}"
    );
}

#[test]
fn what_was_mistyped_is_found() {
    let registry = Registry::built_in();
    assert_eq!(
        registry.nearest("en_US-brice-medium")[0],
        "en_US-bryce-medium"
    );
    assert_eq!(registry.nearest("bryce"), ["en_US-bryce-medium"]);
    assert_eq!(registry.nearest("brice"), ["en_US-bryce-medium"]);
    assert!(
        registry
            .nearest("ryan")
            .contains(&"en_US-ryan-medium".to_owned())
    );
    assert!(registry.nearest("zzzzzzzzzzzz").is_empty() && registry.nearest("").is_empty());
}
