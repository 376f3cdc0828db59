//! The words of a picture prompt that speak for a motif.

use super::motif::Motif;

/// Stems that speak for a motif. A word of the prompt counts when it begins with one; stems of five letters or fewer must
/// be the whole word or its plural, so that "sea" is not found in "search" nor "plane" in "planet".
const WORDS: &[(Motif, &[&str])] = &[
    (
        Motif::Mountains,
        &[
            "mountain", "ridge", "peak", "summit", "alps", "alpine", "valley", "hill", "cliff",
            "climb", "climber", "climbing", "hike", "hiker", "hiking", "canyon", "glacier", "snow",
            "volcano",
        ],
    ),
    (
        Motif::Ocean,
        &[
            "ocean", "sea", "water", "wave", "beach", "shore", "coast", "lake", "river", "tide",
            "sail", "ship", "boat", "island", "harbor", "harbour", "whale", "fish", "reef", "surf",
            "storm", "stormy",
        ],
    ),
    (
        Motif::Night,
        &[
            "night",
            "star",
            "starry",
            "milky",
            "aurora",
            "midnight",
            "moonlight",
            "moonlit",
            "moon",
            "constellation",
            "dream",
            "sleep",
            "firefly",
            "campfire",
            "dark",
            "darkness",
        ],
    ),
    (
        Motif::Clouds,
        &[
            "cloud", "cloudy", "sky", "skies", "heaven", "flight", "fly", "flying", "wing", "bird",
            "air", "airplane", "plane", "balloon", "weather", "wind", "above", "freedom", "soar",
        ],
    ),
    (
        Motif::Forest,
        &[
            "forest", "tree", "wood", "woods", "woodland", "jungle", "leaf", "leaves", "moss",
            "mossy", "fern", "path", "trail", "garden", "wolf", "deer", "owl", "animal", "bear",
            "mushroom", "autumn", "root", "seed", "growth",
        ],
    ),
    (
        Motif::City,
        &[
            "city",
            "cities",
            "skyline",
            "street",
            "building",
            "urban",
            "downtown",
            "tower",
            "skyscraper",
            "office",
            "traffic",
            "road",
            "highway",
            "car",
            "crowd",
            "metro",
            "neon",
            "apartment",
            "window",
            "business",
            "money",
            "market",
            "town",
        ],
    ),
    (
        Motif::Tech,
        &[
            "technology",
            "tech",
            "computer",
            "circuit",
            "chip",
            "code",
            "data",
            "digital",
            "network",
            "robot",
            "machine",
            "software",
            "server",
            "neural",
            "algorithm",
            "cyber",
            "internet",
            "laptop",
            "phone",
            "screen",
            "electric",
            "electron",
            "quantum",
            "laser",
            "hologram",
            "processor",
            "artificial",
            "intelligence",
            "gear",
            "engine",
            "brain",
            "atom",
            "science",
            "laboratory",
        ],
    ),
    (
        Motif::Bokeh,
        &[
            "bokeh",
            "macro",
            "rain",
            "raindrop",
            "drop",
            "droplet",
            "dew",
            "candle",
            "lights",
            "blur",
            "blurred",
            "lantern",
            "cafe",
            "coffee",
            "party",
            "celebrat",
            "christmas",
            "festive",
            "evening",
            "closeup",
            "lamp",
            "glass",
        ],
    ),
    (
        Motif::Silk,
        &[
            "silk", "ink", "abstract", "fabric", "smoke", "flow", "emotion", "feeling", "heart",
            "love", "tear", "tears", "portrait", "face", "dance", "music", "soul", "memory",
            "memories", "mind", "thought", "embrace", "hand", "grief", "hope",
        ],
    ),
    (
        Motif::Planet,
        &[
            "planet",
            "space",
            "galaxy",
            "galaxies",
            "cosmos",
            "cosmic",
            "universe",
            "orbit",
            "earth",
            "mars",
            "saturn",
            "jupiter",
            "astronaut",
            "rocket",
            "satellite",
            "nebula",
            "world",
            "globe",
            "asteroid",
            "comet",
            "astronom",
            "spaceship",
            "spacecraft",
            "telescope",
        ],
    ),
    (
        Motif::Dunes,
        &[
            "desert",
            "dune",
            "sand",
            "sahara",
            "oasis",
            "camel",
            "caravan",
            "arid",
            "egypt",
            "pyramid",
            "pharaoh",
            "mummy",
            "nomad",
            "drought",
            "footprint",
            "journey",
        ],
    ),
    (
        Motif::Ruins,
        &[
            "ruin",
            "temple",
            "column",
            "arch",
            "arches",
            "castle",
            "cathedral",
            "church",
            "ancient",
            "roman",
            "rome",
            "greek",
            "greece",
            "empire",
            "history",
            "historic",
            "medieval",
            "museum",
            "palace",
            "monument",
            "statue",
            "king",
            "queen",
            "library",
            "scroll",
            "parchment",
            "old",
            "map",
            "book",
            "hall",
            "corridor",
            "abbey",
            "fortress",
            "stone",
            "war",
            "archaeolog",
            "century",
            "door",
            "gate",
        ],
    ),
];

/// The motifs the words speak for, most mentions first, then in the order they are mentioned.
pub(crate) fn motifs(hint: &str) -> Vec<Motif> {
    let lower = hint.to_lowercase();
    let mut found: Vec<(Motif, usize, usize)> = Vec::new();
    for (at, word) in lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .enumerate()
    {
        for (motif, stems) in WORDS {
            if stems.iter().any(|stem| speaks(word, stem)) {
                match found.iter_mut().find(|(m, ..)| m == motif) {
                    Some((_, count, _)) => *count += 1,
                    None => found.push((*motif, 1, at)),
                }
            }
        }
    }
    found.sort_by_key(|(motif, count, at)| (std::cmp::Reverse(*count), *at, *motif));
    found.into_iter().map(|(motif, ..)| motif).collect()
}

fn speaks(word: &str, stem: &str) -> bool {
    word.strip_prefix(stem)
        .is_some_and(|rest| rest.is_empty() || rest == "s" || stem.len() > 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_stems_do_not_match_inside_other_words() {
        assert_eq!(motifs("careful search for a starting warm oldest"), []);
        assert_eq!(motifs("cars"), [Motif::City]);
    }
}
