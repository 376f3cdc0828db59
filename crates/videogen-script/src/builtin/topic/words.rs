//! Word lists that English grammar cannot do without: what is irregular, what has a name, what takes an article.

/// Nouns that look plural or singular and are not, and plurals without an s.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const PLURAL: &[&str] = &[
    "people", "children", "men", "women", "mice", "geese", "feet", "teeth", "oxen", "dice", "fungi", "cacti", "bacteria",
    "algae", "phenomena", "criteria", "octopi", "fish", "sheep", "deer", "police", "cattle", "aliens", "wolves", "lice",
    "jellyfish", "starfish", "aircraft", "larvae", "nebulae", "fireflies", "media", "samurai", "salmon", "vikings",
];

/// Words in s that take "is".
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const SINGULAR_S: &[&str] = &[
    "physics", "mathematics", "maths", "economics", "news", "gymnastics", "mars", "venus", "paris", "texas", "athens",
    "diabetes", "politics", "ethics", "genetics", "electronics", "robotics", "statistics", "gas", "lens", "canvas",
    "christmas", "kansas", "brussels", "wales", "dynamics", "mechanics", "linguistics", "atlantis", "always", "aids",
    "rabies", "billiards", "aerobics", "athletics", "acoustics", "alas", "atlas", "chaos", "cosmos", "ethos", "pathos",
    "mythos", "kudos", "yes", "this", "its", "series", "species", "states", "wars", "angeles", "thermodynamics",
    "headquarters", "happiness", "hercules", "dickens", "socrates", "archimedes", "moses", "zeus", "jesus", "james",
    "charles", "texas", "vegas", "honduras", "cyprus", "laos", "naples", "minus", "plus", "us", "hades", "achilles",
    "tennis", "pancreas", "biceps", "logistics", "semantics", "optics", "graphics", "aurelius", "swiss", "netherlands",
];

/// Common countable nouns: alone and in the singular they need an article, so they are spoken of in the plural.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const COUNTABLE: &[&str] = &[
    "airplane", "aeroplane", "alien", "ant", "app", "apple", "artist", "asteroid", "astronaut", "athlete", "atom",
    "axolotl", "baby", "bacterium", "banana", "bat", "battery", "beach", "bear", "bee", "beginner", "bicycle", "bike",
    "bird", "boat", "bonsai tree", "book", "bridge", "brother", "bug", "building", "butterfly", "cactus", "cake",
    "camel", "camera", "candle", "car", "castle", "cat", "cathedral", "cave", "cell", "champion", "chef", "child",
    "city", "cloud", "coin", "comet", "compass", "computer", "cookie", "country", "cow", "crocodile", "crow", "desert",
    "diary", "dinosaur", "dog", "dolphin", "door", "dragon", "dragonfly", "dream", "drone", "drum", "duck", "eagle",
    "earthquake", "eclipse", "electron", "elephant", "engine", "engineer", "exoplanet", "explorer", "falcon", "farmer",
    "father", "feather", "festival", "firefly", "flower", "forest", "fossil", "fox", "friend", "friendship bracelet",
    "frog", "galaxy", "game", "garden", "gecko", "ghost", "giraffe", "glacier", "gladiator", "goal", "grandmother",
    "grandfather", "guitar", "habit", "hacker", "hero", "hill", "hippo", "home run", "horse", "hotel", "house",
    "hummingbird", "hurricane", "iceberg", "idea", "insect", "invention", "island", "jaguar", "joke", "journey",
    "kitten", "knight", "lake", "language", "laptop", "legend", "leopard", "letter", "library", "lie", "light bulb",
    "lighthouse", "lion", "lizard", "machine", "magnet", "map", "meteor", "mirror", "mistake", "monk", "monkey",
    "monster", "moth", "mother", "motorcycle", "mountain", "movie", "mummy", "museum", "mushroom", "musician", "myth",
    "nebula", "neighbor", "neighbour", "nightmare", "novel", "number", "octopus", "orca", "owl", "painter", "painting",
    "panda", "parent", "parrot", "penguin", "pharaoh", "phone", "photograph", "pianist", "piano", "picture", "pilot",
    "pirate", "pizza", "planet", "plant", "poem", "poet", "pony", "potato", "predator", "problem", "programmer",
    "puppy", "puzzle", "pyramid", "question", "rabbit", "rainbow", "raven", "recipe", "restaurant", "rhino", "river",
    "road", "robot", "rocket", "room", "rose", "ruin", "runner", "satellite", "school", "scientist", "sea turtle",
    "secret", "seed", "shark", "ship", "shipwreck", "shoe", "singer", "sister", "skyscraper", "sloth", "smartphone",
    "snail", "snake", "snowflake", "soldier", "song", "spider", "squirrel", "star", "startup", "storm", "story",
    "stranger", "street", "student", "submarine", "sunflower", "sunset", "sunrise", "supernova", "tattoo", "teacher",
    "telescope", "temple", "tiger", "tomato", "tornado", "tortoise", "tower", "town", "toy", "train", "tree",
    "tsunami", "turtle", "twin", "umbrella", "unicorn", "vampire", "vegetable", "video game", "village", "violin",
    "virus", "volcano", "wave", "wedding", "whale", "window", "witch", "wolf", "word", "writer", "zebra", "quokka", "capybara", "koala", "kangaroo", "otter", "seal", "lemur", "meerkat", "raccoon", "hedgehog",
    "badger", "hamster", "gorilla", "chimpanzee", "rat", "goat", "pig", "wombat", "hyena", "pangolin", "beaver",
    "lightbulb", "animal", "platypus", "black hole",
    "neutron star", "solar panel", "coral reef", "electric car", "wind turbine", "quantum computer", "neural network",
    "national park", "rubber duck", "lost city", "honey bee", "polar bear", "blue whale", "red panda", "snow leopard",
];

