//! Settings: defaults < configuration file < environment < flags < line of a batch file, each with where it came from.

mod downloads;
mod environment;
mod file;
mod genres;
pub(crate) mod key;
mod layer;
mod mirrors;
mod nearby;
mod paths;
pub(crate) mod schema;
pub(crate) mod template;
mod video_dir;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_core::{Piper, SpeechServerOptions, ToolkitConfig};
use videogen_net::{RateLimits, Secret, ServerUrl};
use videogen_picture::{CardLimits, ComfyOptions, CommandLine, Launch, PaintWith, Tuning};
use videogen_script::LlmOptions;
use videogen_types::{Accepted, ByteSize};
use videogen_vram::CardOptions;

pub(crate) use environment::unknown as unknown_variables;
pub(crate) use layer::{Given, Layer, Origin, Value, given as layer_value};
pub(crate) use paths::PathBase;

use crate::render_error::Failure;
use key::{GENRE_KEYS, KEYS};

/// The address that says that there is no server.
pub(crate) const NONE: &str = "none";

/// Where the surroundings of the program are read from, gathered once at the start.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The environment.
    pub(crate) variables: BTreeMap<OsString, OsString>,
    /// The current directory, absolute.
    pub(crate) directory: Utf8PathBuf,
    /// The home directory of the user, when there is one: what `~` is.
    pub(crate) home: Option<Utf8PathBuf>,
    /// The configuration directory of the platform, when there is one.
    pub(crate) config_home: Option<Utf8PathBuf>,
    /// The cache directory of the platform, when there is one.
    pub(crate) cache_home: Option<Utf8PathBuf>,
    /// The directory of the platform for what lasts between runs, when there is one.
    pub(crate) state_home: Option<Utf8PathBuf>,
    /// The directory of the platform for what a user has, when there is one.
    pub(crate) data_home: Option<Utf8PathBuf>,
}

impl Environment {
    /// Those of this process.
    ///
    /// # Errors
    /// The current directory is gone, or its path is not UTF-8.
    pub(crate) fn of_process() -> Result<Self, Failure> {
        let directory = std::env::current_dir().map_err(|e| {
            Failure::usage("the current directory cannot be used")
                .caused_by(&e)
                .hint("change to another directory")
        })?;
        let directory = Utf8PathBuf::from_path_buf(directory).map_err(|path| {
            Failure::usage(format!(
                "the path of the current directory is not valid UTF-8: {}",
                path.display()
            ))
            .hint("change to another directory")
        })?;
        // Without a home directory there simply is no configuration file, and nothing is kept.
        let base = etcetera::choose_base_strategy().ok();
        let home = |directory: fn(&_) -> std::path::PathBuf| {
            base.as_ref()
                .map(directory)
                .filter(|path| path.is_absolute())
                .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
        };
        let config_home = home(etcetera::BaseStrategy::config_dir);
        let cache_home = home(etcetera::BaseStrategy::cache_dir);
        // Where a platform has none, data is the nearest.
        let state_home = home(|base| {
            etcetera::BaseStrategy::state_dir(base)
                .unwrap_or_else(|| etcetera::BaseStrategy::data_dir(base))
        });
        let data_home = home(etcetera::BaseStrategy::data_dir);
        let home = home(|base| etcetera::BaseStrategy::home_dir(base).to_owned());
        Ok(Self {
            variables: std::env::vars_os().collect(),
            directory,
            home,
            config_home,
            cache_home,
            state_home,
            data_home,
        })
    }

