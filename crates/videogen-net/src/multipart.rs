//! Forms with files.

use bytes::Bytes;

/// One field of a form.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) data: Bytes,
}

/// A `multipart/form-data` body. Names and file names may be any text: they are encoded.
#[derive(Debug, Clone, Default)]
pub struct Multipart {
    pub(crate) parts: Vec<Part>,
}

impl Multipart {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field with text.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.push(Part {
            name: name.into(),
            file_name: None,
            content_type: None,
            data: Bytes::from(value.into()),
        });
        self
    }

    /// Adds a file. Its bytes are held in memory once, also when the request is cloned.
    #[must_use]
    pub fn file(
        mut self,
        name: impl Into<String>,
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        data: impl Into<Bytes>,
    ) -> Self {
        self.parts.push(Part {
            name: name.into(),
            file_name: Some(file_name.into()),
            content_type: Some(content_type.into()),
            data: data.into(),
        });
        self
    }

    /// As reqwest wants it; the text says what is wrong.
    pub(crate) fn form(&self) -> Result<reqwest::multipart::Form, String> {
        let mut form = reqwest::multipart::Form::new();
        for part in &self.parts {
            let length = part.data.len() as u64;
            let mut field = reqwest::multipart::Part::stream_with_length(part.data.clone(), length);
            if let Some(file_name) = &part.file_name {
                field = field.file_name(file_name.clone());
            }
            if let Some(content_type) = &part.content_type {
                field = field
                    .mime_str(content_type)
                    .map_err(|_| format!("{content_type:?} is not a media type"))?;
            }
            form = form.part(part.name.clone(), field);
        }
        Ok(form)
    }
}