/// Nouns of which there is one: they take "the".
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const UNIQUE: &[&str] = &[
    "ocean", "sea", "deep sea", "deep ocean", "moon", "sun", "sky", "night sky", "internet", "universe", "brain",
    "human brain", "human body", "human mind", "human heart", "human eye", "mind", "future", "past", "present", "world",
    "milky way", "renaissance", "roman empire", "ottoman empire", "silk road", "middle ages", "stone age", "bronze age",
    "iron age", "bermuda triangle", "industrial revolution", "titanic", "cold war", "black death", "solar system",
    "amazon rainforest", "speed of light", "big bang", "great wall", "great wall of china", "eiffel tower", "colosseum",
    "sphinx", "pyramids", "northern lights", "aurora borealis", "fermi paradox", "berlin wall", "french revolution",
    "moon landing", "printing press", "cosmos", "weather", "arctic", "antarctic", "sahara", "alps", "himalayas",
    "amazon", "nile", "pacific", "atlantic", "mariana trench", "great barrier reef", "dark side of the moon", "subconscious",
    "economy", "stock market", "environment", "wild", "netherlands", "united states", "usa", "uk", "vikings", "beatles",
    "aztecs", "maya", "incas", "olympics", "olympic games", "world cup", "web", "alphabet", "human race", "ice age",
    "rosetta stone", "mona lisa", "grand canyon", "odyssey", "iliad", "bible", "dark ages", "space station", "afterlife",
    "unknown", "unseen", "unexplained", "deep web", "dark web", "steam engine", "human genome", "periodic table",
    "voynich manuscript", "enigma machine", "loch ness monster", "space race", "multiverse", "big dipper",
];

/// Heads that take "the" in front of "of": the history of, the power of.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const OF_THE: &[&str] = &[
    "history", "art", "power", "science", "story", "fall", "rise", "end", "beginning", "birth", "death", "future",
    "origin", "meaning", "importance", "psychology", "secret", "mystery", "truth", "beauty", "joy", "value", "cost",
    "price", "age", "era", "battle", "city", "king", "queen", "law", "theory", "legend", "myth", "sound", "smell",
    "taste", "color", "colour", "language", "evolution", "secrets", "benefits", "habits", "origins", "laws", "wonders",
    "mysteries", "dangers", "lessons", "ruins", "invention", "discovery", "impact", "effects", "effect", "role", "lack",
    "loss", "magic", "rules", "sounds", "stages", "basics", "fate", "curse", "return", "first", "last", "cause",
    "causes", "geography", "anatomy", "physics", "chemistry", "economics", "philosophy", "purpose", "problem", "voice",
    "weight", "shape", "speed", "world", "lives", "side", "face", "house", "lost", "collapse", "siege", "treaty",
];

