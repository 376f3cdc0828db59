//! The history and the mystery voice.

use super::Voice;

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const HISTORY: Voice = Voice {
    hooks: &[
        &["To understand {T}, we have to go back a little.", "Mind the step."],
        &["The past is closer than it looks, and {T} [is|are] one way in."],
        &["Behind {T} lies a longer story than the one we usually tell."],
        &["Wind the clock back and look at {T} again."],
        &["History hides in plain sight, and today it hides in {T}."],
        &["Somebody, long ago, would have had a very different view of {T}."],
        &["Leave the present for a minute and take {T} with you."],
        &["No story starts where we think it does, and that includes {T}."],
        &["Old stories leave traces, and some of them lead to {T}."],
        &["Imagine asking your great-grandparents about {T}."],
    ],
    passages: &[
        &["Nobody in the past knew how their story would end.", "They had guesses, debts and dinner plans, as we do."],
        &["Sources are like lamps: each lights one corner.", "The dark between them is part of history too."],
        &["Most of the people involved left no name.", "They carried, cooked, copied and waited.", "Without them there would be nothing to tell."],
        &["Ask who wrote it down, and who could not write.", "The answer changes the story."],
        &["Dates are the bones of history.", "The flesh is what people feared, ate and hoped for."],
        &["Picture somebody explaining {T} two hundred years from now.", "They will get some of it wrong.", "So do we, when we look back."],
        &["Great changes often look small on the day they begin.", "A letter is sent, a door is left open, a price goes up."],
        &["What survives is partly luck.", "Fire, damp and tidy relatives have destroyed more than any army."],
    ],
    turns: &[
        &["But the past does not stay where we put it.", "It turns up in our words, our laws and our kitchens."],
        &["The short version leaves out one thing.", "Ordinary people had to live through it."],
        &["Now bring it home.", "Look at your table, your words and your calendar, and you will find old traces everywhere."],
        &["Yet nothing is remembered by itself.", "Every generation has to decide again what it wants to keep."],
    ],
    closes: &[
        &["That is why {T} still [matters|matter]: the story is not over."],
        &["One day, somebody will look back at us with the same surprise."],
        &["History is not behind us.", "We are standing on it."],
        &["Remember one detail and tell it to someone tonight.", "That is how the past stays alive."],
        &["The past has no voice of its own.", "It borrows ours."],
        &["What we choose to remember is the beginning of what comes next."],
    ],
    titles: &[
        "The Story Behind {T}", "{T}: What the Past Still Tells Us", "Looking Back at {T}", "{T} in One Minute of History", "The Forgotten Side of {T}",
        "{T}, Then and Now", "The Long Road to {T}", "{T} Through the Years", "Before and After {T}", "What Came Before {T}", "{T}, Remembered",
    ],
    looks: &[
        "warm candle-like light, deep shadows, painterly historical scene",
        "dusty golden light, weathered textures, cinematic period still",
        "soft overcast light, aged colours, museum-quality photograph",
    ],
    images: &[
        "an old wooden desk with parchment and a candle", "worn stone steps in a quiet ruin", "a long shadow on a cobbled street",
        "an antique globe by a tall window", "a faded tapestry in dim light", "an archaeologist's brush on dusty stone, very close",
        "an old sailing ship in morning fog", "a bronze coin in an open palm",
    ],
    tags: &["history", "thepast", "historyfacts"],
    facts: 0.8,
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const MYSTERY: Voice = Voice {
    hooks: &[
        &["There is a question inside {T} that nobody has quite put to rest."],
        &["Look at {T} long enough and something looks back."],
        &["Turn the lights down; tonight it is about {T}."],
        &["The more you learn about {T}, the longer the list of questions grows."],
        &["What if the strangest thing about {T} is the thing we take for granted?"],
        &["Everyone has a theory about {T}.", "Keep yours to yourself for one minute."],
        &["Begin with {T}, and with what we cannot explain."],
        &["Some things refuse to add up, and {T} may be one of them."],
        &["Lock the door, sit down, and think about {T}."],
        &["Nobody has told us everything about {T}, and perhaps nobody can."],
    ],
    passages: &[
        &["A mystery is not a lack of answers.", "It is usually one answer too many."],
        &["Every witness sees a different corner of the room.", "Put the corners together and there is still a gap in the middle."],
        &["Beware of the explanation you like best.", "It is the one you will check least."],
        &["Sometimes the clue is what did not happen.", "Silence can be evidence too."],
        &["Imagine finding {T} in a locked box with no note.", "What would you check first?", "What would you be afraid to check?"],
        &["We fill the dark with whatever we carry into it.", "That is why two people see two different ghosts."],
        &["An honest shrug is worth more than a clever guess.", "It leaves the door open."],
        &["The answer may be small and dull.", "The question would still be beautiful."],
    ],
    turns: &[
        &["But there is always one detail that does not fit.", "It is usually the one worth keeping."],
        &["And just when everything seems settled, someone asks the obvious question.", "The room goes quiet."],
        &["Now look at what is missing.", "It is often larger than what is there."],
        &["Perhaps we have been asking from the wrong side.", "Turn the question over and it looks quite different."],
    ],
    closes: &[
        &["So the case of {T} stays open, and that is the best part."],
        &["Maybe one day we will know.", "Until then, keep wondering."],
        &["Some doors are worth standing in front of, even when they stay shut."],
        &["What do you think is on the other side?"],
        &["Sleep well, if you can."],
        &["The unknown is not empty; we simply have not looked there yet."],
    ],
    titles: &[
        "The Riddle of {T}", "{T}: What We Still Don't Know", "The Strange Case of {T}", "What Hides Behind {T}", "{T} After Dark",
        "{T}: The Missing Piece", "{T} and the Open Question", "Something Odd About {T}", "The Puzzle of {T}", "{T}: An Open File",
        "Looking Into {T}",
    ],
    looks: &[
        "low blue moonlight, drifting fog, deep shadows, cinematic still",
        "single lamp in darkness, strong contrast, noir photograph",
        "dim violet twilight, soft haze, enigmatic atmosphere, film still",
    ],
    images: &[
        "a long empty corridor with one lit door", "fog over a dark lake with a small boat", "a key on a dusty table in a beam of light",
        "a lone street lamp on a deserted road", "an old staircase winding into shadow", "a figure with a lantern at the edge of a forest",
        "a window glowing in an abandoned house", "footprints ending in the middle of a snowy field",
    ],
    tags: &["mystery", "unexplained", "curious"],
    facts: 0.75,
};
