//! Laws of keys and digests.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, PartialEq)]
enum Field {
    Text(String),
    Number(u64),
    Real(u64),
    Digest(Vec<u8>),
    Key(u64),
}

type Fields = Vec<(String, Field)>;

/// Few letters and short lists, so that different lists often join to the same letters.
fn fields() -> impl Strategy<Value = Fields> {
    let value = prop_oneof![
        "[ab]{0,3}".prop_map(Field::Text),
        (0..3u64).prop_map(Field::Number),
        (0..3u64).prop_map(Field::Real),
        prop::collection::vec(0..2u8, 0..2).prop_map(Field::Digest),
        (0..3u64).prop_map(Field::Key),
    ];
    prop::collection::vec(("[ab]{0,2}", value), 0..4)
}

fn build(version: u32, fields: &Fields) -> Key {
    let mut builder = KeyBuilder::new("stage", version);
    for (name, value) in fields {
        builder = match value {
            Field::Text(text) => builder.text(name, text),
            Field::Number(number) => builder.number(name, *number),
            Field::Real(bits) => builder.real(name, f64::from_bits(*bits)),
            Field::Digest(bytes) => builder.digest(name, &Digest::of(bytes)),
            Field::Key(number) => builder.key(name, &key(*number)),
        };
    }
    builder.finish()
}

proptest! {
    #[test]
    fn keys_are_the_same_exactly_when_the_inputs_are(a in fields(), b in fields(), versions in (0..2u32, 0..2u32)) {
        let same = a == b && versions.0 == versions.1;
        prop_assert_eq!(build(versions.0, &a) == build(versions.1, &b), same);
        prop_assert_eq!(build(1, &a), build(1, &a));
    }

    #[test]
    fn order_matters(a in fields()) {
        let turned: Fields = a.iter().rev().cloned().collect();
        prop_assert_eq!(build(1, &a) == build(1, &turned), a == turned);
    }

    #[test]
    fn keys_survive_text_and_json(n in any::<u64>()) {
        let key = key(n);
        prop_assert_eq!(key.to_string().parse(), Ok(key));
        let json = serde_json::to_string(&key).expect("JSON");
        prop_assert_eq!(json.clone(), format!("\"{key}\""));
        prop_assert_eq!(serde_json::from_str::<Key>(&json).expect("a key"), key);
    }

    #[test]
    fn normalising_twice_changes_nothing(text in any::<String>()) {
        let once = normalised(&text);
        prop_assert_eq!(normalised(&once), once.clone());
        prop_assert_eq!(once.trim(), &once);
    }
}

#[test]
fn the_encoding_never_changes() {
    // Computed with Python's hashlib from the bytes in the module's documentation. A change here loses every cache.
    let key = KeyBuilder::new("voice", 3)
        .text("text", "hi")
        .number("seed", 7)
        .real("rate", 1.5)
        .digest("model", &Digest::of(b"abc"))
        .finish();
    assert_eq!(
        key.to_string(),
        "d73c0fddf07bd06be684b3b494cadbed5bcd5237d93897f9e7cefee325397a94"
    );
}

#[test]
fn every_nan_is_one_and_zeros_are_two() {
    let real = |value| KeyBuilder::new("s", 1).real("r", value).finish();
    assert_eq!(real(f64::NAN), real(-f64::NAN));
    assert_eq!(real(f64::NAN), real(f64::from_bits(0x7ff0_0000_0000_0001)));
    assert_ne!(real(0.0), real(-0.0));
}

#[test]
fn texts_that_look_the_same_are_the_same() {
    for (a, b) in [
        ("caf\u{e9}", "cafe\u{301}"),
        ("  The\u{a0}Deep \n Sea ", "the deep sea"),
        ("ﬁsh", "FISH"),
        ("ΟΔΟΣ", "οδος"),
        ("Ⅷ", "viii"),
        ("", " \t\u{3000}"),
    ] {
        assert_eq!(normalised(a), normalised(b), "{a:?} {b:?}");
    }
    assert_ne!(normalised("cafe"), normalised("café"));
}

#[test]
fn only_lower_case_keys_of_64_digits_are_keys() {
    let good = key(1).to_string();
    for bad in [
        &good[1..],
        &format!("{good}0"),
        &good.to_uppercase(),
        &"é".repeat(32),
        "",
    ] {
        assert!(bad.parse::<Key>().is_err(), "{bad}");
    }
}

#[test]
fn a_digest_of_a_file_is_that_of_its_bytes() {
    let dir = temp();
    let path = dir.path().join("file");
    let bytes: Vec<u8> = (0..150_000u32).map(|i| (i % 251) as u8).collect();
    fs::write(&path, &bytes).expect("written");
    assert_eq!(Digest::of_file(&path).expect("read"), Digest::of(&bytes));
    // FIPS 180-2, appendix B.1.
    assert_eq!(
        Digest::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
