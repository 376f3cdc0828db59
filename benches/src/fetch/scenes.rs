//! What is measured, scene by scene.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdout, Supervisor};

use super::Scene;
use super::judge::{Again, Kill, Measured, Small, Speed, Stall, Touch, Wrong};
use super::mirrors::{Count, Mirrors, Setup, Trouble};
use super::program::{Job, Program, Programs, Run, digest};
use super::validate::Row;
use crate::stats::Spread;
use crate::studio::DEADLINE;

const MIB: u64 = 1 << 20;
/// A megabyte a second.
const MB: u64 = 1_000_000;
/// The speeds of the issue, in bytes a second.
const SPEEDS: [[u64; 3]; 2] = [[10 * MB, 10 * MB, 10 * MB], [20 * MB, 5 * MB, MB / 2]];
/// Sizes that aria2 does not split at its defaults, in MiB.
const SMALL: [u64; 3] = [8, 20, 39];
/// Rounds of what takes a second and less.
const ROUNDS: usize = 3;
/// Pairs without a limit.
const PAIRS: usize = 5;
/// Downloads of one process, and the size of each.
const VALIDATIONS: u32 = 10_000;
const VALIDATED: u64 = 4096;
/// Sizes whose memory is measured, in MiB.
const SIZES: [u64; 2] = [64, 2048];
/// A file system in memory.
const MEMORY: &str = "/dev/shm";
/// Between two looks at how much the mirrors have sent.
const LOOK: Duration = Duration::from_millis(10);

/// Where scenes play.
pub(crate) struct Stage<'a> {
    pub(crate) mirrors: &'a mut Mirrors,
    pub(crate) programs: &'a Programs,
    pub(crate) dir: &'a Utf8Path,
}

