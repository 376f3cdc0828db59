//! The bodies of a mirror that are no file: pages for people, and gzip.

use bytes::Bytes;

/// As a captive portal or a moved repository answers.
pub(crate) fn page(title: &str) -> Bytes {
    format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1>\n<p>Please sign in.</p></body></html>\n"
    )
    .into()
}

/// What RFC 9110 calls a status, for the ones that are used here.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// A gzip file of these bytes, in stored blocks (RFC 1951 3.2.4): it decodes to them, without a library that packs.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    const MOST: usize = u16::MAX as usize;
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = bytes.len().div_ceil(MOST).max(1);
    for number in 0..blocks {
        let block = &bytes[number * MOST..((number + 1) * MOST).min(bytes.len())];
        let length = block.len() as u16;
        packed.push(u8::from(number + 1 == blocks));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend(crc32fast::hash(bytes).to_le_bytes());
    // Of the length, the lowest 32 bits.
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed.into()
}
