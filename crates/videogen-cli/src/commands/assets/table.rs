//! Assets as lines of a table, for people.

use console::{Alignment, Style, measure_text_width, pad_str, truncate_str};
use videogen_cdn::Asset;
use videogen_text::byte_size;

use super::wanted::{Wanted, WantedState};
use crate::ink;
use crate::wrap::shorten;

/// Columns of what is in front of the name.
const FIRST: usize = 8;
/// Columns of a size.
const SIZE: usize = 9;
/// The most columns that names are aligned in; a longer one pushes the rest of its line to the right.
const MOST_NAME: usize = 28;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What it belongs to, or its kind.
    pub(crate) first: String,
    /// How it stands.
    pub(crate) state: RowState,
    pub(crate) name: String,
    pub(crate) size: String,
    /// Its licence, and whatever else there is to say.
    pub(crate) last: String,
}

/// How it stands with what a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Here,
    Missing,
    Asks,
    Refused,
}

impl RowState {
    const fn word(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Missing => "missing",
            Self::Asks => "asks",
            Self::Refused => "refused",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Here => Style::new().green(),
            Self::Missing => Style::new().bold(),
            Self::Asks => Style::new().yellow(),
            Self::Refused => Style::new().red(),
        }
    }
}

impl Row {
    /// The line of an asset that is wanted.
    pub(crate) fn new(first: &str, wanted: &Wanted) -> Self {
        let state = match wanted.state {
            WantedState::Here => RowState::Here,
            WantedState::Missing => RowState::Missing,
            WantedState::Asks(_) => RowState::Asks,
            WantedState::Refused(_) => RowState::Refused,
        };
        Self {
            first: first.to_owned(),
            state,
            name: wanted.asset.id.to_string(),
            size: size(&wanted.asset),
            last: wanted.asset.licence.name(),
        }
    }
}

/// The size of an asset; `?` where one of its files has none that is published, with what is known of the others.
pub(crate) fn size(asset: &Asset) -> String {
    asset.size().map_or_else(|| "?".to_owned(), byte_size)
}

/// The lines of a table: aligned, no longer than `width` where there is one.
pub(crate) fn lines(rows: &[Row], width: Option<usize>) -> Vec<String> {
    let names = rows.iter().map(|row| measure_text_width(&row.name));
    let name = names.filter(|width| *width <= MOST_NAME).max();
    let name = name.unwrap_or_default();
    let line = |row: &Row| {
        let left = |text: &str, width| pad_str(text, width, Alignment::Left, None).into_owned();
        let state = left(row.state.word(), FIRST);
        let state = if width.is_some() && console::colors_enabled() {
            ink::paint(&row.state.style(), &state)
        } else {
            state
        };
        let size = pad_str(&row.size, SIZE, Alignment::Right, None).into_owned();
        let line = format!(
            "{}{state} {}{size}  {}",
            left(&row.first, FIRST),
            left(&row.name, name),
            row.last
        );
        let line = line.trim_end().to_owned();
        // What is coloured is measured without its colours, and not cut: a licence that is too long is.
        match width {
            Some(width) if measure_text_width(&line) > width => {
                let more = measure_text_width(&line) - width;
                let last = measure_text_width(&row.last).saturating_sub(more);
                let head = line.strip_suffix(&row.last).unwrap_or(&line);
                let line = format!("{head}{}", shorten(&row.last, last));
                // Where even nothing of it would be too long, the name is.
                truncate_str(line.trim_end(), width, "…").into_owned()
            }
            _ => line,
        }
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, last: &str) -> Row {
        Row {
            first: "voice".into(),
            state: RowState::Missing,
            name: name.into(),
            size: "63.2 MB".into(),
            last: last.into(),
        }
    }

    #[test]
    fn columns_are_aligned_and_lines_fit() {
        let long = "en_GB-northern_english_male-medium";
        let rows = [
            row("en_US-bryce-medium", "public domain"),
            row(
                "a",
                "CreativeML Open RAIL-M of a very long name that goes on",
            ),
            row(long, "unknown"),
        ];
        let plain = lines(&rows, None);
        assert_eq!(
            plain[0],
            "voice   missing  en_US-bryce-medium  63.2 MB  public domain"
        );
        assert!(plain[1].starts_with("voice   missing  a                   63.2 MB  Creat"));
        assert!(plain[1].ends_with("goes on"));
        assert_eq!(
            plain[2],
            format!("voice   missing  {long}  63.2 MB  unknown")
        );
        for line in lines(&rows, Some(60)) {
            assert!(measure_text_width(&line) <= 60, "{line}");
        }
        assert!(lines(&rows, Some(60))[1].ends_with('…'));
    }
}