impl Stage<'_> {
    /// Measures a scene.
    ///
    /// # Errors
    /// What could not be started, in words; a download that fails is a measurement.
    pub(crate) async fn measure(
        &mut self,
        scene: Scene,
        into: &mut Measured,
    ) -> Result<(), String> {
        match scene {
            Scene::Speeds => self.speeds(into).await,
            Scene::Small => self.small(into).await,
            Scene::Stalls => self.stalls(into).await,
            Scene::Kill => self.kill(into).await,
            Scene::Wrong => self.wrong(into).await,
            Scene::Validate => self.validate(into).await,
            Scene::Memory => self.memory(into).await,
            Scene::Again => self.again(into).await,
            Scene::Unthrottled => self.unthrottled(into).await,
        }
    }

    fn target(&self) -> Utf8PathBuf {
        self.dir.join("fetched")
    }

    /// One download from fresh mirrors, and what each of them did.
    async fn once(
        &mut self,
        program: Program,
        size: u64,
        setups: &[Setup],
        checked: bool,
    ) -> Result<(Run, Vec<Count>), String> {
        let urls = self.mirrors.start(size, setups).await?;
        let target = self.target();
        let job = Job {
            size,
            urls: &urls,
            target: &target,
            health: None,
            checked,
            resume: false,
        };
        let run = job.run(program).await?;
        let counts = self.mirrors.counts().await?;
        job.clean();
        eprintln!(
            "  {}: {:.2} s{}",
            program.words(),
            run.wall,
            run.error
                .as_ref()
                .map_or(String::new(), |error| format!(", {error}"))
        );
        Ok((run, counts))
    }

    async fn speeds(&mut self, into: &mut Measured) -> Result<(), String> {
        let size = 256 * MIB;
        for speeds in SPEEDS {
            for &program in &self.programs.all {
                let (run, counts) = self
                    .once(program, size, &speeds.map(Setup::at), false)
                    .await?;
                into.speeds.push(Speed {
                    mirrors: speeds,
                    program,
                    size,
                    sent: sent(&counts),
                    run,
                });
            }
        }
        Ok(())
    }

    async fn small(&mut self, into: &mut Measured) -> Result<(), String> {
        for size in SMALL.map(|size| size * MIB) {
            for &program in &self.programs.all {
                if program == Program::Curl {
                    continue;
                }
                let (mut one, mut three) = (Vec::new(), Vec::new());
                let mut error = None;
                for _ in 0..ROUNDS {
                    for (count, walls) in [(1, &mut one), (3, &mut three)] {
                        let setups = vec![Setup::at(10 * MB); count];
                        let (run, _) = self.once(program, size, &setups, false).await?;
                        walls.push(run.wall);
                        error = error.or(run.error);
                    }
                }
                into.small.push(Small {
                    size,
                    program,
                    one: median(&one),
                    three: median(&three),
                    error,
                });
            }
        }
        Ok(())
    }

    async fn stalls(&mut self, into: &mut Measured) -> Result<(), String> {
        // What the others do after it lasts longer than any mirror may be silent: at the end a hedge would hide it.
        let size = 512 * MIB;
        // Half of its third of the file.
        let part = size / 6;
        let speed = 10 * MB;
        for (what, trouble) in [
            ("freezes at 50 %", Trouble::Freeze(part)),
            ("falls to 1 KB/s at 50 %", Trouble::Slow(part, 1_000)),
        ] {
            for &program in &self.programs.all {
                // Not the last of the three: curl takes the first.
                let setups = [
                    Setup::at(speed).with(trouble),
                    Setup::at(speed),
                    Setup::at(speed),
                ];
                let (run, counts) = self.once(program, size, &setups, false).await?;
                let together = part as f64 / speed as f64;
                let best = together + (size - 3 * part) as f64 / (2 * speed) as f64;
                into.stalls.push(Stall {
                    what,
                    program,
                    lost: run.wall - best,
                    again: again(&counts, size),
                    run,
                });
            }
        }
        Ok(())
    }

    async fn kill(&mut self, into: &mut Measured) -> Result<(), String> {
        let size = 96 * MIB;
        let programs = self.programs.all.clone();
        for program in programs {
            if program == Program::Curl {
                continue;
            }
            let urls = self.mirrors.start(size, &[Setup::at(10 * MB); 3]).await?;
            let target = self.target();
            let job = Job {
                size,
                urls: &urls,
                target: &target,
                health: None,
                checked: false,
                resume: true,
            };
            let begun = Instant::now();
            let child = job.spawn(program)?;
            while self.mirrors.sent().await? < size / 10 * 9
                && begun.elapsed() < super::program::LIMIT
            {
                tokio::time::sleep(LOOK).await;
            }
            child.kill();
            child.wait(&CancellationToken::new()).await.ok();
            let run = job.run(program).await?;
            let counts = self.mirrors.counts().await?;
            job.clean();
            into.kills.push(Kill {
                program,
                connections: urls.len() as u64,
                again: again(&counts, size),
                run,
            });
        }
        Ok(())
    }

    async fn wrong(&mut self, into: &mut Measured) -> Result<(), String> {
        let size = 48 * MIB;
        let speed = Setup::at(10 * MB);
        let setups = [speed, speed.with(Trouble::Wrong), speed];
        for &program in &self.programs.all {
            if program == Program::Curl {
                continue;
            }
            for checked in [false, true] {
                // Ours knows the digest always.
                if program == Program::Ours && !checked {
                    continue;
                }
                let (run, counts) = self.once(program, size, &setups, checked).await?;
                into.wrong.push(Wrong {
                    program,
                    checked,
                    again: again(&counts, size),
                    bad: counts.get(1).map_or(0, |count| count.sent),
                    run,
                });
            }
        }
        Ok(())
    }

    async fn validate(&mut self, into: &mut Measured) -> Result<(), String> {
        let fast = Setup::at(0);
        let setups = [
            fast,
            fast.with(Trouble::Status(404)),
            fast.with(Trouble::Wrong),
            fast.with(Trouble::Mute),
            fast.with(Trouble::Html),
        ];
        let urls = self.mirrors.start(VALIDATED, &setups).await?;
        let own =
            std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
        let command = Command::new(own, DEADLINE)
            .args(["validate".to_owned(), format!("--count={VALIDATIONS}")])
            .arg(format!("--sha256={}", digest(VALIDATED)))
            .arg(format!("--size={VALIDATED}"))
            .arg(format!("--dir={}", self.dir))
            .args(&urls)
            .stdout(Stdout::Capture {
                limit: MIB as usize,
            });
        let begun = Instant::now();
        let outcome = Supervisor::new()
            .run(command, &CancellationToken::new())
            .await
            .and_then(videogen_process::Outcome::into_success)
            .map_err(|error| error.to_string())?;
        into.validations = Row::parse(&outcome.stdout_text());
        into.validating = begun.elapsed().as_secs_f64();
        Ok(())
    }

    async fn memory(&mut self, into: &mut Measured) -> Result<(), String> {
        for size in SIZES.map(|size| size * MIB) {
            let (run, _) = self
                .once(Program::Ours, size, &[Setup::at(0); 3], false)
                .await?;
            into.memory.push((size, run));
        }
        Ok(())
    }

    async fn again(&mut self, into: &mut Measured) -> Result<(), String> {
        let size = 48 * MIB;
        let good = Setup::at(10 * MB);
        let dead = [
            ("answers 404", Trouble::Status(404)),
            ("sends wrong bytes", Trouble::Wrong),
            ("closes without an answer", Trouble::Mute),
        ];
        let mut setups = vec![good, good];
        setups.extend(dead.map(|(_, trouble)| good.with(trouble)));
        let urls = self.mirrors.start(size, &setups).await?;
        let health = self.dir.join("health.json");
        let target = self.target();
        let job = Job {
            size,
            urls: &urls,
            target: &target,
            health: Some(&health),
            checked: true,
            resume: false,
        };
        let mut runs = Vec::new();
        let mut touched = vec![self.mirrors.counts().await?];
        for _ in 0..2 {
            runs.push(job.run(Program::Ours).await?);
            touched.push(self.mirrors.counts().await?);
            job.clean();
        }
        let touches = dead.iter().enumerate().map(|(number, (what, _))| {
            let requests = |after: usize| {
                let at = number + 2;
                touched[after][at].requests - touched[after - 1][at].requests
            };
            Touch {
                what,
                first: requests(1),
                second: requests(2),
            }
        });
        into.again = Some(Again {
            touches: touches.collect(),
            right: runs.iter().all(|run| run.right),
            error: runs.iter().find_map(|run| run.error.clone()),
        });
        std::fs::remove_file(&health).ok();
        Ok(())
    }

    async fn unthrottled(&mut self, into: &mut Measured) -> Result<(), String> {
        let size = 1024 * MIB;
        let memory = camino_tempfile::Builder::new()
            .prefix("videogen-bench-")
            .tempdir_in(MEMORY)
            .map_err(|error| format!("creating a directory in {MEMORY}: {error}"))?;
        let mut stage = Stage {
            mirrors: &mut *self.mirrors,
            programs: self.programs,
            dir: memory.path(),
        };
        let mut order: Vec<Program> = self
            .programs
            .all
            .iter()
            .copied()
            .filter(|program| *program != Program::Aria2Fair)
            .collect();
        if order.contains(&Program::Curl) {
            order.push(Program::CurlChecked);
        }
        for _ in 0..PAIRS {
            for &program in &order {
                let (run, _) = stage.once(program, size, &[Setup::at(0)], false).await?;
                into.unthrottled.push((program, size, run));
            }
            order.reverse();
        }
        Ok(())
    }
}

fn sent(counts: &[Count]) -> u64 {
    counts.iter().map(|count| count.sent).sum()
}

/// Bytes that were sent beyond the size; negative where the file never came.
fn again(counts: &[Count], size: u64) -> i64 {
    sent(counts) as i64 - size as i64
}

fn median(values: &[f64]) -> f64 {
    Spread::of(values.iter().copied()).map_or(f64::NAN, |spread| spread.median)
}
