//! What the program printed in the wild, and what it must not be mistaken for.

use proptest::prelude::*;

use super::*;
use crate::Throttle;

const A2000: &str = "0, GPU-5f3c1d2e-0a4b-9c8d-7e6f-112233445566, 12288, 6021, 5998, 61, 535.183.01, 8.6, 0x0000000000000004, [N/A], NVIDIA RTX A2000 12GB\n";

fn full(text: &str) -> GpuReadings {
    cards(text, FULL).unwrap()
}

#[test]
fn a_card_is_read() {
    let readings = full(A2000);
    assert_eq!(readings.notes, []);
    let card = &readings.cards[0];
    assert_eq!(card.name, "NVIDIA RTX A2000 12GB");
    assert_eq!(card.total.bytes(), Bytes::from_mib(12288));
    assert_eq!(card.used, Bytes::from_mib(6021));
    assert_eq!(card.free.bytes(), Bytes::from_mib(5998));
    assert_eq!(card.compute, Some(ComputeCapability::new(8, 6)));
    assert_eq!(card.temperature_c, Some(61));
    assert_eq!(card.throttle, [Throttle::PowerCap]);
    assert_eq!(card.driver.as_deref(), Some("535.183.01"));
    assert_eq!(card.source, "nvidia-smi");
    assert!(card.uuid.as_deref().unwrap().starts_with("GPU-5f3c"));
}

#[test]
fn several_cards_keep_their_numbers_and_a_bad_line_costs_no_other() {
    let text = format!(
        "{A2000}garbage\r\n2, GPU-b, 24564, 1, 24562, 30, 535.183.01, 8.9, 0x0000000000000001, [N/A], NVIDIA GeForce RTX 4090, 24GB\r\n"
    );
    let readings = full(&text);
    let numbers: Vec<_> = readings.cards.iter().map(|card| card.index).collect();
    assert_eq!(numbers, [0, 2]);
    assert_eq!(readings.cards[1].name, "NVIDIA GeForce RTX 4090, 24GB");
    assert_eq!(readings.cards[1].throttle, []);
    assert_eq!(readings.notes.len(), 1);
}

#[test]
fn what_a_card_does_not_tell_is_not_known() {
    let old = "0, GPU-x, 4096, [N/A], 3900, [Not Supported], 390.157, NVIDIA Quadro K2200\n";
    let readings = cards(old, BASIC).unwrap();
    assert_eq!(readings.cards[0].used, Bytes::from_mib(196));
    assert_eq!(readings.cards[0].temperature_c, None);
    assert_eq!(readings.notes, []);
    // A card with the machine's memory: it tells no amounts.
    let unified = "0, GPU-x, [N/A], [N/A], [N/A], 44, 580.95.05, 12.1, 0x1, [N/A], NVIDIA GB10\n";
    let readings = full(unified);
    assert_eq!(readings.cards[0].free, FreeBytes::default());
    assert_eq!(
        readings.cards[0].compute,
        Some(ComputeCapability::new(12, 1))
    );
    assert!(
        readings.notes[0].text.contains("does not say how much"),
        "{:?}",
        readings.notes
    );
}

#[test]
fn a_card_in_trouble_is_noted() {
    let lost = "1, GPU-x, 12288, [Unknown Error], [Unknown Error], [GPU is lost], 535.1, 8.6, [Unknown Error], [N/A], NVIDIA RTX A2000\n";
    let readings = full(lost);
    assert_eq!(readings.cards[0].free, FreeBytes::default());
    assert!(
        readings
            .notes
            .iter()
            .any(|note| note.text.contains("GPU is lost"))
    );
    let mig = "0, GPU-x, 40960, [Insufficient Permissions], [Insufficient Permissions], 30, 535.1, 8.0, 0x1, Enabled, NVIDIA A100-SXM4-40GB\n";
    let readings = full(mig);
    assert!(readings.notes.iter().any(|note| note.text.contains("MIG")));
    assert_eq!(readings.cards[0].free, FreeBytes::default());
}

#[test]
fn contradictions_are_put_right_with_a_note() {
    let text = "0, GPU-x, 4096, 10, 9000, 61, 535.1, 8.6, 0x0, [N/A], X\n";
    let readings = full(text);
    assert_eq!(readings.cards[0].sane_free(), readings.cards[0].free);
    assert!(readings.cards[0].free.bytes() <= Bytes::from_mib(4086));
    assert!(!readings.notes.is_empty());
}

