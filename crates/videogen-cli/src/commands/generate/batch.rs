//! `--batch FILE`: each line one JSON object and one video, the whole file checked before the first is made.

mod line;
mod lines;
mod object;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, BufReader, IsTerminal, Read};
use std::sync::Arc;

use videogen_core::Brief;
use videogen_durable::{NamedFile, ReadTimeouts, folded_name, open_named};
use videogen_types::{Seed, VideoCount};

use self::line::{Line, Place, Problem};
use self::lines::Lines;
use super::Context;
use super::content::Content;
use super::overlays;
use crate::args::GenerateArgs;
use crate::render_error::Failure;
use crate::settings::{Origin, PathBase, Settings};

/// The most lines with something in them. A draft takes seconds: this many are days of work.
const MOST_LINES: usize = 10_000;
/// The largest file, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The longest line, in bytes: what a script may have.
const LONGEST_LINE: usize = 1024 * 1024;
/// How many problems are told one by one; of a single line as well.
const SHOWN: usize = 20;

/// Refuses what would contradict the lines.
///
/// # Errors
/// A topic, a script or a number of videos stands beside `--batch`.
pub(super) fn alone(args: &GenerateArgs) -> Result<(), Failure> {
    if args.batch.is_none() {
        return Ok(());
    }
    let refused = |what: &str, why: &str, hint: &str| {
        Err(
            Failure::usage(format!("{what} cannot be used with --batch: {why}"))
                .hint(format!("{hint}, or leave --batch out")),
        )
    };
    let count = args
        .count
        .as_deref()
        .and_then(|text| text.parse::<VideoCount>().ok());
    if !args.topic.is_empty() {
        refused(
            "a topic",
            "each line has its own",
            "write it into the lines as \"topic\"",
        )
    } else if args.script.is_some() {
        refused(
            "--script",
            "one script is for one video",
            "name it in its line as \"script\"",
        )
    } else if count.is_some_and(|count| count.get() > 1) {
        refused(
            "--count",
            "each line is one video",
            "leave --count out and write more lines",
        )
    } else {
        Ok(())
    }
}

/// The briefs of the lines of `file` (`-` is standard input) and what a person should know about them. What a line
/// does not have comes from `defaults` and `settings`; the n-th video without a seed gets the default one plus n.
///
/// # Errors
/// The file cannot be read, is too large or has nothing in it, or a line is wrong: then all that are.
pub(super) fn briefs(
    file: &str,
    defaults: &Content,
    settings: &Settings,
    context: &Context,
) -> Result<(Vec<Brief>, Vec<String>), Failure> {
    let here = context.around.paths();
    if file == "-" {
        if io::stdin().is_terminal() {
            context
                .screen
                .print("type one JSON object a line, then Ctrl-D on an empty line:");
        }
        let batch = Batch::new("stdin", here, defaults, settings);
        return batch.read(io::stdin().lock());
    }
    let path = context.path("--batch", file)?;
    // A pipe is welcome: shells make them of `<(…)`. Nothing lies beside one, and it has a deadline.
    let opened = open_named(&path, ReadTimeouts::ORDINARY);
    let lies_somewhere = opened.as_ref().is_ok_and(NamedFile::is_regular);
    let base = match path.parent() {
        Some(parent) if lies_somewhere => PathBase::new(parent, context.around.home.as_deref()),
        _ => here,
    };
    let batch = Batch::new(file, base, defaults, settings);
    match opened {
        Ok(file) => batch.read(file),
        Err(error) => Err(batch.unreadable(&error)),
    }
}

/// A batch file on its way to briefs.
struct Batch<'a> {
    /// The file, as it was named.
    file: Arc<str>,
    /// Where relative paths start.
    base: PathBase<'a>,
    defaults: &'a Content,
    settings: &'a Settings,
    /// Lines with something in them so far.
    lines: usize,
    briefs: Vec<Brief>,
    warnings: Vec<String>,
    /// Names as disks compare them, each as it was written and with its line.
    names: HashMap<String, (String, usize)>,
    bad_lines: usize,
    /// The first problems.
    problems: Vec<(usize, Problem)>,
    more_problems: usize,
}

impl<'a> Batch<'a> {
    fn new(file: &str, base: PathBase<'a>, defaults: &'a Content, settings: &'a Settings) -> Self {
        Self {
            file: file.into(),
            base,
            defaults,
            settings,
            lines: 0,
            briefs: Vec::new(),
            warnings: Vec::new(),
            names: HashMap::new(),
            bad_lines: 0,
            problems: Vec::new(),
            more_problems: 0,
        }
    }