    /// Where paths begin that are written on the command line or in a variable.
    pub(crate) fn paths(&self) -> PathBase<'_> {
        PathBase::new(&self.directory, self.home.as_deref())
    }

    /// A variable that is set to something; an empty one counts as not set.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub(crate) fn variable(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.variables.get(std::ffi::OsStr::new(name)) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or_else(|| {
                Failure::config(format!(
                    "the environment variable {name} is not valid UTF-8"
                ))
                .hint(format!("set {name} again, or unset it"))
            }),
        }
    }

    /// The configuration file: named by the flag, by `VIDEOGEN_CONFIG`, or the platform's. The second value says whether
    /// it was named, and so has to be there.
    ///
    /// # Errors
    /// `VIDEOGEN_CONFIG` is not UTF-8, or what was named is no path.
    pub(crate) fn config_path(
        &self,
        flag: Option<&str>,
    ) -> Result<Option<(Utf8PathBuf, bool)>, Failure> {
        if let Some(path) = flag {
            if path.is_empty() {
                return Err(Failure::usage("the path after --config is empty")
                    .hint("name a file: --config videogen.toml"));
            }
            let path = self.paths().resolve(path);
            return Ok(Some((path.map_err(|wrong| wrong.of("--config"))?, true)));
        }
        if let Some(path) = self.variable("VIDEOGEN_CONFIG")? {
            let path = self.paths().resolve(path);
            let path = path.map_err(|wrong| environment::named(wrong, "VIDEOGEN_CONFIG"))?;
            return Ok(Some((path, true)));
        }
        Ok(self
            .config_home
            .as_ref()
            .map(|home| (home.join("videogen/config.toml"), false)))
    }
}

/// All settings, merged.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, Given>,
    /// The configuration file that was read.
    pub(crate) file: Option<Utf8PathBuf>,
    directory: Utf8PathBuf,
    path_var: Option<OsString>,
    cache_dir: Option<Utf8PathBuf>,
    /// Music that was found where people keep it.
    music_library: Option<Utf8PathBuf>,
    /// What was found where people keep it, in sentences.
    found: Vec<String>,
}

impl Settings {
    /// Reads all layers below `flags` and merges them. Every layer is checked, also where a later one overrides it.
    ///
    /// # Errors
    /// A value is not allowed or a key not known, with where it stands; the file cannot be read.
    pub(crate) fn load(
        around: &Environment,
        config: Option<&str>,
        flags: Layer,
    ) -> Result<Self, Failure> {
        let mut layers = vec![layer::defaults(around.paths())];
        let mut read = None;
        if let Some((path, named)) = around.config_path(config)?
            && let Some(text) = file::read(&path, named)?
        {
            layers.push(file::parse(&text, &path, around.home.as_deref())?);
            read = Some(path);
        }
        layers.push(environment::layer(around)?);
        for warning in environment::always_on(around)? {
            tracing::warn!("{warning}");
        }
        layers.push(flags);
        let values = layer::merge(layers);
        let path_var = around.variables.get(std::ffi::OsStr::new("PATH")).cloned();
        let mut all = Self {
            values,
            file: read,
            directory: around.directory.clone(),
            path_var,
            cache_dir: around.cache_home.as_ref().map(|home| home.join("videogen")),
            music_library: None,
            found: Vec::new(),
        };
        if let Some(videos) = around.variable("VIDEO_DIR")? {
            let videos = around.paths().resolve(videos);
            let videos = videos.map_err(|wrong| environment::named(wrong, "VIDEO_DIR"))?;
            all.look_beside_videos(&videos);
        }
        Ok(all)
    }

