//! The font files of directories: a walk that ends, whatever is there, and that hands a font database only what can be a
//! font. A directory of fonts may be `/proc`, hold a named pipe or a link to itself, or a file of a hundred bytes that
//! claims four thousand million faces.

use std::collections::HashSet;
use std::io::{Read, Seek};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use cosmic_text::fontdb::Database;

/// How much is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Directories below each other.
    depth: usize,
    /// Names in all.
    names: usize,
    /// Font files in all.
    fonts: usize,
    /// Time in all.
    within: Duration,
}

impl Bounds {
    /// More than the largest collections of fonts have, and less than a person waits for.
    pub(super) const ORDINARY: Self = Self {
        depth: 16,
        names: 100_000,
        fonts: 10_000,
        within: Duration::from_secs(10),
    };
}

/// The largest font file, in bytes; the largest there are (all of Chinese, Japanese and Korean in ten weights) have 200 MB.
const LARGEST: u64 = 512 << 20;
/// The most faces of a collection; the largest there are have some three hundred.
const MOST_FACES: u32 = 1024;
/// Endings of font files, in lower case.
const EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];
/// Where nothing is a file of a disk.
const NO_DISKS: [&str; 3] = ["/proc", "/sys", "/dev"];
/// The most of what was skipped that is named.
const MOST_NAMED: usize = 5;

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    fonts: Vec<Utf8PathBuf>,
    skipped: Vec<String>,
    skipped_in_all: usize,
    /// The bound that ended it, in words.
    cut_off: Option<String>,
    seen: HashSet<(u64, u64)>,
    names: usize,
}

/// Loads the fonts below `directories` into `library`.
pub(super) fn load(library: &mut Database, directories: &[Utf8PathBuf], bounds: Bounds) {
    let begun = Instant::now();
    let walk = walk(directories, bounds);
    let mut unread = 0;
    for (n, path) in walk.fonts.iter().enumerate() {
        if begun.elapsed() > bounds.within {
            unread = walk.fonts.len() - n;
            break;
        }
        if let Err(error) = library.load_font_file(path) {
            tracing::debug!(%path, %error, "a font is left out");
        }
    }
    if unread > 0 {
        tracing::warn!(
            ?directories,
            unread,
            "looking for fonts took too long and was given up"
        );
    }
    if let Some(why) = &walk.cut_off {
        tracing::warn!(?directories, "not every font was looked at: {why}");
    }
    if walk.skipped_in_all > 0 {
        let (skipped, in_all) = (walk.skipped.join("; "), walk.skipped_in_all);
        tracing::warn!("{in_all} of what is called a font is none and is left out: {skipped}");
    }
}

/// Looks for fonts below `directories`.
pub(super) fn walk(directories: &[Utf8PathBuf], bounds: Bounds) -> Walk {
    let mut walk = Walk::default();
    let begun = Instant::now();
    // In the order they were named, deeper ones later.
    let mut open: std::collections::VecDeque<(Utf8PathBuf, usize)> =
        directories.iter().map(|dir| (dir.clone(), 0)).collect();
    while let Some((dir, depth)) = open.pop_front() {
        let Some(real) = walk.enter(&dir) else {
            continue;
        };
        let Ok(entries) = real.read_dir_utf8() else {
            continue;
        };
        let mut names: Vec<Utf8PathBuf> = Vec::new();
        for entry in entries.flatten() {
            walk.names += 1;
            if walk.names > bounds.names {
                walk.cut_off = Some(format!("there are more than {} names", bounds.names));
                break;
            }
            names.push(entry.into_path());
        }
        // The order in which a directory is listed is nobody's promise.
        names.sort_unstable();
        for path in names {
            if begun.elapsed() > bounds.within {
                let seconds = bounds.within.as_secs();
                walk.cut_off = Some(format!("it took longer than {seconds} s"));
            }
            if walk.fonts.len() >= bounds.fonts {
                walk.cut_off = Some(format!("there are more than {} of them", bounds.fonts));
            }
            if walk.cut_off.is_some() {
                break;
            }
            // Links are followed, as people link fonts into their directories.
            let Ok(metadata) = path.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                if depth < bounds.depth {
                    open.push_back((path, depth + 1));
                } else {
                    walk.skip(&path, "it is too deep");
                }
            } else if is_called_a_font(&path) {
                match check(&path) {
                    Ok(()) => walk.fonts.push(path),
                    Err(why) => walk.skip(&path, &why),
                }
            }
        }
        if walk.cut_off.is_some() {
            break;
        }
    }
    walk
}

