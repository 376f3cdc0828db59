//! Which motif a scene gets: by the words of its picture prompt, else by genre; never the same twice in a row.

use videogen_types::{Genre, Seed};

use super::motif::Motif;
use super::words;
use super::{Neighbours, Subject};

/// What a genre shows when the words do not say.
const fn usual(genre: Genre) -> &'static [Motif] {
    match genre {
        Genre::Motivational => &[
            Motif::Mountains,
            Motif::Clouds,
            Motif::Ocean,
            Motif::City,
            Motif::Dunes,
            Motif::Night,
            Motif::Forest,
        ],
        Genre::Emotional => &[
            Motif::Silk,
            Motif::Bokeh,
            Motif::Ocean,
            Motif::Clouds,
            Motif::Forest,
            Motif::Night,
            Motif::City,
        ],
        Genre::Tech => &[
            Motif::Tech,
            Motif::City,
            Motif::Planet,
            Motif::Silk,
            Motif::Bokeh,
            Motif::Night,
        ],
        Genre::Nature => &[
            Motif::Forest,
            Motif::Mountains,
            Motif::Ocean,
            Motif::Clouds,
            Motif::Night,
            Motif::Dunes,
            Motif::Planet,
        ],
        Genre::History => &[
            Motif::Ruins,
            Motif::Dunes,
            Motif::Mountains,
            Motif::Ocean,
            Motif::Night,
            Motif::Clouds,
        ],
        Genre::Mystery => &[
            Motif::Night,
            Motif::Forest,
            Motif::Planet,
            Motif::Ruins,
            Motif::Ocean,
            Motif::Mountains,
            Motif::Silk,
        ],
        Genre::General => &[
            Motif::Mountains,
            Motif::Ocean,
            Motif::City,
            Motif::Forest,
            Motif::Clouds,
            Motif::Night,
            Motif::Bokeh,
            Motif::Planet,
        ],
    }
}

/// The motif of one scene. Scenes at even positions follow their own words; those at odd positions step aside for both
/// neighbours, which is why every scene can be painted alone and no two in a row are alike.
pub(crate) fn motif(subject: &Subject<'_>, neighbours: Neighbours<'_>) -> Motif {
    let Subject {
        genre, look, index, ..
    } = *subject;
    let mut ranked = ranking(genre, look, subject.hint, index);
    if index % 2 == 0 {
        return ranked[0];
    }
    let neighbour = |hint: &str, at: usize| ranking(genre, look, hint, at)[0];
    let before = neighbour(neighbours.before.unwrap_or_default(), index - 1);
    let after = neighbours
        .after
        .map(|hint| neighbour(hint, index.wrapping_add(1)));
    ranked.retain(|m| *m != before && Some(*m) != after);
    ranked[0]
}

/// Every motif this scene could have, best first: those its words speak for, then the usual ones in the video's own order.
/// Always at least three.
fn ranking(genre: Genre, look: Seed, hint: &str, index: usize) -> Vec<Motif> {
    let mut ranked = words::motifs(hint);
    let mut order = usual(genre).to_vec();
    look.derive("motifs", 0).rng().shuffle(&mut order);
    let first = index % order.len();
    order.rotate_left(first);
    for motif in order {
        if !ranked.contains(&motif) {
            ranked.push(motif);
        }
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(genre: Genre, look: u64, hints: &[&str]) -> Vec<Motif> {
        (0..hints.len())
            .map(|i| {
                let seed = Seed(1).derive("scene", i as u64);
                let subject = Subject {
                    genre,
                    seed,
                    look: Seed(look),
                    hint: hints[i],
                    index: i,
                    count: hints.len(),
                };
                let before = i.checked_sub(1).map(|j| hints[j]);
                motif(
                    &subject,
                    Neighbours {
                        before,
                        after: hints.get(i + 1).copied(),
                    },
                )
            })
            .collect()
    }

    #[test]
    fn words_choose_the_motif() {
        for (hint, want) in [
            (
                "A lone hiker on a mountain ridge at sunrise",
                Motif::Mountains,
            ),
            ("waves rolling to the shore, wide shot", Motif::Ocean),
            ("the Milky Way over a dark valley at night", Motif::Night),
            ("Saturn and its moons in deep space", Motif::Planet),
            ("a circuit board, glowing data", Motif::Tech),
            ("tall trees in morning fog, forest path", Motif::Forest),
            ("city skyline at dusk", Motif::City),
            ("ruins of a Roman temple", Motif::Ruins),
            ("a caravan crossing desert dunes", Motif::Dunes),
            ("rain drops on glass, bokeh lights", Motif::Bokeh),
        ] {
            assert_eq!(story(Genre::General, 1, &[hint])[0], want, "{hint}");
        }
    }

    #[test]
    fn no_motif_comes_twice_in_a_row() {
        let same = ["ocean waves"; 9];
        let empty = [""; 9];
        let mixed = [
            "ocean", "forest", "forest", "ocean", "ocean", "", "city", "", "",
        ];
        for genre in Genre::ALL {
            for look in 0..40 {
                for hints in [&same, &empty, &mixed] {
                    let motifs = story(genre, look, hints);
                    assert!(
                        motifs.windows(2).all(|w| w[0] != w[1]),
                        "{genre} {look}: {motifs:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_genre_can_always_step_aside() {
        for genre in Genre::ALL {
            assert!(usual(genre).len() >= 4);
        }
    }
}
