//! Which pictures and clips there is time for in the scenes of a script.

use camino::Utf8Path;
use videogen_types::Scene;

use super::Footage;

/// The shortest that one of several pictures of a scene is shown, in seconds: less cannot be looked at.
const SHORTEST: f64 = 1.0;

/// The shortest that one is shown which a scene names, in seconds: that it is to be seen there is said by name, and less
/// is a flicker.
const BRIEFEST: f64 = 0.25;

impl Footage {
    /// Leaves out what could not be looked at in these scenes, which take about so many seconds together, and names it.
    /// What a scene names is left out only where it would flicker; that it is seen for a moment is told.
    pub fn keep_to(&mut self, seconds: f64, scenes: &[Scene]) -> Vec<String> {
        let lengths = lengths(seconds, scenes);
        let count = scenes.len();
        let mut told = Vec::new();
        for (index, length) in lengths.iter().enumerate() {
            let shown = self.of_scene(index, count).len();
            if self.allotment.is_free(index) || shown < 2 {
                continue;
            }
            let (number, most) = (index + 1, ((length / BRIEFEST) as usize).max(1));
            let cut = self.allotment.cut(index, most);
            if cut.is_empty() {
                let each = length / shown as f64;
                told.extend((each < SHORTEST).then(|| {
                    format!(
                        "scene {number} takes about {length:.1} s, so that each of its {shown} pictures is seen for {each:.1} s only"
                    )
                }));
                continue;
            }
            let names = cut.iter().map(|place| self.files[*place].source.path());
            let names = names.map(Utf8Path::as_str).collect::<Vec<_>>().join(", ");
            told.push(format!(
                "scene {number} takes about {length:.1} s, in which nobody can look at {shown} pictures, so that these are not shown in it: {names}"
            ));
        }
        let free = (0..count).filter(|index| self.allotment.is_free(*index));
        let seconds = if self.allotment.is_plain() {
            seconds
        } else {
            free.clone().map(|index| lengths[index]).sum()
        };
        let most = ((seconds / SHORTEST) as usize).max(free.count()).max(1);
        let (own, all) = (self.allotment.own(), self.files.len());
        if all <= own + most {
            return told;
        }
        let names: Vec<&str> = self.files[own + most..]
            .iter()
            .map(|file| file.source.path().as_str())
            .collect();
        let (names, others) = (names.join(", "), all - own);
        self.files.truncate(own + most);
        told.push(format!(
            "in {seconds:.0} s nobody can look at {others} pictures, so that these are not shown: {names}"
        ));
        told
    }
}

/// About how long each scene takes of so many seconds: by its words.
fn lengths(seconds: f64, scenes: &[Scene]) -> Vec<f64> {
    let words = |scene: &Scene| videogen_text::word_count(&scene.narration).max(1) as f64;
    let all: f64 = scenes.iter().map(words).sum();
    let length = |scene| seconds * words(scene) / all;
    scenes.iter().map(length).collect()
}
