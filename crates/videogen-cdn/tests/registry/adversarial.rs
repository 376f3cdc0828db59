//! Registries that somebody wrote wrongly, or to do harm.

use std::fmt::Write as _;

use videogen_cdn::{
    MirrorKind, Registry, RegistryError, RegistryProblem, RegistryRules, UrlProblem,
};

const HEAD: &str =
    "[[asset]]\nid = \"a\"\nkind = \"music\"\ntitle = \"A\"\nlicence = \"CC0-1.0\"\n";

fn parse(text: &str) -> Result<Registry, RegistryError> {
    Registry::parse(text, "mine.toml", &RegistryRules::default())
}

/// What is wrong with a registry, in which line.
fn wrong(text: &str) -> (RegistryProblem, usize) {
    match parse(text) {
        Err(RegistryError::Content { problem, line, .. }) => (problem, line),
        other => panic!("{text}\n{other:?}"),
    }
}

/// What is wrong with a file of an asset that is right otherwise.
fn wrong_file(entries: &str) -> RegistryProblem {
    wrong(&format!("{HEAD}[[asset.file]]\n{entries}")).0
}

fn with_mirror(url: &str) -> RegistryProblem {
    wrong_file(&format!("name = \"a.mp3\"\nmirrors = [\"{url}\"]\n"))
}

fn right() -> String {
    format!("{HEAD}file = [{{ name = \"a.mp3\", mirrors = [\"https://example.org/a.mp3\"] }}]\n")
}

#[test]
fn what_is_right_is_read() {
    let registry = parse(&right()).unwrap();
    let asset = registry.get("a").unwrap();
    assert_eq!(asset.files[0].mirrors[0].priority, 50);
    assert!(!asset.explicit && asset.tags.is_empty() && asset.size().is_none());
    let with_bom_and_crlf = format!("\u{feff}{}", right().replace('\n', "\r\n"));
    assert_eq!(parse(&with_bom_and_crlf).unwrap(), registry);
    assert!(parse("").unwrap().is_empty() && parse("version = 1").unwrap().is_empty());
}

#[test]
fn the_message_tells_file_line_asset_and_what_to_do() {
    let text = right().replace("licence", "license");
    let error = parse(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "mine.toml, line 5, asset a: unknown key `license`"
    );
    assert_eq!(error.help().unwrap().to_string(), "did you mean `licence`?");
    let error = parse(&right().replace("music", "musik")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "mine.toml, line 3, asset a: `kind`: \"musik\" is none of voice, music, font, model"
    );
}

#[test]
fn ids_and_file_names_are_there_once() {
    let twice = format!("{}{}", right(), right());
    let (problem, line) = wrong(&twice);
    assert_eq!(problem, RegistryProblem::DuplicateAsset { first: 2 });
    assert_eq!(line, 8);
    let text = format!(
        "{HEAD}file = [{{ name = \"a.mp3\", mirrors = [\"https://b/1\"] }}, {{ name = \"A.mp3\", mirrors = [\"https://b/2\"] }}]"
    );
    let problem = RegistryProblem::DuplicateFile {
        name: "A.mp3".into(),
    };
    assert_eq!(wrong(&text).0, problem);
    let text = format!(
        "{HEAD}file = [{{ name = \"a.mp3\", mirrors = [\"https://b/1\", \"https://b/1\"] }}]"
    );
    assert!(matches!(
        wrong(&text).0,
        RegistryProblem::DuplicateMirror { .. }
    ));
}

#[test]
fn digests_are_whole_and_hexadecimal() {
    let good = "0123456789abcdefABCDEF0123456789".to_owned();
    for (key, digits) in [
        ("sha256", good.clone()),
        ("sha256", "g".repeat(64)),
        ("sha256", format!("{} ", "a".repeat(63))),
        ("sha256", "ä".repeat(32)),
        ("md5", "a".repeat(31)),
        ("md5", "z".repeat(32)),
        ("sha1", good.clone()),
        ("sha1", String::new()),
    ] {
        let entries = format!("name = \"a\"\nmirrors = [\"https://b/1\"]\n{key} = \"{digits}\"\n");
        let problem = wrong_file(&entries);
        assert!(
            matches!(&problem, RegistryProblem::BadValue { key: k, .. } if *k == key),
            "{key} {digits}: {problem}"
        );
    }
    let both = format!(
        "name = \"a\"\nmirrors = [\"https://b/1\"]\nmd5 = \"{good}\"\nsha1 = \"{good}01234567\"\n"
    );
    assert!(matches!(
        wrong_file(&both),
        RegistryProblem::BadValue { key: "md5", .. }
    ));
}

