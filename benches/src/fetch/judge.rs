//! What was measured, and the figures of the issue that it keeps or breaks.

use super::program::{Program, Run};
use super::validate::Row;
use crate::figures::Figure;
use crate::memory::Peaks;
use crate::stats::Spread;

/// Of the sum of the speeds, at least.
const OF_SUM: f64 = 0.95;
/// Bytes that mirrors send, to the size of the file, at most.
const BYTES: f64 = 1.02;
/// Three equal mirrors to one, at least.
const TIMES: f64 = 2.5;
/// Seconds that a mirror which stalls may cost, at most.
const LOST: f64 = 10.0;
/// Bytes that a mirror of 1 KB/s has under way when it is left: three of the chunks it writes.
const UNDER_WAY: i64 = 150;
/// Bytes for each connection that are fetched again after `kill -9`, at most.
const KILLED: i64 = 4 << 20;
/// Resident memory at any size, in MiB, at most.
const RESIDENT: f64 = 64.0;
/// Bytes of each innocent mirror that may be fetched again to find the guilty one: two have to be compared. A piece.
const TRIAL: i64 = 4 << 20;
/// Of curl's speed, at least.
const OF_CURL: f64 = 0.9;

/// One row: a file from mirrors of some speeds.
#[derive(Debug)]
pub(crate) struct Speed {
    /// Bytes a second.
    pub(crate) mirrors: [u64; 3],
    pub(crate) program: Program,
    pub(crate) size: u64,
    pub(crate) sent: u64,
    pub(crate) run: Run,
}

impl Speed {
    pub(crate) fn of_sum(&self) -> f64 {
        let sum: u64 = self.mirrors.iter().sum();
        self.size as f64 / self.run.wall / sum as f64
    }

    pub(crate) fn bytes(&self) -> f64 {
        self.sent as f64 / self.size as f64
    }

    pub(crate) fn mirrors(&self) -> String {
        let words = self.mirrors.map(|speed| (speed as f64 / 1e6).to_string());
        words.join("/")
    }
}

/// A small file from one mirror and from three, in seconds.
#[derive(Debug)]
pub(crate) struct Small {
    pub(crate) size: u64,
    pub(crate) program: Program,
    pub(crate) one: f64,
    pub(crate) three: f64,
    pub(crate) error: Option<String>,
}

/// One of three mirrors stalls.
#[derive(Debug)]
pub(crate) struct Stall {
    pub(crate) what: &'static str,
    pub(crate) program: Program,
    /// Seconds beyond the best that was possible.
    pub(crate) lost: f64,
    pub(crate) again: i64,
    pub(crate) run: Run,
}

/// The program was killed and started again.
#[derive(Debug)]
pub(crate) struct Kill {
    pub(crate) program: Program,
    pub(crate) connections: u64,
    pub(crate) again: i64,
    pub(crate) run: Run,
}

/// One of three mirrors sends wrong bytes.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) program: Program,
    /// Whether it knew the digest.
    pub(crate) checked: bool,
    pub(crate) again: i64,
    /// Bytes that the wrong mirror sent.
    pub(crate) bad: u64,
    pub(crate) run: Run,
}

/// Two runs with the same memory of mirrors.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) touches: Vec<Touch>,
    pub(crate) right: bool,
    pub(crate) error: Option<String>,
}

/// Requests to a dead mirror.
#[derive(Debug)]
pub(crate) struct Touch {
    pub(crate) what: &'static str,
    pub(crate) first: u64,
    pub(crate) second: u64,
}

/// All that one run of the bench measured; what was not asked for is empty.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) speeds: Vec<Speed>,
    pub(crate) small: Vec<Small>,
    pub(crate) stalls: Vec<Stall>,
    pub(crate) kills: Vec<Kill>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) validations: Vec<Row>,
    /// Seconds of all of them.
    pub(crate) validating: f64,
    pub(crate) memory: Vec<(u64, Run)>,
    pub(crate) again: Option<Again>,
    pub(crate) unthrottled: Vec<(Program, u64, Run)>,
}

impl Measured {
    /// Wall times without a limit of one program, in the order of the rounds.
    pub(crate) fn unthrottled_of(&self, program: Program) -> Vec<f64> {
        let own = self.unthrottled.iter().filter(|(of, _, _)| *of == program);
        own.map(|(_, _, run)| run.wall).collect()
    }
}

/// Every figure that this run can judge.
pub(crate) fn figures(measured: &Measured) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |what: String, measured: String, holds: bool| {
        figures.push(Figure {
            what,
            measured,
            holds,
        });
    };
    transfer(measured, &mut add);
    faults(measured, &mut add);
    costs(measured, &mut add);
    figures
}

