//! Lines for one shape of topic: a skill, an act, a question, a claim, rivals, a name in quotation marks.

use super::Kind;

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const HOW_TO: Kind = Kind {
    hooks: &[
        &["Nobody is born knowing {how}.", "That should be a comfort."],
        &["Everyone who knows {how} was once bad at it."],
        &["You do not need talent to learn {how}; you need a clumsy first try."],
        &["Ask ten people {how} and you will get ten methods.", "Underneath, they have much in common."],
        &["You want to know {how}.", "Here is a way to get there that works for almost any skill."],
        &["There was a day when every expert had to look up {how}."],
        &["Forget perfect for a moment and find out {how}."],
        &["If you have ever wondered {how}, you are in good company."],
        &["Suppose you had only an hour to learn {how}.", "Where would you begin?"],
    ],
    passages: &[
        &["First, make it small.", "Pick one piece you could try within the next ten minutes.", "Leave the rest for later."],
        &["Decide what good enough looks like.", "Without that line, you will never feel finished."],
        &["Watch someone who does it well.", "Look at what they do with their hands, and at what they ignore."],
        &["Then try it badly, on purpose.", "A rough first attempt tells you more than a perfect plan."],
        &["Slow down until you make no mistakes.", "Speed arrives later, by itself."],
        &["Change one thing at a time.", "Otherwise you will never know what helped."],
        &["Ask for one honest correction.", "Say thank you, and use it the same day."],
        &["Give it a fixed place in the day.", "What has no time of its own gets what is left over, and nothing is ever left over."],
        &["Expect a flat stretch.", "It comes to everyone, usually just before things begin to hold."],
        &["Write down what worked.", "Your future self forgets faster than you think."],
        &["Stop while it still feels good.", "That way you will want to come back tomorrow."],
        &["Keep your first attempt.", "A month from now it will make you smile."],
        &["Finally, show it to someone.", "Explaining it will show you the holes in what you know."],
    ],
    turns: &[
        &["But there is one thing no list of steps can do for you.", "It cannot begin."],
        &["Here is the quiet truth.", "The real obstacle is rarely technique; it is the first awkward minute."],
        &["Now forget about doing it perfectly.", "Perfect is where most people stop."],
    ],
    closes: &[
        &["One small try today, and you are no longer just wondering {how}."],
        &["That is really all there is to it: begin small, adjust, return."],
        &["You will be clumsy, then less clumsy, and then somebody will ask you {how}."],
        &["Ten minutes from now you could already be a beginner.", "It is the best thing to be."],
    ],
    titles: &[
        "How to {V}, One Small Step at a Time", "How to {V}: A Calm First Plan", "Learning How to {V} Without the Drama",
        "How to {V} When You Don't Know Where to Start", "How to {V}", "Your First Try: How to {V}", "So You Want to {V}",
        "Start Here: How to {V}", "How to {V}, Made Simple", "First Steps: How to {V}", "How to {V} Without Hurry",
        "No Talent Needed: How to {V}", "Slowly Learning to {V}", "Small Steps: How to {V}",
    ],
    tiny: &[
        "Learn {how}.", "You can learn {how}.", "Today you find out {how}.", "Let us see {how}.", "Here you see {how}.", "Start to learn {how} today.",
        "Nobody is born knowing {how}.", "Ask yourself {how}.", "This is about {T}.", "It is worth knowing {how}.",
    ],
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const ACT: Kind = Kind {
    hooks: &[
        &["What if today you simply decided {to}?", "Not next month, today."],
        &["You have been meaning {to} for a while.", "So has almost everyone."],
        &["It sounds easy {to}, and everyone knows that it is not."],
        &["There are days when all you have to do is {do}.", "This could be one of them."],
        &["Part of you has already decided {to}."],
        &["Picture yourself a year from now, glad that you chose {to}."],
        &["This is a small invitation {to}."],
        &["If you were waiting for a reason {to}, stop waiting."],
        &["Somebody needs to hear today that it is all right {to}."],
    ],
    passages: &[
        &["Nobody else can do this for you, and nobody has to watch.", "That is the freedom in it."],
        &["The first minute of {T} is the heaviest.", "After that, something starts to carry you."],
        &["People will have opinions about {T}.", "Let them.", "They do not live your mornings."],
        &["You do not need a sign.", "You need a time, a place and a very small first move."],
        &["Ask yourself what {T} would change within a week.", "Then ask about a year.", "The second answer is the one to trust."],
        &["Some days you will forget.", "Forgetting is not failing, as long as you come back."],
    ],
    turns: &[
        &["But deciding once is not enough.", "You decide again every morning, and it gets quieter."],
        &["And if it goes wrong, you will know more than you do now.", "That is not nothing."],
    ],
    closes: &[
        &["So choose {to}, in some small way, before tonight."],
        &["Nobody remembers the day they thought about it.", "Make today the day you begin."],
        &["It is never too early {to}, and hardly ever too late."],
    ],
    titles: &[
        "{V}: One Minute That Could Help", "{V}, Starting Today", "Why It Is Worth It {To}", "{V} (Even If It Is Hard)", "{V}", "A Reminder {To}",
        "One Good Reason {To}", "What It Takes {To}", "The Courage {To}", "Deciding {To}", "A Quiet Promise {To}", "Making Up Your Mind {To}",
    ],
    tiny: &[
        "{Act}.", "Today you can choose {to}.", "You can decide {to}.", "Remember {to}.", "Promise yourself {to}.", "This is your sign {to}.", "Make up your mind {to}.",
        "What if you decided {to}?", "You have good reason {to}.", "Let us talk about {T}.",
    ],
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const QUESTION: Kind = Kind {
    hooks: &[
        &["{Q}", "It sounds like a simple question."],
        &["Do not answer this one too quickly.", "{Q}"],
        &["Children ask this, and adults change the subject.", "{Q}"],
        &["Let us take one question seriously.", "{Q}"],
        &["Here is something to turn over in your mind.", "{Q}"],
        &["Some questions follow you home.", "{Q}"],
        &["You may have an answer ready for this.", "{Q}", "Hold it back a little."],
        &["Ask ten people, and you will hear ten answers.", "{Q}"],
        &["Right now, somebody is typing this into a search box.", "{Q}"],
        &["Stop for a second and think.", "{Q}"],
    ],
    passages: &[
        &["A good question does half of the work.", "It tells you where to look."],
        &["There is a quick answer, and there is a careful one.", "The quick answer ends the conversation.", "The careful one begins it."],
        &["Start with what you can observe yourself.", "Guess afterwards, and mark the guesses as guesses."],
        &["Be suspicious of any answer that fits on a mug.", "Also be suspicious of one that needs a thousand pages."],
        &["Ask how we could find out.", "If nothing could ever change your mind, it is not an answer but a habit."],
        &["Whoever asks {T} is already paying attention.", "That is rarer than knowing."],
    ],
    turns: &[
        &["But notice what the question assumes.", "The assumption is often where the answer hides."],
        &["Maybe the answer depends on who is asking.", "That would not make it less true."],
    ],
    closes: &[
        &["What would your answer be?", "Write it down before you look it up."],
        &["Now ask it again, out loud, to somebody you trust."],
        &["Keep the question.", "Good ones get better with age."],
    ],
    titles: &[
        "{Q}", "Good Question: {Q}", "Ask Again: {Q}", "One Minute on This: {Q}", "Wait a Moment: {Q}", "Today's Question: {Q}", "Out Loud: {Q}", "Big Question: {Q}",
        "{Q} (One Minute)", "{Q} (Think Twice)", "{Q} (An Honest Look)", "{Q} (A Short Try)",
    ],
    tiny: &[
        "{Q}", "Ask {q}.", "Find out {q}.", "Think about {q}.", "Wonder for a moment {q}.", "Have a guess {q}.", "It is worth asking {q}.",
    ],
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const CLAIM: Kind = Kind {
    hooks: &[
        &["{C}", "Say it once more, slowly."],
        &["A short sentence can have a long shadow.", "{C}"],
        &["Let one sentence stand in the room for a moment.", "{C}"],
        &["What would follow from this?", "{C}"],
        &["You may agree, or you may not.", "{C}"],
        &["Hold this thought for a little while.", "{C}"],
        &["Somebody said it, and somebody has to think about it.", "{C}"],
        &["Try this on like a coat.", "{C}"],
        &["Listen to this once, slowly.", "{C}"],
        &["Here is a sentence to carry around all day.", "{C}"],
    ],
    passages: &[
        &["Every sentence like this has a history.", "Someone had a reason to say it for the first time."],
        &["Ask what would have to be true for this to hold.", "Then ask what would change if it did."],
        &["Some sentences are to be proved, and some are to be lived with.", "Decide which kind this one is."],
        &["Try the opposite and see how it sounds.", "If the opposite sounds foolish, you have learned something; if not, you have learned more."],
        &["You may nod, or you may want to argue.", "Both mean that it has reached you."],
    ],
    turns: &[
        &["But a sentence is only a door.", "Somebody has to walk through it."],
        &["And perhaps the important word in it is the smallest one.", "Read it again with that in mind."],
    ],
    closes: &[
        &["Take the sentence with you today, and test it against one real thing."],
        &["Now read it again; it may not say quite what it said a minute ago."],
        &["Whether you agree or not, you will hear it differently from now on."],
    ],
    titles: &[
        "{C}", "Say It Again: {C}", "Think About It: {C}", "One Thought: {C}", "Hear This: {C}", "Food for Thought: {C}", "Let It Sink In: {C}", "Worth a Minute: {C}",
        "{C} (Think Twice)", "{C}: A Second Look", "{C}. What Now?", "{C}. So What Follows?",
    ],
    tiny: &[
        "{C}",
    ],
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const VERSUS: Kind = Kind {
    hooks: &[
        &["{a} or {b}: most people pick a side before they look."],
        &["Put {a} and {b} next to each other, and an old argument begins."],
        &["Some questions split a room in half, and {a} or {b} is one of them."],
        &["Ask a crowd to choose between {a} and {b}, and watch it divide."],
        &["You can like {a} and still have a soft spot for {b}."],
        &["The case of {a} against {b} has never been closed."],
        &["Let {a} and {b} share one table for a while."],
        &["Hardly anybody stays neutral when it comes to {a} and {b}."],
        &["Before you choose between {a} and {b}, listen to both sides."],
        &["Is it {a} for you, or is it {b}?"],
    ],
    passages: &[
        &["Choosing between {a} and {b} often says more about the chooser than about the choice."],
        &["Ask what each one is for.", "Most rivalries end when the two sides get different jobs."],
        &["Make the strongest case for the side you do not like.", "If you cannot, you do not know your own side yet."],
        &["We like contests because they are tidy.", "Life is mostly not tidy."],
        &["Give {a} one honest point.", "Then give {b} one."],
    ],
    turns: &[
        &["But perhaps the real question is what you need today.", "Tomorrow you may need the other one."],
        &["Now swap sides for a minute.", "It is good exercise."],
    ],
    closes: &[
        &["{a} or {b}: perhaps the better word is and."],
        &["So which is it for you, {a} or {b}?"],
    ],
    titles: &[
        "{A} vs. {B}: Which Side Are You On?", "{A} or {B}? A Fair Look", "{A} vs. {B} in One Minute", "{A} or {B}?", "Choosing Between {A} and {B}",
        "{A} and {B}, Side by Side", "The Old Debate: {A} or {B}", "{A} vs. {B}", "Both Sides: {A} and {B}", "{A}, {B} and You", "Why Not Both? {A} and {B}",
    ],
    tiny: &[
        "Choose between {a} and {b}.", "Is it {a} or {b}?", "Compare {a} with {b}.", "Put {a} beside {b}.", "Would you take {a} or {b}?",
        "It comes down to {a} or {b}.", "Imagine {a} against {b}.", "Let {a} meet {b}.", "You may like both {a} and {b}.", "This is about {T}.",
    ],
};

#[rustfmt::skip] // passages read better as paragraphs
pub(super) const OPAQUE: Kind = Kind {
    hooks: &[
        &["Today there is only one thing on the table: {T}."],
        &["Somebody wanted a video about {T}.", "Good choice."],
        &["Two things are needed for the next minute: {T}, and your attention."],
        &["You could scroll past {T}.", "Stay a moment instead."],
        &["Everything in the next minute turns around {T}."],
        &["Let your attention rest on {T} for a moment."],
        &["What comes to mind when you see {T}?"],
        &["Some subjects need no introduction, and one of them is {T}."],
        &["Write {T} on a piece of paper, and look at it."],
        &["Few people stopped today to think about {T}."],
    ],
    passages: &[],
    turns: &[],
    closes: &[],
    titles: &[
        "A Closer Look at {T}", "{T}: Up Close", "One Minute for {T}", "All About {T}", "{T}, Briefly", "Thinking About {T}", "{T}: Worth a Second Look",
        "Let's Talk About {T}", "A Moment With {T}", "{T}: The Short Version",
    ],
    tiny: super::TINY_HOOKS,
};
