//! Sizes of files, for people.

/// Returns a size in words: `512 B`, `4.9 kB`, `63.2 MB`, `6.94 GB`; units of a thousand, as those who publish files give
/// them.
#[must_use]
pub fn byte_size(bytes: u64) -> String {
    let size = bytes as f64;
    match size {
        ..1e3 => format!("{bytes} B"),
        ..999.95e3 => format!("{:.1} kB", size / 1e3),
        ..999.95e6 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.2} GB", size / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_unit_that_people_use() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (4_885, "4.9 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (63_201_294, "63.2 MB"),
            (999_960_000, "1.00 GB"),
            (6_938_040_682, "6.94 GB"),
        ] {
            assert_eq!(byte_size(bytes), text);
        }
    }
}
