//! What a language writes with a full stop that is no end of a sentence.

/// The rules of a language. Words are in lower case, without the full stop at their end, with a space between them; one of
/// two words, as the German "z. b", is written with a no-break space in the table's text: `z.␣b`.
#[derive(Debug)]
pub(super) struct Rules {
    /// The primary subtag.
    pub(super) language: &'static str,
    /// Something always follows: a name, a number, an explanation.
    pub(super) leading: &'static str,
    /// Something follows mostly, but they are words as well (`Art`, `fig`, `им`) or stand last at times (`Main St.`): a sentence
    /// ends with them where one of the `openers` follows with a capital.
    pub(super) doubtful: &'static str,
    /// They may end a sentence or not; the next word decides. Of those that are `leading` or `doubtful`, too, these are the
    /// units: they are that behind a number.
    pub(super) either: &'static str,
    /// They are abbreviations before a number only, and words otherwise.
    pub(super) before_number: &'static str,
    /// Words that open sentences and hardly ever continue a name or follow an ordinal.
    pub(super) openers: &'static str,
    /// Whether "3." is "third".
    pub(super) has_ordinals: bool,
}

/// What is used where the language is not in the tables, and what an entry there does not say: initials and decimals only.
pub(super) const NONE: Rules = Rules {
    language: "",
    leading: "",
    doubtful: "",
    either: "",
    before_number: "",
    openers: "",
    has_ordinals: false,
};

impl Rules {
    /// Whether the language is written in Latin letters, so that an abbreviation in them is its own.
    pub(super) fn is_latin(&self) -> bool {
        !matches!(
            self.language,
            "" | "ru" | "uk" | "ar" | "fa" | "hi" | "ko" | "ja" | "zh" | "th" | "el" | "bg" | "sr"
        )
    }

    /// Returns the rules of a language tag.
    pub(super) fn of(tag: &str) -> &'static Self {
        let language = crate::primary_subtag(tag);
        let language = match language.as_str() {
            "no" | "nn" => "nb",
            other => other,
        };
        super::tables::ALL
            .iter()
            .find(|rules| rules.language == language)
            .unwrap_or(&NONE)
    }
}

/// Whether a list has an entry. Entries are parted by spaces; the space inside one is an underscore, and a star at its
/// beginning stands for what may be joined to it: `*str` is the end of `hauptstr`.
pub(super) fn has(list: &str, entry: &str) -> bool {
    let is_entry = |known: &str| match known.strip_prefix('*') {
        Some(end) => entry.ends_with(end),
        None => known == entry,
    };
    !entry.is_empty() && list.split_ascii_whitespace().any(is_entry)
}
