//! Pictures and clips of the user: what each file is, and what stands for a clip where a picture is needed.

mod allotment;
mod sound;

use camino::{Utf8Path, Utf8PathBuf};
use sound::HeardSound;
use tokio_util::sync::CancellationToken;
use videogen_durable::KeyBuilder;
use videogen_types::{ClipVolume, FitChoice, Scene};

use self::allotment::Allotment;
use crate::blocking::blocking;
use crate::clip::{Clip, FootageKind, footage_kind};
use crate::motion::{MAX_ZOOM, Motion};
use crate::own_picture::OwnPicture;
use crate::pacing::Pacing;
use crate::picture::{Colours, Ground, PictureFlaw, PictureStats};
use crate::render::{write_own_still, write_still};
use crate::timeline::{CROSSFADE_SECONDS, Shot, ShotSource, Timeline};
use crate::{Error, Ffmpeg, FrameRate, FrameSize};

/// What the check of a finished video lets pass in a scene, because of what the scene shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SceneTolerance {
    /// Whether it may be black, for a while at least.
    pub dark: bool,
    /// Whether nothing in it may be seen to move.
    pub still: bool,
    /// For how long a time it is known what it shows, in seconds: what comes later may be anything.
    pub known: f64,
    /// Whether it goes on with what the scene before it ends with.
    pub goes_on: bool,
}

impl SceneTolerance {
    /// All may pass.
    const ALL: Self = Self {
        dark: true,
        still: true,
        known: 0.0,
        goes_on: false,
    };

    /// Whether it may be black, for a while at least, in so many seconds.
    fn is_dark_within(&self, seconds: f64) -> bool {
        self.dark || seconds > self.known
    }

    /// Returns what the check lets pass in each scene of `pacing`, where it is known how long each is: one that is longer
    /// than what is known of it may be black, for a while at least.
    pub fn paced(scenes: &[Self], pacing: &Pacing) -> Vec<Self> {
        let mut shown = 0.0;
        let scenes = scenes.iter().zip(&pacing.spans);
        let paced = scenes.map(|(scene, span)| {
            shown = if scene.goes_on { shown } else { 0.0 } + span.duration;
            Self {
                dark: scene.is_dark_within(shown),
                ..*scene
            }
        });
        paced.collect()
    }
}

impl From<PictureStats> for SceneTolerance {
    fn from(look: PictureStats) -> Self {
        Self {
            dark: look.is_dark(),
            still: !look.is_lively(),
            known: f64::INFINITY,
            goes_on: false,
        }
    }
}

/// How far into a clip the picture is taken that stands for it, in seconds: what begins in the dark is light by then, and
/// a scene is longer. Of a shorter clip it is the middle.
const STILL_AT: f64 = 1.5;

/// Memory of one decoder, in bytes, and bytes for each pixel of its clip: 120 MiB were measured at 1920x1080 (H.264), 350
/// at 3840x2160 (HEVC, 10 bits).
const DECODER: (u64, u64) = (60 << 20, 36);

/// How many times a picture may be enlarged before that is told: it is blurred then.
const ENLARGED: f64 = 2.0;

/// The narrowest frame that a picture is cropped to, width to height.
const TALLEST: f64 = 9.0 / 16.0;

/// A clip that is black for this long, in seconds, and for this part of its length, is told of.
const BLACK: (f64, f64) = (0.5, 0.95);

/// The shortest that one of several pictures of a scene is shown, in seconds: less cannot be looked at.
const SHORTEST: f64 = 1.0;

/// The shortest that one is shown which a scene names, in seconds: that it is to be seen there is said by name, and less
/// is a flicker.
const BRIEFEST: f64 = 0.25;

/// Pictures and clips that somebody brought and that can be used, in their order.
#[derive(Debug, Clone, Default)]
pub struct Footage {
    /// Those that scenes name, then the others.
    files: Vec<File>,
    allotment: Allotment,
    /// Files that no scene is left for, since each names what it shows.
    unshown: Vec<Utf8PathBuf>,
    /// Whether it is known already which scenes there are.
    is_scripted: bool,
    fit: FitChoice,
    /// How loud the sound of clips is.
    volume: ClipVolume,
}

/// One of them.
#[derive(Debug, Clone)]
struct File {
    source: ShotSource,
    /// What a picture shows.
    look: Option<PictureStats>,
    /// What became of its colours.
    colours: Colours,
    /// What lies under what can be seen through.
    ground: Ground,
    /// Memory that another program takes to decode it, in bytes, where it is a picture.
    memory: u64,
    /// What is heard with it.
    heard: HeardSound,
}