#[test]
fn addresses_of_other_schemes_users_and_lengths_are_refused() {
    for (url, scheme) in [
        ("file:///etc/passwd", "file"),
        ("ftp://example.org/a", "ftp"),
        ("gopher://example.org/a", "gopher"),
    ] {
        match with_mirror(url) {
            RegistryProblem::Url {
                problem: UrlProblem::Scheme { scheme: found },
                ..
            } => assert_eq!(found, scheme),
            other => panic!("{url}: {other:?}"),
        }
    }
    let url = |problem: RegistryProblem| match problem {
        RegistryProblem::Url { problem, .. } => problem,
        other => panic!("{other:?}"),
    };
    let long = format!("https://example.org/{}", "a".repeat(8 << 10));
    assert_eq!(
        url(with_mirror(&long)),
        UrlProblem::TooLong { bytes: long.len() }
    );
    assert_eq!(
        url(with_mirror("https://me:pw@b/x")),
        UrlProblem::Credentials
    );
    let host = "192.168.1.2".to_owned();
    assert_eq!(
        url(with_mirror("http://192.168.1.2/x")),
        UrlProblem::PlainHttp { host }
    );
}

#[test]
fn plain_http_is_read_where_the_caller_allows_the_host() {
    let text = right().replace("https://example.org", "http://127.0.0.1:8080");
    assert!(parse(&text).is_err());
    let rules = RegistryRules::default().allow_plain_http("127.0.0.1");
    assert!(Registry::parse(&text, "t", &rules).is_ok());
}

#[test]
fn names_stay_in_their_directory() {
    for name in [
        "../a",
        "/etc/passwd",
        ".bashrc",
        "a/b",
        "a\\\\b",
        "CON",
        "nul.onnx",
        "",
        "a\\u0000b",
    ] {
        let problem = wrong_file(&format!("name = \"{name}\"\nmirrors = [\"https://b/1\"]\n"));
        assert!(
            matches!(problem, RegistryProblem::BadValue { key: "name", .. }),
            "{name}: {problem}"
        );
    }
    for id in ["", ".a", "a/b", "../a", "a b", "a\\nb", &"a".repeat(101)] {
        let text = right().replace("id = \"a\"", &format!("id = \"{id}\""));
        let (problem, _) = wrong(&text);
        assert!(
            matches!(problem, RegistryProblem::BadValue { key: "id", .. }),
            "{id}"
        );
    }
}

#[test]
fn a_thousand_mirrors_are_too_many() {
    let urls = |count: usize| {
        (0..count).fold(String::new(), |mut urls, at| {
            write!(urls, "\"https://mirror-{at}.example.org/a\", ").unwrap();
            urls
        })
    };
    let of = |count| format!("name = \"a\"\nmirrors = [{}]\n", urls(count));
    assert_eq!(
        wrong_file(&of(1_000)),
        RegistryProblem::TooManyMirrors { count: 1_000 }
    );
    assert!(parse(&format!("{HEAD}[[asset.file]]\n{}", of(64))).is_ok());
    // Those of a base count, too.
    let text = format!(
        "[base.x]\nmirrors = [{}]\n{HEAD}base = \"x\"\n[[asset.file]]\n{}",
        urls(60).replace("mirror-", "root-").replace("/a\"", "/\""),
        of(5)
    );
    assert_eq!(
        wrong(&text).0,
        RegistryProblem::TooManyMirrors { count: 65 }
    );
    assert_eq!(
        wrong_file("name = \"a\"\n"),
        RegistryProblem::NoMirrors { name: "a".into() }
    );
}

