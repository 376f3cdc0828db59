//! Whether a start can go well: what of it contradicts itself is told before anything is started. What is looked at on the
//! disk is looked at here; the rest is pure.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_net::{ServerUrl, machine_of};
use videogen_types::Machine;

use super::Launch;

/// Where ComfyUI listens unless it is told.
const USUAL_PORT: u16 = 8188;
/// What ComfyUI's own script is called.
const SCRIPT: &str = "main.py";
/// What ComfyUI says when it listens; an address follows.
const LISTENS_AT: &str = "To see the GUI go to: ";

/// Why what `how` starts would never answer at `url`; `None` where nothing speaks against it.
pub(super) fn problem(url: &ServerUrl, how: &Launch) -> Option<String> {
    directory_problem(how)
        .or_else(|| script_problem(how))
        .or_else(|| port_problem(url, how.command.arguments()))
        .or_else(|| listen_problem(url, how.command.arguments()))
}

fn directory_problem(how: &Launch) -> Option<String> {
    let directory = how.directory.as_ref()?;
    match directory.metadata() {
        Ok(it) if it.is_dir() => None,
        Ok(_) => Some(format!(
            "{directory} is not a directory: correct comfyui_directory"
        )),
        Err(error) => Some(format!(
            "the directory {directory} cannot be used ({error}): correct comfyui_directory"
        )),
    }
}

/// A script that is not where it is looked for.
fn script_problem(how: &Launch) -> Option<String> {
    let script = script(how.command.arguments())?;
    let at = how.directory.as_ref().map_or_else(
        || Utf8PathBuf::from(script),
        |directory| directory.join(script),
    );
    if at.exists() {
        return None;
    }
    Some(match &how.directory {
        Some(directory) => format!(
            "{directory} has no {script}: set comfyui_directory to the directory of ComfyUI's {SCRIPT}"
        ),
        None => format!(
            "there is no {at} here: set comfyui_directory to the directory of ComfyUI's {SCRIPT}"
        ),
    })
}

/// The first argument that is a program of Python; options of the interpreter may come before it.
fn script(arguments: &[String]) -> Option<&str> {
    let first = arguments.iter().find(|argument| !argument.starts_with('-'));
    first
        .map(String::as_str)
        .filter(|argument| Utf8Path::new(argument).extension() == Some("py"))
}

fn port_problem(url: &ServerUrl, arguments: &[String]) -> Option<String> {
    let wanted = url.port();
    let is_comfyui =
        || script(arguments).and_then(|it| Utf8Path::new(it).file_name()) == Some(SCRIPT);
    match value_of("--port", arguments) {
        Some(said) => match said.parse::<u16>() {
            Ok(port) if port == wanted => None,
            // It may be a variable of a script; ComfyUI refuses what is no number.
            Err(_) => None,
            Ok(port) => Some(format!(
                "comfyui_command starts ComfyUI at port {port} and comfyui_url names port {wanted}: set one as the other"
            )),
        },
        None if is_comfyui() && wanted != USUAL_PORT => Some(format!(
            "comfyui_command starts ComfyUI at its usual port {USUAL_PORT} and comfyui_url names port {wanted}: \
             add --port {wanted} to comfyui_command"
        )),
        None => None,
    }
}

/// An address of this machine that is not the one that is asked: `--listen` with another one leaves `127.0.0.1` out.
fn listen_problem(url: &ServerUrl, arguments: &[String]) -> Option<String> {
    let said = value_of("--listen", arguments).filter(|said| !said.starts_with('-'))?;
    let reaches = |address: &str| {
        let host = if address.contains(':') {
            format!("[{address}]")
        } else {
            address.to_owned()
        };
        machine_of(&format!("http://{host}")) == Some(Machine::Local)
    };
    if said.split(',').map(str::trim).any(reaches) {
        return None;
    }
    Some(format!(
        "comfyui_command has ComfyUI listen at {said}, where {url} does not reach it: \
         leave --listen out, or listen at 0.0.0.0"
    ))
}

