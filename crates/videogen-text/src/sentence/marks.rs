//! Marks that end sentences, and what may stand behind them.

/// Whether it ends sentences.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '։'
            | '።'
            | '။'
            | '។'
            | '‼'
            | '⁇'
            | '⁈'
            | '⁉'
    ) || is_unspaced_mark(c)
}

/// Full-width marks; the next sentence follows them without a space.
pub(super) fn is_unspaced_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '．')
}

/// Quotes and brackets that belong to what is before them.
pub(super) fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '“'
            | '‘'
            | '»'
            | '«'
            | '›'
            | '‹'
            | ')'
            | ']'
            | '}'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '*'
            | '_'
    )
}

/// Splits a word into what it is without the marks at its end, the marks, and what closes behind them.
pub(super) fn parted(word: &str) -> (&str, &str, &str) {
    let closed = word.trim_end_matches(is_closer);
    let bare = closed.trim_end_matches(is_mark);
    (
        &word[..bare.len()],
        &word[bare.len()..closed.len()],
        &word[closed.len()..],
    )
}
