//! Laws of merging and of consent.

use proptest::prelude::*;
use videogen_cdn::{Asset, LicenceConsent, Permission, Registry};

use crate::asset;
use crate::writing::{a_registry, an_asset};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_is_associative_has_an_identity_and_lets_the_later_one_win(
        a in a_registry(), b in a_registry(), c in a_registry(),
    ) {
        let left = a.clone().overlaid_by(b.clone()).overlaid_by(c.clone());
        let right = a.clone().overlaid_by(b.clone().overlaid_by(c.clone()));
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(a.clone().overlaid_by(Registry::default()), a.clone());
        prop_assert_eq!(Registry::default().overlaid_by(a.clone()), a.clone());
        prop_assert_eq!(a.clone().overlaid_by(a.clone()), a.clone());
        for asset in left.assets() {
            let id = asset.id.as_str();
            let last = c.get(id).or_else(|| b.get(id)).or_else(|| a.get(id));
            prop_assert_eq!(Some(asset), last);
        }
        for registry in [a, b, c] {
            prop_assert!(registry.assets().all(|asset| left.get(asset.id.as_str()).is_some()));
        }
    }

    #[test]
    fn a_yes_never_takes_anything_away_and_never_allows_what_nobody_can(
        assets in proptest::collection::vec(an_asset(), 1..8), yes in any::<prop::sample::Index>(),
    ) {
        let mut consent = LicenceConsent::default();
        let permits = |consent: &LicenceConsent| -> Vec<Permission> {
            assets.iter().map(|asset| consent.permits(asset)).collect()
        };
        let before = permits(&consent);
        let accepted = yes.get(&assets);
        consent.accept(accepted);
        for ((asset, before), after) in assets.iter().zip(before).zip(permits(&consent)) {
            let duties = asset.licence.duties();
            match before {
                Permission::Granted => prop_assert_eq!(after, Permission::Granted),
                Permission::Refused { .. } => {
                    prop_assert!(duties.no_derivatives);
                    let is_refused = matches!(after, Permission::Refused { .. });
                    prop_assert!(is_refused);
                }
                Permission::Asks(asked) => {
                    prop_assert_eq!(asked, duties);
                    // Allowed now is what has the same licence, and an unknown one only for the same asset.
                    let same = asset.licence.id() == accepted.licence.id()
                        && (!duties.is_unknown || asset.id == accepted.id);
                    prop_assert_eq!(after == Permission::Granted, same);
                }
                _ => prop_assert!(false),
            }
        }
    }
}

fn consent_to(assets: &[&Asset]) -> LicenceConsent {
    let mut consent = LicenceConsent::default();
    for asset in assets {
        consent.accept(asset);
    }
    consent
}

#[test]
fn a_yes_is_remembered_and_one_of_another_process_stays() {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("licences.json");
    assert_eq!(
        LicenceConsent::read(&path).unwrap(),
        LicenceConsent::default()
    );
    let (nc, sa, unknown) = (
        asset("a", "CC-BY-NC-4.0"),
        asset("b", "CC-BY-SA-4.0"),
        asset("c", "unknown"),
    );
    consent_to(&[&nc]).save(&path).unwrap();
    consent_to(&[&sa, &unknown]).save(&path).unwrap();
    let all = LicenceConsent::read(&path).unwrap();
    assert_eq!(all, consent_to(&[&nc, &sa, &unknown]));
    for allowed in [&nc, &sa, &unknown] {
        assert_eq!(all.permits(allowed), Permission::Granted);
    }
    assert!(matches!(
        all.permits(&asset("d", "unknown")),
        Permission::Asks(_)
    ));
    assert!(matches!(
        all.permits(&asset("a", "CC-BY-NC-3.0")),
        Permission::Asks(_)
    ));
    assert!(matches!(
        all.permits(&asset("a", "CC-BY-ND-4.0")),
        Permission::Refused { .. }
    ));
}

#[test]
fn a_file_of_somebody_else_is_not_written_over() {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("licences.json");
    for text in [
        "{",
        "[]",
        "{\"version\": 2, \"accepted\": []}",
        "{\"version\": 1, \"accepted\": [1]}",
    ] {
        std::fs::write(&path, text).unwrap();
        let error = consent_to(&[&asset("a", "CC-BY-NC-4.0")])
            .save(&path)
            .unwrap_err();
        assert!(error.help().is_some(), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
