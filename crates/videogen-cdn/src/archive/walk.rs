//! Goes through an archive, header by header, and hands out what may be unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use camino::{Utf8Path, Utf8PathBuf};
use tar::{EntryType, Header};
use tokio_util::sync::CancellationToken;

use super::bounds::{ArchiveLimits, Bound, Bounded, Counted, NotZero};
use super::error::{ArchiveError, MemberProblem};
use super::member::{Paths, Stands, plain_path};
use super::pax::{self, Pax};

/// The most bytes of an extension: paths have 4 KiB at most.
const LONGEST_EXTENSION: u64 = 64 * 1024;
/// What everything in an archive is a multiple of.
const BLOCK: u64 = 512;
/// What an archive ends with: two blocks of zeros.
const END: u64 = 2 * BLOCK;
/// The most characters of a member's name in a message.
const SHOWN: usize = 120;

/// A member that may be unpacked.
pub(super) struct Member<'a> {
    /// Its path: plain names. Empty for the directory that is unpacked into.
    pub(super) path: Utf8PathBuf,
    pub(super) stands: Stands,
    pub(super) size: u64,
    pub(super) content: &'a mut dyn Read,
}

/// Goes through the archive and calls `each` for every member, in order. Everything is checked to the end, also behind the
/// last member.
pub(super) fn walk(
    archive: &Utf8Path,
    limits: ArchiveLimits,
    cancel: &CancellationToken,
    each: &mut dyn FnMut(Member<'_>) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let reading = |e| ArchiveError::io("reading", archive)(e);
    let mut file = videogen_durable::open_regular(archive).map_err(reading)?;
    let is_gzip = is_gzip(&mut file).map_err(reading)?;
    let (counted, packed) = Counted::new(BufReader::new(file));
    let unpacked: Box<dyn Read> = if is_gzip {
        Box::new(flate2::read::MultiGzDecoder::new(counted))
    } else {
        Box::new(counted)
    };
    let walk = Walk { archive, limits };
    walk.run(Bounded::new(unpacked, packed, limits, cancel), each)
}

/// Whether it begins as gzip does (RFC 1952, 2.3.1). The file is at its beginning afterwards.
fn is_gzip(file: &mut File) -> io::Result<bool> {
    let mut begin = Vec::new();
    Read::by_ref(file).take(2).read_to_end(&mut begin)?;
    file.rewind()?;
    Ok(begin == [0x1f, 0x8b])
}

/// What extensions have said of the next member.
#[derive(Default)]
struct Pending {
    pax: Option<Pax>,
    long_name: Option<Vec<u8>>,
}

struct Walk<'a> {
    archive: &'a Utf8Path,
    limits: ArchiveLimits,
}

