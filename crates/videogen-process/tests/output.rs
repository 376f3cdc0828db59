//! Output is read all the while, kept within bounds, and what is kept is true.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use common::{LONG, lines, never, sh};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use videogen_process::{Child, Error, Exit, PipeReader, PipeWriter, Stdin, Stdout, Supervisor};

#[tokio::test]
async fn both_streams_are_kept_apart() {
    let outcome = Supervisor::new()
        .run(sh("echo out; echo err >&2"), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stdout, b"out\n");
    assert_eq!(outcome.stderr.as_str(), "err\n");
    assert!(!outcome.stderr.truncated);
}

#[tokio::test]
async fn tails_are_the_last_bytes() {
    let script = "i=0; while [ $i -lt 2000 ]; do echo $i; echo e$i >&2; i=$((i+1)); done";
    let outcome = Supervisor::new()
        .run(sh(script).tail_limit(10), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stdout_text(), "1998\n1999\n");
    assert_eq!(outcome.stderr.as_str(), "998\ne1999\n");
    assert!(outcome.stderr.truncated);
    assert_eq!(outcome.stderr.last_line(), Some("e1999"));
}

#[tokio::test]
async fn captured_output_is_whole() {
    let supervisor = Supervisor::new();
    let million = sh("head -c 1000000 /dev/zero").stdout(Stdout::Capture { limit: 1_000_000 });
    let outcome = supervisor.run(million, &never()).await.unwrap();
    assert_eq!(outcome.stdout.len(), 1_000_000);
}

#[tokio::test]
async fn too_much_output_is_an_error_and_kills() {
    let supervisor = Supervisor::new();
    let begin = Instant::now();
    let endless = sh("trap '' TERM PIPE; while :; do echo yes; done")
        .stdout(Stdout::Capture { limit: 100_000 });
    let error = supervisor
        .run(endless.grace(LONG), &never())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::TooMuchOutput { limit: 100_000, .. }),
        "{error:?}"
    );
    assert!(begin.elapsed() < LONG / 2, "the grace was waited out");
    assert_eq!(supervisor.live(), 0);
}

