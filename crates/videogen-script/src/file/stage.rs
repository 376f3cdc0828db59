//! Takes out of a script what is written for those who make the video: directions, who speaks, when, and what is seen.

mod brackets;
mod cast;
mod cue;
mod line;
mod tables;

use self::brackets::{Enclosed, enclosed};
use self::cast::{Cast, without_number};
use self::cue::{SENTENCE_ENDS, Unspoken, scene_mark, unspoken, without_cues};
use self::line::{Label, MARKS, goes_on, is_caps, label, parted, without_manner};
use self::tables::{DIRECTIONS, PARTS, QUALIFIED, QUALIFIERS, SURE_DIRECTIONS};
use super::left_out::LeftOut;
use super::times::line_time;

/// How many labels a line may have: `Scene 2 - Narrator (softly):` has two.
const MOST_LABELS: usize = 3;

/// What is known of a text before its lines are read.
#[derive(Debug, Clone, Default)]
pub(super) struct Stage {
    cast: Cast,
    /// Whether times stand before its lines, beginning at nought.
    is_timed: bool,
}

/// A text without directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spoken {
    /// What is spoken; an empty line begins a scene.
    pub(super) text: String,
    /// What stood behind `Title:` in the first line, or nothing.
    pub(super) title: String,
}

impl Stage {
    /// Looks at all of a text.
    pub(super) fn of(text: &str) -> Self {
        let prose = || {
            Prose::of(text)
                .filter(|(_, is_prose)| *is_prose)
                .map(|(line, _)| line)
        };
        let mut times = prose().filter_map(line_time).map(|time| time.start);
        let is_timed = times.next() == Some(0) && times.next().is_some_and(|second| second > 0);
        Self {
            cast: Cast::of(prose().map(|line| line_time(line).map_or(line, |time| time.rest))),
            is_timed,
        }
    }

    /// Goes through `text`, which is all of what was looked at or a part of it; its lines end with a line feed.
    pub(super) fn spoken(&self, text: &str, left_out: &mut LeftOut) -> Spoken {
        let mut spoken = Spoken::default();
        let lines: Vec<(&str, bool)> = Prose::of(text).collect();
        let (mut is_first, mut is_after_blank) = (true, true);
        let mut at = 0;
        while let Some(&(mut line, is_prose)) = lines.get(at) {
            if let Some(found) = enclosed(&lines[at..])
                && let Some(unspoken) = self.direction(&found, &lines, at)
            {
                left_out.directions += 1;
                if unspoken == Unspoken::Scene {
                    spoken.text.push('\n');
                }
                at += found.lines;
                (is_first, is_after_blank) = (false, false);
                if found.rest.is_empty() {
                    continue;
                }
                line = found.rest;
            } else {
                at += 1;
            }
            let is_blank = line.trim().is_empty();
            let has_next = lines
                .get(at)
                .is_some_and(|(next, _)| !next.trim().is_empty());
            // Who speaks stands on a line of its own before what is said.
            let name_line = has_next.then_some(std::mem::replace(&mut is_after_blank, is_blank));
            if !is_prose || is_blank {
                spoken.text.push_str(line);
                spoken.text.push('\n');
                continue;
            }
            if std::mem::take(&mut is_first)
                && let Some(title) = title(line)
            {
                spoken.title = title;
                spoken.text.push('\n');
                continue;
            }
            match self.line(line, name_line, left_out) {
                Said::Words(words) => {
                    spoken.text.push_str(&words);
                    spoken.text.push('\n');
                }
                Said::Nothing => {}
                Said::Scene => spoken.text.push('\n'),
            }
        }
        spoken
    }

    /// What brackets over several lines are, which begin in the line `at`, if nothing of them is spoken. Those within a sentence
    /// are part of it.
    fn direction(
        &self,
        found: &Enclosed<'_>,
        lines: &[(&str, bool)],
        at: usize,
    ) -> Option<Unspoken> {
        let line = |at: usize| lines.get(at).map_or("", |(line, _)| line.trim());
        let before = at.checked_sub(1).map_or("", line).trim_end_matches(MARKS);
        let is_unfinished = !before.is_empty()
            && !before.ends_with(SENTENCE_ENDS)
            && !before.ends_with([')', ']', '）', '】', '>', '}', '：'])
            && !is_caps(before);
        let after = if found.rest.is_empty() {
            line(at + found.lines)
        } else {
            found.rest
        };
        let is_square = !found
            .whole
            .trim_start_matches(MARKS)
            .starts_with(['(', '（']);
        if is_unfinished && (!is_square || goes_on(after)) {
            return None;
        }
        if found.rest.is_empty() {
            return unspoken(&found.whole, self.cast.is_screenplay);
        }
        let (kept, cues) = without_cues(&found.whole);
        let is_all = kept.trim_matches(MARKS).trim().is_empty();
        (cues > 0 && is_all).then_some(Unspoken::Direction)
    }