impl Walk {
    /// The real path of a directory that was not looked at before and is on a disk.
    fn enter(&mut self, dir: &Utf8Path) -> Option<Utf8PathBuf> {
        let real = dir.canonicalize_utf8().ok()?;
        if NO_DISKS.iter().any(|none| real.starts_with(none)) {
            self.skip(dir, "there are no files of a disk there");
            return None;
        }
        self.seen.insert(identity(&real)?).then_some(real)
    }

    fn skip(&mut self, path: &Utf8Path, why: &str) {
        self.skipped_in_all += 1;
        if self.skipped.len() < MOST_NAMED {
            self.skipped.push(format!("{path:?} ({why})"));
        }
    }
}

/// What tells a directory from others, by whatever path.
fn identity(real: &Utf8Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = real.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        real.hash(&mut hasher);
        Some((0, hasher.finish()))
    }
}

fn is_called_a_font(path: &Utf8Path) -> bool {
    path.extension()
        .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// Checks that a file can be a font: a regular file that begins like one and is large enough for the faces it claims.
fn check(path: &Utf8Path) -> Result<(), String> {
    let mut file = videogen_durable::open_regular(path).map_err(|e| e.to_string())?;
    let length = file
        .seek(std::io::SeekFrom::End(0))
        .map_err(|e| e.to_string())?;
    file.rewind().map_err(|e| e.to_string())?;
    let mut head = [0; 12];
    file.read_exact(&mut head)
        .map_err(|_| "it is too short".to_owned())?;
    check_head(head, length).map_err(str::to_owned)
}

fn check_head(head: [u8; 12], length: u64) -> Result<(), &'static str> {
    if length > LARGEST {
        return Err("it is larger than any font");
    }
    match &head[..4] {
        // A collection: its version, how many faces, and four bytes for where each begins.
        b"ttcf" => {
            let faces = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
            if faces > MOST_FACES || 12 + 4 * u64::from(faces) > length {
                return Err("it claims more faces than it has");
            }
            Ok(())
        }
        // TrueType outlines, PostScript ones, and what Apple calls the first.
        [0, 1, 0, 0] | b"OTTO" | b"true" => Ok(()),
        _ => Err("it does not begin like a font"),
    }
}

