//! The nature and the tech voice.

use super::Voice;

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const NATURE: Voice = Voice {
    hooks: &[
        &["Hold still for a minute and look at {T}.", "The closer you look, the stranger it gets."],
        &["You have seen {T} before, but perhaps never slowly."],
        &["The wild keeps few secrets from those who wait, and {T} [is|are] worth the wait."],
        &["Somewhere right now, {T} [is|are] part of a story nobody is filming."],
        &["Forget the noise for a moment; this is about {T}."],
        &["Come a little closer to {T}.", "Walk softly."],
        &["Nature wastes nothing, and {T} [is|are] no exception."],
        &["Breathe out, look up, and make room for {T}."],
        &["Most people hurry past {T}.", "Slow down for once."],
        &["There is a quiet hour in every day, and this one belongs to {T}."],
    ],
    passages: &[
        &["Nature is never in a hurry.", "Even so, everything gets done."],
        &["Each living thing is an answer to a question its place once asked.", "Cold, thirst, darkness, hunger: these were the questions."],
        &["Follow any thread and you find it tied to the rest.", "Pull gently, and the whole web moves."],
        &["Patience is the best pair of binoculars.", "Stay ten minutes longer than feels reasonable.", "That is when things begin to happen."],
        &["Look at {T} through a child's eyes.", "Nothing is ordinary yet.", "Every detail is news."],
        &["The seasons come and go without asking us.", "There is comfort in that."],
        &["What looks still is busy, and what looks simple is old.", "Time has been at work here for longer than we can feel."],
        &["Listen before you look.", "The ear finds what the eye has already given up on."],
    ],
    turns: &[
        &["But none of this is guaranteed to last.", "What we notice, we are more likely to keep."],
        &["And here is the humbling part.", "It was all here long before us."],
        &["Now remember that we belong to the same web."],
        &["Yet the most surprising thing is how easily we overlook all this.", "A day has room for one more look."],
    ],
    closes: &[
        &["Next time, give {T} one more minute than you have to."],
        &["Go outside, look twice, and leave it as you found it."],
        &["The wonder was there all along.", "It was only waiting for someone to slow down."],
        &["We do not own any of this.", "We are only lucky enough to see it."],
        &["Keep your eyes open; the best of it happens without applause."],
        &["And tomorrow the light will return to all of it, with us or without us."],
    ],
    titles: &[
        "The Secret Life of {T}", "{T}: A Closer Look", "What Nobody Tells You About {T}", "The Quiet Wonder of {T}", "One Wild Minute With {T}",
        "A Slow Look at {T}", "{T}, Up Close", "Standing Still for {T}", "A Field Note on {T}", "{T} When Nobody Is Looking",
    ],
    looks: &[
        "soft natural light, rich greens and blues, nature documentary photograph",
        "misty dawn light, fine detail, shallow depth of field, wildlife photograph",
        "golden hour, clear air, wide landscape photograph",
    ],
    images: &[
        "morning mist over a quiet valley", "dew drops on grass in low sun", "a forest clearing with shafts of light",
        "clouds drifting over a green ridge", "a calm lake reflecting the sky", "wild flowers moving in the wind",
        "a stony shore at low tide", "a single tree in an open field",
    ],
    tags: &["nature", "wildlife", "earth"],
    facts: 0.8,
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const TECH: Voice = Voice {
    hooks: &[
        &["On the surface, {T} may seem simple.", "Let us open the lid."],
        &["Everybody talks about {T}, and hardly anybody looks under the cover."],
        &["Give me one minute and {T} will make more sense."],
        &["Start with a plain question: what makes {T} work?"],
        &["There is an engineer's story inside {T}.", "It begins with a problem."],
        &["You do not need a degree to understand {T}.", "You need one good minute."],
        &["The clever part of {T} is the part you never see."],
        &["Think of {T} as a puzzle with a few good pieces."],
        &["Somebody had to sit down and think hard about {T}."],
        &["Forget the buzzwords and look at {T} in plain daylight."],
    ],
    passages: &[
        &["Every good design is a list of refusals.", "What was left out matters as much as what went in."],
        &["Take anything apart and you find three things: a goal, a limit and a trick.", "The trick is what people remember.", "The limit is what made it necessary."],
        &["The first version is always a little embarrassing.", "It exists, and that is its whole advantage."],
        &["Complex things are usually simple things in large numbers.", "Find the simple thing and the rest unfolds."],
        &["Ask what breaks first.", "Engineers learn more from that than from any success."],
        &["Explain {T} with a pencil and a napkin.", "Whatever will not fit on the napkin is worth another look."],
        &["Good tools disappear in the hand.", "You notice them only when they are gone."],
        &["Somebody, somewhere, keeps all of this running.", "They are noticed mostly when something fails."],
        &["Speed is easy to advertise.", "Reliability is harder, because it looks like nothing happening."],
    ],
    turns: &[
        &["But the machine is only half of the story.", "The other half is what we ask it to do."],
        &["Here is where it gets interesting.", "Every solution quietly creates the next problem."],
        &["Now zoom out.", "What matters is not how it works but what it makes possible."],
        &["Yet no technology arrives with instructions for wisdom.", "That part is still up to us."],
    ],
    closes: &[
        &["So the next time {T} [comes|come] up, ask how, not only how much."],
        &["The best question stays the oldest one: what problem does it solve?"],
        &["Stay curious; somebody had to be, or none of this would exist."],
        &["Look under one cover today.", "You may like what you find."],
        &["It is not magic.", "It is something better: it can be understood."],
        &["What you understand, you can improve."],
    ],
    titles: &[
        "How to Think About {T}", "{T}, Explained in One Minute", "Inside {T}", "{T}: What Happens Under the Hood", "The Clever Part of {T}",
        "The Idea Behind {T}", "{T}, Step by Step", "{T} Without the Jargon", "Behind the Scenes of {T}", "A Plain Guide to {T}",
    ],
    looks: &[
        "cool blue light with warm accents, clean composition, high detail photograph",
        "dark background, precise rim light, macro product photograph",
        "soft studio light, muted teal palette, modern editorial photograph",
    ],
    images: &[
        "an engineer's workbench with tools in neat order", "glowing lines of light crossing a dark surface", "a close view of fine metal parts",
        "a person sketching a machine at a bright desk", "a quiet workshop at night with one lamp", "abstract layers of glass lit from below",
        "hands holding a small device to the light", "a tall window above a room full of machines",
    ],
    tags: &["tech", "howitworks", "engineering"],
    facts: 0.75,
};