fn transfer(measured: &Measured, add: &mut impl FnMut(String, String, bool)) {
    for row in measured
        .speeds
        .iter()
        .filter(|row| row.program == Program::Ours)
    {
        let mirrors = row.mirrors();
        let percent = row.of_sum() * 100.0;
        add(
            format!("{mirrors} MB/s: ≥ 95 % of the sum"),
            failed(&row.run).unwrap_or(format!("{percent:.1} %")),
            row.run.right && row.of_sum() >= OF_SUM,
        );
        add(
            format!("{mirrors} MB/s: ≤ {BYTES} × bytes"),
            format!("{:.4}", row.bytes()),
            row.run.right && row.bytes() <= BYTES,
        );
    }
    for row in measured
        .small
        .iter()
        .filter(|row| row.program == Program::Ours)
    {
        let times = row.one / row.three;
        add(
            format!(
                "{} MiB, three equal mirrors: ≥ {TIMES} × one",
                row.size >> 20
            ),
            row.error.clone().unwrap_or(format!("{times:.2}")),
            row.error.is_none() && times >= TIMES,
        );
    }
}

fn faults(measured: &Measured, add: &mut impl FnMut(String, String, bool)) {
    for row in measured
        .stalls
        .iter()
        .filter(|row| row.program == Program::Ours)
    {
        add(
            format!("a mirror {}: ≤ {LOST} s lost", row.what),
            failed(&row.run).unwrap_or(format!("{:.1} s", row.lost)),
            row.run.right && row.lost <= LOST,
        );
        let most = if row.what.starts_with("falls") {
            UNDER_WAY
        } else {
            0
        };
        let received = row
            .run
            .fetched
            .as_ref()
            .map_or(0, |fetched| fetched.received);
        add(
            format!("a mirror {}: 0 bytes twice", row.what),
            format!("{} of {}", row.again, received),
            row.run.right && row.again <= most,
        );
    }
    for row in measured
        .kills
        .iter()
        .filter(|row| row.program == Program::Ours)
    {
        let each = row.again as f64 / row.connections as f64 / f64::from(1 << 20);
        add(
            "kill -9 at 90 %: ≤ 4 MiB per connection again".to_owned(),
            failed(&row.run).unwrap_or(format!("{each:.2} MiB")),
            row.run.right && row.again <= KILLED * row.connections as i64,
        );
    }
    for row in measured
        .wrong
        .iter()
        .filter(|row| row.program == Program::Ours)
    {
        let fetched = row.run.fetched.clone().unwrap_or_default();
        add(
            "wrong bytes from one of three: found and named".to_owned(),
            failed(&row.run).unwrap_or(fetched.blamed.join(", ")),
            // It is the second of the mirrors.
            row.run.right && fetched.blamed == ["127.0.0.3"],
        );
        add(
            "wrong bytes from one of three: only its pieces, and ≤ 4 MiB of each other to tell"
                .to_owned(),
            format!(
                "{:.1}, its own {:.1} MiB",
                mebibytes(row.again),
                mebibytes(row.bad as i64)
            ),
            row.run.right && row.again <= row.bad as i64 + 2 * TRIAL,
        );
    }
}

fn costs(measured: &Measured, add: &mut impl FnMut(String, String, bool)) {
    // The first half fills pools and caches.
    let later = &measured.validations[measured.validations.len() / 2..];
    if let [first, .., last] = later {
        let handles = |row: &Row| row.descriptors + row.threads;
        let (least, most) = (
            later.iter().map(handles).min().unwrap_or_default(),
            later.iter().map(handles).max().unwrap_or_default(),
        );
        let grown = last.resident as f64 - first.resident as f64;
        add(
            format!("{} validations: descriptors flat (± 2)", last.count),
            format!("± {}, {} of them good", most - least, last.succeeded),
            most - least <= 2 && last.succeeded > 0 && last.succeeded < last.count,
        );
        add(
            format!("{} validations: memory flat within 1 MiB", last.count),
            format!(
                "{:+.2} MiB over the second half",
                grown / f64::from(1 << 20)
            ),
            grown <= f64::from(1 << 20),
        );
    }
    for (size, run) in &measured.memory {
        let peak = run
            .fetched
            .as_ref()
            .map_or(0.0, |fetched| Peaks::mebibytes(fetched.peak));
        add(
            format!("{} MiB: resident memory ≤ {RESIDENT} MiB", size >> 20),
            failed(run).unwrap_or(format!("{peak:.0}")),
            run.right && peak <= RESIDENT,
        );
    }
    if let Some(again) = &measured.again {
        // A host that only closes is known to be dead after three times, which may take more than one run.
        let known = again
            .touches
            .iter()
            .filter(|touch| touch.what != "closes without an answer");
        let second: u64 = known.map(|touch| touch.second).sum();
        add(
            "a second run: no request to a mirror known dead".to_owned(),
            again.error.clone().unwrap_or(second.to_string()),
            again.right && second == 0,
        );
    }
    let ours = measured.unthrottled_of(Program::Ours);
    let right = measured.unthrottled.iter().all(|(_, _, run)| run.right);
    for (program, whose) in [
        (Program::Curl, "curl's speed"),
        (Program::CurlChecked, "that of curl with a digest after it"),
    ] {
        let theirs = measured.unthrottled_of(program);
        if let Some(speed) = Spread::of_ratios(&theirs, &ours) {
            add(
                format!("one unthrottled mirror: ≥ {OF_CURL} × {whose}"),
                format!("{:.2} ({:.2}–{:.2})", speed.median, speed.min, speed.max),
                right && speed.median >= OF_CURL,
            );
        }
    }
}

