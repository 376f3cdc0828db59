//! Files that are no text, told by how they begin, so that each is refused by its name.

use super::fault::ScriptFlaw;

/// A kind of file that is no script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What it is, with its article.
    pub(super) name: &'static str,
    /// Whether a person can save it as text.
    pub(super) flaw: ScriptFlaw,
}

const fn document(name: &'static str) -> Foreign {
    Foreign {
        name,
        flaw: ScriptFlaw::Document,
    }
}

const fn binary(name: &'static str) -> Foreign {
    Foreign {
        name,
        flaw: ScriptFlaw::Binary,
    }
}

/// What a file begins with.
#[rustfmt::skip] // a table
const BEGINNINGS: &[(&[u8], Foreign)] = &[
    (b"{\\rtf", document("an RTF document")),
    (b"%PDF-", document("a PDF document")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", document("an old Microsoft Office document (DOC)")),
    (b"%!PS", document("a PostScript document")),
    (b"\x89PNG\r\n", binary("a PNG picture")),
    (b"\xff\xd8\xff", binary("a JPEG picture")),
    (b"GIF87a", binary("a GIF picture")),
    (b"GIF89a", binary("a GIF picture")),
    (b"II*\0", binary("a TIFF picture")),
    (b"MM\0*", binary("a TIFF picture")),
    (b"ID3", binary("an MP3 sound file")),
    (b"\xff\xfb", binary("an MP3 sound file")),
    (b"OggS", binary("an Ogg sound file")),
    (b"fLaC", binary("a FLAC sound file")),
    (b"\x1a\x45\xdf\xa3", binary("a Matroska or WebM video")),
    (b"\x1f\x8b", binary("a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", binary("a 7z archive")),
    (b"Rar!\x1a\x07", binary("a RAR archive")),
    (b"\xfd7zXZ\0", binary("an xz archive")),
    (b"\x28\xb5\x2f\xfd", binary("a Zstandard archive")),
    (b"\x7fELF", binary("a program")),
    (b"SQLite format 3\0", binary("an SQLite database")),
    (b"bplist00", binary("a binary property list")),
];

/// What tells one ZIP archive from another: a name of a file in it, or its type.
#[rustfmt::skip] // a table
const ARCHIVES: &[(&[u8], Foreign)] = &[
    (b"application/vnd.oasis.opendocument.text", document("an ODT document")),
    (b"application/vnd.oasis.opendocument", document("an OpenDocument file")),
    (b"application/epub+zip", document("an EPUB book")),
    (b"word/", document("a Word document (DOCX)")),
    (b"ppt/", document("a PowerPoint presentation (PPTX)")),
    (b"xl/", document("an Excel workbook (XLSX)")),
    (b"Index/Document.iwa", document("a Pages document")),
];

/// What `bytes`, the beginning of a file or all of it, are instead of text; `None` where they may be text.
pub(super) fn foreign(bytes: &[u8]) -> Option<Foreign> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"PK\x03\x04") {
        let found = ARCHIVES.iter().find(|(mark, _)| has(bytes, mark));
        return Some(found.map_or(binary("a ZIP archive"), |(_, foreign)| *foreign));
    }
    match (bytes.get(..4), bytes.get(8..12)) {
        (Some(b"RIFF"), Some(b"WEBP")) => return Some(binary("a WebP picture")),
        (Some(b"RIFF"), Some(b"WAVE")) => return Some(binary("a WAV sound file")),
        (Some(b"RIFF"), Some(b"AVI ")) => return Some(binary("an AVI video")),
        _ => {}
    }
    match bytes.get(4..12) {
        Some(b"ftypavif" | b"ftypheic" | b"ftypheix" | b"ftypmif1") => {
            return Some(binary("a HEIC or AVIF picture"));
        }
        Some(kind) if kind.starts_with(b"ftyp") => {
            return Some(binary("an MP4 or QuickTime file"));
        }
        _ => {}
    }
    let text = bytes.trim_ascii_start();
    let mut begins = BEGINNINGS.iter();
    begins
        .find(|(mark, foreign)| {
            bytes.starts_with(mark)
                || foreign.flaw == ScriptFlaw::Document && text.starts_with(mark)
        })
        .map(|(_, foreign)| *foreign)
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_how_they_begin() {
        let odt = b"PK\x03\x04\x14\0\0\x08\0\0mimetypeapplication/vnd.oasis.opendocument.textPK";
        let docx = b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\x01\x02PK\x03\x04word/document.xml";
        for (bytes, name) in [
            (&b"{\\rtf1\\ansi Hello}"[..], "an RTF document"),
            (b"\xef\xbb\xbf {\\rtf1 Hello}", "an RTF document"),
            (b"%PDF-1.7\n", "a PDF document"),
            (docx, "a Word document (DOCX)"),
            (odt, "an ODT document"),
            (b"PK\x03\x04story.txt", "a ZIP archive"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
                "an old Microsoft Office document (DOC)",
            ),
            (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
            (b"\0\0\0\x20ftypisom", "an MP4 or QuickTime file"),
        ] {
            assert_eq!(foreign(bytes).map(|found| found.name), Some(name));
        }
        for text in [&b""[..], b"P", b"PK is a name.", b"{\"scenes\": []}", b"%P"] {
            assert_eq!(foreign(text), None);
        }
    }
}
