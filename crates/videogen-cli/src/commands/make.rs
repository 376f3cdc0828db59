//! From plans to an exit status: what `generate` and `resume` have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_core::{Batch, Brief, Error, Studio, ToolkitConfig, Track, VideoPlan};
use videogen_durable::RealEffects;
use videogen_guard::SystemProbe;
use videogen_picture::LaunchMessage;
use videogen_telemetry::Recorder;
use videogen_types::{EventSink, Genre, Seed, Stage, Strict, Summary};

use super::assets::music::MusicFetch;
use super::places::Places;
use super::{Context, Runtime, temp_dir};
use crate::render_error::Failure;
use crate::report::human::Human;
use crate::report::json::Json;
use crate::report::plain::Plain;
use crate::report::words::estimate;
use crate::report::{self, PlannedRun, Report};
use crate::settings::Settings;
use crate::wrap::wrap;
use crate::{exit_code, hint, output};

/// Bytes that a reader of `--json` may be behind before it gets no more progress: an hour of it.
const FAR_BEHIND: usize = 4 << 20;

/// A run that has passed its preflight.
pub(crate) struct RunCommand {
    pub(crate) runtime: Runtime,
    pub(crate) studio: Studio,
    /// Nothing where no journal can be written.
    pub(crate) batch: Option<Arc<Batch>>,
    /// With their numbers in the batch.
    pub(crate) plans: Vec<(u32, VideoPlan)>,
    pub(crate) announced: PlannedRun,
    pub(crate) json: bool,
    pub(crate) strict: Strict,
    pub(crate) cancel: CancellationToken,
}

/// What is an error for any of these.
pub(crate) fn strictness(briefs: &[Brief]) -> Strict {
    let each = briefs.iter().map(|brief| brief.strict.clone());
    each.fold(Strict::No, Strict::or)
}

/// Begins the batch. Where that is not possible the videos are made all the same, and cannot be resumed.
pub(crate) fn begin(places: &Places, briefs: &[Brief], context: &Context) -> Option<Arc<Batch>> {
    match places.batches().create(briefs) {
        Ok(batch) => Some(Arc::new(batch)),
        Err(error) => {
            let failure = Failure {
                hint: error.help().as_ref().map(hint::text),
                ..Failure::usage("this run cannot be resumed").caused_by(&error)
            };
            context.screen.print(&failure.warning(&context.screen));
            None
        }
    }
}

/// What has to be known before anything is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preflight<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) settings: &'a Settings,
    /// Whether nothing is made whatever comes of it: then no ComfyUI is started. Music at an address is fetched even so, since
    /// nobody knows otherwise whether it can be played.
    pub(crate) dry_run: bool,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) context: &'a Context,
}

