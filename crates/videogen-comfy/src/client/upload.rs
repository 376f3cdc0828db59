//! Pictures for a workflow to begin with.

use bytes::Bytes;
use serde_json::{Map, Value};
use videogen_net::Multipart;

use super::ComfyClient;
use crate::picture::Format;
use crate::wire::history::Folder;
use crate::{Error, OutputPrefix};

/// Where an uploaded picture lies on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The name it got: another one where the wanted name was taken by other bytes.
    pub filename: String,
    /// The server's folder.
    pub subfolder: String,
    /// Which of the server's directories.
    pub folder: Folder,
}

impl Uploaded {
    /// What `LoadImage` takes as its `image`.
    pub fn load_name(&self) -> String {
        if self.subfolder.is_empty() {
            self.filename.clone()
        } else {
            format!("{}/{}", self.subfolder, self.filename)
        }
    }
}

impl ComfyClient {
    /// Uploads a PNG, JPEG or WebP as `name`, to which the extension is added. The same bytes twice are one file.
    ///
    /// # Errors
    /// [`Error::BadPicture`] when the bytes are none of them, [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn upload(
        &self,
        name: &OutputPrefix,
        image: impl Into<Bytes>,
    ) -> Result<Uploaded, Error> {
        let image = image.into();
        let Some(format) = Format::of(&image) else {
            return Err(Error::BadPicture {
                problem: "it begins like neither PNG, JPEG nor WebP".into(),
            });
        };
        let (subfolder, name) = name
            .as_str()
            .rsplit_once('/')
            .unwrap_or(("", name.as_str()));
        let mime = match format {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::WebP => "image/webp",
        };
        let form = Multipart::new()
            .text("type", Folder::Input.name())
            .text("subfolder", subfolder)
            .file(
                "image",
                format!("{name}.{}", format.extension()),
                mime,
                image,
            );
        let body = self
            .body(
                "upload",
                self.post_to(&["upload", "image"]).multipart(form),
                1024 * 1024,
            )
            .await?;
        let answer: Map<String, Value> = crate::wire::json("upload", &body)?;
        let field = |key: &str| crate::wire::text(&answer, key);
        match field("name") {
            Some(filename) if !filename.is_empty() => Ok(Uploaded {
                filename: filename.to_owned(),
                subfolder: field("subfolder").unwrap_or_default().to_owned(),
                folder: field("type")
                    .and_then(Folder::named)
                    .unwrap_or(Folder::Input),
            }),
            _ => Err(Error::bad_answer("upload", "it has no name".into())),
        }
    }
}