    /// Every setting with its value, in the order of the table; those of a genre where they have one.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static key::Key, Option<&Given>)> {
        let of_genres = GENRE_KEYS.iter();
        let of_genres = of_genres.filter(|key| self.values.contains_key(key.name));
        let all = KEYS.iter().chain(of_genres);
        all.map(|key| (key, self.values.get(key.name)))
    }

    /// Where a setting comes from; `None` when it has no value.
    pub(crate) fn origin(&self, name: &str) -> Option<&Origin> {
        self.values.get(name).map(|given| &given.origin)
    }

    /// Whether a setting has no value, or only its default.
    pub(crate) fn is_default(&self, name: &str) -> bool {
        self.origin(name)
            .is_none_or(|origin| *origin == Origin::Default)
    }

    /// Overrides a setting.
    pub(crate) fn set(&mut self, name: &'static str, given: Given) {
        self.values.insert(name, given);
    }

    /// These settings with `layer` laid over them.
    pub(crate) fn with(&self, layer: Layer) -> Self {
        let mut all = self.clone();
        all.values.extend(layer);
        all
    }

    fn text(&self, name: &str) -> Option<&str> {
        debug_assert!(key::Key::find(name).is_some(), "{name} is no setting");
        match &self.values.get(name)?.value {
            Value::One(text) => Some(text),
            Value::Many(_) => None,
        }
    }

    /// A setting as its type; `None` when it has no value.
    pub(crate) fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        // Every layer was checked with the same parser when it was read.
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// The parts of a setting that is a list; none when it has no value.
    fn list<T: FromStr>(&self, name: &str) -> Vec<T> {
        debug_assert!(key::Key::find(name).is_some(), "{name} is no setting");
        match self.values.get(name).map(|given| &given.value) {
            // Every layer was checked with the same parser when it was read.
            Some(Value::Many(list)) => list.iter().filter_map(|part| part.parse().ok()).collect(),
            _ => Vec::new(),
        }
    }

    /// A setting that has a default.
    pub(crate) fn required<T: FromStr>(&self, name: &str) -> T {
        self.get(name)
            .expect("the key has a default, and every value was checked when its layer was read")
    }

    /// What may stand in for what is asked for by name.
    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        self.list("accept")
    }

    /// A setting that is yes or no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name)
            .and_then(key::parse_flag)
            .unwrap_or_default()
    }

    /// Where the programs are.
    pub(crate) fn tools(&self) -> ToolkitConfig {
        ToolkitConfig {
            ffmpeg: self.program("programs.ffmpeg"),
            espeak_ng: self.program("programs.espeak_ng"),
            flite: self.program("programs.flite"),
            piper: self.get::<Utf8PathBuf>("piper.model").map(|model| Piper {
                program: self.program("piper.program"),
                model,
                speaker: self.get("piper.speaker"),
                is_found: self.origin("piper.model") == Some(&Origin::Found),
                others: Vec::new(),
            }),
            font_dirs: self.list("fonts"),
            tracks: Vec::new(),
            path_var: self.path_var.clone(),
            cache_dir: self.cache_dir.clone(),
            comfyui: self.comfyui(),
            llm: self.llm(),
            speech: self.speech(),
            card: CardOptions {
                evict_others: self.flag("evict_others"),
                free_after: self.flag("free_vram_after_gen"),
                ..CardOptions::default()
            },
        }
    }

    /// The servers of one kind, by the settings of the first and of the others. A fallback without a first server is one.
    fn servers(&self, first: &str, others: &str) -> Vec<ServerUrl> {
        let others = self.list::<ServerUrl>(others);
        self.get(first).into_iter().chain(others).collect()
    }

    /// A setting that is a name, without white space around it.
    fn trimmed(&self, name: &str) -> Option<String> {
        self.text(name).map(|name| name.trim().to_owned())
    }

    /// The servers that speak.
    fn speech(&self) -> SpeechServerOptions {
        SpeechServerOptions {
            servers: self.servers("speech_url", "speech_fallbacks"),
            key: self.trimmed("speech_key").map(Secret::new),
            model: self.trimmed("speech_model"),
        }
    }

    /// The servers of language models.
    fn llm(&self) -> LlmOptions {
        LlmOptions {
            servers: self.servers("llm_url", "llm_fallbacks"),
            model: self.trimmed("llm_model"),
            key: self.trimmed("llm_key").map(Secret::new),
            prompts: self.get("prompts"),
            per_minute: self.get("llm_per_minute"),
            wait: self
                .get::<u64>("llm_wait")
                .map(std::time::Duration::from_secs),
            ..LlmOptions::default()
        }
    }

    /// How ComfyUI is started. Whether it is, is the command's decision.
    fn launch(&self) -> Option<Launch> {
        let words = match &self.values.get("comfyui_command")?.value {
            Value::Many(words) => words.clone(),
            Value::One(_) => return None,
        };
        // Every layer was checked when it was read.
        let mut launch = Launch::new(CommandLine::of_words(words).ok()?);
        launch.directory = self.get("comfyui_directory");
        Some(launch)
    }

    /// The directory of a ComfyUI on this machine.
    pub(crate) fn comfyui_directory(&self) -> Option<Utf8PathBuf> {
        self.get("comfyui_directory")
    }

    /// The most graphics memory that is planned with, in bytes.
    pub(crate) fn most_vram(&self) -> Option<u64> {
        self.get::<u64>("max_vram_mb").map(|mib| mib << 20)
    }

    /// The servers that paint. A fallback without a first server is one.
    fn comfyui(&self) -> ComfyOptions {
        let first = self.get::<ServerUrl>("comfyui_url");
        let others = self.list::<ServerUrl>("comfyui_fallbacks");
        let launch = self.launch();
        // What is started here and nothing else said of it is where ComfyUI is by itself.
        let usual = || "http://127.0.0.1:8188".parse().ok();
        let is_none = self.text("comfyui_url").is_some_and(nearby::is_none);
        let starts = launch.is_some() && !is_none;
        let first = first.or_else(|| starts.then(usual).flatten());
        ComfyOptions {
            servers: first.into_iter().chain(others).collect(),
            launch,
            limits: CardLimits {
                most: self.most_vram(),
                free: self.get::<ByteSize>("free_vram").map(ByteSize::get),
            },
            model: self.trimmed("comfyui_model"),
            family: self.get("comfyui_family"),
            lower_quality: self.flag("auto_quality_downgrade"),
            per_minute: self.get("comfyui_per_minute").map(RateLimits::per_minute),
            ..ComfyOptions::default()
        }
    }

    /// What they paint with beside a model.
    pub(crate) fn paint_with(&self) -> PaintWith {
        PaintWith {
            workflow: self.get("comfyui_workflow"),
            loras: self.list("comfyui_loras"),
            tuning: Tuning {
                steps: self.get("comfyui_steps"),
                cfg: self.get("comfyui_cfg"),
                sampler: self.get("comfyui_sampler"),
                negative: self.get("comfyui_negative"),
                size: self.get("comfyui_size"),
            },
        }
    }

    /// The program Piper, where the settings name it.
    pub(crate) fn piper_program(&self) -> Option<Utf8PathBuf> {
        self.program("piper.program")
    }

    /// Whether there is a program: the one of this setting, or one of this name on `PATH`.
    pub(crate) fn has_program(&self, setting: &str, name: &str) -> bool {
        match self.program(setting) {
            Some(path) => path.is_file(),
            None => self.on_path(name).is_some(),
        }
    }

    fn on_path(&self, name: &str) -> Option<Utf8PathBuf> {
        let suffix = std::env::consts::EXE_SUFFIX;
        let suffix = if name.ends_with(suffix) { "" } else { suffix };
        let file = format!("{name}{suffix}");
        let on_path = self.path_var.iter().flat_map(std::env::split_paths);
        let on_path = on_path.filter_map(|dir| Utf8PathBuf::from_path_buf(dir).ok());
        let mut found = on_path.map(|directory| directory.join(&file));
        found.find(|path| path.is_file())
    }

    /// A program: a path as it is, a bare name from `PATH`. A name that is not there becomes a path in the current
    /// directory, so that the error about it names what was asked for.
    fn program(&self, name: &str) -> Option<Utf8PathBuf> {
        let text = self.text(name)?;
        if Utf8Path::new(text).components().count() > 1 {
            return Some(text.into());
        }
        let found = self.on_path(text);
        Some(found.unwrap_or_else(|| self.directory.join(text)))
    }
}

#[cfg(test)]
mod tests;
