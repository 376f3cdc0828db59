//! Chooses sentences so that the whole has the wanted length, and divides them into scenes.

use videogen_text::word_count;

use super::topic::Topic;

/// One sentence that may be said.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) words: usize,
    /// Whether it names the topic; two such lines in a row sound like an advertisement.
    pub(super) names: bool,
    /// Whether a new thought begins here, so that a new picture may.
    pub(super) begins: bool,
    /// The field its content is from, by its place in the lexicon's order.
    pub(super) field: Option<&'static super::lexicon::Field>,
}

impl Line {
    pub(super) fn new(text: String, names: bool, begins: bool) -> Self {
        Self {
            words: word_count(&text),
            text,
            names,
            begins,
            field: None,
        }
    }
}

/// One way to fill a place in the script: no line (it is left out), one, or several that belong together.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) lines: Vec<Line>,
    /// Lower is better; about 1 for a clear difference.
    pub(super) cost: f32,
}

impl Choice {
    pub(super) const fn skip(cost: f32) -> Self {
        Self {
            lines: Vec::new(),
            cost,
        }
    }

    pub(super) fn words(&self) -> usize {
        self.lines.iter().map(|line| line.words).sum()
    }
}

/// A place in the script: the ways to fill it, at least one.
pub(super) type Place = Vec<Choice>;

/// The chosen lines in order, and how many words they have together.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) lines: Vec<Line>,
    pub(super) words: usize,
}

/// What two sentences in a row that name the topic cost.
const CROWDED: f32 = 1.2;

/// Fills every place so that the total is as close to `target` words as the choices allow and, among the totals within
/// `slack` words, the cheapest. Dynamic programming over (place, words so far, whether the last line names the topic).
pub(super) fn fill(places: &[Place], target: usize, slack: usize) -> Chosen {
    // Beyond this the total only gets worse; the least possible total must stay reachable.
    let least: usize = places
        .iter()
        .map(|p| p.iter().map(Choice::words).min().unwrap_or(0))
        .sum();
    let cap = (target + slack + 24).max(least);
    let width = (cap + 1) * 2;
    let mut costs = vec![f32::INFINITY; width];
    costs[0] = 0.0;
    let mut back: Vec<Vec<(u32, u16)>> = Vec::with_capacity(places.len());
    for place in places {
        let mut next = vec![f32::INFINITY; width];
        let mut from = vec![(u32::MAX, 0_u16); width];
        for (state, &cost) in costs
            .iter()
            .enumerate()
            .filter(|(_, cost)| cost.is_finite())
        {
            let (words, named) = (state / 2, state % 2 == 1);
            for (index, choice) in place.iter().enumerate() {
                let total = words + choice.words();
                if total > cap {
                    continue;
                }
                let mut extra = choice.cost;
                let mut last = named;
                for line in &choice.lines {
                    if last && line.names {
                        extra += CROWDED;
                    }
                    last = line.names;
                }
                let to = total * 2 + usize::from(last);
                if cost + extra < next[to] {
                    next[to] = cost + extra;
                    from[to] = (state as u32, index as u16);
                }
            }
        }
        costs = next;
        back.push(from);
    }
    let off = |state: usize| (state / 2).abs_diff(target);
    let best = (0..width)
        .filter(|&state| costs[state].is_finite())
        .min_by(|&a, &b| {
            let score = |s: usize| {
                (
                    off(s).saturating_sub(slack),
                    costs[s] + off(s) as f32 * 2.0 / (slack.max(1) as f32),
                )
            };
            let (outside_a, cost_a) = score(a);
            let (outside_b, cost_b) = score(b);
            outside_a.cmp(&outside_b).then(cost_a.total_cmp(&cost_b))
        })
        .unwrap_or(0);
    let mut lines = Vec::new();
    let mut state = best;
    for (place, from) in places.iter().zip(&back).rev() {
        let (previous, index) = from[state];
        if previous == u32::MAX {
            break;
        }
        lines.extend(place[index as usize].lines.iter().rev().cloned());
        state = previous as usize;
    }
    lines.reverse();
    Chosen {
        lines,
        words: best / 2,
    }
}

/// Divides `lines` into `scenes` runs of similar length (least squares), at the beginnings of thoughts where that
/// costs little. `scenes` is at most the number of lines.
pub(super) fn divide(lines: Vec<Line>, scenes: usize) -> Vec<Vec<Line>> {
    let count = lines.len();
    let sums: Vec<usize> = std::iter::once(0)
        .chain(lines.iter().scan(0, |sum, line| {
            *sum += line.words;
            Some(*sum)
        }))
        .collect();
    let ideal = sums[count] as f32 / scenes as f32;
    let torn = (ideal * 0.3).powi(2);
    let mut costs = vec![vec![f32::INFINITY; count + 1]; scenes + 1];
    let mut cuts = vec![vec![0_usize; count + 1]; scenes + 1];
    costs[0][0] = 0.0;
    for scene in 1..=scenes {
        for end in scene..=count {
            for start in scene - 1..end {
                let length = (sums[end] - sums[start]) as f32;
                let tear = if start > 0 && !lines[start].begins {
                    torn
                } else {
                    0.0
                };
                let cost = costs[scene - 1][start] + (length - ideal).powi(2) + tear;
                if cost < costs[scene][end] {
                    costs[scene][end] = cost;
                    cuts[scene][end] = start;
                }
            }
        }
    }
    let mut ends = vec![count];
    let mut end = count;
    for scene in (1..=scenes).rev() {
        end = cuts[scene][end];
        ends.push(end);
    }
    ends.reverse();
    let mut rest = lines.into_iter();
    ends.windows(2)
        .map(|pair| rest.by_ref().take(pair[1] - pair[0]).collect())
        .collect()
}

/// How many words the total may differ from `target`: eight percent, or three when that is less.
pub(super) fn slack(target: usize) -> usize {
    (target * 8 / 100).max(3)
}

/// The form in which the topic is named first in a script of `target` words: as short as the room asks for, but never so
/// short that it is not named.
pub(super) fn first_form(topic: &Topic, target: usize, scenes: usize) -> super::say::Form {
    use super::say::Form;
    let tight = target < 24 && word_count(&topic.name) * 2 > target;
    if (tight || target < scenes * 5) && topic.has_short_name() {
        Form::Tag
    } else if target < word_count(&topic.full) * 4 {
        Form::Name
    } else {
        Form::Full
    }
}