    /// What is said of `line`. `name_line` is `None` where no line follows without an empty one between, otherwise whether an
    /// empty one stands before.
    fn line(&self, line: &str, name_line: Option<bool>, left_out: &mut LeftOut) -> Said {
        let (prefix, mut body) = parted(line);
        if let Some(time) = line_time(body)
            && (time.is_certain || self.is_timed)
        {
            left_out.times += 1;
            body = time.rest;
            if body.is_empty() {
                return Said::Nothing;
            }
        }
        // A heading that is a direction is no title; others are left to those who know headings.
        let inner = body.trim_start_matches('#');
        let is_heading = inner.len() < body.len() && inner.starts_with(' ');
        let looked_at = if is_heading { inner.trim() } else { body };
        match unspoken(looked_at, self.cast.is_screenplay) {
            Some(Unspoken::Scene) if is_heading => {
                left_out.headings += 1;
                return Said::Scene;
            }
            Some(found) => {
                left_out.directions += 1;
                return match found {
                    Unspoken::Scene => Said::Scene,
                    Unspoken::Direction => Said::Nothing,
                };
            }
            None if is_heading => return Said::Words(line.to_owned()),
            None => {}
        }
        if name_line.is_some_and(|is_after_blank| self.is_name_line(body, is_after_blank)) {
            left_out.speakers += 1;
            return Said::Nothing;
        }
        let (said, is_scene) = self.without_labels(body, left_out);
        let Said::Words(words) = said else {
            return said;
        };
        let prefix = if is_scene { "\n" } else { prefix };
        let (words, cues) = without_cues(&words);
        left_out.directions += cues;
        if words.trim().is_empty() {
            return Said::Nothing;
        }
        Said::Words(format!("{prefix}{words}"))
    }

    /// Whether a line is nothing but the name of who speaks the next one.
    fn is_name_line(&self, body: &str, is_after_blank: bool) -> bool {
        let (name, has_manner) = without_manner(body.trim());
        let name = Label {
            name,
            is_marked: false,
            has_manner,
            is_dashed: false,
            open: "",
            rest: "",
        };
        self.cast.is_name_line(&name, is_after_blank)
    }

    /// The line without the labels with which it begins, and whether a scene begins with it.
    fn without_labels(&self, body: &str, left_out: &mut LeftOut) -> (Said, bool) {
        let mut rest = body;
        let mut open = "";
        let mut is_scene = false;
        for _ in 0..MOST_LABELS {
            let Some(label) = label(rest) else { break };
            match self.kind(&label) {
                None => break,
                Some(Kind::Direction) => {
                    left_out.directions += 1;
                    return (Said::Nothing, false);
                }
                Some(Kind::Scene) => {
                    left_out.directions += 1;
                    is_scene = true;
                    // With names before what is said, this tells what is seen.
                    if self.cast.is_screenplay && self::label(label.rest).is_none() {
                        return (Said::Scene, true);
                    }
                }
                Some(Kind::Part) => left_out.labels += 1,
                Some(Kind::Speaker) => left_out.speakers += 1,
            }
            open = label.open;
            rest = without_manner_of(label.rest, left_out);
            if rest.is_empty() {
                return (if is_scene { Said::Scene } else { Said::Nothing }, is_scene);
            }
        }
        (Said::Words(format!("{open}{rest}")), is_scene)
    }

    fn kind(&self, label: &Label<'_>) -> Option<Kind> {
        let lower = label.name.to_lowercase();
        let bare = without_number(&lower);
        let is_set_off = label.is_marked || is_caps(&label.name);
        if label.is_dashed {
            return self.cast.speaks(label).then_some(Kind::Speaker);
        }
        if SURE_DIRECTIONS.contains(&bare) {
            return Some(Kind::Direction);
        }
        if (DIRECTIONS.contains(&bare) || is_qualified(bare))
            && (is_set_off || self.cast.is_screenplay)
        {
            return Some(Kind::Direction);
        }
        if scene_mark(&label.name).is_some_and(str::is_empty) {
            return Some(Kind::Scene);
        }
        if self.cast.speaks(label) {
            return Some(Kind::Speaker);
        }
        let is_part = PARTS.contains(&bare) && (is_set_off || !goes_on(label.rest));
        is_part.then_some(Kind::Part)
    }
}