#[test]
fn size_and_number_of_files_are_bounded() {
    let comment = format!("#{}", "x".repeat(8 << 20));
    assert_eq!(wrong(&comment).0, RegistryProblem::TooLarge);
    // 70 bytes a file: a registry of less than 8 MiB can name more files than there may be.
    let files = (0..100_001).fold(String::new(), |mut files, at| {
        writeln!(files, "{{name=\"{at}\"}},").unwrap();
        files
    });
    let text =
        format!("[base.x]\nmirrors=[\"https://b/\"]\n{HEAD}base = \"x\"\nfile = [{files}]\n");
    assert!(text.len() < 8 << 20);
    assert_eq!(wrong(&text).0, RegistryProblem::TooMuch);
}

#[test]
fn a_shorthand_does_not_multiply_into_more_memory_than_is_meant() {
    let long = "r".repeat(1_900);
    let roots = (0..64).fold(String::new(), |mut roots, at| {
        write!(roots, "\"https://m{at}.example.org/{long}/\",").unwrap();
        roots
    });
    let files = (0..5_000).fold(String::new(), |mut files, at| {
        write!(files, "{{name=\"{at}\"}},").unwrap();
        files
    });
    let text = format!("[base.x]\nmirrors=[{roots}]\n{HEAD}base = \"x\"\nfile = [{files}]\n");
    assert!(text.len() < 1 << 20);
    assert_eq!(wrong(&text).0, RegistryProblem::TooMuch);
}

#[test]
fn numbers_are_in_their_range() {
    for (size, priority) in [
        ("0", "50"),
        ("-1", "50"),
        ("1", "101"),
        ("1", "-1"),
        ("99999999999999999999999", "1"),
    ] {
        let problem = wrong_file(&format!(
            "name = \"a\"\nsize = {size}\nmirrors = [{{ url = \"https://b/1\", priority = {priority} }}]\n"
        ));
        assert!(
            matches!(
                problem,
                RegistryProblem::BadValue {
                    key: "size" | "priority",
                    ..
                } | RegistryProblem::NotToml { .. }
                    | RegistryProblem::WrongType { .. }
            ),
            "{size} {priority}: {problem}"
        );
    }
    let text = format!(
        "{HEAD}[[asset.file]]\nname = \"a\"\nmirrors = [{{ url = \"https://b/1\", kind = \"copy\", priority = 100 }}]\n"
    );
    let registry = parse(&text).unwrap();
    let mirror = &registry.get("a").unwrap().files[0].mirrors[0];
    assert_eq!((mirror.kind, mirror.priority), (MirrorKind::Copy, 100));
}

#[test]
fn a_licence_that_asks_for_credits_needs_a_name() {
    for licence in ["CC-BY-3.0", "cc-by-nc-sa-4.0", "OGA-BY-3.0"] {
        let (problem, line) = wrong(&right().replace("CC0-1.0", licence));
        assert!(
            matches!(problem, RegistryProblem::NoAttribution { .. }),
            "{licence}: {problem}"
        );
        assert_eq!(line, 1);
    }
    let named = right().replace(
        "CC0-1.0\"",
        "CC-BY-3.0\"\nattribution = { title = \"A\", author = \"B\" }",
    );
    assert!(parse(&named).is_ok());
    for bad in ["a b", "", "x\\ny", "<b>"] {
        let (problem, _) = wrong(&right().replace("CC0-1.0", bad));
        assert!(
            matches!(problem, RegistryProblem::BadValue { key: "licence", .. }),
            "{bad}"
        );
    }
}

#[test]
fn texts_that_would_forge_lines_or_turn_text_around_are_refused() {
    for bad in [
        "a\\nMusic: forged",
        "\\u202eabc",
        "a\\u001b[2J",
        "",
        "   ",
        &"x".repeat(301),
    ] {
        let (problem, _) = wrong(&right().replace("title = \"A\"", &format!("title = \"{bad}\"")));
        assert!(
            matches!(problem, RegistryProblem::BadValue { key: "title", .. }),
            "{bad}"
        );
        let tags = right().replace("file =", &format!("tags = [\"{bad}\"]\nfile ="));
        assert!(
            matches!(
                wrong(&tags).0,
                RegistryProblem::BadValue { key: "tags", .. }
            ),
            "{bad}"
        );
    }
}

