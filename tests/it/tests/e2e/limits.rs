//! Limits of the system, and what would take more than there is, are errors: told, with an exit code, and no panic.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{Finished, Run};

use crate::generate;

/// A WAV file of 16-bit samples, two hours of one a second among others.
fn wav(directory: &Utf8Path, rate: u32, channels: u16) -> Utf8PathBuf {
    let frame = u32::from(channels) * 2;
    let samples = 7000_u32;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples * frame).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * frame).to_le_bytes());
    bytes.extend((frame as u16).to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((samples * frame).to_le_bytes());
    for n in 0..samples * u32::from(channels) {
        bytes.extend(((n * 997 % 20_000) as i16).to_le_bytes());
    }
    let file = directory.join(format!("{rate}-{channels}.wav"));
    std::fs::write(&file, bytes).expect("a file");
    file
}

#[test]
fn sound_with_a_rate_or_channels_of_no_recording_is_refused_in_the_preflight() {
    let place = camino_tempfile::tempdir().expect("a directory");
    for (rate, channels, reason) in [
        (1, 1, "1 samples per second"),
        (100, 2, "100 samples per second"),
        (4_000_000, 1, "4000000 samples per second"),
        (48_000, 64, "64 channels"),
    ] {
        let file = wav(place.path(), rate, channels);
        for flag in ["--narration", "--music"] {
            let run = generate()
                .args([flag, file.as_str(), "--duration", "6", "the sea"])
                .finish()
                .expect_code(3);
            assert!(run.stderr().contains(reason), "{flag}: {}", run.stderr());
        }
    }
}

/// `ffmpeg` and `ffprobe` that are shell scripts around the real ones; `encode` is what is done for an encode.
fn wrapped(directory: &Utf8Path, encode: &str) {
    let script = format!(
        "#!/bin/sh\nfor last; do :; done\ncase \" $* \" in *' pipe:0 '*) {encode};; esac\nexec /usr/bin/ffmpeg \"$@\"\n"
    );
    for (name, text) in [
        ("ffmpeg", script.as_str()),
        ("ffprobe", "#!/bin/sh\nexec /usr/bin/ffprobe \"$@\"\n"),
    ] {
        let file = directory.join(name);
        std::fs::write(&file, text).expect("a script");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    }
}

#[test]
fn an_ffmpeg_that_writes_four_tebibytes_is_stopped() {
    let place = camino_tempfile::tempdir().expect("a directory");
    wrapped(
        place.path(),
        "cat > /dev/null; dd if=/dev/zero of=\"${last#file:}\" bs=1 count=1 seek=4T && exit 0; exit $?",
    );
    let run = generate()
        .path_first(place.path())
        .args(["--duration", "6", "--name", "x", "the sea"])
        .finish()
        .expect_code(4);
    assert!(
        run.stderr().contains("it wrote a file of more than"),
        "{}",
        run.stderr()
    );
}

#[test]
fn an_ffmpeg_is_bounded_in_what_it_maps() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let told = place.path().join("told");
    wrapped(
        place.path(),
        &format!("ulimit -v > '{told}'; ulimit -f >> '{told}'"),
    );
    generate()
        .path_first(place.path())
        .args(["--duration", "6", "--name", "x", "the sea"])
        .finish()
        .expect_code(0);
    let told = std::fs::read_to_string(told).expect("it was asked");
    assert!(
        !told.contains("unlimited") && told.lines().count() == 2,
        "{told}"
    );
}

/// Ended with a documented code, in words, and without a panic.
fn ended_well(run: &Finished, what: &str) {
    let said = run.stderr();
    assert!(!run.timed_out(), "{what}: it hangs: {said}");
    let code = run.code();
    assert!(
        matches!(code, Some(0 | 2 | 3 | 4)),
        "{what}: {code:?}, signal {:?}: {said}",
        run.signal()
    );
    assert!(
        !said.contains("has a bug") && !said.contains("panicked"),
        "{what}: {said}"
    );
    assert!(
        code == Some(0) || !said.trim().is_empty(),
        "{what}: without a word"
    );
}

/// `videogen` under what a shell does first.
fn limited(shell: &str) -> Run {
    Run::new("/bin/sh")
        .args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")])
        .arg(testkit::videogen_bin().as_str())
        .args([
            "generate",
            "--quality",
            "draft",
            "--seed",
            "11",
            "--duration",
            "6",
            "--name",
            "x",
        ])
        .arg("the sea")
        .time_limit(Duration::from_mins(4))
}

#[test]
fn a_limit_of_file_sizes_is_an_error_and_the_rest_is_resumed() {
    for blocks in [0, 1, 16, 256, 1024] {
        let run = limited(&format!("ulimit -f {blocks}")).finish();
        ended_well(&run, &format!("ulimit -f {blocks}"));
        assert_ne!(run.code(), Some(0), "{}", run.stderr());
    }
}

#[test]
fn few_descriptors_are_an_error() {
    for descriptors in [8, 16, 32] {
        let run = limited(&format!("ulimit -n {descriptors}")).finish();
        ended_well(&run, &format!("ulimit -n {descriptors}"));
    }
}

/// As another user than root, whom the limit does not concern, and one who has no other processes.
#[test]
fn no_threads_are_an_error_whichever_of_them_is_refused() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let everybody = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(place.path(), everybody(0o777)).expect("a directory for everybody");
    let as_root = Run::new("id").arg("-u").finish().stdout().trim() == "0";
    for (n, most) in [1, 2, 3, 4, 6, 8, 12, 20, 28, 34, 40, 48, 64]
        .into_iter()
        .enumerate()
    {
        let home = place.path().join(n.to_string());
        std::fs::create_dir(&home).expect("a directory");
        std::fs::set_permissions(&home, everybody(0o777)).expect("a directory for everybody");
        let user = 1_000_000_000 + std::process::id() * 16 + n as u32;
        let other = if as_root {
            format!("setpriv --reuid {user} --regid {user} --clear-groups ")
        } else {
            String::new()
        };
        // Taken when the program is started: the shell itself needs no other.
        let run = limited(&format!("exec {other}prlimit --nproc={most} \"$0\" \"$@\""))
            .directory(home.clone())
            .env("HOME", home.as_str())
            .env("TMPDIR", home.as_str())
            .finish();
        ended_well(&run, &format!("prlimit --nproc={most}"));
        if most < 20 {
            assert!(
                matches!(run.code(), Some(2 | 3)),
                "{most}: {}",
                run.stderr()
            );
        }
    }
}
