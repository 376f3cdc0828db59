//! The motivational and the emotional voice.

use super::Voice;

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const MOTIVATIONAL: Voice = Voice {
    hooks: &[
        &["There is a lesson in {T} for anyone who is tired today.", "It takes about a minute to tell."],
        &["If you are about to give up on something, look at {T} first.", "Then decide."],
        &["You came for {T}; stay for the part about you."],
        &["Before you call yourself stuck, spend a minute with {T}.", "It may change the size of your problem."],
        &["Some days you need a push, and today it comes from {T}."],
        &["Let {T} be your coach for the next minute.", "No whistle, no shouting."],
        &["You may not expect a pep talk from {T}.", "Here is one anyway."],
        &["Think of {T} the next time you want to quit."],
        &["When the day feels too long, {T} can be a place to rest your eyes.", "Then get up again."],
        &["Nobody handed you a plan this morning, so borrow one from {T}."],
        &["Stand up straight for a moment; this is about {T} and about you."],
    ],
    passages: &[
        &["Nothing worth keeping was ever finished in one go.", "It was begun, dropped, picked up and begun again.", "The picking up is the part that counts."],
        &["Choose the smallest step you cannot argue with.", "Take it before you feel ready.", "Then take it again tomorrow, slightly less afraid."],
        &["Confidence rarely comes first.", "It arrives late and out of breath, after the work has begun."],
        &["Progress is quiet while it is happening.", "You hear it only when you look back.", "So keep a record of the days you showed up."],
        &["Keep {T} in mind on the morning your plan falls apart.", "Plans do fall apart.", "The people who keep going simply make another one."],
        &["Compare yourself with who you were last year.", "It is the only race with fair rules."],
        &["Rest is not the opposite of effort.", "It is how effort survives until Friday."],
        &["You will not feel like it every day.", "Nobody does, and the ones you admire learned to begin anyway."],
        &["Talent opens the door once.", "Practice keeps the key."],
    ],
    turns: &[
        &["Now turn it around.", "What would you do today if you trusted slow progress?"],
        &["But a lesson is only worth what you do with it.", "So choose one thing, and choose it today."],
        &["Here is the part that belongs to you.", "Nobody else can take your next step."],
        &["And yet a good thought changes nothing by itself.", "Give it an hour in your day."],
        &["But motivation is only the match.", "Habit is the wood."],
    ],
    closes: &[
        &["So take {T} as your reminder: small, today, again."],
        &["The minute is over.", "The rest of the day is yours."],
        &["Tomorrow is a rumour.", "Begin with what is left of today."],
        &["Close this video, stand up, and do the first small thing."],
        &["You do not have to be fast; you only have to be back tomorrow."],
        &["One step is enough for now.", "Take it before this sentence fades."],
    ],
    titles: &[
        "What {T} Can Teach You About Not Giving Up", "{T}: A One-Minute Push", "The Quiet Strength in {T}", "Start Small: A Lesson From {T}",
        "{T} and the Courage to Keep Going", "{T} on a Hard Day", "{T}: One Small Step", "Take Heart From {T}", "{T}: Begin Again Today",
        "{T} for Tired Days", "Thinking of Quitting? Look at {T}",
    ],
    looks: &[
        "warm sunrise light, long shadows, cinematic photograph",
        "golden side light, crisp air, wide cinematic composition",
        "first morning light after rain, bold contrast, film still",
    ],
    images: &[
        "a lone figure on a ridge at sunrise", "worn shoes on a doorstep at dawn", "a road climbing towards bright clouds",
        "hands tying a knot in a rope, very close", "a small boat heading out of a calm harbour",
        "a seedling growing through a crack in stone", "a runner disappearing into morning mist", "an open door with light behind it",
    ],
    tags: &["motivation", "mindset", "keepgoing"],
    facts: 0.5,
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const EMOTIONAL: Voice = Voice {
    hooks: &[
        &["Say the words slowly: {T}.", "Somebody comes to mind, or some place."],
        &["For someone, somewhere, {T} [is|are] not a topic at all but a memory."],
        &["You may already carry a quiet story about {T}.", "Let it come back for a moment."],
        &["Some things are felt before they are understood, and {T} [is|are] like that."],
        &["Think of the first time you met {T}.", "Take your time."],
        &["If you have a minute for {T}, give it gently."],
        &["You may know someone who needs to hear about {T} today."],
        &["In some corner of your memory there [is|are] {T}."],
        &["Not everything about {T} fits into words.", "Some of it can still be felt."],
        &["Speak softly for a while, because this is about {T}."],
    ],
    passages: &[
        &["The things that matter rarely make a noise.", "They sit at the edge of an ordinary day and wait to be noticed."],
        &["Somebody once shared this with you, perhaps without a word.", "You carry a little of that person every time you remember."],
        &["We think we will remember everything.", "What stays is a smell, a light, half a sentence."],
        &["Imagine telling a child about {T}.", "You would choose softer words.", "They might be the truer ones."],
        &["It is all right to be moved by small things.", "Small things are what most of a life is made of."],
        &["There is always someone missing from the picture.", "That is often why the picture was taken."],
        &["You do not have to explain what touches you.", "You only have to let it."],
        &["Behind {T} there are always people.", "Somebody hoped, somebody worried, somebody stayed up late."],
    ],
    turns: &[
        &["And yet none of this explains the feeling.", "It does not have to."],
        &["But listen to what lies underneath.", "It is almost always a wish to be close to someone."],
        &["Then, one ordinary day, you notice how much it meant.", "Nobody warns you about that day."],
        &["Perhaps you know all this already.", "The part of you that knows it does not use words."],
        &["Now let somebody's face come to mind.", "You know whose."],
    ],
    closes: &[
        &["If {T} made you think of someone, tell them today."],
        &["Hold on to this feeling a moment longer.", "Then pass it on."],
        &["Some things do not need an ending; they need someone to share them with."],
        &["Be gentle with yourself tonight, and with whoever is near."],
        &["One day this ordinary evening will be the one you miss."],
        &["Keep a small light on tonight, for whoever came to mind."],
    ],
    titles: &[
        "What {T} Can Leave in the Heart", "{T}, and Who You Think Of", "A Quiet Minute With {T}", "The Tender Side of {T}", "{T}: Something to Hold On To",
        "{T}, Softly Told", "A Small Story About {T}", "When You Think of {T}", "Close to the Heart: {T}", "{T} and the Things We Keep",
    ],
    looks: &[
        "soft window light, muted warm tones, shallow depth of field, intimate photograph",
        "late golden hour, gentle film grain, tender mood",
        "blue evening light with one warm lamp, quiet cinematic still",
    ],
    images: &[
        "two hands holding in soft light", "an empty chair beside a rainy window", "an old photograph box on a wooden table",
        "a child's drawing colours and a cup of tea", "a couple walking away along a foggy beach", "a candle on a window sill at night",
        "a porch with a light left on", "a hand resting on an old dog",
    ],
    tags: &["emotional", "feelings", "storytime"],
    facts: 0.5,
};