impl File {
    async fn open(
        path: &Utf8Path,
        (fit, volume): (FitChoice, ClipVolume),
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let file = path.to_owned();
        match blocking(move || footage_kind(&file)).await? {
            FootageKind::Picture => {
                let picture = OwnPicture::open(path, fit, ffmpeg, cancel).await?;
                let seen = picture.look(cancel).await?;
                Ok(Self {
                    memory: picture.memory_bytes(),
                    source: picture.into(),
                    look: Some(seen.look),
                    colours: seen.colours,
                    ground: seen.ground,
                    heard: HeardSound::default(),
                })
            }
            FootageKind::Clip => {
                let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg {
                    what: "reading clips",
                })?;
                let clip = Clip::open(ffmpeg, path, cancel).await?.fitted(fit)?;
                let heard = if volume.is_off() {
                    HeardSound::default()
                } else {
                    Box::pin(HeardSound::of(&clip, cancel)).await?
                };
                Ok(Self {
                    ground: clip.ground(),
                    source: ShotSource::Clip(clip),
                    look: None,
                    colours: Colours::default(),
                    memory: 0,
                    heard,
                })
            }
        }
    }
}

impl Footage {
    /// Checks what `scenes` name, which is shown in them, and `files`, which are for those that name nothing. Each is to
    /// fill the frame by `fit`. It is a picture or a clip by what is in it, which is read by `ffmpeg` where it is no PNG,
    /// JPEG or WebP picture. Where the sound of clips has a `volume`, it is listened to; a clip without any is told by
    /// [`Footage::warnings`].
    ///
    /// # Errors
    /// The `Input…` and `Picture…` errors of the first that cannot be used, in [`Error::OfScene`] where a scene names it;
    /// [`Error::NoFfmpeg`] for what needs it where there is none; [`Error::Cancelled`].
    pub async fn check(
        files: &[Utf8PathBuf],
        scenes: &[Scene],
        (fit, volume): (FitChoice, ClipVolume),
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let (allotment, named) = Allotment::of(scenes);
        let mut opened = Vec::with_capacity(named.len() + files.len());
        for file in &named {
            let opening = File::open(&file.path, (fit, volume), ffmpeg, cancel).await;
            opened.push(opening.map_err(|error| error.of_scene(file.scene))?);
        }
        for file in files {
            opened.push(File::open(file, (fit, volume), ffmpeg, cancel).await?);
        }
        let mut unshown = Vec::new();
        if allotment.names_all() {
            opened.truncate(named.len());
            unshown.extend_from_slice(files);
        }
        Ok(Self {
            files: opened,
            allotment,
            unshown,
            is_scripted: !scenes.is_empty(),
            fit,
            volume,
        })
    }

    /// Whether there is nothing, so that all is painted.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether something has to be painted: there is nothing, or a scene that names nothing and nothing for it.
    pub fn needs_painter(&self) -> bool {
        self.files.len() == self.allotment.own() && !self.allotment.names_all()
    }

    /// Those that are shown: of what a scene names, some may be too much for it.
    fn shown(&self) -> impl Iterator<Item = &File> {
        let files = self.files.iter().enumerate();
        let shown = files.filter(|(place, _)| self.allotment.is_shown(*place));
        shown.map(|(_, file)| file)
    }

    fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.shown().filter_map(|file| match &file.source {
            ShotSource::Clip(clip) => Some(clip),
            _ => None,
        })
    }

    /// Returns what a scene's file is shown as. One that is not of the user is a picture.
    fn source(&self, file: &Utf8Path) -> ShotSource {
        let own = self.files.iter().find(|own| own.source.path() == file);
        own.map_or_else(|| file.to_owned().into(), |own| own.source.clone())
    }

    /// Returns what the check lets pass in a scene of `file`: whatever it shows was asked for. Where nothing is known of
    /// the file, all may pass.
    pub fn tolerance(&self, file: &Utf8Path) -> SceneTolerance {
        let own = self.files.iter().find(|own| own.source.path() == file);
        match own {
            Some(File {
                look: Some(look), ..
            }) => SceneTolerance {
                dark: may_show_only_dark(look),
                known: f64::INFINITY,
                ..SceneTolerance::ALL
            },
            Some(File {
                source: ShotSource::Clip(clip),
                ..
            }) => SceneTolerance {
                dark: clip.info().dark > 0.0,
                known: clip.info().known(),
                ..SceneTolerance::ALL
            },
            _ => SceneTolerance::ALL,
        }
    }

    /// The files of a video in the order they are shown, and for each scene what the check lets pass in it: the user's
    /// where there are some for the scene, else what is `painted` for it, one for each scene, of which `looks` says what is
    /// seen. Of the user's each is shown at least once, and the first ones again where there are more scenes.
    pub fn scenes(
        &self,
        painted: Vec<Utf8PathBuf>,
        looks: &[Option<SceneTolerance>],
    ) -> (Vec<Utf8PathBuf>, Vec<SceneTolerance>) {
        let count = painted.len();
        let (mut files, mut tolerances) = (Vec::new(), Vec::with_capacity(count));
        for (index, file) in painted.into_iter().enumerate() {
            let own = self.of_scene(index, count);
            if own.is_empty() {
                let look = looks.get(index).copied().flatten();
                files.push(file);
                tolerances.push(look.unwrap_or(SceneTolerance::ALL));
            } else {
                files.extend(own.iter().map(|file| file.source.path().to_owned()));
                tolerances.push(self.scene_tolerance(index, count));
            }
        }
        (files, tolerances)
    }

    /// What the check lets pass in scene `index` of `count`, which shows files: what it lets pass in any of them.
    fn scene_tolerance(&self, index: usize, count: usize) -> SceneTolerance {
        let paths = |index| -> Vec<&Utf8Path> {
            let files = self.of_scene(index, count).into_iter();
            files.map(|file| file.source.path()).collect()
        };
        let files = paths(index);
        let before = index.checked_sub(1).map(paths).unwrap_or_default();
        let goes_on = before.last() == files.first();
        // They share the time of the scene, unless one goes on where another would begin.
        let alone = goes_on || files.windows(2).any(|pair| pair[0] == pair[1]);
        let shares = if alone { 1.0 } else { files.len() as f64 };
        let none = SceneTolerance {
            dark: false,
            still: true,
            known: f64::INFINITY,
            goes_on,
        };
        files.iter().fold(none, |all, file| {
            let one = self.tolerance(file);
            SceneTolerance {
                dark: all.dark || one.dark,
                still: all.still && one.still,
                known: all.known.min(one.known * shares),
                goes_on,
            }
        })
    }

    /// What is shown in scene `index` of `count`; nothing where it is painted.
    fn of_scene(&self, index: usize, count: usize) -> Vec<&File> {
        let places = self.allotment.places(self.files.len(), index, count);
        places.into_iter().map(|place| &self.files[place]).collect()
    }

    /// The files that are shown in scene `index` of `count`; none where it is painted.
    pub fn files_of(&self, index: usize, count: usize) -> Vec<String> {
        let files = self.of_scene(index, count).into_iter();
        files.map(|file| file.source.path().to_string()).collect()
    }

    /// Returns what scene `index` of `count` is made of, or begins with: `painted`, `clip` or `picture`.
    pub fn kind_of(&self, index: usize, count: usize) -> &'static str {
        match self.of_scene(index, count).first().map(|file| &file.source) {
            None => "painted",
            Some(ShotSource::Clip(_)) => "clip",
            Some(_) => "picture",
        }
    }

    /// Leaves out what could not be looked at in these scenes, which take about so many seconds together, and names it.
    /// What a scene names is left out only where it would flicker; that it is seen for a moment is told.
    pub fn keep_to(&mut self, seconds: f64, scenes: &[Scene]) -> Vec<String> {
        let lengths = lengths(seconds, scenes);
        let count = scenes.len();
        let mut told = Vec::new();
        for (index, length) in lengths.iter().enumerate() {
            let shown = self.of_scene(index, count).len();
            if self.allotment.is_free(index) || shown < 2 {
                continue;
            }
            let (number, most) = (index + 1, ((length / BRIEFEST) as usize).max(1));
            let cut = self.allotment.cut(index, most);
            if cut.is_empty() {
                let each = length / shown as f64;
                told.extend((each < SHORTEST).then(|| {
                    format!(
                        "scene {number} takes about {length:.1} s, so that each of its {shown} pictures is seen for {each:.1} s only"
                    )
                }));
                continue;
            }
            let names = cut.iter().map(|place| self.files[*place].source.path());
            let names = names.map(Utf8Path::as_str).collect::<Vec<_>>().join(", ");
            told.push(format!(
                "scene {number} takes about {length:.1} s, in which nobody can look at {shown} pictures, so that these are not shown in it: {names}"
            ));
        }
        let free = (0..count).filter(|index| self.allotment.is_free(*index));
        let seconds = if self.allotment.is_plain() {
            seconds
        } else {
            free.clone().map(|index| lengths[index]).sum()
        };
        let most = ((seconds / SHORTEST) as usize).max(free.count()).max(1);
        let (own, all) = (self.allotment.own(), self.files.len());
        if all <= own + most {
            return told;
        }
        let names: Vec<&str> = self.files[own + most..]
            .iter()
            .map(|file| file.source.path().as_str())
            .collect();
        let (names, others) = (names.join(", "), all - own);
        self.files.truncate(own + most);
        told.push(format!(
            "in {seconds:.0} s nobody can look at {others} pictures, so that these are not shown: {names}"
        ));
        told
    }

    /// Says who makes what is seen, where `painter` paints what has to be painted: "2 pictures of yours", "1 picture and 3
    /// clips of yours, fit contain", "1 clip of yours, the other scenes by builtin".
    pub fn describe(&self, painter: String) -> String {
        match self.count() {
            None => painter,
            Some(own) if self.needs_painter() => format!("{own}, the other scenes by {painter}"),
            Some(own) => own,
        }
    }

    /// Counts them; `None` if there is nothing.
    fn count(&self) -> Option<String> {
        let clips = self.clips().count();
        let of = |n: usize, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let both = [
            of(self.shown().count() - clips, "picture"),
            of(clips, "clip"),
        ];
        let words: Vec<String> = both.into_iter().flatten().collect();
        let fit = match self.fit {
            FitChoice::Cover => "",
            FitChoice::Contain => ", fit contain",
        };
        let sound = self.heard_volume();
        let sound = sound.map_or_else(String::new, |volume| format!(", own sound at {volume}"));
        (!words.is_empty()).then(|| format!("{} of yours{fit}{sound}", words.join(" and ")))
    }

    /// Names them, as "the pictures", "the pictures and clips"; `None` if there is nothing.
    pub fn name(&self) -> Option<&'static str> {
        let clips = self.clips().count();
        match (self.shown().count() - clips, clips) {
            (0, 0) => None,
            (_, 0) => Some("the pictures"),
            (0, _) => Some("the clips"),
            _ => Some("the pictures and clips"),
        }
    }

    /// Estimates the memory that their decoders take, in bytes: two run at a time.
    pub fn memory_bytes(&self) -> u64 {
        let pixels = |clip: &Clip| u64::from(clip.info().width) * u64::from(clip.info().height);
        let mut each: Vec<u64> = self
            .clips()
            .map(|c| DECODER.0 + DECODER.1 * pixels(c))
            .collect();
        each.sort_unstable();
        let pictures = self.files.iter().map(|file| file.memory).max();
        each.iter().rev().take(2).sum::<u64>() + pictures.unwrap_or(0)
    }

    /// Says what is remarkable about them in a video of frames of `size`, in words for a person: whatever they show is
    /// shown, and what of their sound is wished for may not be heard.
    pub fn warnings(&self, size: FrameSize) -> Vec<String> {
        let of = |file: &File| match (&file.source, &file.look) {
            (ShotSource::Clip(clip), _) => of_clip(clip),
            (source, Some(look)) => of_picture(source.path(), look, (size, self.fit)),
            _ => Vec::new(),
        };
        let colours = |file: &File| {
            let remark = file.colours.remark()?;
            Some(format!("{} {remark}", file.source.path()))
        };
        let each = |file| of(file).into_iter().chain(colours(file));
        let mut told: Vec<String> = Vec::new();
        for one in self.files.iter().flat_map(each).chain(self.unheard()) {
            // A file that a scene names and that is there for others as well is told of once.
            if !told.contains(&one) {
                told.push(one);
            }
        }
        if !self.unshown.is_empty() {
            let names: Vec<&str> = self.unshown.iter().map(|path| path.as_str()).collect();
            told.push(format!(
                "each scene of the script names what it shows, so that these are not shown: {}",
                names.join(", ")
            ));
        }
        told
    }

    /// Adds to the key of a finished video of so many scenes how they are shown in it and how loud their sound is, as far as
    /// neither their bytes tell it nor how pictures were always shown; nothing as a rule.
    pub fn add_to_key(&self, scenes: usize, mut key: KeyBuilder) -> KeyBuilder {
        if let Some(identity) = self.identity(scenes) {
            key = key.text("footage", &identity);
        }
        if let Some(volume) = self.heard_volume() {
            key = key.real("clip sound", volume);
        }
        key
    }

    /// Says what of how they are shown in so many scenes is told neither by their bytes nor by how pictures were always
    /// shown; nothing as a rule. Where scenes name files, that is which.
    fn identity(&self, scenes: usize) -> Option<String> {
        let converted = |(index, file): (usize, &File)| {
            let how = match (&file.colours, &file.source) {
                (Colours::Converted(_), _) => Some("sRGB"),
                (_, ShotSource::Clip(clip)) if clip.is_animation() => Some("moves"),
                _ => None,
            };
            let ground = (file.ground == Ground::Light).then_some("on light");
            let both = how.into_iter().chain(ground);
            both.map(|what| format!("{index}: {what}"))
                .collect::<Vec<_>>()
        };
        let files = self.files.iter().enumerate();
        let mut each: Vec<String> = files.flat_map(converted).collect();
        let files = (0..scenes).flat_map(|scene| self.of_scene(scene, scenes));
        let files: Vec<&Utf8Path> = files.map(|file| file.source.path()).collect();
        if files.windows(2).any(|pair| pair[0] == pair[1]) {
            each.push("moves go on".to_owned());
        }
        let named = self.allotment.identity(self.files.len(), scenes);
        each.extend(named.map(|places| format!("scenes {places}")));
        if self.fit == FitChoice::Contain && !self.is_empty() {
            each.push("fit contain".to_owned());
        }
        (!each.is_empty()).then(|| each.join("; "))
    }

    /// Lays `pictures`, which [`Footage::scenes`] gave, out on the time axis of `pacing`: one for each scene, or more, which
    /// share the time of their scenes. Each has a camera move: that of number `first_move`, then others. Where one comes
    /// twice in a row its move, or the clip, goes on. The end card's `ground`, where there is one, follows the last scene.
    ///
    /// # Errors
    /// As [`Timeline::new`].
    pub fn timeline(
        &self,
        pictures: &[Utf8PathBuf],
        pacing: &Pacing,
        rate: FrameRate,
        first_move: usize,
        ground: Option<Utf8PathBuf>,
    ) -> Result<Timeline, Error> {
        let mut shots: Vec<Shot> = Vec::with_capacity(pictures.len() + 1);
        for (index, span) in pacing.spans.iter().enumerate() {
            let (files, scene) = (self.files.len(), (index, pacing.spans.len()));
            let shown = self.allotment.range(files, pictures.len(), scene);
            let duration = span.duration / shown.len().max(1) as f64;
            for picture in &pictures[shown] {
                let source = self.source(picture);
                match shots.last_mut() {
                    // Crossfaded into itself it would be seen double.
                    Some(last) if last.source == source => last.duration += duration,
                    _ => shots.push(self.shot(source, duration, (first_move, shots.len()))),
                }
            }
        }
        let last = ground.map(|picture| Shot {
            source: picture.into(),
            // Slowly nearer: there is nothing on it to be led to.
            motion: Motion::numbered(0),
            guided: false,
            duration: pacing.outro,
        });
        shots.extend(last);
        Timeline::new(shots, rate, CROSSFADE_SECONDS)
    }

    /// The shot of this number of `source`.
    fn shot(
        &self,
        source: ShotSource,
        duration: f64,
        (first_move, number): (usize, usize),
    ) -> Shot {
        // What is shown whole is led to nothing, and cut nowhere. What is painted has the shape of the frame.
        let is_painted = matches!(source, ShotSource::Picture(_));
        let guided = self.fit == FitChoice::Cover || is_painted;
        Shot {
            source,
            motion: if guided {
                // A step of three through eight moves: neighbours differ in kind, and all come by before one repeats.
                Motion::numbered(first_move + number * 3)
            } else {
                Motion::of_whole(first_move + number)
            },
            guided,
            duration,
        }
    }

    /// Finds a picture that stands for a scene's file: the file itself, or what is seen of it, of a clip soon after its
    /// beginning, written to `to` for a video of this size and rate. Blocks.
    ///
    /// # Errors
    /// As [`write_still`]: it cannot be decoded any more, or not written.
    pub fn still(
        &self,
        file: &Utf8Path,
        at: (FrameSize, FrameRate),
        to: Utf8PathBuf,
    ) -> Result<Utf8PathBuf, Error> {
        let clip = match self.source(file) {
            ShotSource::Clip(clip) => clip,
            ShotSource::Own(picture) => {
                write_own_still(&picture, at.0, &to)?;
                return Ok(to);
            }
            ShotSource::Picture(_) => return Ok(file.to_owned()),
        };
        let seconds = STILL_AT.min(clip.info().seconds / 2.0);
        // It takes a moment, and has a deadline of its own.
        write_still(&clip, at, seconds, &to, &CancellationToken::new())?;
        Ok(to)
    }
}

