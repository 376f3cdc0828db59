//! Words of scripts that put no spaces between them.

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;
use unicode_segmentation::UnicodeSegmentation as _;

/// Returns where the words of a run without white space begin, as byte offsets, the first being 0; empty for an empty run.
///
/// Thai, Lao, Khmer, Burmese, Chinese and Japanese are cut by the dictionaries of ICU, other scripts as UAX #29 has it. A
/// mark that is no word, such as a full stop, is given as one of its own. No place is within a grapheme cluster.
#[must_use]
pub fn word_starts(run: &str) -> Vec<usize> {
    // Borrows what is compiled in: it costs nothing to make.
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    // The last place is the end of the run.
    let mut words = segmenter.segment_str(run).peekable();
    let clusters = run.grapheme_indices(true).map(|(at, _)| at);
    clusters
        .filter(|at| {
            while words.next_if(|word| word < at).is_some() {}
            words.peek() == Some(at)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(run: &str) -> Vec<&str> {
        let starts = word_starts(run);
        let ends = starts.iter().skip(1).copied().chain([run.len()]);
        starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| &run[start..end])
            .collect()
    }

    #[test]
    fn words_are_those_of_a_dictionary() {
        assert_eq!(words("ทะเลลึกมืดมาก"), ["ทะเล", "ลึก", "มืด", "มาก"]);
        assert_eq!(words("សមុទ្រជ្រៅ"), ["សមុទ្រ", "ជ្រៅ"]);
        assert_eq!(
            words("人工智能改变世界。"),
            ["人工", "智能", "改变", "世界", "。"]
        );
        assert_eq!(words("東京タワーは"), ["東京", "タワー", "は"]);
        assert_eq!(words(""), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn words_cover_the_run_and_part_no_cluster(run in "[ก-๛ກ-ໟក-៿က-႟一-二あ-ん\\PC]{0,30}") {
            let starts = word_starts(&run);
            prop_assert_eq!(starts.first().copied(), (!run.is_empty()).then_some(0));
            let clusters: Vec<usize> = run.grapheme_indices(true).map(|(at, _)| at).collect();
            prop_assert!(starts.iter().all(|start| clusters.contains(start)));
        }
    }
}
