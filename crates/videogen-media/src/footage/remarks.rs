//! What is said of pictures and clips, in words for a person: what they are, and what is remarkable about them.

use camino::Utf8Path;
use videogen_types::FitChoice;

use super::{File, Footage};
use crate::FrameSize;
use crate::clip::Clip;
use crate::picture::{PictureFlaw, PictureStats};
use crate::timeline::ShotSource;

/// How many times a picture may be enlarged before that is told: it is blurred then.
const ENLARGED: f64 = 2.0;

/// A clip that is black for this long, in seconds, and for this part of its length, is told of.
const BLACK: (f64, f64) = (0.5, 0.95);

impl Footage {
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

pub(super) fn of_picture(
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
