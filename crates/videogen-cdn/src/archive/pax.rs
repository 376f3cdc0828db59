//! Extensions of the format of POSIX (pax): records before a member that override its header. Read strictly, because what
//! one reader skips another one believes.

/// What the records before a member say, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<String>,
    pub(super) size: Option<u64>,
}

/// Parses the records before one member.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn parse(bytes: &[u8]) -> Result<Pax, &'static str> {
    let mut pax = Pax::default();
    let mut keys: Vec<&str> = Vec::new();
    for record in records(bytes)? {
        let (key, value) = record;
        if keys.contains(&key) {
            return Err("a record stands there twice");
        }
        keys.push(key);
        match key {
            "path" => {
                let path = str::from_utf8(value).map_err(|_| "a path that is no text")?;
                pax.path = Some(path.to_owned());
            }
            "size" => pax.size = Some(decimal(value).ok_or("a size that is no number")?),
            "linkpath" => return Err("the target of a link"),
            "hdrcharset" if value != b"ISO-IR 10646 2000 UTF-8" => {
                return Err("another character set");
            }
            key if key.starts_with("GNU.sparse") => return Err("a sparse file"),
            // Times, owners, comments, attributes: not taken over.
            _ => {}
        }
    }
    Ok(pax)
}

/// Checks the records for all members that follow: they may say what is not taken over anyway, as the comment of `git
/// archive` does.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn check_global(bytes: &[u8]) -> Result<(), &'static str> {
    match parse(bytes)? {
        Pax {
            path: None,
            size: None,
        } => Ok(()),
        _ => Err("a path or a size for all members"),
    }
}

/// Splits into keys and values. Each record is `LENGTH KEY=VALUE\n`, where the length is that of all of it.
fn records(mut bytes: &[u8]) -> Result<Vec<(&str, &[u8])>, &'static str> {
    const MALFORMED: &str = "a malformed record";
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|b| *b == b' ').ok_or(MALFORMED)?;
        let length = decimal(&bytes[..space]).ok_or(MALFORMED)?;
        let length = usize::try_from(length).map_err(|_| MALFORMED)?;
        if length <= space + 1 || length > bytes.len() {
            return Err(MALFORMED);
        }
        let (record, rest) = bytes.split_at(length);
        let record = record[space + 1..].strip_suffix(b"\n").ok_or(MALFORMED)?;
        let equals = record.iter().position(|b| *b == b'=').ok_or(MALFORMED)?;
        let key = str::from_utf8(&record[..equals]).map_err(|_| MALFORMED)?;
        if key.is_empty() || key.chars().any(char::is_control) {
            return Err(MALFORMED);
        }
        records.push((key, &record[equals + 1..]));
        bytes = rest;
    }
    Ok(records)
}

/// Digits only, without a sign, spaces or zeros before.
fn decimal(bytes: &[u8]) -> Option<u64> {
    let plain =
        bytes.iter().all(u8::is_ascii_digit) && (bytes.len() == 1 || !bytes.starts_with(b"0"));
    plain
        .then(|| str::from_utf8(bytes).ok()?.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(key: &str, value: &str) -> Vec<u8> {
        let body = format!(" {key}={value}\n");
        let mut length = body.len();
        while length != body.len() + length.to_string().len() {
            length = body.len() + length.to_string().len();
        }
        format!("{length}{body}").into_bytes()
    }

    #[test]
    fn records_of_real_writers_are_understood() {
        // POSIX's own example has this form.
        let bytes = [
            record("path", "vögel/a=b.txt"),
            record("mtime", "1.5"),
            record("size", "7"),
        ]
        .concat();
        let pax = parse(&bytes).expect("well formed");
        assert_eq!(
            (pax.path.as_deref(), pax.size),
            (Some("vögel/a=b.txt"), Some(7))
        );
        assert_eq!(&record("a", "b"), b"6 a=b\n");
        assert_eq!(check_global(&record("comment", "0f1e2d")), Ok(()));
        assert!(check_global(&record("size", "7")).is_err());
    }

    #[test]
    fn what_is_malformed_is_never_skipped() {
        let twice = [record("path", "a"), record("path", "b")].concat();
        let cut = &record("path", "abc")[..8];
        for bytes in [
            &b"7 a=b\n"[..],
            b"5 a=b\n",
            b"06 a=b\n",
            b" a=b\n",
            b"6 a=b ",
            b"6 ab=\0",
            b"5 ab\n",
            b"-6 a=b\n",
            b"99999999999999999999 a=b\n",
            b"18446744073709551615 a=b\n",
            b"4 =\n",
            b"garbage",
            b"6 a=b\n\0",
            &record("size", "0x10"),
            &record("size", "-1"),
            &record("size", "+1"),
            &record("size", ""),
            &record("linkpath", "/etc/passwd"),
            &record("GNU.sparse.major", "1"),
            &record("hdrcharset", "BINARY"),
            &twice,
            cut,
        ] {
            assert!(
                parse(bytes).is_err(),
                "{:?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn what_is_written_is_read(path in "[a-z/=\n ]{1,300}", size in any::<u64>()) {
            let bytes = [record("size", &size.to_string()), record("path", &path)].concat();
            let pax = parse(&bytes).expect("well formed");
            prop_assert_eq!(pax, Pax { path: Some(path), size: Some(size) });
        }
    }
}