/// `intro music`, `closing shot`.
fn is_qualified(name: &str) -> bool {
    let Some((qualifiers, what)) = name.rsplit_once(' ') else {
        return false;
    };
    QUALIFIED.contains(&what)
        && qualifiers
            .split_whitespace()
            .all(|word| QUALIFIERS.contains(&word))
}

/// What a label stands for.
enum Kind {
    Direction,
    Scene,
    Part,
    Speaker,
}

/// What is left of a line.
enum Said {
    Words(String),
    Nothing,
    /// Nothing, and what follows is another scene.
    Scene,
}

/// `(excited) Welcome!` behind a name, without the bracket that tells how it is said.
fn without_manner_of<'a>(rest: &'a str, left_out: &mut LeftOut) -> &'a str {
    const MOST_WORDS: usize = 5;
    let pairs = [('(', ')'), ('[', ']'), ('（', '）')];
    for (open, close) in pairs {
        let Some((manner, behind)) = rest
            .strip_prefix(open)
            .and_then(|inside| inside.split_once(close))
        else {
            continue;
        };
        let is_link = behind.starts_with(['(', '[']);
        let is_manner = manner.split_whitespace().count() <= MOST_WORDS
            && manner.contains(char::is_alphabetic)
            && (!manner.starts_with(char::is_uppercase) || is_caps(manner));
        if is_manner && !is_link {
            left_out.directions += 1;
            return behind.trim_start();
        }
    }
    rest
}

/// What stands behind `Title:` in a line.
fn title(line: &str) -> Option<String> {
    #[rustfmt::skip] // a table
    const NAMES: &[&str] = &[
        "title", "video title", "titel", "videotitel", "título", "titre", "titolo", "tytuł", "başlık", "название", "заголовок", "标题", "标题",
        "タイトル", "제목", "العنوان", "शीर्षक",
    ];
    let label = label(line.trim())?;
    let is_title = NAMES.contains(&label.name.to_lowercase().as_str())
        && !label.is_dashed
        && !goes_on(label.rest);
    let text = label.rest.trim().trim_matches(['"', '“', '”', '*', '_']);
    (is_title && !text.is_empty()).then(|| videogen_text::clean(text))
}

/// The lines of a text, and whether each is prose: what stands in a block of code or a table is none.
struct Prose<'a> {
    lines: std::str::Lines<'a>,
    /// The signs that end the block of code.
    fence: Option<&'static str>,
}

impl<'a> Prose<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            lines: text.lines(),
            fence: None,
        }
    }
}