/// What follows an option, in either form.
fn value_of<'a>(option: &str, arguments: &'a [String]) -> Option<&'a str> {
    let mut found = None;
    let mut words = arguments.iter();
    // The last one counts, as for Python's argparse.
    while let Some(word) = words.next() {
        if word == option {
            found = words.as_slice().first().map(String::as_str);
        } else if let Some(value) = word
            .strip_prefix(option)
            .and_then(|it| it.strip_prefix('='))
        {
            found = Some(value);
        }
    }
    found
}

/// Why a ComfyUI that has said `output` will not answer at `url`: it listens at another port.
pub(super) fn listens_elsewhere(url: &ServerUrl, output: &str) -> Option<String> {
    let (_, rest) = output.rsplit_once(LISTENS_AT)?;
    let address = rest.split_whitespace().next()?;
    let there: ServerUrl = address.parse().ok()?;
    (there.port() != url.port())
        .then(|| format!("it listens at {there}, and comfyui_url is {url}: set one as the other"))
}

#[cfg(test)]
mod tests {
    use camino_tempfile::tempdir;

    use super::*;

    fn said(url: &str, command: &str, directory: Option<&Utf8Path>) -> String {
        let how = Launch {
            directory: directory.map(Utf8Path::to_owned),
            ..Launch::new(command.parse().unwrap())
        };
        problem(&url.parse().unwrap(), &how).unwrap_or_default()
    }

    #[test]
    fn a_port_unlike_the_urls_is_told() {
        let here = tempdir().unwrap();
        std::fs::write(here.path().join("main.py"), "").unwrap();
        let said = |url, command| said(url, command, Some(here.path()));
        for fine in [
            "python main.py",
            "python -s main.py --port 8188",
            "python main.py --port=1 --port 8188",
            "python main.py --listen",
            "python main.py --listen --lowvram",
            "python main.py --listen 0.0.0.0,::",
            "./run.sh --port $PORT",
            "comfy launch",
        ] {
            assert_eq!(said("http://127.0.0.1:8188", fine), "", "{fine}");
        }
        for other in [
            "python main.py --port 8189",
            "python main.py --port=8189",
            "comfy launch -- --port 8189",
        ] {
            let why = said("http://localhost:8188", other);
            assert!(
                why.contains("8189") && why.contains("8188"),
                "{other}: {why}"
            );
        }
        let why = said("http://127.0.0.1:9000", "python main.py");
        assert!(why.contains("add --port 9000"), "{why}");
        // A script of one's own may listen anywhere.
        assert_eq!(said("http://127.0.0.1:9000", "./run.sh"), "");
        let why = said(
            "http://127.0.0.1:8188",
            "python main.py --listen 192.168.1.5",
        );
        assert!(why.contains("192.168.1.5"), "{why}");
    }

    #[test]
    fn a_directory_that_is_not_comfyuis_is_told() {
        let here = tempdir().unwrap();
        let url = "http://127.0.0.1:8188";
        let gone = here.path().join("gone");
        let why = said(url, "python main.py", Some(&gone));
        assert!(
            why.contains("gone") && why.contains("comfyui_directory"),
            "{why}"
        );
        std::fs::write(here.path().join("file"), "").unwrap();
        let why = said(url, "python main.py", Some(&here.path().join("file")));
        assert!(why.contains("is not a directory"), "{why}");
        let why = said(url, "python main.py", Some(here.path()));
        assert!(why.contains("has no main.py"), "{why}");
        let why = said(url, "python -u /nowhere/main.py", None);
        assert!(why.contains("/nowhere/main.py"), "{why}");
        assert_eq!(said(url, "./run.sh", Some(here.path())), "");
    }

    #[test]
    fn what_it_says_itself_tells_where_it_listens() {
        let url: ServerUrl = "http://127.0.0.1:8188".parse().unwrap();
        let output = "Starting server\n\nTo see the GUI go to: http://0.0.0.0:8189\n";
        let why = listens_elsewhere(&url, output).unwrap();
        assert!(why.contains(":8189"), "{why}");
        for fine in [
            "Starting server",
            "To see the GUI go to: ",
            "To see the GUI go to: http://127.0.0.1:8188",
            "To see the GUI go to: http://0.0.0.0:8189\nTo see the GUI go to: http://0.0.0.0:8188",
        ] {
            assert_eq!(listens_elsewhere(&url, fine), None, "{fine}");
        }
    }
}
