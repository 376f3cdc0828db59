use proptest::prelude::*;

use super::*;

#[test]
fn the_bounds_are_those_of_the_nodes() {
    assert!(Steps::new(0).is_err() && Steps::new(1).is_ok());
    assert!(Steps::new(10_000).is_ok() && Steps::new(10_001).is_err());
    assert!(
        Cfg::new(-0.1).is_err()
            && Cfg::new(0.0).is_ok()
            && Cfg::new(100.0).is_ok()
            && Cfg::new(100.1).is_err()
    );
    assert!(
        Denoise::new(1.5).is_err()
            && Denoise::new(f64::NAN).is_err()
            && Denoise::new(f64::INFINITY).is_err()
    );
    assert_eq!(
        "18446744073709551615".parse::<Seed>().unwrap().get(),
        u64::MAX
    );
    for wrong in ["-1", "18446744073709551616", "1.0", ""] {
        let error = wrong.parse::<Seed>().unwrap_err();
        assert!(
            error
                .help()
                .unwrap()
                .to_string()
                .contains("18446744073709551615"),
            "{wrong}"
        );
    }
}

#[test]
fn names_are_checked() {
    assert!(ModelFile::new("sd/a model (1).safetensors").is_ok());
    assert!(ModelFile::new("").is_err() && ModelFile::new("a\u{0}b").is_err());
    assert!(Sampler::new("dpmpp_2m").is_ok() && Sampler::new("a b").is_err());
    assert!(OutputPrefix::new("../x").is_err());
}

#[test]
fn a_literal_text_has_no_syntax() {
    let text = PromptText::literal("a (red:1.9) Embedding:evil\u{0} boat \\").unwrap();
    assert_eq!(text.as_str(), "a \\(red:1.9\\) Embedding evil boat \\\\");
    assert!(PromptText::with_syntax("x".repeat(8193)).is_err());
}

proptest! {
    #[test]
    fn sizes_that_exist_are_exact(width in 0u32..20_000, height in 0u32..20_000) {
        if let Ok(size) = PaintSize::new(width, height) {
            prop_assert_eq!((size.width() / 8 * 8, size.height() / 8 * 8), (width, height));
            prop_assert!(width >= 16 && height <= 16_384);
        }
    }

    #[test]
    fn tiles_that_exist_are_used_as_they_are(side in 0u32..5000, overlap in 0u32..5000) {
        if let Ok(tile) = Tile::new(side, overlap) {
            prop_assert!(tile.side() >= tile.overlap() * 4);
        }
    }

    #[test]
    fn no_prompt_has_control_characters(text in any::<String>()) {
        for prompt in [PromptText::with_syntax(&text), PromptText::literal(&text)].into_iter().flatten() {
            prop_assert!(!prompt.as_str().chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
