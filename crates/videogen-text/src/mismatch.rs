//! Whether a text is in letters that the voices of a language read.

use crate::language::primary_subtag;
use crate::recognise::detect_language;
use crate::writing_system::{WritingSystem, census};

/// A text whose letters the voice of the language would read badly or not at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScriptMismatch {
    /// The script most of the foreign letters are in, for example `Han`.
    pub script: &'static str,
    /// The share of the text's letters the language does not use, 0..=1.
    pub share: f64,
    /// The language to use instead, when the script alone says it.
    pub suggestion: Option<&'static str>,
}

/// Whether more than 30 % of the letters are in a script that voices of `language` do not read.
///
/// Fewer are names and quotations, which every voice survives: espeak-ng announces the letters, flite passes over them.
pub fn script_mismatch(text: &str, language: &str) -> Option<ScriptMismatch> {
    const TOLERATED: f64 = 0.3;
    let language = primary_subtag(language);
    let counts = census(text);
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let foreign: Vec<&(WritingSystem, usize)> = counts
        .iter()
        .filter(|(script, _)| !script.is_read_by(&language))
        .collect();
    let share = foreign.iter().map(|(_, count)| count).sum::<usize>() as f64 / all.max(1) as f64;
    let (script, _) = **foreign.first()?;
    (share > TOLERATED).then(|| ScriptMismatch {
        script: script.name(),
        share,
        suggestion: detect_language(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_is_reported_with_what_to_use() {
        let mismatch = script_mismatch("你好，世界", "en-US").unwrap();
        assert_eq!((mismatch.script, mismatch.suggestion), ("Han", Some("cmn")));
        assert!((mismatch.share - 1.0).abs() < 1e-9);
        assert_eq!(
            script_mismatch("Hello there", "zh").unwrap().suggestion,
            None
        );
        assert!(script_mismatch("你好", "zh").is_none());
        assert!(script_mismatch("私は学生です", "ja").is_none());
        assert!(script_mismatch("He said 你好 and left the room without a word", "en").is_none());
        assert!(script_mismatch("🎉 123", "en").is_none());
        assert!(script_mismatch("Straße und Brücke", "de").is_none());
    }
}
