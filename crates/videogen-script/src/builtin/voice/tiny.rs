//! Sentences of a few words, for videos that have hardly any.

/// Openings with the topic.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_HOOKS: &[&str] = &[
    "Meet {T}.", "Look at {T}.", "This is about {T}.", "Think of {T}.", "Let us talk about {T}.", "Make room for {T}.",
    "Today belongs to {T}.", "You should hear about {T}.", "Give {T} a chance.", "Picture {T}.", "Come closer to {T}.",
    "There is more to {T} than meets the eye.", "Save a thought for {T}.",
];

/// The middle, in whole sentences. Those of one word are told to somebody: they have a verb.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_BODY: &[&str] = &[
    "Look.", "Listen.", "Wait.", "Watch.", "Breathe.", "Stay.", "Pause.", "Imagine.", "Wonder.", "Remember.", "Notice.",
    "Look closer.", "Ask why.", "Ask again.", "Look twice.", "Picture it.", "Hear it.", "Feel it.", "Think ahead.", "Lean in.", "Step back.",
    "Try it.", "Start small.", "Keep looking.", "Keep asking.", "Stay curious.", "Look up.", "Look down.", "Look inside.", "Begin here.",
    "Stand still.", "Let go.", "Hold on.", "Come back.", "Be patient.", "Rest here.", "Go deeper.", "Go further.", "Who knows?",
    "Take your time.", "There is more.", "Notice the details.", "Stay a moment.", "Nothing is ordinary.", "Small things count.",
    "Trust your eyes.", "Doubt a little.", "Change the angle.", "Turn it around.", "Follow the light.", "See the pattern.", "Hold it up.",
    "Take a breath.", "Count to three.", "Open the door.", "Look from above.", "Let it sink in.", "Leave nothing out.", "It can wait.",
    "Nobody is in a hurry.", "You are nearly there.", "It gets better.", "Now look again.", "That is the secret.",
    "Every detail has a reason.", "Some answers take a while.", "The best part is quiet.", "A good question goes a long way.",
    "Most people never look this closely.", "It changes when you stop rushing.", "What seems simple seldom is.", "Attention is half the answer.",
    "Behind it stands a longer story.", "Nobody sees all of it at once.", "Now look from the other side.", "Give it one more moment.",
];

/// More for the middle: single words, for scenes that have no room for a sentence each.
#[rustfmt::skip] // a list of words
pub(in super::super) const FRAGMENTS: &[&str] = &[
    "Closer.", "Slowly.", "Again.", "Why?", "How?", "Really?", "What if?", "Gently.", "Quietly.", "Patiently.", "Here.", "Now.", "Then.",
    "Yes.", "No rush.", "Nearly there.", "One more step.", "Not so fast.", "Almost there.", "Softly.", "Onwards.", "Forward.", "Deeper.",
    "Further.", "Surprised?", "Ready?", "Steady.", "Curious?", "Good.", "Alone.", "Together.", "Often.", "Simply.", "Honestly.", "Always.",
    "Perhaps.", "Maybe.", "Suddenly.", "Everywhere.", "Today.", "Tonight.",
];

/// Endings.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_CLOSES: &[&str] = &[
    "Keep looking closely.", "Keep wondering.", "Pass it on.", "Now you know.", "Remember it.", "It is your turn.", "Tell someone today.",
    "Think about it tonight.", "Look again tomorrow.", "That is worth a moment.", "The rest is yours to discover.",
    "Now go and see for yourself.", "There is always more to find.",
];
