//! The IDs of the failure catalogue.

/// Letter, first and last number.
const NUMBERED: &[(&str, u32, u32)] = &[
    ("X", 1, 5),
    ("E", 0, 18),
    ("A", 1, 8),
    ("B", 1, 6),
    ("C", 1, 6),
    ("D", 1, 5),
    ("E-", 1, 4),
    ("F", 1, 5),
    ("G", 1, 5),
    ("H", 1, 4),
    ("I", 1, 4),
    ("J", 1, 4),
    ("K", 1, 5),
    ("L", 1, 5),
    ("M", 1, 10),
    ("N", 1, 10),
    ("O", 1, 15),
    ("P", 1, 10),
    ("Q", 1, 10),
    ("R", 1, 10),
    ("S", 1, 10),
    ("T", 1, 10),
    ("U", 1, 10),
    ("V", 1, 10),
    ("W", 1, 27),
    ("Z", 1, 20),
];

/// The ones outside the numbering.
const OTHERS: &[&str] = &["E11A", "E17A", "E17B", "E17C", "E17D", "Z-last"];

/// Every ID, each once.
pub(super) fn all() -> impl Iterator<Item = String> {
    NUMBERED
        .iter()
        .flat_map(|&(letter, first, last)| {
            (first..=last).map(move |number| format!("{letter}{number}"))
        })
        .chain(OTHERS.iter().map(|&id| id.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_id_stands_once() {
        let distinct: BTreeSet<String> = all().collect();
        assert_eq!(distinct.len(), all().count());
        for id in ["X1", "E0", "E-4", "E11A", "Z20", "Z-last"] {
            assert!(distinct.contains(id), "{id}");
        }
    }
}