impl Preflight<'_> {
    /// Looks at what is there, and checks every brief, of a `batch` that is gone on with or of a new one; nothing is made. A
    /// ComfyUI is started where it is to be, and music is fetched that is missing and may be.
    ///
    /// # Errors
    /// What keeps a video from being made.
    pub(crate) fn plan(
        self,
        briefs: &[Brief],
        batch: Option<&Batch>,
    ) -> Result<(Studio, Vec<VideoPlan>), Failure> {
        let tools = self.tools(briefs, true)?;
        for found in self.settings.found() {
            self.context.screen.print(found);
        }
        let planned = self.discover(&tools, briefs, batch)?;
        if self.dry_run || !self.settings.flag("download_music") {
            return Ok(planned);
        }
        let missing = without_music(&planned.1, &tools);
        if !self.music_fetch().for_genres(&missing)? {
            return Ok(planned);
        }
        drop(planned);
        self.discover(&self.tools(briefs, true)?, briefs, batch)
    }

    /// Looks at what is there for videos that are planned one by one.
    ///
    /// # Errors
    /// What keeps every video from being made.
    pub(crate) fn studio(self, briefs: &[Brief]) -> Result<Studio, Failure> {
        let tools = self.tools(briefs, false)?;
        for found in self.settings.found() {
            self.context.screen.print(found);
        }
        let (studio, _) = self.discover(&tools, &[], None)?;
        Ok(studio)
    }

    fn music_fetch(&self) -> MusicFetch<'_> {
        MusicFetch {
            runtime: self.runtime,
            settings: self.settings,
            cancel: self.cancel,
            context: self.context,
        }
    }

    /// What videos are made with, the music that `briefs` name by an address fetched; all of it, where that `is_needed`.
    fn tools(self, briefs: &[Brief], is_needed: bool) -> Result<ToolkitConfig, Failure> {
        let (settings, context) = (self.settings, self.context);
        let mut tools = settings.tools();
        let places = Places::of(context)?;
        places.equip(&mut tools, settings, context);
        tools
            .tracks
            .extend(self.music_fetch().named(briefs, is_needed)?);
        tools.comfyui.history = Some(places.gpu_history_file());
        tools.card.leases = Some(places.leases_dir());
        if let Some(launch) = &mut tools.comfyui.launch {
            launch.really = !self.dry_run;
            launch.logs = Some(places.log_dir());
            let screen = context.screen.clone();
            launch.told =
                LaunchMessage::new(move |what| screen.print(&wrap(what, screen.width(), 0, 0)));
        }
        Ok(tools)
    }

    fn discover(
        self,
        tools: &ToolkitConfig,
        briefs: &[Brief],
        batch: Option<&Batch>,
    ) -> Result<(Studio, Vec<VideoPlan>), Failure> {
        let (temp_dir, briefs) = (temp_dir()?, briefs.to_vec());
        let checking = self.context.screen.busy("checking what is there");
        let ended = self.runtime.block_on(async {
            let studio = Studio::discover(tools, &temp_dir, self.cancel).await?;
            let studio = studio.with_scratch([temp_dir]);
            let plans = match batch {
                Some(batch) => studio.plan_rest(batch, briefs, self.cancel).await?,
                None => studio.plan(briefs, self.cancel).await?,
            };
            Ok::<_, Error>((studio, plans))
        });
        drop(checking);
        ended.map_err(|error| Failure::from(&error))
    }
}

/// The genres of videos that have music composed only because there is none for them here, each with the seed of the first.
fn without_music(plans: &[VideoPlan], tools: &ToolkitConfig) -> BTreeMap<Genre, Seed> {
    let mut genres = BTreeMap::new();
    for plan in plans {
        let genre = plan.overview().genre;
        let suits = |track: &Track| track.origin.is_none() && track.genres.contains(&genre);
        let steps = plan.degradations().iter();
        let is_composed = steps.filter(|step| step.stage == Stage::Music).count() > 0;
        if is_composed && !tools.tracks.iter().any(suits) {
            genres
                .entry(genre)
                .or_insert_with(|| plan.settled_brief().seed);
        }
    }
    genres
}