/// Last words of names that take "the": the Ottoman Empire.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const NAMED_THE: &[&str] = &[
    "empire", "war", "revolution", "dynasty", "renaissance", "river", "ocean", "sea", "desert", "republic", "kingdom",
    "states", "islands", "alps", "crusades", "wall", "rainforest", "reef", "desert", "mountains", "pyramids", "aqueducts",
    "triangle", "manuscript", "massacre", "expedition", "plague", "movement", "era", "age", "crisis", "bridge",
];

/// Last words of descriptions that take "the" when something stands before them: the Rust programming language.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const THE_LAST: &[&str] = &[
    "language", "effect", "paradox", "theorem", "principle", "hypothesis", "phenomenon", "industry", "economy", "method",
    "genome", "dilemma", "syndrome", "cycle", "era", "century", "apocalypse", "mindset", "challenge", "experience",
];

/// Words with a capital or in capitals, by their lower-case form. Only what is a name in nearly every topic.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const NAMES: &[(&str, &str)] = &[
    ("ai", "AI"), ("dna", "DNA"), ("nasa", "NASA"), ("usa", "USA"), ("uk", "UK"), ("ufo", "UFO"), ("ufos", "UFOs"),
    ("gps", "GPS"), ("cpu", "CPU"), ("gpu", "GPU"), ("iss", "ISS"), ("tv", "TV"), ("adhd", "ADHD"), ("llm", "LLM"),
    ("llms", "LLMs"), ("api", "API"), ("sql", "SQL"), ("diy", "DIY"), ("wifi", "Wi-Fi"), ("wi-fi", "Wi-Fi"),
    ("i", "I"), ("i'm", "I'm"), ("i've", "I've"), ("iphone", "iPhone"), ("youtube", "YouTube"), ("tiktok", "TikTok"),
    ("javascript", "JavaScript"), ("typescript", "TypeScript"), ("linux", "Linux"), ("chatgpt", "ChatGPT"),
    ("egypt", "Egypt"), ("egyptian", "Egyptian"), ("egyptians", "Egyptians"), ("rome", "Rome"), ("roman", "Roman"),
    ("romans", "Romans"), ("greece", "Greece"), ("greek", "Greek"), ("greeks", "Greeks"), ("japan", "Japan"),
    ("japanese", "Japanese"), ("china", "China"), ("chinese", "Chinese"), ("india", "India"), ("indian", "Indian"),
    ("france", "France"), ("french", "French"), ("germany", "Germany"), ("german", "German"), ("england", "England"),
    ("english", "English"), ("spain", "Spain"), ("spanish", "Spanish"), ("italy", "Italy"), ("italian", "Italian"),
    ("russia", "Russia"), ("russian", "Russian"), ("america", "America"), ("american", "American"), ("africa", "Africa"),
    ("african", "African"), ("europe", "Europe"), ("european", "European"), ("asia", "Asia"), ("asian", "Asian"),
    ("australia", "Australia"), ("antarctica", "Antarctica"), ("iceland", "Iceland"), ("norway", "Norway"),
    ("mexico", "Mexico"), ("brazil", "Brazil"), ("canada", "Canada"), ("ireland", "Ireland"), ("scotland", "Scotland"),
    ("paris", "Paris"), ("london", "London"), ("tokyo", "Tokyo"), ("berlin", "Berlin"), ("venice", "Venice"),
    ("istanbul", "Istanbul"), ("constantinople", "Constantinople"), ("athens", "Athens"), ("sparta", "Sparta"),
    ("pompeii", "Pompeii"), ("atlantis", "Atlantis"), ("stonehenge", "Stonehenge"), ("everest", "Everest"),
    ("himalayas", "Himalayas"), ("sahara", "Sahara"), ("amazon", "Amazon"), ("nile", "Nile"), ("arctic", "Arctic"),
    ("mars", "Mars"), ("venus", "Venus"), ("jupiter", "Jupiter"), ("saturn", "Saturn"), ("neptune", "Neptune"),
    ("uranus", "Uranus"), ("pluto", "Pluto"), ("hubble", "Hubble"), ("voyager", "Voyager"), ("apollo", "Apollo"),
    ("einstein", "Einstein"), ("newton", "Newton"), ("darwin", "Darwin"), ("galileo", "Galileo"), ("tesla", "Tesla"),
    ("edison", "Edison"), ("curie", "Curie"), ("cleopatra", "Cleopatra"), ("napoleon", "Napoleon"), ("caesar", "Caesar"),
    ("shakespeare", "Shakespeare"), ("beethoven", "Beethoven"), ("mozart", "Mozart"), ("socrates", "Socrates"),
    ("plato", "Plato"), ("aristotle", "Aristotle"), ("vikings", "Vikings"), ("viking", "Viking"), ("christmas", "Christmas"),
    ("halloween", "Halloween"), ("monday", "Monday"), ("mondays", "Mondays"), ("friday", "Friday"), ("sunday", "Sunday"),
    ("january", "January"), ("october", "October"), ("november", "November"), ("december", "December"),
    ("titanic", "Titanic"), ("colosseum", "Colosseum"), ("pantheon", "Pantheon"), ("renaissance", "Renaissance"),
    ("medieval", "medieval"), ("maya", "Maya"), ("aztec", "Aztec"), ("aztecs", "Aztecs"), ("inca", "Inca"),
    ("incas", "Incas"), ("bermuda", "Bermuda"), ("olympics", "Olympics"), ("olympic", "Olympic"), ("buddhism", "Buddhism"),
    ("islam", "Islam"), ("marie", "Marie"), ("albert", "Albert"), ("isaac", "Isaac"), ("leonardo", "Leonardo"),
    ("picasso", "Picasso"), ("hiroshima", "Hiroshima"), ("chernobyl", "Chernobyl"), ("google", "Google"),
    ("voynich", "Voynich"), ("ottoman", "Ottoman"), ("pacific", "Pacific"), ("atlantic", "Atlantic"),
    ("california", "California"), ("texas", "Texas"), ("hawaii", "Hawaii"), ("york", "York"), ("byzantine", "Byzantine"),
    ("persian", "Persian"), ("persia", "Persia"), ("turkey", "Turkey"), ("korea", "Korea"), ("korean", "Korean"),
    ("mesopotamia", "Mesopotamia"), ("babylon", "Babylon"), ("gutenberg", "Gutenberg"), ("minecraft", "Minecraft"),
    ("lego", "LEGO"), ("bitcoin", "Bitcoin"), ("sumer", "Sumer"), ("genghis", "Genghis"), ("khan", "Khan"),
    ("shackleton", "Shackleton"), ("magellan", "Magellan"), ("columbus", "Columbus"), ("hawking", "Hawking"),
    ("armstrong", "Armstrong"), ("bach", "Bach"), ("monet", "Monet"), ("rembrandt", "Rembrandt"), ("michelangelo", "Michelangelo"),
    ("tutankhamun", "Tutankhamun"), ("nefertiti", "Nefertiti"), ("nero", "Nero"), ("archimedes", "Archimedes"), ("odin", "Odin"),
    ("thor", "Thor"), ("turing", "Turing"), ("spacex", "SpaceX"), ("wikipedia", "Wikipedia"), ("petra", "Petra"), ("waterloo", "Waterloo"),
    ("hollywood", "Hollywood"), ("nintendo", "Nintendo"), ("vesuvius", "Vesuvius"), ("alexandria", "Alexandria"), ("troy", "Troy"),
    ("atacama", "Atacama"), ("alps", "Alps"), ("mesopotamian", "Mesopotamian"), ("ada", "Ada"), ("lovelace", "Lovelace"), ("gogh", "Gogh"), ("vinci", "Vinci"), ("machu", "Machu"), ("picchu", "Picchu"),
];