impl Walk<'_> {
    fn run<R: Read>(
        &self,
        reader: Bounded<'_, R>,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut tar = tar::Archive::new(reader);
        let mut pending = Pending::default();
        let mut paths = Paths::default();
        let (mut members, mut bytes) = (0, 0_u64);
        for entry in tar.entries().map_err(|e| self.unreadable(e))?.raw(true) {
            let mut entry = entry.map_err(|e| self.unreadable(e))?;
            let header = entry.header().clone();
            if header.as_ustar().is_none() && header.as_gnu().is_none() {
                return Err(self.damaged("a header has no mark of the format"));
            }
            let size = header.entry_size().map_err(|e| self.unreadable(e))?;
            let stands = match header.entry_type() {
                EntryType::Regular => Stands::File,
                EntryType::Directory => Stands::Directory,
                kind => {
                    self.extension(kind, &header, &mut entry, size, &mut pending)?;
                    continue;
                }
            };
            let (name, path) = self.name(&header, std::mem::take(&mut pending), stands, size)?;
            let refused = |problem| self.refused(&name, problem);
            if stands == Stands::Directory && size != 0 {
                return Err(refused(MemberProblem::Special));
            }
            members += 1;
            bytes = bytes.saturating_add(size);
            self.bound(members, bytes)?;
            if !path.as_str().is_empty() {
                paths.add(&path, stands).map_err(refused)?;
            }
            each(Member {
                path,
                stands,
                size,
                content: &mut entry,
            })?;
        }
        if pending.pax.is_some() || pending.long_name.is_some() {
            return Err(self.damaged("it ends with an extension of a member that is not there"));
        }
        match tar.into_inner().finish().map_err(|e| self.unreadable(e))? {
            Err(NotZero) => Err(self.damaged("there is something behind its end")),
            Ok(end) if end.zeros < END || end.bytes % BLOCK != 0 => {
                Err(self.damaged("its end is missing"))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Reads an extension; any other kind of entry is refused.
    fn extension(
        &self,
        kind: EntryType,
        header: &Header,
        entry: &mut impl Read,
        size: u64,
        pending: &mut Pending,
    ) -> Result<(), ArchiveError> {
        let name = header.path_bytes();
        let refused = |problem| self.refused(&name, problem);
        let not_understood = |what| refused(MemberProblem::Extension(what));
        match kind {
            EntryType::XHeader | EntryType::XGlobalHeader | EntryType::GNULongName => {}
            EntryType::Link | EntryType::Symlink | EntryType::GNULongLink => {
                return Err(refused(MemberProblem::Link));
            }
            _ => return Err(refused(MemberProblem::Special)),
        }
        if size > LONGEST_EXTENSION {
            return Err(not_understood("it is too long"));
        }
        let mut content = Vec::new();
        entry
            .read_to_end(&mut content)
            .map_err(|e| self.unreadable(e))?;
        if content.len() as u64 != size {
            return Err(self.damaged("it is cut off"));
        }
        match kind {
            EntryType::XGlobalHeader => pax::check_global(&content).map_err(not_understood)?,
            EntryType::XHeader => {
                let pax = pax::parse(&content).map_err(not_understood)?;
                if pending.pax.replace(pax).is_some() {
                    return Err(not_understood("there are two"));
                }
            }
            _ => {
                let long = content.strip_suffix(b"\0").unwrap_or(&content);
                if pending.long_name.replace(long.to_vec()).is_some() {
                    return Err(not_understood("there are two"));
                }
            }
        }
        Ok(())
    }

    /// Returns the name of a member as the archive gives it, and as a path of plain names.
    fn name(
        &self,
        header: &Header,
        pending: Pending,
        stands: Stands,
        size: u64,
    ) -> Result<(Vec<u8>, Utf8PathBuf), ArchiveError> {
        let pax = pending.pax.unwrap_or_default();
        let in_header = header.path_bytes().into_owned();
        if pax.size.is_some_and(|other| other != size) {
            return Err(self.refused(&in_header, MemberProblem::TwoSizes));
        }
        let name = match (pax.path, pending.long_name) {
            (Some(_), Some(_)) => {
                let two = MemberProblem::Extension("it has two names");
                return Err(self.refused(&in_header, two));
            }
            (Some(path), None) => path.into_bytes(),
            (None, Some(name)) => name,
            (None, None) => in_header,
        };
        let path = plain_path(&name, stands).map_err(|problem| self.refused(&name, problem))?;
        Ok((name, path))
    }

    fn bound(&self, members: u64, bytes: u64) -> Result<(), ArchiveError> {
        let limit = if members > self.limits.members {
            format!(
                "it has more than {} files and directories",
                self.limits.members
            )
        } else if bytes > self.limits.bytes {
            Bound::Bytes(self.limits.bytes).to_string()
        } else {
            return Ok(());
        };
        Err(ArchiveError::TooMuch {
            path: self.archive.to_owned(),
            limit,
        })
    }

    fn refused(&self, member: &[u8], problem: MemberProblem) -> ArchiveError {
        let member = String::from_utf8_lossy(member);
        ArchiveError::Refused {
            path: self.archive.to_owned(),
            member: videogen_text::shown(&member, SHOWN).into_owned(),
            problem,
        }
    }

    fn damaged(&self, detail: &str) -> ArchiveError {
        ArchiveError::Damaged {
            path: self.archive.to_owned(),
            detail: detail.to_owned(),
        }
    }

    fn unreadable(&self, error: io::Error) -> ArchiveError {
        unreadable(self.archive, error)
    }
}

/// The error of reading an archive: a bound, a damage, or the disk.
pub(super) fn unreadable(archive: &Utf8Path, error: io::Error) -> ArchiveError {
    let mut bound = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<Bound>())
        .copied();
    // The crate `tar` wraps errors in its own.
    let mut inner: Option<&(dyn std::error::Error + 'static)> = error
        .get_ref()
        .map(|e| e as &(dyn std::error::Error + 'static));
    while let (None, Some(error)) = (bound, inner) {
        bound = error.downcast_ref::<Bound>().copied().or_else(|| {
            let io = error.downcast_ref::<io::Error>()?;
            io.get_ref()?.downcast_ref::<Bound>().copied()
        });
        inner = error.source();
    }
    match bound {
        Some(Bound::Cancelled) => ArchiveError::Cancelled,
        Some(bound) => ArchiveError::TooMuch {
            path: archive.to_owned(),
            limit: bound.to_string(),
        },
        None if error.raw_os_error().is_some() => ArchiveError::io("reading", archive)(error),
        None => ArchiveError::Damaged {
            path: archive.to_owned(),
            detail: error.to_string(),
        },
    }
}
