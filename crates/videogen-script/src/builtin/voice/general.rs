//! The voice for everything else.

use super::Voice;

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const GENERAL: Voice = Voice {
    hooks: &[
        &["Here is one minute about {T} that you may remember tomorrow."],
        &["Chances are you have an opinion about {T}.", "Put it aside for a moment."],
        &["There is more to {T} than most of us have time for.", "So let us take the time."],
        &["What do we really know about {T}?"],
        &["Ask around about {T} and you will hear confident answers.", "Few of them agree."],
        &["The subject of the next minute is {T}.", "You may know less than you think."],
        &["It takes a small question to open a big subject, and this one is {T}."],
        &["Plenty of people have something to say about {T}.", "Let us listen to the quiet part."],
        &["If somebody asked you about {T} tonight, what would you say?"],
        &["You could spend years on {T} and still be surprised."],
    ],
    passages: &[
        &["The ordinary is only the remarkable that we got used to.", "Getting unused to it takes a minute of attention."],
        &["Every subject has a front door and a side door.", "The side door is usually a good question."],
        &["People who love a thing can talk about it for hours.", "Find one of them, and bring time."],
        &["Most of us learned about {T} by accident.", "A remark, a picture, a rainy afternoon.", "It is a good way to learn almost anything."],
        &["Knowing a little is dangerous only if you think it is everything.", "Otherwise it is called a beginning."],
        &["Details are not decoration.", "They are where the truth usually waits."],
        &["If it bores you, try standing a little closer."],
        &["Try saying what it is without using its name.", "It is harder than it sounds, and more fun."],
    ],
    turns: &[
        &["But knowing is only half of it.", "The other half is what you do with what you know."],
        &["Now turn it around and look from the other side.", "The view is seldom the same."],
        &["And then there is the question hardly anyone asks.", "Why does it matter to us at all?"],
        &["Yet the interesting part may be what it says about us.", "We rarely care about things by accident."],
    ],
    closes: &[
        &["That was {T}, in one minute; the rest is worth discovering yourself."],
        &["Tell somebody about it today, and see what they add."],
        &["Now you know a little more, and you have a better question."],
        &["Keep one thing from this minute, and pass it on."],
        &["Look at it again tomorrow.", "It will not be quite the same."],
        &["The world is full of such things, if you stop to look."],
    ],
    titles: &[
        "{T} in One Minute", "The Truth About {T}", "{T}: More Than You Think", "{T}: Worth a Second Look", "A Fresh Look at {T}",
        "Let's Talk About {T}", "{T}, Briefly", "Why We Talk About {T}", "{T}: The Short Version", "What to Notice About {T}",
    ],
    looks: &[
        "clear natural light, vivid colours, editorial photograph",
        "bright soft daylight, clean composition, magazine photograph",
        "warm afternoon light, gentle contrast, cinematic photograph",
    ],
    images: &[
        "a bright desk with an open notebook by a window", "a crossroads in open country", "people talking at a market in the morning",
        "a hand turning a small object in the light", "a wide sky above a quiet street", "a row of doors in different colours",
        "a magnifying glass on a wooden table", "a path leading over a gentle hill",
    ],
    tags: &["didyouknow", "learnsomething", "oneminute"],
    facts: 0.75,
};
