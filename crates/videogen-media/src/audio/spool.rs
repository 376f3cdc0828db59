//! Samples on the disk that are written once and read several times: what is too long to be held.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::Utf8Path;

/// One channel of samples in a file without a name, which is gone with its last handle, however the process ends
/// (`O_TMPFILE` or unlinked at once on Unix, deleted on close on Windows).
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
}

/// Bytes of a sample.
const WIDTH: u64 = size_of::<f32>() as u64;

impl Spool {
    /// An empty spool on the disk of `folder`.
    pub(super) fn new(folder: &Utf8Path) -> io::Result<Self> {
        camino_tempfile::tempfile_in(folder).map(|file| Self { file })
    }

    /// An empty spool on the disk that `output` is written to.
    pub(super) fn beside(output: &Utf8Path) -> io::Result<Self> {
        Self::new(match output.parent() {
            Some(parent) if parent != "" => parent,
            _ => Utf8Path::new("."),
        })
    }

    /// Appends samples. All are written before the first is read.
    pub(super) fn append(&mut self, samples: &[f32]) -> io::Result<()> {
        self.file.write_all(bytemuck::cast_slice(samples))
    }

    /// Fills `samples` with those from number `start` on, which must have been written.
    pub(super) fn read(&mut self, start: usize, samples: &mut [f32]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start as u64 * WIDTH))?;
        self.file.read_exact(bytemuck::cast_slice_mut(samples))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_the_folder_stays_empty() {
        let dir = camino_tempfile::tempdir().unwrap();
        let mut spool = Spool::new(dir.path()).unwrap();
        spool.append(&[0.25, -1.0]).unwrap();
        spool.append(&[f32::MIN_POSITIVE]).unwrap();
        let mut samples = vec![0.0; 2];
        spool.read(1, &mut samples).unwrap();
        assert_eq!(samples, [-1.0, f32::MIN_POSITIVE]);
        spool.read(0, &mut samples).unwrap();
        assert_eq!(samples, [0.25, -1.0]);
        assert!(spool.read(2, &mut samples).is_err());
        drop(spool);
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }
}
