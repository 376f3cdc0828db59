//! Which of the files that somebody brought are shown in which scene: those that it names, or its share of the others.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::Scene;

/// A file that scenes name, and the number of the first that does, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedFile {
    /// Where it is.
    pub(super) path: Utf8PathBuf,
    /// The number of the scene.
    pub(super) scene: usize,
}

/// The files of a video by their places in a list, in which those that scenes name stand first.
#[derive(Debug, Clone, Default)]
pub(super) struct Allotment {
    /// The places of the files that each scene names, in their order. Empty where no scene names any.
    named: Vec<Vec<usize>>,
    /// How many files scenes name, each counted once.
    own: usize,
}

impl Allotment {
    /// Reads what `scenes` name. With the files in the order of their places, each once.
    pub(super) fn of(scenes: &[Scene]) -> (Self, Vec<NamedFile>) {
        let mut files: Vec<NamedFile> = Vec::new();
        let mut known: BTreeMap<&Utf8Path, usize> = BTreeMap::new();
        let mut named: Vec<Vec<usize>> = Vec::with_capacity(scenes.len());
        for (number, scene) in (1..).zip(scenes) {
            let place = |path| {
                *known.entry(path).or_insert_with(|| {
                    files.push(NamedFile {
                        path: path.to_owned(),
                        scene: number,
                    });
                    files.len() - 1
                })
            };
            let paths = scene.media.iter().map(Utf8PathBuf::as_path);
            named.push(paths.map(place).collect());
        }
        if files.is_empty() {
            named.clear();
        }
        let own = files.len();
        (Self { named, own }, files)
    }

    /// Whether no scene names a file.
    pub(super) fn is_plain(&self) -> bool {
        self.named.is_empty()
    }

    /// How many files scenes name.
    pub(super) fn own(&self) -> usize {
        self.own
    }

    /// Whether a scene shows the file at `place`, as far as that is known before they are counted.
    pub(super) fn is_shown(&self, place: usize) -> bool {
        place >= self.own || self.named.iter().flatten().any(|named| *named == place)
    }

    /// Whether every scene names what it shows.
    pub(super) fn names_all(&self) -> bool {
        !self.is_plain() && !self.named.iter().any(Vec::is_empty)
    }

    /// Whether scene `index` names nothing.
    pub(super) fn is_free(&self, index: usize) -> bool {
        self.named.get(index).is_none_or(Vec::is_empty)
    }

    /// How many of the first `count` scenes name nothing.
    pub(super) fn free(&self, count: usize) -> usize {
        (0..count).filter(|index| self.is_free(*index)).count()
    }

    /// The places of what is shown in scene `index` of `count`, of `files` in all: what it names, else its share of what
    /// no scene names, which begins again where there is too little of it. None where that is nothing.
    pub(super) fn places(&self, files: usize, index: usize, count: usize) -> Vec<usize> {
        let others = files.saturating_sub(self.own);
        match self.named.get(index) {
            Some(named) if !named.is_empty() => named.clone(),
            _ if others == 0 => Vec::new(),
            _ => {
                let scenes = self.free(count);
                let shown = share(others.max(scenes), scenes, self.free(index));
                shown.map(|place| self.own + place % others).collect()
            }
        }
    }

    /// Which of `shown` pictures, in the order they are shown, are those of scene `index` of `count`, where there are
    /// `files` in all.
    pub(super) fn range(
        &self,
        files: usize,
        shown: usize,
        (index, count): (usize, usize),
    ) -> Range<usize> {
        if self.is_plain() {
            return share(shown, count, index);
        }
        // One that is painted is a picture as well.
        let pictures = |index| self.places(files, index, count).len().max(1);
        let start: usize = (0..index).map(pictures).sum();
        start.min(shown)..(start + pictures(index)).min(shown)
    }

    /// Leaves out what scene `index` names beyond so many files. Returns the places of these.
    pub(super) fn cut(&mut self, index: usize, most: usize) -> Vec<usize> {
        let named = self.named.get_mut(index);
        named.map_or_else(Vec::new, |named| named.split_off(most.min(named.len())))
    }

    /// Says which places are shown in each of `count` scenes, of `files` in all: `0,1|2|-`. Nothing where no scene names
    /// any, which is told by their number.
    pub(super) fn identity(&self, files: usize, count: usize) -> Option<String> {
        let scene = |index| {
            let places = self.places(files, index, count);
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            if places.is_empty() {
                "-".to_owned()
            } else {
                places.join(",")
            }
        };
        let scenes: Vec<String> = (0..count).map(scene).collect();
        (!self.is_plain()).then(|| scenes.join("|"))
    }
}