#[test]
fn what_is_no_answer_is_an_error_and_never_a_card() {
    let cut = A2000.trim_end().rsplit_once(", ").unwrap().0;
    for text in [
        "",
        "\n\n",
        "index, uuid, memory.total [MiB]\n",
        "<html><body>404</body></html>",
        "\u{0}\u{1}\u{2}",
        cut,
        &A2000.replace("12288", "12.288"),
        &A2000.replace("12288", "12 288"),
        &A2000.replace("12288", "12,288"),
        &A2000.replace("12288", "-12288"),
        &A2000.replace("12288", "1,2e4"),
        &A2000.replace("12288", "99999999999999999999999"),
        &A2000.replace("12288", "zwölftausend"),
        &A2000.replace("5998", "5998 Mio"),
        &A2000.replace(", 61,", ", 61 °C,"),
        &A2000.replace("8.6", "8,6"),
        &A2000.replace("0x0000000000000004", "Active"),
        &A2000.replacen('0', "zero", 1),
        &A2000.replace("NVIDIA RTX A2000 12GB", ""),
    ] {
        let answer = cards(text, FULL);
        assert!(answer.is_err(), "{text:?}: {answer:?}");
    }
    let grouped = "0, GPU-x, 12,288, 6,021, 5,998, 61, 390.1, Quadro\n";
    assert!(cards(grouped, BASIC).is_err());
    // With the unit it is the same.
    assert_eq!(full(&A2000.replace("12288", "12288 MiB")), full(A2000));
}

#[test]
fn complaints_are_understood() {
    assert!(unknown_field(
        "Field \"compute_cap\" is not a valid field to query.\n"
    ));
    assert!(nothing_to_ask("No devices were found\n").is_some());
    let broken = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n";
    assert!(nothing_to_ask(broken).is_some());
    assert!(nothing_to_ask("Failed to initialize NVML: Driver/library version mismatch").is_none());
    assert!(nothing_to_ask(A2000).is_none());
}

#[test]
fn processes_are_found_on_their_cards() {
    let mut readings = full(A2000);
    let uuid = readings.cards[0].uuid.clone().unwrap();
    // Numbers no process of this machine has.
    let text = format!(
        "{uuid}, 4294967290, 5532, /usr/local/bin/ollama\n\
         {uuid}, 4294967291, [N/A], C:\\ComfyUI\\python.exe, with a comma\n\
         {uuid}, 4294967292, 99999, [Not Found]\n\
         GPU-other, 4294967293, 1, x\n\
         {uuid}, -1, 1, x\n{uuid}, 1\n\ngarbage\n"
    );
    apps(&text, &mut readings.cards);
    let found: Vec<_> = readings.cards[0]
        .processes
        .iter()
        .map(|p| (p.name.as_str(), p.used, p.kind))
        .collect();
    assert_eq!(
        found,
        [
            ("ollama", Some(Bytes::from_mib(5532)), ProcessKind::Ollama),
            ("python.exe, with a comma", None, ProcessKind::ComfyUi),
            ("", None, ProcessKind::Other),
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_command_line_counts_only_when_the_name_agrees() {
    let pid = std::process::id();
    let own = identify::from_proc("/proc".into(), pid).unwrap().0;
    assert_eq!(identified(pid, &format!("/somewhere/{own}")).0, own);
    assert_eq!(
        identified(pid, "/usr/bin/ollama"),
        ("ollama".into(), ProcessKind::Ollama)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_an_answer_or_none(text in "\\PC{0,200}") {
        for fields in [FULL, BASIC] {
            let _ = cards(&text, fields);
        }
        apps(&text, &mut full(A2000).cards);
    }

    #[test]
    fn text_of_fields_never_gives_contradictory_cards(
        values in prop::collection::vec(
            prop_oneof![
                Just("[N/A]".to_owned()),
                any::<u64>().prop_map(|n| n.to_string()),
                (0u64..50_000).prop_map(|n| n.to_string()),
            ],
            3,
        ),
    ) {
        let text = format!("0, u, {}, {}, {}, 1, d, 8.6, 0x0, [N/A], X", values[0], values[1], values[2]);
        if let Ok(readings) = cards(&text, FULL) {
            let card = &readings.cards[0];
            prop_assert_eq!(card.sane_free(), card.free);
            let total = card.total.bytes();
            prop_assert!(total == Bytes::ZERO || card.used + card.free.bytes() <= total);
        }
    }

    #[test]
    fn a_cut_answer_gives_no_other_amounts(at in 0usize..200) {
        let whole = &full(A2000).cards[0];
        let cut: String = A2000.chars().take(at).collect();
        if let Ok(readings) = cards(&cut, FULL) {
            let card = &readings.cards[0];
            prop_assert_eq!((card.total, card.free, card.used), (whole.total, whole.free, whole.used));
        }
    }
}