/// Why there is no file, where there is none.
pub(crate) fn failed(run: &Run) -> Option<String> {
    match &run.error {
        Some(error) => Some(error.clone()),
        None if !run.right => Some("wrong bytes".to_owned()),
        None => None,
    }
}

pub(crate) fn mebibytes(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::download::Fetched;

    fn run(wall: f64) -> Run {
        Run {
            wall,
            right: true,
            fetched: Some(Fetched {
                received: 256 << 20,
                peak: 40 << 20,
                blamed: vec!["127.0.0.3".to_owned()],
                ..Fetched::default()
            }),
            ..Run::default()
        }
    }

    /// A run in which every figure is just kept.
    fn kept() -> Measured {
        let size = 256 << 20;
        let row = |count| Row {
            count,
            succeeded: count / 5,
            descriptors: 12,
            threads: 3,
            resident: 30 << 20,
        };
        Measured {
            speeds: vec![Speed {
                mirrors: [10_000_000; 3],
                program: Program::Ours,
                size,
                sent: size + size / 60,
                run: run(size as f64 / 30e6 / 0.951),
            }],
            small: vec![Small {
                size: 8 << 20,
                program: Program::Ours,
                one: 2.5,
                three: 1.0,
                error: None,
            }],
            stalls: vec![Stall {
                what: "freezes",
                program: Program::Ours,
                lost: 9.9,
                again: 0,
                run: run(20.0),
            }],
            kills: vec![Kill {
                program: Program::Ours,
                connections: 3,
                again: 12 << 20,
                run: run(1.0),
            }],
            wrong: vec![Wrong {
                program: Program::Ours,
                checked: true,
                again: 16 << 20,
                bad: 16 << 20,
                run: run(1.0),
            }],
            validations: (1..=10).map(|n| row(n * 1000)).collect(),
            validating: 1.0,
            memory: vec![(size, run(1.0))],
            again: Some(Again {
                touches: vec![Touch {
                    what: "answers 404",
                    first: 1,
                    second: 0,
                }],
                right: true,
                error: None,
            }),
            unthrottled: vec![
                (Program::Ours, size, run(1.1)),
                (Program::Curl, size, run(1.0)),
                (Program::CurlChecked, size, run(1.3)),
            ],
        }
    }

    fn broken(measured: &Measured) -> Vec<String> {
        let broken = figures(measured).into_iter().filter(|figure| !figure.holds);
        broken.map(|figure| figure.what).collect()
    }

    #[test]
    fn figures_that_are_kept_hold() {
        assert_eq!(broken(&kept()), Vec::<String>::new());
        assert_eq!(figures(&kept()).len(), 14);
        assert!(figures(&Measured::default()).is_empty());
    }

    #[test]
    fn each_figure_fails_by_itself() {
        let broken_by = |change: fn(&mut Measured)| {
            let mut measured = kept();
            change(&mut measured);
            broken(&measured).len()
        };
        assert_eq!(broken_by(|m| m.speeds[0].run.wall *= 1.01), 1);
        assert_eq!(broken_by(|m| m.speeds[0].sent += 2 << 20), 1);
        assert_eq!(broken_by(|m| m.speeds[0].run.right = false), 2);
        assert_eq!(broken_by(|m| m.small[0].three = 1.01), 1);
        assert_eq!(broken_by(|m| m.stalls[0].lost = 10.1), 1);
        assert_eq!(broken_by(|m| m.stalls[0].again = 1), 1);
        assert_eq!(broken_by(|m| m.kills[0].again += 1), 1);
        assert_eq!(broken_by(|m| m.wrong[0].again += (8 << 20) + 1), 1);
        assert_eq!(
            broken_by(|m| m.wrong[0].run.fetched.as_mut().unwrap().blamed.clear()),
            1
        );
        assert_eq!(broken_by(|m| m.validations[9].descriptors += 3), 1);
        assert_eq!(broken_by(|m| m.validations[9].resident += 2 << 20), 1);
        assert_eq!(
            broken_by(|m| m.memory[0].1.fetched.as_mut().unwrap().peak = 65 << 20),
            1
        );
        assert_eq!(
            broken_by(|m| m.again.as_mut().unwrap().touches[0].second = 1),
            1
        );
        assert_eq!(broken_by(|m| m.unthrottled[0].2.wall = 1.2), 1);
    }

    #[test]
    fn the_others_are_not_judged() {
        let mut measured = kept();
        measured.speeds[0].program = Program::Aria2;
        measured.speeds[0].run.wall *= 9.0;
        assert_eq!(broken(&measured), Vec::<String>::new());
    }
}