/// Which of so many pictures are those of scene `index` of `scenes`, where there is one for each at least: in their order,
/// as evenly as it goes.
fn share(pictures: usize, scenes: usize, index: usize) -> Range<usize> {
    index * pictures / scenes..(index + 1) * pictures / scenes
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Scenes of as many words each, with what each names.
    pub(in super::super) fn scenes(media: &[&[&str]]) -> Vec<Scene> {
        let scene = |media: &&[&str]| Scene {
            narration: "Here it is.".to_owned(),
            picture: "a hill".to_owned(),
            negative: None,
            media: media.iter().map(|path| Utf8PathBuf::from(*path)).collect(),
        };
        media.iter().map(scene).collect()
    }

    #[test]
    fn scenes_show_what_they_name_and_the_others_what_nobody_names() {
        let (allotment, named) = Allotment::of(&scenes(&[&["b"], &[], &["a", "b"], &[]]));
        let paths: Vec<&str> = named.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["b", "a"]);
        let first: Vec<usize> = named.iter().map(|file| file.scene).collect();
        assert_eq!(first, [1, 3]);
        let all = |others: usize| -> Vec<Vec<usize>> {
            let scene = |index| allotment.places(2 + others, index, 4);
            (0..4).map(scene).collect()
        };
        assert_eq!(all(0), [vec![0], vec![], vec![1, 0], vec![]]);
        assert_eq!(all(1), [vec![0], vec![2], vec![1, 0], vec![2]]);
        assert_eq!(all(3), [vec![0], vec![2], vec![1, 0], vec![3, 4]]);
        assert!(!allotment.names_all());
        assert_eq!(allotment.identity(2, 4).as_deref(), Some("0|-|1,0|-"));
        let range = |index| allotment.range(2, 5, (index, 4));
        assert_eq!(
            [range(0), range(1), range(2), range(3)],
            [0..1, 1..2, 2..4, 4..5]
        );
    }

    #[test]
    fn without_names_pictures_are_shared_as_ever() {
        let (allotment, named) = Allotment::of(&scenes(&[&[], &[], &[]]));
        assert!(named.is_empty() && allotment.is_plain() && !allotment.names_all());
        assert_eq!(allotment.places(5, 1, 3), [1, 2]);
        assert_eq!(allotment.places(2, 2, 3), [0]);
        assert_eq!(allotment.range(0, 3, (1, 3)), 1..2);
        assert_eq!(allotment.identity(5, 3), None);
    }

    #[test]
    fn what_is_too_much_is_cut_from_the_end() {
        let (mut allotment, _) = Allotment::of(&scenes(&[&["a", "b", "c"], &["d"]]));
        assert!(allotment.names_all());
        assert!(allotment.is_shown(2));
        assert_eq!(allotment.cut(0, 2), [2]);
        assert!(!allotment.is_shown(2) && allotment.is_shown(3) && allotment.is_shown(4));
        assert_eq!(allotment.cut(1, 5), Vec::<usize>::new());
        assert_eq!(allotment.cut(7, 0), Vec::<usize>::new());
        assert_eq!(allotment.places(4, 0, 2), [0, 1]);
    }

    proptest! {
        #[test]
        fn every_other_file_is_shown_where_a_scene_is_free(
            named in prop::collection::vec(0usize..3, 1..10), others in 0usize..12,
        ) {
            let media: Vec<Vec<String>> = named
                .iter()
                .enumerate()
                .map(|(scene, count)| (0..*count).map(|n| format!("{scene}-{n}")).collect())
                .collect();
            let media: Vec<Vec<&str>> = media.iter().map(|all| all.iter().map(String::as_str).collect()).collect();
            let media: Vec<&[&str]> = media.iter().map(Vec::as_slice).collect();
            let (allotment, files) = Allotment::of(&scenes(&media));
            let (all, count) = (files.len() + others, named.len());
            let mut shown = std::collections::BTreeSet::new();
            let mut pictures = 0;
            for (index, names) in named.iter().enumerate() {
                let places = allotment.places(all, index, count);
                prop_assert_eq!(places.is_empty(), *names == 0 && others == 0);
                pictures += places.len().max(1);
                shown.extend(places);
            }
            let free = named.contains(&0);
            prop_assert_eq!(shown.len(), if free { all } else { files.len() });
            let mut end = 0;
            for index in 0..count {
                let range = allotment.range(all, pictures, (index, count));
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > end);
                end = range.end;
            }
            prop_assert_eq!(end, pictures);
        }
    }
}
