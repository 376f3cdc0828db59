//! Sentences of a few words, for videos that have hardly any.

/// Openings with the topic.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_HOOKS: &[&str] = &[
    "{T}.", "Meet {T}.", "Look at {T}.", "This is about {T}.", "Think of {T}.", "Today, simply {T}.", "One word about {T}.",
    "Let us talk about {T}.",
];

/// The middle.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_BODY: &[&str] = &[
    "Look.", "Listen.", "Wait.", "Closer.", "Look closer.", "Take your time.", "There is more.", "Notice the details.", "Stay a moment.",
    "Watch.", "Slowly.", "Breathe.", "Begin here.", "Ask why.", "Ask again.", "Look twice.", "Nothing is ordinary.", "Small things count.",
    "Again.", "Stay.", "Pause.", "Imagine.", "Picture it.", "Hear it.", "Feel it.", "Trust your eyes.", "Doubt a little.", "Think ahead.",
    "Wonder.", "Remember.", "Notice.", "Lean in.", "Step back.", "Change the angle.", "Turn it around.", "Follow the light.", "See the pattern.",
    "Why?", "How?", "Really?", "What if?", "Who knows?", "Try it.", "Hold it up.", "Let it sink in.", "Leave nothing out.", "Start small.",
    "Gently.", "Quietly.", "Patiently.", "Keep looking.", "Keep asking.", "Stay curious.", "Take a breath.", "Count to three.", "Open the door.",
    "Here.", "Now.", "Then.", "Yes.", "No rush.", "Nearly there.", "One more step.", "Not so fast.", "Almost there.", "Look from above.",
    "Softly.", "Onwards.", "Forward.", "Deeper.", "Further.", "Go deeper.", "Go further.", "Look up.", "Look down.", "Look inside.",
    "Surprised?", "Ready?", "Steady.", "Curious?", "Good.", "Rest here.", "Stand still.", "Let go.", "Hold on.", "Come back.", "Be patient.",
    "Alone.", "Together.", "Often.", "Simply.", "Honestly.", "Always.", "Perhaps.", "Maybe.", "Suddenly.", "Everywhere.", "Today.", "Tonight.",
    "Every detail has a reason.", "Some answers take a while.", "The best part is quiet.", "A good question goes a long way.",
    "Most people never look this closely.", "It changes when you stop rushing.", "What seems simple seldom is.", "Attention is half the answer.",
    "Behind it stands a longer story.", "Nobody sees all of it at once.", "Now look from the other side.", "Give it one more moment.",
];

/// Endings.
#[rustfmt::skip] // a list of words
pub(in super::super) const TINY_CLOSES: &[&str] = &[
    "Wonder.", "Keep looking closely.", "Keep wondering.", "Pass it on.", "Now you know.", "Remember it.", "Your turn.", "Tell someone today.",
    "Think about it tonight.", "Look again tomorrow.", "That is worth a moment.", "The rest is yours to discover.", "Onwards.",
];