/// About how long each scene takes of so many seconds: by its words.
fn lengths(seconds: f64, scenes: &[Scene]) -> Vec<f64> {
    let words = |scene: &Scene| videogen_text::word_count(&scene.narration).max(1) as f64;
    let all: f64 = scenes.iter().map(words).sum();
    let length = |scene| seconds * words(scene) / all;
    scenes.iter().map(length).collect()
}

/// Whether a crop of a picture, or a move over it, may show nothing but what is dark in it: where a tenth of the picture is,
/// or less of one that is so long that little of it is shown.
fn may_show_only_dark(look: &PictureStats) -> bool {
    let (width, height) = (f64::from(look.width.max(1)), f64::from(look.height.max(1)));
    let shown = TALLEST * (height / width).min(width / height) / (MAX_ZOOM * MAX_ZOOM);
    look.dark > (shown / 2.0).min(0.1)
}

fn of_clip(clip: &Clip) -> Vec<String> {
    let (info, path) = (clip.info(), clip.path());
    let damaged = info
        .remark
        .as_ref()
        .map(|remark| format!("{path} is damaged, and shown as well as it can be: {remark}"));
    let (black, seconds) = (info.black, info.seconds);
    let dark = if black >= BLACK.1 * seconds {
        Some(format!("{path} is black, and is shown so"))
    } else if black >= BLACK.0 {
        Some(format!(
            "{path} is black for {black:.1} s of {seconds:.1} s, and is shown so"
        ))
    } else {
        None
    };
    damaged.into_iter().chain(dark).collect()
}