/// Names that are whole phrases.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const NAME_PHRASES: &[(&str, &str)] = &[
    ("roman empire", "Roman Empire"), ("ottoman empire", "Ottoman Empire"), ("rust programming", "Rust programming"),
    ("rust language", "Rust language"), ("python programming", "Python programming"), ("milky way", "Milky Way"),
    ("silk road", "Silk Road"), ("big bang", "Big Bang"), ("middle ages", "Middle Ages"), ("cold war", "Cold War"),
    ("black death", "Black Death"), ("great wall", "Great Wall"), ("new york", "New York"), ("world war", "World War"),
    ("bermuda triangle", "Bermuda Triangle"), ("easter island", "Easter Island"), ("loch ness", "Loch Ness"),
    ("eiffel tower", "Eiffel Tower"), ("berlin wall", "Berlin Wall"), ("french revolution", "French Revolution"),
    ("industrial revolution", "Industrial Revolution"), ("mona lisa", "Mona Lisa"), ("grand canyon", "Grand Canyon"),
    ("marie curie", "Marie Curie"), ("mariana trench", "Mariana Trench"), ("great pyramid", "Great Pyramid"),
    ("north pole", "North Pole"), ("south pole", "South Pole"), ("silicon valley", "Silicon Valley"),
    ("van gogh", "Van Gogh"), ("da vinci", "da Vinci"), ("star wars", "Star Wars"), ("wild west", "Wild West"),
    ("marcus aurelius", "Marcus Aurelius"), ("alexander the great", "Alexander the Great"), ("solar system", "solar system"),
];

