//! What is written is read again.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use toml::{Table, Value};
use videogen_cdn::{
    Asset, AssetFile, AssetId, AssetKind, Attribution, CrossCheck, Licence, Mirror, MirrorKind,
    Registry, RegistryRules, Sha256Digest,
};

/// A registry as TOML, without shorthands.
pub(crate) fn toml_of(registry: &Registry) -> String {
    let assets: Vec<Value> = registry
        .assets()
        .map(|a| Value::Table(of_asset(a)))
        .collect();
    Table::from_iter([("asset".to_owned(), Value::Array(assets))]).to_string()
}

fn of_asset(asset: &Asset) -> Table {
    let mut table = Table::new();
    let mut put = |key: &str, value: Value| table.insert(key.to_owned(), value);
    put("id", asset.id.as_str().into());
    put("kind", asset.kind.name().into());
    put("title", asset.title.clone().into());
    put("licence", asset.licence.id().into());
    if asset.licence.id().starts_with("LicenseRef") {
        put("licence_url", asset.licence.url().expect("given").into());
    }
    if let Some(Attribution {
        title,
        author,
        source,
    }) = &asset.attribution
    {
        let mut table = Table::new();
        table.insert("title".into(), title.clone().into());
        table.insert("author".into(), author.clone().into());
        if let Some(source) = source {
            table.insert("source".into(), source.clone().into());
        }
        put("attribution", Value::Table(table));
    }
    put("tags", asset.tags.clone().into());
    put("explicit", asset.explicit.into());
    let files = asset.files.iter().map(|file| Value::Table(of_file(file)));
    put("file", Value::Array(files.collect()));
    table
}

fn of_file(file: &AssetFile) -> Table {
    let mut table = Table::new();
    let mut put = |key: &str, value: Value| table.insert(key.to_owned(), value);
    put("name", file.name.clone().into());
    if let Some(size) = file.size {
        put("size", i64::try_from(size).expect("not that large").into());
    }
    if let Some(sha256) = file.sha256 {
        put("sha256", sha256.to_string().into());
    }
    match &file.cross_check {
        Some(CrossCheck::Md5(digits)) => put("md5", digits.clone().into()),
        Some(CrossCheck::Sha1(digits)) => put("sha1", digits.clone().into()),
        None => None,
    };
    let of_mirror = |mirror: &Mirror| {
        let kind = if mirror.kind == MirrorKind::Copy {
            "copy"
        } else {
            "origin"
        };
        Value::Table(Table::from_iter([
            ("url".to_owned(), mirror.url.as_str().into()),
            ("kind".to_owned(), kind.into()),
            ("priority".to_owned(), i64::from(mirror.priority).into()),
        ]))
    };
    put(
        "mirrors",
        Value::Array(file.mirrors.iter().map(of_mirror).collect()),
    );
    table
}

fn a_file() -> impl Strategy<Value = AssetFile> {
    let check = prop_oneof![
        "[0-9a-f]{32}".prop_map(CrossCheck::Md5),
        "[0-9a-f]{40}".prop_map(CrossCheck::Sha1),
    ];
    let mirrors = btree_map("[a-z]{1,6}", (any::<bool>(), 0..=100_u8), 1..5);
    let size = option::of(1..=i64::MAX as u64);
    let digest = option::of(any::<[u8; 32]>());
    (
        "[a-zã][a-z0-9_.-]{0,9}( [a-z0-9_.-]{1,9})?[a-z]",
        size,
        digest,
        option::of(check),
        mirrors,
    )
        .prop_map(|(name, size, digest, cross_check, mirrors)| AssetFile {
            name,
            size,
            sha256: digest.map(Sha256Digest::new),
            cross_check,
            mirrors: mirrors
                .into_iter()
                .map(|(path, (is_copy, priority))| Mirror {
                    url: format!("https://example.org/{path}?a=b")
                        .parse()
                        .expect("a URL"),
                    kind: if is_copy {
                        MirrorKind::Copy
                    } else {
                        MirrorKind::Origin
                    },
                    priority,
                })
                .collect(),
        })
}

fn a_licence() -> impl Strategy<Value = Licence> {
    let spdx = prop_oneof![
        Just("CC0-1.0"),
        Just("CC-BY-3.0"),
        Just("CC-BY-NC-SA-4.0"),
        Just("CC-BY-ND-2.0-DE"),
        Just("MIT"),
        Just("unknown"),
    ];
    prop_oneof![
        spdx.prop_map(Licence::new),
        "[A-Za-z0-9.-]{1,9}"
            .prop_map(|id| Licence::new(format!("LicenseRef-{id}"))
                .with_text("https://example.org/terms")),
    ]
}

/// Assets as a parser returns them.
pub(crate) fn an_asset() -> impl Strategy<Value = Asset> {
    let kind = (0..4_usize).prop_map(|at| AssetKind::ALL[at]);
    let texts = (
        "[a-z\"'\\\\ #=]{0,20}x",
        "[a-z]{1,9}",
        option::of(Just("https://example.org/a".to_owned())),
    );
    let files = btree_map("[a-z]{3}", a_file(), 1..4);
    (
        "[a-zA-Zã0-9_][a-zA-Zã0-9._-]{0,20}",
        kind,
        texts,
        a_licence(),
        vec("[a-zA-Z_]{1,9}", 0..4),
        any::<bool>(),
        files,
    )
        .prop_map(
            |(id, kind, (title, author, source), licence, tags, explicit, files)| {
                let mut files: Vec<AssetFile> = files
                    .into_iter()
                    .map(|(key, file)| AssetFile {
                        name: format!("{key}{}", file.name),
                        ..file
                    })
                    .collect();
                files.sort_by_key(|file| file.size.unwrap_or(u64::MAX));
                Asset {
                    id: AssetId::new(&id).expect("an id"),
                    kind,
                    title: title.clone(),
                    licence,
                    attribution: Some(Attribution {
                        title,
                        author,
                        source,
                    }),
                    tags,
                    explicit,
                    files,
                }
            },
        )
}

/// Registries as a parser returns them.
pub(crate) fn a_registry() -> impl Strategy<Value = Registry> {
    vec(an_asset(), 0..6).prop_map(Registry::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_registry_comes_back_as_it_was_written(registry in a_registry()) {
        let text = toml_of(&registry);
        let read = Registry::parse(&text, "written.toml", &RegistryRules::default());
        prop_assert_eq!(read.expect(&text), registry);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\[\\[asset\\]\\]|[a-z=\"\\[\\]{}\n ,0-9]|id|kind|mirrors|file){0,60}") {
        drop(Registry::parse(&text, "noise.toml", &RegistryRules::default()));
    }
}

#[test]
fn what_is_built_in_comes_back_as_it_was_written() {
    let registry = Registry::built_in();
    let rules = RegistryRules::default();
    let read = Registry::parse(&toml_of(registry), "written.toml", &rules);
    // The address of a published licence is not written, and need not be.
    assert_eq!(read.expect("valid").len(), registry.len());
}