impl<'a> Iterator for Prose<'a> {
    type Item = (&'a str, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        let bare = line.trim_start();
        let fence = ["```", "~~~"]
            .into_iter()
            .find(|fence| bare.starts_with(fence));
        match (self.fence, fence) {
            (None, Some(fence)) => self.fence = Some(fence),
            (Some(open), Some(fence)) if open == fence => self.fence = None,
            (None, None) => return Some((line, !bare.starts_with('|'))),
            _ => {}
        }
        Some((line, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str) -> (Spoken, LeftOut) {
        let mut left_out = LeftOut::default();
        let spoken = Stage::of(text).spoken(text, &mut left_out);
        (spoken, left_out)
    }

    fn words(text: &str) -> String {
        let (spoken, _) = spoken(text);
        videogen_text::clean(&spoken.text)
    }

    #[test]
    fn a_script_for_makers_becomes_what_is_said() {
        let (spoken, left_out) = spoken(
            "[Scene 1: Wide shot of the ocean]\nNARRATOR: The sea is deep.\n(pause)\nHost: Welcome back!\n[MUSIC FADES]\n\
             Voiceover: It is also cold.\n0:05 - 0:10 The last part.\n**Visual:** A whale.\n",
        );
        assert_eq!(
            spoken.text,
            "\nThe sea is deep.\nWelcome back!\nIt is also cold.\nThe last part.\n"
        );
        assert_eq!(
            (left_out.directions, left_out.speakers, left_out.times),
            (4, 3, 1)
        );
    }

    #[test]
    fn screenplays_become_what_is_said() {
        assert_eq!(
            words(
                "FADE IN:\n\nINT. HOUSE - DAY\n\nANNA\n(softly)\nI am home.\n\nBEN (O.S.)\nWho is there?\n\nCUT TO:\n\nEXT. SEA - NIGHT\n\nANNA: It is me."
            ),
            "I am home. Who is there? It is me."
        );
        assert_eq!(
            words("EXT. BEACH - DAY\n\nMARY ANN\nLook at that.\n\nThe end."),
            "Look at that. The end."
        );
        assert_eq!(
            spoken("Scene 1: The sea is deep.\nScene 2: It is cold.")
                .0
                .text,
            "\nThe sea is deep.\n\nIt is cold.\n"
        );
        assert_eq!(
            words(
                "**Scene 1:** A dark sea\n**Narrator (V.O.):** (whispering) It is *deep*.\n*[waves]*\n**SFX:** Waves"
            ),
            "It is *deep*."
        );
        assert_eq!(
            words(
                "Title: The Sea\nHook: Did you know?\n**Host: All of it is bold.**\nCall to action: Subscribe!"
            ),
            "Did you know? **All of it is bold.** Subscribe!"
        );
        assert_eq!(
            spoken("**Title:** \"The Sea\"\n\nIt is deep.").0.title,
            "The Sea"
        );
    }

    #[test]
    fn directions_over_several_lines_are_not_spoken() {
        let (spoken, left_out) = spoken(
            "[Scene 1: A long shot\nof the sea, with waves\nand a boat]\nNARRATOR (V.O.): The sea is deep.\n(he pauses for\na very long time)\n\
             The sea is cold.\n\nINTRO MUSIC: soft piano\nVOICE-OVER: It goes on for miles.\n[CUT TO:\na whale]\nHost 1: Wow!\nHost 2: I know.\n\
             <pause>\n{beat}\n**[B-ROLL]**\n*soft music plays*\nNarrator – quietly: Good night.",
        );
        assert_eq!(
            videogen_text::clean(&spoken.text),
            "The sea is deep. The sea is cold. It goes on for miles. Wow! I know. Good night."
        );
        assert_eq!((left_out.directions, left_out.speakers), (8, 5));
        for (text, want) in [
            ("[MUSIC FADES\nIN] The sea is deep.", "The sea is deep."),
            (
                "It is deep.\n*[waves and\nwind]*\nIt is cold.",
                "It is deep. It is cold.",
            ),
            ("【海的\n镜头】\n海很深。", "海很深。"),
            (
                "ANNA\n(softly,\nsmiling)\nI am home.\n\nINT. HOUSE - DAY",
                "I am home.",
            ),
            ("Wait.\n(SOFT MUSIC\nPLAYS)\nNow.", "Wait. Now."),
        ] {
            assert_eq!(words(text), want);
        }
    }

    #[test]
    fn brackets_of_prose_over_several_lines_are_spoken() {
        for prose in [
            "It was a war\n(1914\nto 1918) of many.",
            "(1914\nto 1918)",
            "He came in\n(a pause of two\nhours lay behind him)\nand left.",
            "He said\n[the king was\ndead]\nand left.",
            "[The following story is true and nobody\nhas told it before, as far as I know.]",
            "See [the scene\nof it](https://x.y) now.",
            "[the scene\nof it](https://x.y)",
            "(This was long\nbefore the sea was known.)",
            "[Never closed\nThe sea is deep.\nIt is cold.",
            "[One\n\nTwo]",
            "(as the\nmusic plays) he walks in.",
            "THE POWER OF MUSIC: it moves us.",
            "Opening music: it moves us.",
            "Narrator – the one who tells: it is he.",
            "STEP 1 – mix: Put it in.",
        ] {
            assert_eq!(words(prose), videogen_text::clean(prose), "{prose}");
        }
    }

    #[test]
    fn times_before_lines_go_and_times_in_them_stay() {
        assert_eq!(
            words("0:00 Intro words\n0:10 More words\n1:02:03 The end"),
            "Intro words More words The end"
        );
        assert_eq!(words("0:00\nHello\n0:04\nagain"), "Hello again");
        assert_eq!(words("[00:05] Hello [0:10–0:20] again"), "Hello again");
        for prose in [
            "At 10:30 we left.",
            "10:30 The train leaves.",
            "9:00 - 17:00 Uhr ist offen.",
        ] {
            assert_eq!(words(prose), prose);
        }
    }

    #[test]
    fn prose_keeps_all_of_its_words() {
        for prose in [
            "Note: this is long.",
            "Tokyo: the city. In [1990] it was (1990) so.",
            "Music: the language of all.",
            "Visual: it was that.",
            "The host: an organism.",
            "Introduction: the sea is deep.",
            "Scene of the crime: the beach.",
            "He said: Go!\nHe said: Stop!",
            "# The Title: A Story",
            "- NASA: Artemis flies.",
            "It costs 3:1.",
            "```\nNARRATOR: code\n```",
            "| NARRATOR: | cell |",
        ] {
            let (spoken, left_out) = spoken(prose);
            assert_eq!(
                (spoken.text.trim_end(), left_out),
                (prose, LeftOut::default())
            );
        }
    }
}