fn of_picture(
    path: &Utf8Path,
    look: &PictureStats,
    (size, fit): (FrameSize, FitChoice),
) -> Vec<String> {
    let flaw = match look.flaw {
        Some(PictureFlaw::Black) => Some(format!(
            "{path} is black all over (where it is transparent, it is shown on black), and is shown so"
        )),
        Some(PictureFlaw::Flat(_)) => Some(format!(
            "{path} is of one colour: nothing will be seen in it"
        )),
        _ => None,
    };
    let times = |frame: u32, picture: u32| f64::from(frame) / f64::from(picture.max(1));
    let (across, down) = (
        times(size.width(), look.width),
        times(size.height(), look.height),
    );
    let times = match fit {
        FitChoice::Cover => across.max(down),
        FitChoice::Contain => across.min(down),
    };
    let small = (times > ENLARGED).then(|| {
        format!(
            "{path} has {}x{} pixels and is enlarged {times:.1} times: it will be blurred",
            look.width, look.height
        )
    });
    flaw.into_iter().chain(small).collect()
}

#[cfg(test)]
mod tests {
    use super::allotment::tests::scenes;
    use super::*;
    use crate::pacing::SceneSpan;
    use crate::picture;

    fn of(names: &[&str]) -> Footage {
        let file = |name: &&str| File {
            source: (*name).into(),
            look: None,
            colours: Colours::Stored,
            ground: Ground::Dark,
            memory: 0,
            heard: HeardSound::default(),
        };
        Footage {
            files: names.iter().map(file).collect(),
            ..Footage::default()
        }
    }

