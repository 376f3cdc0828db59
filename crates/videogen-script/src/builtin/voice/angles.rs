//! Ways of looking that are honest about any topic, known or unknown: they ask, compare and suggest, and claim nothing.

use super::Passage;

/// Fits everything, questions and thoughts included.
#[rustfmt::skip] // passages read better as paragraphs
pub(in super::super) const ANGLES: &[Passage] = &[
    &["Ask three people about {T} and you will hear three different stories.", "Listen for what all three leave out.", "That gap is often the most interesting part."],
    &["Stand close to {T} and you see detail; step back and you see a pattern.", "Neither view is wrong.", "The trick is to keep walking between them."],
    &["Give {T} one honest minute without a phone in your hand.", "Boredom comes first.", "Curiosity comes right behind it."],
    &["Think about the words we use for {T}.", "Words are handles.", "A better handle makes a heavy thing easier to lift."],
    &["Every view of {T} leaves something outside the frame.", "Move the frame a little.", "Something new walks in."],
    &["Someone disagrees with you about {T}.", "Suppose, for one minute, that they have a point.", "You lose nothing, and you may gain a window."],
    &["Notice what you feel when {T} [comes|come] up.", "That first reaction is old, fast and not always fair.", "The second one is yours."],
    &["Set a timer for ten minutes and give all of them to {T}.", "Few subjects have ever been given that much.", "You would know more than most people you meet."],
    &["Ask a child about {T}.", "Children go straight for the part that adults step around."],
    &["The best time to look at {T} is just before you think you understand.", "Certainty closes the eyes.", "A little doubt keeps them open."],
    &["Somebody will remember {T} in fifty years.", "They will remember one detail, and it will not be the one we expect."],
    &["Talk about {T} with somebody who sees the world differently.", "Say little and listen long.", "You will leave with two views instead of one."],
    &["Remember who first told you about {T}.", "We learn very few things alone."],
];

/// Fits what exists on its own: things, people, places, activities.
#[rustfmt::skip] // passages read better as paragraphs
pub(in super::super) const THING_ANGLES: &[Passage] = &[
    &["Imagine a world without {T}.", "What would be missing by Monday morning?", "The size of that gap is an honest measure."],
    &["Someone came across {T} for the very first time today.", "They noticed things you no longer see.", "Borrow their eyes for a minute."],
    &["Think of the person who knows {T} best.", "They probably started with a silly question.", "Most experts did."],
    &["Try to draw {T} from memory.", "The blank spots on the paper are your next questions."],
    &["Suppose a visitor from far away asked you to explain {T}.", "Where would you begin?", "The first sentence you choose says what you believe."],
    &["Some of what there is to {T} can be explained, and some can only be noticed.", "Both count."],
    &["Put {T} next to something that seems to have nothing to do with {them}.", "The mind starts building a bridge at once.", "Good ideas often cross on such bridges."],
    &["Ask what {T} [costs|cost], and who pays.", "Then ask who benefits.", "Two short questions can clear a lot of fog."],
    &["Picture {T} at four in the morning, when nobody is watching.", "What remains when the audience is gone?"],
    &["Consider the hands behind {T}.", "Somebody prepared, carried, repaired or simply cared.", "Most of that work is invisible."],
    &["Look for the oldest thing you know about {T}.", "Then look for the newest.", "Between the two there is a story."],
    &["Find the smallest part of {T} that still feels like the whole.", "Hold on to that part.", "It is where understanding likes to begin."],
    &["Write down one thing about {T} that you would like to know.", "A question on paper tends to find its answer."],
    &["There is a loud side to {T}, and there is a quiet one.", "The loud side gets the headlines.", "The quiet one does the work."],
    &["Ask what {T} would look like if you had to start from nothing.", "What would you keep?", "What would you gladly leave behind?"],
    &["Some people will never care about {T}, and that is fine.", "Attention is a gift, and everyone has to choose where to give it."],
    &["Tell the story of {T} backwards.", "Causes become surprises that way.", "Endings start to look like choices."],
];
