//! What is shown when, what is left out, what is told, and what the check lets pass.

use super::allotment::tests::scenes;
use super::remarks::of_picture;
use super::tolerance::may_show_only_dark;
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