    /// What `scenes` name and these others.
    fn named(scenes: &[Scene], others: &[&str]) -> Footage {
        let (allotment, named) = Allotment::of(scenes);
        let named = named.iter().map(|file| file.path.as_str());
        let all: Vec<&str> = named.chain(others.iter().copied()).collect();
        Footage {
            allotment,
            ..of(&all)
        }
    }

    /// What is shown in so many scenes, and what may pass in each, where those that are painted are called `0`, `1` ….
    fn shown_in(footage: &Footage, count: usize) -> (Vec<Utf8PathBuf>, Vec<SceneTolerance>) {
        let painted = (0..count).map(|scene| scene.to_string().into());
        footage.scenes(painted.collect(), &vec![None; count])
    }

    fn paced(durations: &[f64]) -> Pacing {
        let mut start = 0.0;
        let span = |duration: &f64| {
            let span = SceneSpan {
                start,
                duration: *duration,
                speech: start,
            };
            start += duration;
            span
        };
        let spans = durations.iter().map(span).collect();
        Pacing {
            spans,
            duration: start,
            outro: 0.0,
        }
    }

    /// The shots of these files in these scenes, with their seconds.
    fn shots(footage: &Footage, durations: &[f64]) -> Vec<(String, f64)> {
        let (files, tolerances) = shown_in(footage, durations.len());
        assert_eq!(tolerances.len(), durations.len());
        let rate = FrameRate::new(30, 1).expect("in range");
        let timeline = footage.timeline(&files, &paced(durations), rate, 0, None);
        let timeline = timeline.expect("a timeline");
        let shot = |shot: &Shot| (shot.source.path().to_string(), shot.duration);
        timeline.shots().iter().map(shot).collect()
    }

    fn seconds(shots: &[(String, f64)], expected: &[(&str, f64)]) {
        let near = |(a, b): (&(String, f64), &(&str, f64))| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9;
        let all = shots.len() == expected.len() && shots.iter().zip(expected).all(near);
        assert!(all, "{shots:?}, not {expected:?}");
    }

    #[test]
    fn every_picture_is_shown_and_those_of_a_scene_share_its_time() {
        let five = of(&["a", "b", "c", "d", "e"]);
        seconds(
            &shots(&five, &[3.0, 4.0, 6.0]),
            &[("a", 3.0), ("b", 2.0), ("c", 2.0), ("d", 3.0), ("e", 3.0)],
        );
        assert_eq!(five.files_of(1, 3), ["b", "c"]);
        let two = of(&["a", "b"]);
        seconds(
            &shots(&two, &[3.0, 4.0, 6.0]),
            &[("a", 3.0), ("b", 4.0), ("a", 6.0)],
        );
        assert_eq!(two.files_of(2, 3), ["a"]);
        assert_eq!(Footage::default().files_of(0, 3), Vec::<String>::new());
        assert_eq!(Footage::default().kind_of(0, 3), "painted");
    }

    #[test]
    fn the_move_over_one_picture_goes_on_through_all_scenes() {
        seconds(&shots(&of(&["a"]), &[3.0, 4.0, 6.0]), &[("a", 13.0)]);
        seconds(
            &shots(&of(&["a", "a", "b"]), &[3.0, 4.0, 6.0]),
            &[("a", 7.0), ("b", 6.0)],
        );
    }