    /// Reads to the end. No more than one line is kept in memory.
    fn read(mut self, input: impl Read) -> Result<(Vec<Brief>, Vec<String>), Failure> {
        let mut lines = Lines::of(BufReader::new(input.take(LARGEST + 1)));
        let mut bytes = Vec::new();
        for number in 1.. {
            let is_one = lines
                .next(&mut bytes)
                .map_err(|error| self.unreadable(&error))?;
            if lines.taken() > LARGEST {
                return Err(self.unusable("it is larger than 64 MiB"));
            }
            if !is_one {
                break;
            }
            let mut content = bytes.as_slice();
            if number == 1 {
                if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
                    return Err(self.unusable("it is UTF-16 text, not UTF-8"));
                }
                content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
            }
            let content = content.trim_ascii();
            if content.is_empty() {
                continue;
            }
            self.lines += 1;
            if self.lines > MOST_LINES {
                return Err(self.unusable("it has more than 10,000 lines"));
            }
            self.line(number, content);
        }
        if self.bad_lines > 0 {
            return Err(self.failure());
        }
        if self.lines == 0 {
            return Err(self.unusable("it is empty"));
        }
        Ok((self.briefs, self.warnings))
    }

    /// Takes one line.
    fn line(&mut self, number: usize, bytes: &[u8]) {
        let before = self.lines as u64 - 1;
        let place = Place {
            file: &self.file,
            line: number,
            base: self.base,
        };
        let mut line = Line::of(Content {
            seed: Seed(self.defaults.seed.0.wrapping_add(before)),
            ..self.defaults.clone()
        });
        line.read(bytes, &place);
        if let Some(name) = line.name.clone() {
            match self.names.entry(folded_name(&name)) {
                Entry::Vacant(free) => {
                    free.insert((name, number));
                }
                Entry::Occupied(taken) => {
                    let (known, first) = taken.get();
                    let shown = line::shown(&name);
                    let message = if *known == name {
                        format!("`{shown}` is the name of line {first} already")
                    } else {
                        let known = line::shown(known);
                        format!(
                            "`{shown}` is the name of line {first} already, `{known}`, on a disk that does not tell them apart"
                        )
                    };
                    line.problem("name", message);
                }
            }
        }
        let Line {
            content,
            layer,
            cut,
            mut problems,
            ..
        } = line;
        if problems.is_empty() {
            let settings = self.settings.with(layer);
            let own = |origin: &Origin| matches!(origin, Origin::Line { .. });
            problems.extend(
                overlays::idle(&settings, content.may_show_clips())
                    .filter(|(_, origin, _)| own(origin))
                    .map(|(name, _, object)| {
                        Problem::of(name, format!("does nothing without `{object}`"))
                    }),
            );
            let genre = settings.origin("genre").is_some();
            let has_text = content.script.is_some() || content.narration_captions.is_some();
            if content.topic.is_none() && !has_text && !genre {
                problems.push(Problem::of(
                    "",
                    "there is nothing to make a video about: it needs a topic, a genre or a script"
                        .into(),
                ));
            }
            if problems.is_empty() {
                if cut {
                    self.warnings.push(format!(
                        "{}:{number}: {}",
                        self.file,
                        super::content::topic_was_cut("a \"script\" file")
                    ));
                }
                self.briefs.push(Brief {
                    origin: Some(format!("{}:{number}", self.file)),
                    ..content.brief(&settings)
                });
                return;
            }
        }
        self.bad_lines += 1;
        for problem in problems {
            if self.problems.len() < SHOWN {
                self.problems.push((number, problem));
            } else {
                self.more_problems += 1;
            }
        }
    }

    /// What is wrong with the lines.
    fn failure(&self) -> Failure {
        let worded = |line: usize, problem: &Problem| {
            let field = match problem.field.as_str() {
                "" => String::new(),
                field => format!("{field}: "),
            };
            format!("{}:{line}: {field}{}", self.file, problem.message)
        };
        let form =
            "each line is one JSON object such as {\"topic\": \"the deep sea\"}; nothing was made";
        let failure = match self.problems.as_slice() {
            [(line, problem)] => {
                let hint = match &problem.hint {
                    Some(hint) => hint.clone(),
                    None if problem.field.is_empty() => form.to_owned(),
                    None => format!("correct line {line}; nothing was made"),
                };
                Failure::usage(worded(*line, problem)).hint(hint)
            }
            several => {
                let mut details: Vec<String> = several
                    .iter()
                    .map(|(line, problem)| match &problem.hint {
                        Some(hint) => format!("{} ({hint})", worded(*line, problem)),
                        None => worded(*line, problem),
                    })
                    .collect();
                if self.more_problems > 0 {
                    details.push(format!("and {} more", self.more_problems));
                }
                let (bad, all) = (self.bad_lines, self.lines);
                let message = format!("{bad} of {all} lines of {} cannot be used", self.file);
                Failure {
                    details,
                    ..Failure::usage(message).hint(form)
                }
            }
        };
        let all_problems = self.problems.iter().map(|(_, problem)| problem.code);
        Failure {
            kind: "bad_batch",
            // What is wrong in several ways is wrong by what it says.
            code: all_problems.min().unwrap_or(failure.code),
            ..failure
        }
    }

    fn unusable(&self, why: &str) -> Failure {
        Failure {
            kind: "bad_batch",
            ..Failure::usage(format!(
                "the batch file {} cannot be used: {why}",
                self.file
            ))
        }
        .hint("a batch file is UTF-8 text of at most 10,000 lines and 64 MiB, each line a JSON object such as {\"topic\": \"the deep sea\"}")
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        Failure {
            kind: "bad_batch",
            ..Failure::usage(format!("the batch file {} cannot be read", self.file))
        }
        .caused_by(error)
        .hint("name a file with a JSON object in each line, or `-` for standard input")
    }
}

#[cfg(test)]
mod tests;
