//! The file a picture is received into, judged while it is written.

use camino::Utf8PathBuf;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::fetch::FetchLimits;
use crate::Error;
use crate::picture::{Format, HEAD_BYTES, Head, declared_length, head};

/// The file that is being written, with what has to be known of its bytes.
pub(super) struct Sink {
    file: File,
    path: Utf8PathBuf,
    pub(super) limits: FetchLimits,
    pub(super) written: u64,
    head: Vec<u8>,
    picture: Option<(Format, u32, u32)>,
    /// How long it is by its own head, where that says so.
    declared: Option<u64>,
    tail: Vec<u8>,
    /// How often it was cut off although that was all.
    pub(super) cuts: u32,
}

/// More than the end of any accepted format.
const TAIL: usize = 64;

impl Sink {
    pub(super) fn new(file: File, path: Utf8PathBuf, limits: FetchLimits) -> Self {
        Self {
            file,
            path,
            limits,
            written: 0,
            head: Vec::new(),
            picture: None,
            declared: None,
            tail: Vec::new(),
            cuts: 0,
        }
    }

    pub(super) async fn restart(&mut self) -> Result<(), Error> {
        self.file
            .set_len(0)
            .await
            .map_err(Error::io("emptying", &self.path))?;
        self.file
            .rewind()
            .await
            .map_err(Error::io("emptying", &self.path))?;
        self.written = 0;
        self.head.clear();
        self.tail.clear();
        self.picture = None;
        Ok(())
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.written + piece.len() as u64 > self.limits.max_bytes {
            return Err(bad(format!(
                "it has more than {} bytes",
                self.limits.max_bytes
            )));
        }
        // Judged before it is written: what is no picture does not fill the disk.
        if self.picture.is_none() {
            let room = HEAD_BYTES.saturating_sub(self.head.len());
            self.head.extend_from_slice(&piece[..piece.len().min(room)]);
            self.judge()?;
        }
        self.file
            .write_all(piece)
            .await
            .map_err(Error::io("writing", &self.path))?;
        self.written += piece.len() as u64;
        self.tail
            .extend_from_slice(&piece[piece.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        Ok(())
    }

    fn judge(&mut self) -> Result<(), Error> {
        match head(&self.head) {
            Head::More if self.head.len() < HEAD_BYTES => Ok(()),
            Head::More => Err(bad("its size is not in its first megabyte".into())),
            Head::Not(problem) => Err(bad(problem.into())),
            Head::Picture {
                format,
                width,
                height,
            } => {
                let pixels = u64::from(width) * u64::from(height);
                if pixels > self.limits.max_pixels {
                    return Err(bad(format!(
                        "it has {width}×{height} pixels; at most {} are accepted",
                        self.limits.max_pixels
                    )));
                }
                if let Some(size) = self.limits.size
                    && (size.width(), size.height()) != (width, height)
                {
                    return Err(bad(format!(
                        "it has {width}×{height} pixels and not {size}"
                    )));
                }
                self.picture = Some((format, width, height));
                self.declared = declared_length(&self.head);
                self.head = Vec::new();
                Ok(())
            }
        }
    }

    pub(super) async fn finish(&mut self) -> Result<(Format, u32, u32), Error> {
        self.file
            .flush()
            .await
            .map_err(Error::io("writing", &self.path))?;
        match self.picture {
            Some((format, width, height))
                if format.ends(&self.tail)
                    && self.declared.is_none_or(|length| self.written >= length) =>
            {
                Ok((format, width, height))
            }
            _ => Err(bad(format!("it is cut off after {} bytes", self.written))),
        }
    }
}

fn bad(problem: String) -> Error {
    Error::BadPicture { problem }
}