    #[test]
    fn what_nobody_could_look_at_is_left_out_by_name() {
        let (one, none) = (scenes(&[&[]]), Vec::<String>::new());
        let mut five = of(&["a", "b", "c", "d", "e"]);
        assert_eq!(five.keep_to(5.2, &one), none);
        let told = five.keep_to(3.4, &one).concat();
        assert!(
            told.ends_with("d, e") && told.contains("5 pictures"),
            "{told}"
        );
        assert_eq!(five.describe("builtin".into()), "3 pictures of yours");
        let three = scenes(&[&[], &[], &[]]);
        let mut each = of(&["a", "b", "c"]);
        assert_eq!(each.keep_to(2.0, &three), none, "one a scene");
    }

    #[test]
    fn scenes_show_what_they_name_and_nothing_else() {
        let script = scenes(&[&["a"], &["b", "c"], &[]]);
        let own = named(&script, &[]);
        seconds(
            &shots(&own, &[3.0, 4.0, 6.0]),
            &[("a", 3.0), ("b", 2.0), ("c", 2.0), ("2", 6.0)],
        );
        assert!(own.needs_painter() && !own.is_empty());
        assert_eq!(
            [own.kind_of(1, 3), own.kind_of(2, 3)],
            ["picture", "painted"]
        );
        assert_eq!(
            own.describe("builtin".into()),
            "3 pictures of yours, the other scenes by builtin"
        );
        let others = named(&script, &["x", "y"]);
        seconds(
            &shots(&others, &[3.0, 4.0, 6.0]),
            &[("a", 3.0), ("b", 2.0), ("c", 2.0), ("x", 3.0), ("y", 3.0)],
        );
        assert!(!others.needs_painter());
        assert_eq!(others.files_of(2, 3), ["x", "y"]);
        assert_eq!(others.describe("builtin".into()), "5 pictures of yours");
    }

    #[test]
    fn which_scene_shows_which_file_is_in_the_key_of_a_video() {
        let identity = |media: &[&[&str]]| named(&scenes(media), &[]).identity(media.len());
        let one = identity(&[&["a"], &["b", "c"]]);
        assert_eq!(one.as_deref(), Some("scenes 0|1,2"));
        assert_ne!(one, identity(&[&["a", "b"], &["c"]]));
        assert_ne!(identity(&[&["a"], &[]]), identity(&[&[], &["a"]]));
    }

    #[test]
    fn what_a_scene_names_is_left_out_only_where_it_would_flicker() {
        let script = scenes(&[&["a", "b", "c", "d", "e"], &["f"], &[]]);
        let mut some = named(&script, &["x", "y", "z"]);
        let told = some.keep_to(9.0, &script);
        let [brief] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert!(
            brief.contains("scene 1") && brief.contains("0.6 s only"),
            "{brief}"
        );
        let told = some.keep_to(1.5, &script);
        let [named, others] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert!(
            named.contains("scene 1") && named.ends_with(": c, d, e"),
            "{named}"
        );
        assert!(others.ends_with(": y, z"), "{others}");
        assert_eq!(some.files_of(0, 3), ["a", "b"]);
        assert_eq!(some.files_of(1, 3), ["f"]);
        assert_eq!(some.files_of(2, 3), ["x"]);
    }

    #[test]
    fn painted_pictures_between_those_of_a_person_are_judged_by_what_they_show() {
        let footage = named(&scenes(&[&["a"], &[], &["a"]]), &[]);
        let ours = SceneTolerance::from(look(300, 500, (0, 1)));
        let painted = ["0", "1", "2"].map(Utf8PathBuf::from).to_vec();
        let (files, scenes) = footage.scenes(painted, &[None, Some(ours), None]);
        assert_eq!(files, ["a", "1", "a"]);
        assert_eq!(scenes[1], ours);
        assert!(scenes[0].dark && !scenes[2].goes_on);
    }

    #[test]
    fn a_painted_picture_is_led_to_what_stands_out_whatever_the_fit() {
        let own = named(&scenes(&[&[]]), &[]);
        let whole = Footage {
            fit: FitChoice::Contain,
            ..own
        };
        assert!(whole.shot("0".into(), 3.0, (0, 0)).guided);
    }

    #[test]
    fn what_changes_a_video_is_in_its_key_and_nothing_else() {
        assert_eq!(of(&["a", "b"]).identity(2), None);
        assert_eq!(Footage::default().identity(3), None);
        assert!(of(&["a"]).identity(2).is_some(), "the move goes on");
        let mut converted = of(&["a", "b"]);
        converted.files[1].colours = Colours::Converted("P3".into());
        assert_eq!(converted.identity(2).as_deref(), Some("1: sRGB"));
        converted.files[1].ground = Ground::Light;
        let both = "1: sRGB; 1: on light";
        assert_eq!(converted.identity(2).as_deref(), Some(both));
        let mut whole = of(&["a", "b"]);
        whole.fit = FitChoice::Contain;
        assert_eq!(whole.identity(2).as_deref(), Some("fit contain"));
    }