/// Capitalised words at the start of a topic that are ordinary words.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const FUNCTION: &[&str] = &[
    "a", "an", "the", "my", "your", "our", "their", "his", "her", "its", "this", "that", "these", "those", "some", "every",
    "each", "all", "no", "and", "or", "of", "in", "on", "at", "to", "for", "from", "with", "without", "by", "about", "as",
    "is", "are", "was", "were", "be", "how", "why", "what", "when", "where", "who", "which", "if", "not", "never",
    "always", "just", "don't", "you", "we", "they", "it", "he", "she", "nobody", "everyone", "everything", "nothing",
    "between", "under", "over", "after", "before", "through", "into", "against", "behind", "inside", "ancient", "deep",
    "black", "human", "lost", "great", "good", "better", "best", "new", "old", "big", "small", "first", "last", "wild",
    "electric", "artificial", "quantum", "hidden", "secret", "modern", "digital", "space", "life", "day", "night", "year",
    "world", "people", "things", "way", "history", "power", "science", "story", "art", "future", "truth", "beauty",
    "meaning", "philosophy", "psychology", "programming", "language", "learning", "intelligence", "holes", "hole",
];

/// Where a noun phrase stops being its core.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const BOUNDARY: &[&str] = &[
    "of", "in", "at", "on", "for", "with", "from", "about", "by", "that", "who", "which", "where", "when", "under",
    "without", "between", "during", "after", "before", "inside", "behind", "through", "to", "as", "than", "into",
    "against", "over", "near", "around", "because", "while", "whose", "like", "across", "beyond", "beneath", "if",
];

/// Base forms that open an imperative whatever follows.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const VERBS: &[&str] = &[
    "accept", "achieve", "add", "admit", "adopt", "ask", "avoid", "bake", "be", "become", "begin", "believe", "break",
    "breathe", "bring", "build", "buy", "carry", "celebrate", "choose", "collect", "conquer", "create", "cultivate",
    "discover", "do", "earn", "eat", "embrace", "enjoy", "escape", "explore", "finish", "find", "follow", "forget",
    "forgive", "get", "give", "go", "grow", "have", "hear", "imagine", "improve", "invent", "keep", "know", "learn",
    "leave", "let", "listen", "live", "lose", "make", "meditate", "meet", "overcome", "pay", "persevere", "prepare",
    "protect", "prove", "quit", "read", "realize", "remember", "remove", "save", "say", "see", "seek", "send", "share",
    "slow", "speak", "spend", "stay", "stop", "survive", "swim", "take", "teach", "tell", "thank", "think", "throw",
    "try", "turn", "understand", "unlock", "wake", "wear", "win", "wish", "write", "solve", "sing", "draw", "treat",
    "become", "beat", "master", "reduce", "declutter", "repair", "fold", "tie", "sew", "knit", "climb", "hold",
];

