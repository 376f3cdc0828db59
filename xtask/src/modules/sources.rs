//! The sources of one crate as the compiler finds them, from its root on, without its tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One file.
pub(crate) struct SourceFile {
    /// The top-level module it belongs to; none for the crate's root.
    pub(crate) top: Option<String>,
    /// How many modules lie between it and the root, with its own.
    pub(crate) depth: usize,
    /// Its tokens, without those of tests.
    pub(crate) tokens: Vec<TokenTree>,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its texts as they are written, without those of documentation and of tests.
    pub(crate) strings: Vec<String>,
    lines: usize,
}

/// All files of a crate.
pub(crate) struct Sources {
    pub(crate) files: Vec<SourceFile>,
}

impl Sources {
    /// Reads the crate whose sources lie in `source`, from its `lib.rs` or `main.rs` on.
    ///
    /// # Errors
    /// When a file cannot be read, or is no Rust.
    pub(crate) fn of(source: &Path) -> Result<Self, String> {
        let root = ["lib.rs", "main.rs"]
            .map(|name| source.join(name))
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| format!("{} has neither lib.rs nor main.rs", source.display()))?;
        let root = file(&root, None, 0)?;
        let modules = declared(&root.tokens);
        let mut files = vec![root];
        for module in modules {
            read(source, &module, &module, 1, &mut files)?;
        }
        Ok(Self { files })
    }

    /// The crate's root.
    pub(crate) fn root(&self) -> &SourceFile {
        &self.files[0]
    }

    /// Lines, without those of tests.
    pub(crate) fn lines(&self) -> usize {
        self.files.iter().map(|file| file.lines).sum()
    }

    /// The names of all statics whose type names one of `words`, or begins like one; those of a task or a thread do not
    /// count.
    pub(crate) fn statics(&self, words: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for file in &self.files {
            statics(&file.tokens, words, &mut found);
        }
        found
    }
}

/// Reads the module `name` in `directory`, which belongs to `top`, and all modules below it. It lies `depth` below the root.
fn read(
    directory: &Path,
    name: &str,
    top: &str,
    depth: usize,
    files: &mut Vec<SourceFile>,
) -> Result<(), String> {
    let below = directory.join(name);
    let path = [directory.join(format!("{name}.rs")), below.join("mod.rs")]
        .into_iter()
        .find(|path: &PathBuf| path.is_file())
        .ok_or_else(|| format!("module {name} of {} is nowhere", directory.display()))?;
    let file = file(&path, Some(top.to_owned()), depth)?;
    let modules = declared(&file.tokens);
    files.push(file);
    for module in modules {
        read(&below, &module, top, depth + 1, files)?;
    }
    Ok(())
}

fn file(path: &Path, top: Option<String>, depth: usize) -> Result<SourceFile, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("reading {}: {error}", path.display()))?;
    let stream = TokenStream::from_str(&text)
        .map_err(|error| format!("{} is no Rust: {error}", path.display()))?;
    // Tests stand at the end of a file.
    let code = text.split("\n#[cfg(test)]\nmod tests {").next();
    Ok(SourceFile {
        top,
        depth,
        path: path.to_owned(),
        strings: strings(stream.clone()),
        tokens: without_tests(stream),
        lines: code.map_or(0, |code| code.lines().count()),
    })
}

/// `stream` without attributes, which doc comments are too, and without every item that is for tests.
pub(crate) fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut skips = false;
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_punct(&token, '#') {
            if let Some(TokenTree::Punct(_)) = tokens.peek() {
                // `#![…]` is about all of the file.
                tokens.next();
            }
            let attribute = tokens.next().map(|group| group.to_string());
            skips |= attribute.is_some_and(|text| is_for_tests(&text));
            continue;
        }
        if skips {
            // An item ends with its braces or its semicolon.
            let ends = is_punct(&token, ';')
                || matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            skips = !ends;
            continue;
        }
        kept.push(token);
    }
    kept
}

/// The texts in `stream` as they are written, without those of documentation and of tests.
pub(crate) fn strings(stream: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    collect_strings(stream, &mut found);
    found
}