    /// What is known of a picture of this size, `dark` of `parts` columns of which are black.
    fn look(width: u32, height: u32, (dark, parts): (u32, u32)) -> PictureStats {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("x.png");
        let pixel = |x: u32, y: u32| {
            let is_dark = x * parts < width * dark;
            image::Rgb(
                [if is_dark {
                    0
                } else {
                    120 + (x + y) as u8 % 100
                }; 3],
            )
        };
        let picture = image::RgbImage::from_fn(width, height, pixel);
        picture.save(&path).expect("written");
        shown(&path)
    }

    /// What is seen of a picture file.
    fn shown(path: &Utf8Path) -> PictureStats {
        picture::inspect_shown(picture::decode(path).expect("a picture")).0
    }

    #[test]
    fn a_scene_of_a_picture_may_be_dark_where_a_part_of_it_is() {
        for (width, height, dark, may_be) in [
            (300, 500, (0, 1), false),
            (300, 500, (1, 20), false),
            (300, 500, (1, 5), true),
            (300, 500, (1, 1), true),
            // All that a tall video shows of a panorama may be in its dark part.
            (3000, 300, (1, 20), true),
            (3000, 300, (0, 1), false),
        ] {
            let look = look(width, height, dark);
            assert_eq!(
                may_show_only_dark(&look),
                may_be,
                "{width} {dark:?} {look:?}"
            );
        }
    }

    #[test]
    fn what_was_not_looked_at_may_be_anything_and_what_is_ours_may_not() {
        let bright = SceneTolerance {
            dark: false,
            known: 30.0,
            ..SceneTolerance::ALL
        };
        assert!(!bright.is_dark_within(30.0) && bright.is_dark_within(30.5));
        assert!(SceneTolerance::ALL.is_dark_within(1.0));
        let ours = SceneTolerance::from(look(300, 500, (1, 5)));
        assert!(!ours.is_dark_within(600.0), "a painted picture is known");
        // A clip that goes on is shown beyond what is known of it.
        let on = SceneTolerance {
            goes_on: true,
            ..bright
        };
        let dark = |scenes: &[SceneTolerance]| {
            let scenes = SceneTolerance::paced(scenes, &paced(&[20.0, 20.0, 20.0]));
            scenes.iter().map(|scene| scene.dark).collect::<Vec<_>>()
        };
        assert_eq!(dark(&[bright, on, bright]), [false, true, false]);
        assert_eq!(dark(&[on, ours, bright]), [false, false, false]);
    }

    #[test]
    fn a_scene_goes_on_with_the_file_of_the_one_before() {
        let goes_on = |names: &[&str], count| {
            let (_, scenes) = shown_in(&of(names), count);
            scenes.iter().map(|scene| scene.goes_on).collect::<Vec<_>>()
        };
        assert_eq!(goes_on(&["a"], 3), [false, true, true]);
        assert_eq!(goes_on(&["a", "b"], 3), [false, false, false]);
        assert_eq!(goes_on(&["a", "a", "b", "c"], 2), [false, false]);
        assert_eq!(goes_on(&["a", "b", "b", "c"], 2), [false, true]);
    }

    #[test]
    fn pictures_of_a_scene_share_what_is_known_of_them() {
        let mut two = of(&["a", "b"]);
        for file in &mut two.files {
            file.look = Some(look(300, 500, (0, 1)));
        }
        let (_, scenes) = shown_in(&two, 1);
        assert!(!scenes[0].dark && scenes[0].known.is_infinite());
        two.files[1].look = Some(look(300, 500, (1, 5)));
        assert!(shown_in(&two, 1).1[0].dark);
        let (_, scenes) = shown_in(&two, 2);
        assert_eq!([scenes[0].dark, scenes[1].dark], [false, true]);
    }

    #[test]
    fn a_black_logo_on_nothing_is_seen_and_a_black_picture_is_told() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let size = FrameSize::new(360, 640).expect("even");
        let told = |pixel: &dyn Fn(u32, u32) -> [u8; 4]| {
            let path = dir.path().join("x.png");
            let pixel = |x, y| image::Rgba(pixel(x, y));
            image::RgbaImage::from_fn(360, 640, pixel)
                .save(&path)
                .expect("written");
            let look = shown(&path);
            let said = of_picture(&path, &look, (size, FitChoice::Cover));
            (look.dark, said.join("\n"))
        };
        let inside = |x: u32, y: u32| x.abs_diff(180) < 90 && y.abs_diff(320) < 90;
        let logo = |x, y| [0, 0, 0, if inside(x, y) { 255 } else { 0 }];
        let (dark, said) = told(&logo);
        assert!(dark < 0.2 && said.is_empty(), "{dark} {said}");
        for black in [[0, 0, 0, 255], [0, 0, 0, 0]] {
            let (dark, said) = told(&|_, _| black);
            assert!(dark > 0.99 && said.contains("black all over"), "{said}");
        }
    }
}