/// Nouns that open an imperative only when such a word follows.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const EITHER_VERBS: &[&str] = &[
    "love", "dream", "hope", "rest", "work", "play", "sleep", "drink", "walk", "talk", "change", "fear", "trust", "smile",
    "dance", "travel", "focus", "start", "move", "look", "call", "plan", "plant", "cook", "run", "face", "aim", "push",
    "pick", "set", "show", "help", "care", "train", "clean", "open", "visit", "watch", "respect", "practice", "practise",
    "question", "laugh", "fight", "fail", "rise", "stand", "cut", "use", "value", "welcome", "study", "order", "ride",
    "fix", "fly", "paint",
];
/// What follows one of [`EITHER_VERBS`] when it is a verb.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const VERB_FOLLOWERS: &[&str] = &[
    "your", "yourself", "more", "less", "it", "up", "out", "again", "to", "the", "a", "an", "with", "like", "what", "who",
    "every", "each", "better", "now", "today", "small", "slowly", "hard", "harder", "big", "high", "over", "anyway",
    "this", "that", "them", "others", "one", "someone", "somebody", "forward", "away", "off", "down", "through",
];

/// Verbs that double their last letter before -ing.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const DOUBLING: &[&str] = &[
    "begin", "cut", "forget", "get", "let", "quit", "run", "set", "stop", "swim", "win", "plan", "sit", "hit", "put",
    "knit", "shop", "hug", "step", "dig", "rub", "spin", "nap", "jog", "tap", "wrap", "drop", "chat", "bet",
];

/// Verbs after which a topic in a subject-first shape is a statement.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const FINITE: &[&str] = &[
    "is", "are", "was", "were", "will", "can", "cannot", "can't", "won't", "isn't", "aren't", "wasn't", "has", "have",
    "had", "doesn't", "don't", "didn't", "does", "did", "should", "must", "could", "would", "might", "may",
];
/// Subjects that make a statement of whatever follows.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const SUBJECTS: &[&str] = &[
    "i", "you", "we", "they", "he", "she", "it", "nobody", "everyone", "everybody", "someone", "somebody", "nothing",
    "there", "i'm", "you're", "we're", "they're", "it's",
];
/// Words that open a question by inversion.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const AUXILIARY: &[&str] = &[
    "is", "are", "was", "were", "can", "could", "do", "does", "did", "will", "would", "should", "has", "have", "am",
    "may", "might", "must", "isn't", "aren't", "don't", "doesn't", "can't",
];
/// Words in -ing that are no activity, and participles that describe the noun after them.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const NOT_GERUND: &[&str] = &[
    "king", "ring", "thing", "spring", "morning", "evening", "string", "wing", "viking", "ceiling", "building", "bring",
    "sing", "nothing", "something", "everything", "anything", "during", "wedding", "sibling", "lightning", "clothing",
    "falling", "flying", "shooting", "living", "talking", "burning", "floating", "glowing", "rising", "missing",
    "growing", "dying", "hunting", "self-driving", "sling", "sting", "swing", "being", "amazing", "interesting",
    "surprising", "inspiring", "charming", "working", "winning", "beginning", "feeling", "meeting", "painting",
    "drawing", "existing", "moving", "singing", "dancing", "wandering", "shining", "sleeping", "steaming",
];
/// Articles and particles of other languages in Latin script; two of them and the topic is not English.
#[rustfmt::skip] // one word per line would be a thousand lines
pub(super) const FOREIGN: &[&str] = &[
    "mein", "meine", "ich", "nicht", "eines", "einer", "mi", "mis", "mon", "ma", "mes", "sont", "dans", "nel", "meu", "minha",
    "der", "das", "und", "ein", "eine", "ist", "von", "mit", "el", "los", "las", "del", "de", "la", "le", "les",
    "des", "est", "une", "et", "para", "por", "con", "una", "que", "il", "lo", "gli", "di", "della", "dei", "da",
    "os", "uma", "em", "não", "é", "y", "du", "het", "een", "och", "är", "ve", "bir", "który", "jest", "cómo",
    "como", "wie", "warum", "pourquoi", "perché", "qué", "zum", "zur", "auf", "für", "über",
];