/// The child is gone before the excess is read; it is an error all the same.
#[tokio::test]
async fn one_byte_too_many_is_an_error() {
    let supervisor = Supervisor::new();
    let command = sh("printf 12345").stdout(Stdout::Capture { limit: 4 });
    let error = supervisor.run(command, &never()).await.unwrap_err();
    assert!(
        matches!(error, Error::TooMuchOutput { limit: 4, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_child_that_closes_its_output_early_goes_on() {
    let script = "echo first; exec >&- 2>&-; sleep 0.3; exit 4";
    let outcome = Supervisor::new().run(sh(script), &never()).await.unwrap();
    assert_eq!((outcome.exit, outcome.leaked), (Exit::Code(4), false));
    assert_eq!(outcome.stdout_text(), "first\n");
    assert!(outcome.elapsed >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_null_stdout_keeps_nothing() {
    let outcome = Supervisor::new()
        .run(sh("echo out").stdout(Stdout::Null), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stdout, b"");
}

#[tokio::test]
async fn stdin_bytes_arrive_and_end() {
    let text = "line\n".repeat(200_000);
    let command = sh("cat").stdin(Stdin::Bytes(text.clone().into_bytes()));
    let command = command.stdout(Stdout::Capture { limit: text.len() });
    let outcome = Supervisor::new().run(command, &never()).await.unwrap();
    assert!(outcome.stdout == text.as_bytes());
}

/// A child whose stdin is written by a thread that may block.
fn with_blocking_stdin(script: &str) -> (Child, PipeWriter) {
    let command = sh(script).stdin(Stdin::Pipe);
    let mut child = Supervisor::new().spawn(command).unwrap();
    let stdin = child.take_stdin().unwrap();
    (child, stdin.into_blocking(1 << 20).unwrap())
}

#[tokio::test]
async fn a_thread_can_write_more_than_the_pipe_holds() {
    let (child, mut pipe) = with_blocking_stdin("wc -c");
    let writer = std::thread::spawn(move || pipe.write_all(&vec![b'x'; 5_000_000]));
    let outcome = child.wait(&never()).await.unwrap();
    assert_eq!(outcome.stdout_text().trim(), "5000000");
    assert!(writer.join().unwrap().is_ok());
}

#[tokio::test]
async fn killing_the_child_ends_a_blocked_write() {
    let (child, mut pipe) = with_blocking_stdin("sleep 1000");
    let writer = std::thread::spawn(move || pipe.write_all(&vec![b'x'; 5_000_000]));
    child.kill();
    let outcome = child.wait(&never()).await.unwrap();
    assert!(!outcome.success());
    let error = writer.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

/// A child whose stdout is read by a thread that may block.
fn with_blocking_stdout(script: &str) -> (Child, PipeReader) {
    let command = sh(script).stdout(Stdout::Pipe);
    let mut child = Supervisor::new().spawn(command).unwrap();
    let stdout = child.take_stdout().unwrap();
    (child, stdout.into_blocking(1 << 20).unwrap())
}

#[tokio::test]
async fn a_thread_can_read_more_than_the_pipe_holds() {
    let (child, mut pipe) = with_blocking_stdout("head -c 5000000 /dev/zero");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes.len())
    });
    assert!(child.wait(&never()).await.unwrap().success());
    assert_eq!(reader.join().unwrap().unwrap(), 5_000_000);
}

#[tokio::test]
async fn killing_the_child_ends_a_blocked_read() {
    let (child, mut pipe) = with_blocking_stdout("echo begun; sleep 1000");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    });
    child.kill();
    assert!(!child.wait(&never()).await.unwrap().success());
    // It may have been killed before it wrote.
    assert!(matches!(&*reader.join().unwrap().unwrap(), "" | "begun\n"));
}

#[tokio::test]
async fn what_is_lent_arrives_whole_and_the_buffers_come_back() {
    // A reader slower than the writer, and a sum that sees every byte at its place.
    let (child, mut pipe) = with_blocking_stdin("sleep 0.1; cksum");
    let size = |round: usize| 1 + round * 7919 % 700_000;
    let fill = move |round: usize, buffer: &mut Vec<u8>| {
        buffer.clear();
        buffer.extend((0..size(round)).map(|i| ((i * 31) ^ (round * 17)) as u8));
    };
    let rounds = 60;
    let writer = std::thread::spawn(move || {
        let mut spare: Vec<Vec<u8>> = Vec::new();
        let mut made = 0;
        for round in 0..rounds {
            let mut buffer = spare.pop().unwrap_or_else(|| {
                made += 1;
                Vec::new()
            });
            fill(round, &mut buffer);
            spare.extend(pipe.lend(buffer).unwrap());
            if round % 10 == 5 {
                pipe.write_all(b"between").unwrap();
            }
        }
        made
    });
    let outcome = child.wait(&never()).await.unwrap();
    let made = writer.join().unwrap();
    let mut expected = Vec::new();
    let mut buffer = Vec::new();
    for round in 0..rounds {
        fill(round, &mut buffer);
        expected.extend_from_slice(&buffer);
        if round % 10 == 5 {
            expected.extend_from_slice(b"between");
        }
    }
    let command = sh("cksum").stdin(Stdin::Bytes(expected));
    let reference = Supervisor::new().run(command, &never()).await.unwrap();
    assert_eq!(outcome.stdout_text(), reference.stdout_text());
    // The pipe holds 1 MiB: some buffers are in it, the others go round.
    assert!(made < rounds / 2, "{made} buffers were needed");
}

#[tokio::test]
async fn lending_to_a_child_that_ended_is_a_broken_pipe() {
    let (child, mut pipe) = with_blocking_stdin("exit 0");
    let writer = std::thread::spawn(move || {
        loop {
            if let Err(error) = pipe.lend(vec![b'x'; 400_000]) {
                return error.kind();
            }
        }
    });
    assert!(child.wait(&never()).await.unwrap().success());
    assert_eq!(writer.join().unwrap(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn a_child_need_not_read_its_stdin() {
    let supervisor = Supervisor::new();
    let bytes = || Stdin::Bytes(vec![b'x'; 4_000_000]);
    let outcome = supervisor
        .run(sh("exit 0").stdin(bytes()), &never())
        .await
        .unwrap();
    assert!(outcome.success());
    let outcome = supervisor
        .run(sh("exec <&-; sleep 0.2; exit 5").stdin(bytes()), &never())
        .await
        .unwrap();
    assert_eq!(outcome.exit, Exit::Code(5));
    // Somebody else holds the reading end and never reads.
    let outcome = supervisor
        .run(sh("sleep 1000 <&0 & exit 6").stdin(bytes()), &never())
        .await
        .unwrap();
    assert_eq!(outcome.exit, Exit::Code(6));
}

#[tokio::test]
async fn no_stdin_is_end_of_file() {
    let outcome = Supervisor::new()
        .run(sh("cat; echo done"), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stdout_text(), "done\n");
}

#[tokio::test]
async fn pipes_make_a_conversation() {
    let command = sh("while read line; do echo \"<$line>\"; done")
        .stdin(Stdin::Pipe)
        .stdout(Stdout::Pipe);
    let mut child = Supervisor::new().spawn(command).unwrap();
    let mut input = child.take_stdin().unwrap();
    let mut output = lines(&mut child);
    assert!(child.take_stdin().is_none() && child.take_stdout().is_none());
    for word in ["one", "two"] {
        input
            .write_all(format!("{word}\n").as_bytes())
            .await
            .unwrap();
        assert_eq!(
            output.next_line().await.unwrap().unwrap(),
            format!("<{word}>")
        );
    }
    drop(input);
    assert_eq!(output.next_line().await.unwrap(), None);
    assert!(child.wait(&never()).await.unwrap().success());
}

#[tokio::test]
async fn a_piped_stdout_may_be_read_after_the_end() {
    let mut child = Supervisor::new()
        .spawn(sh("echo kept").stdout(Stdout::Pipe))
        .unwrap();
    let mut output = child.take_stdout().unwrap();
    assert!(child.wait(&never()).await.unwrap().success());
    let mut text = String::new();
    output.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "kept\n");
}

#[tokio::test]
async fn a_piped_stdout_nobody_took_does_not_block_the_child() {
    let command = sh("head -c 1000000 /dev/zero; echo end")
        .stdout(Stdout::Pipe)
        .tail_limit(4);
    let child = Supervisor::new().spawn(command).unwrap();
    assert_eq!(child.wait(&never()).await.unwrap().stdout, b"end\n");
}

#[tokio::test]
async fn a_dropped_stdout_ends_the_writer() {
    let mut child = Supervisor::new()
        .spawn(sh("while :; do echo yes; done").stdout(Stdout::Pipe))
        .unwrap();
    drop(child.take_stdout());
    let outcome = child.wait(&never()).await.unwrap();
    // 13 is `SIGPIPE`, which Rust programs ignore and children must not.
    assert_eq!(outcome.exit, Exit::Signal(13));
}

#[tokio::test]
async fn stderr_can_be_looked_at_while_the_child_runs() {
    let child = Supervisor::new()
        .spawn(sh("echo loading >&2; sleep 1000"))
        .unwrap();
    let begin = Instant::now();
    while child.stderr_tail() != "loading\n" {
        assert!(begin.elapsed() < LONG, "{:?}", child.stderr_tail());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn output_that_is_not_text_is_readable() {
    let outcome = Supervisor::new()
        .run(sh("printf '\\377ok\\n' >&2"), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stderr.as_str(), "\u{FFFD}ok\n");
}
