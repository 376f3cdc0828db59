use super::*;

fn fonts(text: &str) -> Fonts {
    Fonts::for_text([text].into_iter(), &[]).expect("no directories given")
}

#[test]
fn the_bundled_face_has_latin_greek_and_cyrillic() {
    let text = "Hello, ΑΒΓ, Привет, Žluťoučký — “quotes”… 1½ €";
    assert_eq!(Fonts::bundled().missing(text), Vec::<char>::new());
    assert_eq!(
        fonts(text).inner.faces.len(),
        1,
        "no other face is loaded for it"
    );
}

#[test]
fn what_is_missing_is_named_with_the_package_that_has_it() {
    let missing = Fonts::bundled().missing("a字b字 नम \u{200D}\u{FE0F}\u{202E}");
    assert_eq!(missing, ['字', 'न', 'म']);
    assert_eq!(Fonts::suggestion(&missing), Some("fonts-noto-cjk"));
    assert_eq!(Fonts::suggestion(&missing[1..]), Some("fonts-noto-core"));
    assert_eq!(Fonts::suggestion(&['🎉']), Some("fonts-noto-color-emoji"));
    assert_eq!(Fonts::suggestion(&[]), None);
}

#[test]
fn a_directory_that_cannot_be_read_is_an_error_even_when_it_is_not_needed() {
    let error = Fonts::for_text(["a"].into_iter(), &["/nonexistent/fonts".into()]).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[test]
fn fonts_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Fonts::bundled());
}

#[test]
fn every_script_gets_a_face_of_its_own_region() {
    let names = |text: &str| format!("{:?}", fonts(text));
    assert!(
        names("这个").contains("NotoSansCJKsc-Bold"),
        "{}",
        names("这个")
    );
    assert!(
        names("これは海").contains("NotoSansCJKjp-Bold"),
        "{}",
        names("これは海")
    );
    assert!(
        names("這個").contains("NotoSansCJKtc-Bold"),
        "{}",
        names("這個")
    );
    assert!(
        names("바다").contains("NotoSansCJKkr-Bold"),
        "{}",
        names("바다")
    );
    assert!(
        names("नमस्ते").contains("NotoSansDevanagari-Bold"),
        "{}",
        names("नमस्ते")
    );
    assert!(
        names("مرحبا").contains("NotoSansArabic-Bold"),
        "{}",
        names("مرحبا")
    );
    assert!(names("🎉").contains("NotoColorEmoji"), "{}", names("🎉"));
}

#[test]
fn every_sample_is_covered() {
    for sample in [
        "你好，世界。",
        "日本語、カタカナ！",
        "안녕하세요",
        "مرحبا بالعالم، نعم؟",
        "שלום עולם",
        "नमस्ते दुनिया।",
        "สวัสดีชาวโลก",
        "🎉👩‍🚀🇯🇵❤️1️⃣",
        "ভাষা",
        "தமிழ்",
        "ქართული",
        "አማርኛ",
        "Ελληνικά",
        "→ ★ ♪ ∑",
    ] {
        assert_eq!(
            fonts(sample).missing(sample),
            Vec::<char>::new(),
            "{sample}"
        );
    }
}

#[test]
fn the_first_letter_tells_the_direction() {
    assert!(reads_from_right("(مرحبا) TikTok"));
    assert!(reads_from_right("12 שלום"));
    assert!(!reads_from_right("TikTok مرحبا"));
    assert!(!reads_from_right("12 …"));
}