fn collect_strings(stream: TokenStream, found: &mut Vec<String>) {
    let mut skips = false;
    let mut after_hash = false;
    for token in stream {
        if after_hash && let TokenTree::Group(attribute) = &token {
            after_hash = false;
            skips |= is_for_tests(&attribute.to_string());
            let name = attribute.stream().into_iter().next();
            let is_doc = name
                .as_ref()
                .and_then(ident)
                .is_some_and(|name| name == "doc");
            if !skips && !is_doc {
                collect_strings(attribute.stream(), found);
            }
            continue;
        }
        // `#![…]` has a mark between.
        after_hash = is_punct(&token, '#') || (after_hash && is_punct(&token, '!'));
        match token {
            _ if skips => {
                // As in `without_tests`.
                let ends = is_punct(&token, ';')
                    || matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
                skips = !ends;
            }
            TokenTree::Group(group) => collect_strings(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.contains('"') {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
}

/// Whether an attribute, as `[cfg (test)]`, says that what follows is there in tests only.
fn is_for_tests(attribute: &str) -> bool {
    let text: String = attribute.split_whitespace().collect();
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,") || text == "[cfg(doctest)]"
}

pub(crate) fn is_punct(token: &TokenTree, what: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == what)
}

pub(crate) fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

/// The modules that are declared with `mod name;`.
pub(crate) fn declared(tokens: &[TokenTree]) -> BTreeSet<String> {
    tokens
        .windows(3)
        .filter(|three| ident(&three[0]).is_some_and(|word| word == "mod"))
        .filter(|three| is_punct(&three[2], ';'))
        .filter_map(|three| ident(&three[1]))
        .collect()
}

/// Collects the statics in `tokens` and in all groups of them whose type has one of `words`.
fn statics(tokens: &[TokenTree], words: &[&str], found: &mut Vec<String>) {
    const OWN: [&str; 2] = ["task_local", "thread_local"];
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let maker = index.checked_sub(2).and_then(|at| ident(&tokens[at]));
            if maker.is_none_or(|maker| !OWN.contains(&maker.as_str())) {
                statics(&without_tests(group.stream()), words, found);
            }
        }
        let is_static = ident(token).is_some_and(|word| word == "static");
        // `&'static` is a lifetime.
        let is_lifetime = index > 0 && is_punct(&tokens[index - 1], '\'');
        if !is_static || is_lifetime {
            continue;
        }
        let declared: Vec<String> = tokens[index + 1..]
            .iter()
            .take_while(|token| !is_punct(token, '=') && !is_punct(token, ';'))
            .filter_map(ident)
            .collect();
        let has = |name: &String| words.iter().any(|word| name.starts_with(word));
        if declared.iter().any(has) {
            let name = declared.iter().find(|name| *name != "mut");
            found.extend(name.cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statics_are_told_by_their_type() {
        let source = "
            static LIVE: AtomicUsize = AtomicUsize::new(0);
            static NAMES: [&str; 2] = [\"a\", \"b\"];
            static TABLE: LazyLock<Vec<u32>> = LazyLock::new(table);
            fn f() -> &'static str { static mut SEEN: u8 = 0; static LAST: Mutex<u8> = Mutex::new(0); \"\" }
            tokio::task_local! { static AGAIN: Cell<bool>; }
            #[cfg(test)] static COUNT: AtomicUsize = AtomicUsize::new(0);
        ";
        let mut found = Vec::new();
        let tokens = without_tests(source.parse().expect("Rust"));
        statics(&tokens, &["Mutex", "Atomic", "Cell", "mut"], &mut found);
        assert_eq!(found, ["LIVE", "SEEN", "LAST"]);
    }

    #[test]
    fn modules_of_tests_are_not_declared() {
        let source = "mod a; pub mod b; #[cfg(test)] mod tests; mod c { fn f() {} }";
        let tokens = without_tests(source.parse().expect("Rust"));
        let modules: Vec<String> = declared(&tokens).into_iter().collect();
        assert_eq!(modules, ["a", "b"]);
    }
}