/// The directories that this machine has fonts in, by its own configuration.
#[cfg(all(unix, not(any(target_os = "macos", target_os = "android"))))]
pub(super) fn system_directories() -> Vec<Utf8PathBuf> {
    // Where fontconfig looks is decided by these variables, for every program of the user; nothing of ours is in them.
    let variable = |name| {
        std::env::var(name)
            .ok()
            .filter(|value: &String| !value.is_empty())
    };
    let home = variable("HOME").map(Utf8PathBuf::from);
    let configured = variable("XDG_CONFIG_HOME").map(Utf8PathBuf::from);
    let own = configured.or_else(|| Some(home.as_ref()?.join(".config")));
    let files = match variable("FONTCONFIG_FILE") {
        Some(file) => vec![Utf8PathBuf::from(file)],
        None => own
            .map(|dir| dir.join("fontconfig/fonts.conf"))
            .into_iter()
            .chain([
                "/etc/fonts/local.conf".into(),
                "/etc/fonts/fonts.conf".into(),
            ])
            .collect(),
    };
    let mut config = fontconfig_parser::FontConfig::default();
    for file in files {
        // It would wait for whoever writes to a pipe of that name.
        let merged = videogen_durable::open_regular(&file)
            .map_err(|error| error.to_string())
            .and_then(|_| {
                config
                    .merge_config(file.as_std_path())
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = merged {
            tracing::debug!(%file, error, "not used for finding fonts");
        }
    }
    let mut directories: Vec<Utf8PathBuf> = config
        .dirs
        .into_iter()
        .filter_map(|dir| Utf8PathBuf::from_path_buf(dir.path).ok())
        .filter_map(|dir| match dir.strip_prefix("~") {
            Ok(below) => Some(home.as_ref()?.join(below)),
            Err(_) => Some(dir),
        })
        .collect();
    if directories.is_empty() {
        directories = vec!["/usr/share/fonts".into(), "/usr/local/share/fonts".into()];
        directories.extend(home.iter().map(|home| home.join(".fonts")));
        directories.extend(home.iter().map(|home| home.join(".local/share/fonts")));
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(walk: &Walk) -> Vec<&str> {
        walk.fonts
            .iter()
            .filter_map(|path| path.file_name())
            .collect()
    }

    #[test]
    fn faces_that_cannot_be_there_are_refused_before_they_are_counted() {
        let head = |faces: u32| {
            let mut head = *b"ttcf\0\x01\0\0----";
            head[8..].copy_from_slice(&faces.to_be_bytes());
            head
        };
        assert!(check_head(head(u32::MAX), 112).is_err());
        assert!(check_head(head(u32::MAX), u64::MAX).is_err());
        assert!(check_head(head(26), 112).is_err());
        assert!(check_head(head(25), 112).is_ok());
        assert!(check_head(*b"OTTO\0\0\0\0\0\0\0\0", 112).is_ok());
        assert!(check_head(*b"<!doctype ht", 112).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_walk_takes_fonts_and_passes_pipes_links_to_itself_and_other_things() {
        let dir = camino_tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        fs::write(at("deep/a.otf"), super::super::BUNDLED).unwrap();
        fs::write(at("b.TTF"), super::super::BUNDLED).unwrap();
        fs::write(
            at("c.ttf"),
            "a page that was downloaded in the place of a font",
        )
        .unwrap();
        fs::write(at("d.txt"), super::super::BUNDLED).unwrap();
        let mut claims = vec![0; 112];
        claims[..4].copy_from_slice(b"ttcf");
        claims[8..12].copy_from_slice(&[0xff; 4]);
        fs::write(at("e.ttc"), claims).unwrap();
        mkfifo(&at("f.ttf"));
        std::os::unix::fs::symlink(dir.path(), at("deep/loop")).unwrap();
        std::os::unix::fs::symlink("/proc", at("deep/proc")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("g.ttf")).unwrap();
        let found = walk(&[dir.path().to_owned()], Bounds::ORDINARY);
        assert_eq!(names(&found), ["b.TTF", "a.otf"]);
        assert_eq!(found.skipped_in_all, 5, "{found:?}");
        let mut library = Database::new();
        load(
            &mut library,
            &[dir.path().to_owned(), "/proc".into()],
            Bounds::ORDINARY,
        );
        assert_eq!(library.len(), 2);
    }

    /// Makes a named pipe.
    #[cfg(unix)]
    fn mkfifo(path: &Utf8Path) {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, path.as_std_path(), FileType::Fifo, mode, 0).unwrap();
    }

    #[test]
    fn every_bound_ends_it() {
        let dir = camino_tempfile::tempdir().unwrap();
        let mut deepest = dir.path().to_owned();
        for n in 0..6 {
            deepest = deepest.join(n.to_string());
            fs::create_dir(&deepest).unwrap();
            fs::write(deepest.join(format!("{n}.otf")), super::super::BUNDLED).unwrap();
        }
        let all = [dir.path().to_owned()];
        let ordinary = Bounds::ORDINARY;
        assert_eq!(walk(&all, ordinary).fonts.len(), 6);
        let shallow = walk(
            &all,
            Bounds {
                depth: 2,
                ..ordinary
            },
        );
        assert_eq!((shallow.fonts.len(), shallow.skipped_in_all), (2, 1));
        let few = walk(
            &all,
            Bounds {
                fonts: 3,
                ..ordinary
            },
        );
        assert!(few.fonts.len() == 3 && few.cut_off.is_some());
        let few = walk(
            &all,
            Bounds {
                names: 5,
                ..ordinary
            },
        );
        assert!(few.fonts.len() < 6 && few.cut_off.is_some());
        let within = Duration::ZERO;
        assert!(walk(&all, Bounds { within, ..ordinary }).cut_off.is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machines_own_fonts_are_where_its_configuration_says() {
        let directories = system_directories();
        assert!(
            directories
                .iter()
                .any(|dir| dir.starts_with("/usr/share/fonts"))
        );
    }
}
