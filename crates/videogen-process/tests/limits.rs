//! What a child takes is bounded, and one that takes more is told from one that fails.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;

use common::{never, sh};
use videogen_process::{Command, Error, Outcome, Supervisor};

async fn run(command: Command) -> Result<Outcome, Error> {
    let outcome = Supervisor::new().run(command, &never()).await;
    outcome.and_then(Outcome::into_success)
}

#[tokio::test]
async fn a_file_larger_than_allowed_is_told_as_such() {
    let dir = std::env::temp_dir().join(format!("videogen-process-{}-large", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    // One that writes, one with a hole, one below a shell that goes on and tells by its exit code.
    for script in [
        "exec head -c 70000 /dev/zero > large",
        "exec dd if=/dev/zero of=large bs=1 count=1 seek=4T 2>&1",
        "dd if=/dev/zero of=large bs=1 count=1 seek=4T || exit $?",
    ] {
        let command = sh(script).current_dir(&dir).file_size_limit(65_536);
        let error = run(command).await.unwrap_err();
        let Error::FileTooLarge { limit, .. } = &error else {
            panic!("{script}: {error:?}");
        };
        assert_eq!((limit.bytes, limit.inherited), (65_536, false));
        let text = error.to_string();
        assert!(text.contains("more than 65536 bytes"), "{text}");
        assert!(std::fs::metadata(dir.join("large")).unwrap().len() <= 65_536);
        assert_eq!(
            std::fs::read_dir(&dir).unwrap().count(),
            1,
            "no image of its memory"
        );
    }
    let fits = sh("head -c 65536 /dev/zero > fits")
        .current_dir(&dir)
        .file_size_limit(65_536);
    run(fits).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a directory of this test")]
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn limits_hold_for_what_a_child_starts() {
    let command = sh("sh -c 'ulimit -v; ulimit -d; ulimit -f; ulimit -c'")
        .address_space_limit(512 << 20)
        .memory_limit(256 << 20)
        .file_size_limit(1 << 20);
    let outcome = run(command).await.unwrap();
    // In KiB, and in blocks of 512 bytes.
    assert_eq!(outcome.stdout_text(), "524288\n262144\n2048\n0\n");
}

#[tokio::test]
async fn memory_beyond_the_limit_is_not_given() {
    for (bounded, given) in [(true, false), (false, true)] {
        let limit = bounded.then_some(64_u64 << 20);
        let command =
            sh("exec head -c 200000000 /dev/zero | tail -c 150000000 | wc -c").memory_limit(limit);
        let outcome = run(command).await.unwrap();
        let all = outcome.stdout_text().trim() == "150000000";
        assert_eq!(all, given, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_limit_that_was_there_is_not_raised_and_is_told_as_such() {
    let command = sh("ulimit -f 8; exec \"$0\" \"$@\"")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "limited", "--ignored", "--nocapture"])
        .env("VIDEOGEN_PROCESS_TEST_LIMITED", "1");
    let outcome = run(command).await.unwrap();
    let text = outcome.stdout_text();
    assert!(text.contains("limit 4096 inherited true"), "{text}");
    assert!(text.contains("ulimit -f"), "{text}");
}

#[tokio::test]
#[ignore = "the inner process of a_limit_that_was_there_is_not_raised_and_is_told_as_such"]
async fn limited() {
    if std::env::var_os("VIDEOGEN_PROCESS_TEST_LIMITED").is_none() {
        return;
    }
    let file =
        std::env::temp_dir().join(format!("videogen-process-{}-limited", std::process::id()));
    let command = sh("exec head -c 70000 /dev/zero > \"$FILE\"")
        .env("FILE", &file)
        .file_size_limit(65_536);
    let error = run(command).await.unwrap_err();
    std::fs::remove_file(&file).unwrap();
    let Error::FileTooLarge { limit, .. } = &error else {
        panic!("{error:?}");
    };
    let (bytes, inherited) = (limit.bytes, limit.inherited);
    let help = error.help().unwrap();
    writeln!(
        std::io::stdout(),
        "limit {bytes} inherited {inherited}\n{help}"
    )
    .unwrap();
}
