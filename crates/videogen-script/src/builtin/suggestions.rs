//! Topics for those who name only a genre.

use videogen_types::Genre;

/// At least 24 topics of `genre`.
pub(super) const fn of(genre: Genre) -> &'static [&'static str] {
    match genre {
        Genre::Motivational => MOTIVATIONAL,
        Genre::Emotional => EMOTIONAL,
        Genre::Tech => TECH,
        Genre::Nature => NATURE,
        Genre::History => HISTORY,
        Genre::Mystery => MYSTERY,
        Genre::General => GENERAL,
    }
}

#[rustfmt::skip] // a list
const MOTIVATIONAL: &[&str] = &[
    "starting again", "small habits", "the first step", "learning from failure", "discipline", "running your first marathon",
    "the courage to begin", "patience", "showing up every day", "climbing mountains", "practice", "rejection", "focus",
    "learning a new skill", "getting up early", "self-doubt", "second chances", "slow progress", "keeping promises to yourself",
    "finishing what you start", "asking for help", "public speaking", "overcoming fear", "the comeback", "consistency", "never give up",
];
#[rustfmt::skip] // a list
const EMOTIONAL: &[&str] = &[
    "letters we never sent", "my grandmother's kitchen", "old friends", "the last day of summer", "childhood memories",
    "saying goodbye", "a dog waiting at the door", "first love", "missing someone", "the sound of rain", "family dinners",
    "old photographs", "coming home", "forgiveness", "growing older", "a mother's voice", "loneliness", "kindness of strangers",
    "letting go", "lullabies", "the house we grew up in", "grief", "songs that bring back a year", "gratitude", "fathers and daughters",
];
#[rustfmt::skip] // a list
const TECH: &[&str] = &[
    "artificial intelligence", "batteries", "how the internet works", "microchips", "encryption", "robots", "GPS", "quantum computers",
    "undersea cables", "electric cars", "solar power", "the first computer", "open source software", "nuclear fusion", "satellites",
    "algorithms", "the smartphone", "self-driving cars", "neural networks", "wind turbines", "bugs in software", "steam engines",
    "radar", "rockets", "3D printing", "trains",
];
#[rustfmt::skip] // a list
const NATURE: &[&str] = &[
    "octopuses", "the deep sea", "old trees", "honey bees", "whales", "volcanoes", "the northern lights", "mushrooms", "wolves",
    "migrating birds", "coral reefs", "lightning", "elephants", "butterflies", "snowflakes", "deserts", "rain", "sea turtles", "owls",
    "spiders", "glaciers", "autumn leaves", "hummingbirds", "sharks", "rivers", "waterfalls",
];
#[rustfmt::skip] // a list
const HISTORY: &[&str] = &[
    "ancient Egypt", "the Roman Empire", "the Vikings", "the printing press", "the Silk Road", "Pompeii", "the library of Alexandria",
    "castles", "the moon landing", "Marie Curie", "the fall of the Berlin Wall", "the Great Wall of China", "Roman roads",
    "the first cities", "samurai", "the Black Death", "lighthouses", "the history of coffee", "the history of money", "cave paintings",
    "the Olympic Games", "Shackleton's expedition", "the industrial revolution", "maps", "Cleopatra", "the invention of paper",
];
#[rustfmt::skip] // a list
const MYSTERY: &[&str] = &[
    "black holes", "why we dream", "the Bermuda Triangle", "lost cities", "the Voynich manuscript", "déjà vu", "consciousness",
    "Atlantis", "dark matter", "Stonehenge", "Easter Island", "the Fermi paradox", "time", "intuition", "ghost ships",
    "the deep ocean floor", "Göbekli Tepe", "lighthouse keepers who vanished", "the placebo effect", "old codes nobody has read",
    "the far side of the moon", "dragons", "haunted houses", "the beginning of the universe", "forgotten languages", "nightmares",
];
#[rustfmt::skip] // a list
const GENERAL: &[&str] = &[
    "coffee", "sleep", "tea", "sourdough bread", "chess", "language", "happiness", "money", "bicycles", "cities at night", "colors",
    "laughter", "chocolate", "the human heart", "libraries", "breathing", "photography", "curiosity", "boredom", "salt", "bridges",
    "the alphabet", "walking", "board games", "smell", "the human brain",
];