impl RunCommand {
    /// Makes the videos, and tells what became of them.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub(crate) fn run(
        self,
        places: &Places,
        settings: &Settings,
        context: &Context,
    ) -> Result<u8, Failure> {
        let Self {
            runtime,
            mut studio,
            batch,
            plans,
            announced,
            json,
            strict,
            cancel,
        } = self;
        let mut recorder = Recorder::new(
            &announced.videos,
            batch.as_ref().map(|batch| batch.dir().to_owned()),
            Some(places.history_file()),
            Arc::new(RealEffects),
        );
        if let (Some(eta), false) = (recorder.prediction(), json) {
            let text = estimate(eta.seconds, eta.spread);
            context
                .screen
                .print(&format!("about {text} to go, as earlier ones took here"));
        }
        let out = output::detached()
            .map_err(|e| Failure::machine("a thread cannot be started").caused_by(&e))?;
        let shown: Box<dyn Report> = if json {
            let reader = out.clone();
            let behind = move || reader.waiting() > FAR_BEHIND;
            Box::new(Json::new(out, announced).unless(behind))
        } else if context.screen.is_terminal() {
            Box::new(Human::new(context.screen.clone(), announced))
        } else {
            let screen = context.screen.clone();
            Box::new(Plain::new(move |line: &str| screen.print(line), announced))
        };
        let taken = move |event: &_| recorder.take(event);
        let (feed, reporter) = report::start(shown, taken, context.started)?;
        let feed = Arc::new(feed);
        let events = Arc::clone(&feed) as Arc<dyn EventSink>;
        if let Some(store) = places.store(settings, &context.screen) {
            studio = studio.with_cache(store);
        }
        let directories = plans.iter().map(|(_, plan)| plan.output_dir().to_owned());
        let directories = directories.chain(batch.as_ref().map(|batch| batch.dir().to_owned()));
        let directories = directories.chain(studio.scratch().iter().cloned());
        let directories: BTreeSet<_> = directories.collect();
        let mut probe = SystemProbe::new(directories);
        if let Some(reader) = studio.gpu_reader(plans.iter().map(|(_, plan)| plan)) {
            probe = probe.with_gpu(reader);
        }
        studio = studio.with_probe(Arc::new(probe));
        let summary = runtime.block_on(async {
            match &batch {
                Some(batch) => studio.run_batch(batch, plans, events, &cancel).await,
                None => {
                    let plans = plans.into_iter().map(|(_, plan)| plan).collect();
                    studio.run(plans, events, &cancel).await
                }
            }
        });
        reporter.finish(feed);
        context.screen.restore();
        drop(runtime);

        let code = outcome(&summary, &strict);
        if code == exit_code::STRICT {
            let failure = Failure::usage("--strict: something had to be degraded")
                .hint("the degradations are named above");
            context.screen.print(&failure.text(&context.screen));
        }
        if summary.not_done + summary.failed > 0
            && let Some(batch) = &batch
        {
            let name = batch.name();
            context
                .screen
                .print(&format!("go on with: videogen resume {name}"));
        }
        if !json {
            // Where both are one terminal, paths stand below what was told.
            context.screen.finish();
            for path in &summary.videos {
                output::path(path);
            }
        }
        let lost = if output::finish() {
            output::take_error()
        } else {
            Some(io::Error::other("nobody reads it"))
        };
        if let Some(error) = lost {
            let failure = Failure::usage("not all of standard output was written");
            let warning = failure.caused_by(&error).warning(&context.screen);
            context.screen.print(&warning);
        }
        Ok(code)
    }
}

/// The exit status of a run that was started.
fn outcome(summary: &Summary, strict: &Strict) -> u8 {
    if summary.not_done > 0 {
        exit_code::INTERRUPTED
    } else if summary.failed > 0 {
        exit_code::SOME_FAILED
    } else if summary.degradations.iter().any(|step| strict.forbids(step)) {
        exit_code::STRICT
    } else {
        exit_code::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_says_how_it_went() {
        let step = videogen_types::Degradation {
            stage: Stage::Voice,
            from: "piper".into(),
            to: "flite".into(),
            reason: "none".into(),
        };
        let summary = |succeeded, failed, not_done, degraded: bool| Summary {
            total: succeeded + failed + not_done,
            succeeded,
            failed,
            not_done,
            success_rate: 0.0,
            batch: None,
            delivered_before: 0,
            retries: 0,
            errors: BTreeMap::new(),
            cache_hits: 0,
            cache_misses: 0,
            cache_hit_rate: 0.0,
            output_dir: "/".into(),
            videos: Vec::new(),
            stage_seconds: BTreeMap::new(),
            degradations: if degraded {
                vec![step.clone()]
            } else {
                Vec::new()
            },
            peak_rss_bytes: None,
            peak_vram_bytes: None,
            network: BTreeMap::new(),
            elapsed_s: 0.0,
        };
        assert_eq!(outcome(&summary(2, 0, 0, true), &Strict::No), 0);
        assert_eq!(outcome(&summary(2, 0, 0, true), &Strict::All), 5);
        assert_eq!(outcome(&summary(2, 0, 0, false), &Strict::All), 0);
        let only = |part: &str| part.parse::<Strict>().unwrap();
        assert_eq!(outcome(&summary(2, 0, 0, true), &only("voice")), 5);
        assert_eq!(outcome(&summary(2, 0, 0, true), &only("picture")), 0);
        assert_eq!(outcome(&summary(1, 1, 0, true), &Strict::All), 4);
        assert_eq!(outcome(&summary(1, 1, 1, true), &Strict::All), 130);
    }
}