#[test]
fn types_bases_and_versions() {
    let known = |text: &str| wrong(text).0;
    assert!(matches!(
        known("asset = 1"),
        RegistryProblem::WrongType { .. }
    ));
    assert!(matches!(
        known("asset = [1]"),
        RegistryProblem::WrongType { .. }
    ));
    assert!(matches!(
        known("base = []"),
        RegistryProblem::WrongType { .. }
    ));
    assert!(matches!(
        known("base.x = 1"),
        RegistryProblem::WrongType { .. }
    ));
    assert!(matches!(
        known("[base.x]"),
        RegistryProblem::MissingKey { key: "mirrors" }
    ));
    assert!(matches!(
        known("[base.x]\nmirrors = [1]"),
        RegistryProblem::WrongType { .. }
    ));
    assert!(matches!(
        known("[base.x]\nmirrors = [{}]"),
        RegistryProblem::MissingKey { key: "url" }
    ));
    assert!(matches!(
        known("version = 2"),
        RegistryProblem::Version { .. }
    ));
    assert!(matches!(known("x = \n"), RegistryProblem::NotToml { .. }));
    assert!(matches!(
        known("[[asset]]"),
        RegistryProblem::MissingKey { key: "id" }
    ));
    assert!(matches!(
        known(HEAD),
        RegistryProblem::MissingKey { key: "file" }
    ));
    let deep = format!("x = {}", "[".repeat(100_000));
    assert!(matches!(known(&deep), RegistryProblem::NotToml { .. }));
    let tail = "[base.x]\nmirrors = [\"https://b/?q=\"]";
    assert!(matches!(
        known(tail),
        RegistryProblem::Url {
            problem: UrlProblem::Tail,
            ..
        }
    ));
    let text = format!(
        "[base.piper]\nmirrors = [\"https://b/\"]\n{HEAD}base = \"pipper\"\nfile = [{{ name = \"a\" }}]"
    );
    let nearest = vec!["piper".to_owned()];
    let name = "pipper".to_owned();
    assert_eq!(known(&text), RegistryProblem::UnknownBase { name, nearest });
}

#[test]
fn paths_stay_below_their_root() {
    let text = |path: &str| {
        format!(
            "[base.x]\nmirrors = [\"https://b/root\"]\n{HEAD}base = \"x\"\npath = \"{path}\"\nfile = [{{ name = \"ã.mp3\" }}]"
        )
    };
    let registry = parse(&text("d/e f")).unwrap();
    let url = registry.get("a").unwrap().files[0].mirrors[0].url.as_str();
    assert_eq!(url, "https://b/root/d/e%20f/%C3%A3.mp3");
    for bad in ["..", "d/../..", "/d", "d//e", "d\\\\e", ""] {
        let (problem, _) = wrong(&text(bad));
        assert!(
            matches!(problem, RegistryProblem::BadValue { key: "path", .. }),
            "{bad}: {problem}"
        );
    }
}

#[test]
fn files_that_cannot_be_read() {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let rules = RegistryRules::default();
    let error = Registry::read(&path, &rules).unwrap_err();
    assert!(
        matches!(error, RegistryError::Read { .. }) && error.help().is_some(),
        "{error}"
    );
    std::fs::write(&path, b"\xff\xfe").unwrap();
    assert!(
        Registry::read(&path, &rules)
            .unwrap_err()
            .to_string()
            .contains("UTF-8")
    );
    let large = std::fs::File::create(&path).unwrap();
    large.set_len((8 << 20) + 1).unwrap();
    let error = Registry::read(&path, &rules).unwrap_err();
    assert_eq!(error.problem(), Some(&RegistryProblem::TooLarge));
    std::fs::write(&path, right()).unwrap();
    assert_eq!(
        Registry::read(&path, &rules).unwrap(),
        parse(&right()).unwrap()
    );
    assert!(matches!(
        Registry::read(dir.path(), &rules),
        Err(RegistryError::Read { .. })
    ));
}
