use proptest::prelude::*;

use super::*;
use crate::{
    AddressSpace, Descriptors, Disk, DiskDemand, FileSystem, Free, Ram, Tasks, Throttle, Total,
    Used,
};

fn ram(free: u64, total: u64) -> Ram {
    Ram {
        free: Free(free),
        total: Total(total),
    }
}

fn disk(directory: &str, file_system: Option<&str>, free: u64) -> Disk {
    Disk {
        directory: directory.into(),
        file_system: file_system.map(FileSystem::new),
        free: Free(free),
        total: Total(u64::MAX),
    }
}

fn wants(directory: &str, bytes: u64, kept_per_video: u64) -> DiskDemand {
    DiskDemand {
        directory: directory.into(),
        bytes,
        kept_per_video,
    }
}

/// Everything a machine of 16 GiB with a card of 12 GiB has, nothing of it scarce.
fn roomy() -> Readings {
    Readings {
        ram: Some(ram(12 * GIB, 16 * GIB)),
        rss: None,
        disks: vec![
            disk("/out", Some("a"), 100 * GIB),
            disk("/tmp", Some("b"), 100 * GIB),
        ],
        descriptors: Some(Descriptors {
            open: 20,
            limit: Some(1024),
        }),
        address_space: None,
        tasks: None,
        children: Some(0),
        gpu: Some(Gpu {
            used: Used(2 * GIB),
            free: Free(10 * GIB),
            total: Total(12 * GIB),
            temperature_c: Some(60),
            throttle: vec![Throttle::PowerCap],
        }),
    }
}

fn usual() -> Demand {
    Demand {
        ram_bytes: 4 * GIB,
        disk: vec![wants("/out", GIB, 300 * MIB), wants("/tmp", GIB, 0)],
        descriptors: 64,
        vram_bytes: Some(6 * GIB),
        address_bytes: 2 * GIB,
        tasks: 40,
        videos_left: 50,
        in_the_making: 0,
    }
}

fn limits() -> AdmissionLimits {
    AdmissionLimits::default()
}

fn usual_verdict(change: impl FnOnce(&mut Readings)) -> AdmissionVerdict {
    let mut readings = roomy();
    change(&mut readings);
    judge(&readings, &usual(), &limits())
}

#[test]
fn a_roomy_machine_may_go_without_a_word() {
    assert_eq!(
        usual_verdict(|_| ()),
        AdmissionVerdict::Go {
            warnings: Vec::new()
        }
    );
}

#[test]
fn nothing_known_is_no_reason_to_stop() {
    let AdmissionVerdict::Go { warnings } = judge(&Readings::default(), &usual(), &limits()) else {
        panic!("it may go");
    };
    assert_eq!(warnings.len(), 2, "one for each directory: {warnings:?}");
}

#[test]
fn the_disk_is_full_after_twelve_more() {
    let verdict = usual_verdict(|r| r.disks[0].free = Free(64 * MIB + GIB + 11 * 300 * MIB));
    let AdmissionVerdict::Go { warnings } = verdict else {
        panic!("it may go: {verdict:?}")
    };
    assert_eq!(
        warnings,
        ["the disk with /out is full after 12 more of 50 videos: each leaves about 300 MiB there"]
    );
}

#[test]
fn directories_on_one_disk_share_its_room() {
    let both = |file_system: Option<&str>| {
        usual_verdict(|r| {
            r.disks = vec![
                disk("/out", file_system, GIB + 100 * MIB),
                disk("/tmp", file_system, GIB + 100 * MIB),
            ];
        })
    };
    assert_eq!(both(None).severity(), 0, "each has its own");
    let AdmissionVerdict::Refuse { reason, hint } = both(Some("a")) else {
        panic!("together they need 2 GiB");
    };
    assert_eq!(
        reason,
        "/out has 1.1 GiB free and the next video needs about 2.1 GiB"
    );
    assert!(hint.to_string().contains("another directory"));
}

#[test]
fn short_memory_waits_then_refuses() {
    let with = |free, total| usual_verdict(|r| r.ram = Some(ram(free, total)));
    assert_eq!(with(4 * GIB + 256 * MIB, 16 * GIB).severity(), 0);
    let waits = with(GIB, 16 * GIB);
    assert!(
        matches!(
            waits,
            AdmissionVerdict::Wait {
                cause: WaitCause::Ram,
                ..
            }
        ),
        "{waits:?}"
    );
    assert_eq!(with(GIB, GIB).severity(), 2, "it never fits");
}

/// The verdict with `others` videos in the making.
fn beside(others: u64, change: impl FnOnce(&mut Readings)) -> AdmissionVerdict {
    let mut readings = roomy();
    change(&mut readings);
    let demand = Demand {
        in_the_making: others,
        ..usual()
    };
    judge(&readings, &demand, &limits())
}

#[test]
fn descriptors_warn_and_are_waited_for_only_where_another_video_holds_some() {
    let with = |others, open, limit| {
        beside(others, |r| {
            r.descriptors = Some(Descriptors { open, limit });
        })
    };
    assert_eq!(with(0, 100, Some(196)).severity(), 0);
    assert!(matches!(
        with(1, 101, Some(196)),
        AdmissionVerdict::Wait {
            cause: WaitCause::Descriptors,
            ..
        }
    ));
    let AdmissionVerdict::Refuse { reason, hint } = with(0, 101, Some(196)) else {
        panic!("nobody else can close one");
    };
    assert_eq!(
        reason,
        "101 of 196 files are open and the next video needs about 96"
    );
    assert!(hint.to_string().contains("ulimit -n"), "{hint}");
    assert_eq!(with(9, 0, Some(95)).severity(), 2, "it never fits");
    assert_eq!(with(0, u64::MAX, None).severity(), 0);
    let AdmissionVerdict::Go { warnings } = with(0, 800, Some(1024)) else {
        panic!("it may go")
    };
    assert_eq!(warnings, ["800 of 1024 files are open"]);
}

#[test]
fn memory_that_this_process_has_is_waited_for_only_where_another_video_gives_it_back() {
    let with = |others, own| {
        beside(others, |r| {
            r.ram = Some(ram(4 * GIB, 5 * GIB));
            r.rss = Some(Used(own));
        })
    };
    // 4.25 GiB are needed, 4 are free of 5.
    assert_eq!(with(0, 512 * MIB).severity(), 1, "others have 512 MiB");
    assert_eq!(with(0, GIB).severity(), 2, "all of it is ours");
    assert_eq!(with(1, GIB).severity(), 1, "and comes back");
}

#[test]
fn address_space_is_refused_and_never_waited_for() {
    let with = |used, limit| {
        beside(3, |r| {
            let used = Used(used);
            r.address_space = Some(AddressSpace { used, limit });
        })
    };
    assert_eq!(with(GIB, None).severity(), 0);
    assert_eq!(with(GIB, Some(2 * GIB)).severity(), 0);
    let AdmissionVerdict::Refuse { reason, hint } = with(GIB, Some(2 * GIB - 1)) else {
        panic!("2 GiB are needed");
    };
    assert!(reason.contains("address space"), "{reason}");
    assert!(hint.to_string().contains("ulimit -v"), "{hint}");
    assert_eq!(with(3 * GIB, Some(3 * GIB)).severity(), 2, "it is used up");
    assert_eq!(
        judge(
            &Readings {
                address_space: Some(AddressSpace {
                    used: Used(GIB),
                    limit: Some(1)
                }),
                ..Readings::default()
            },
            &Demand::running([], false),
            &limits()
        )
        .severity(),
        0,
        "nothing more is wanted in the middle of the work"
    );
}

#[test]
fn processes_of_others_are_waited_for_and_threads_of_ours_are_not() {
    let with = |others, running, own, limit| {
        beside(others, |r| {
            r.tasks = Some(Tasks {
                running,
                own,
                limit,
            });
        })
    };
    // 48 are needed.
    assert_eq!(with(0, 52, 10, Some(100)).severity(), 0);
    assert_eq!(with(0, 53, 10, Some(100)).severity(), 1, "others may end");
    assert_eq!(with(0, 53, 53, Some(100)).severity(), 2, "all are ours");
    assert_eq!(with(1, 53, 53, Some(100)).severity(), 1, "another video's");
    assert_eq!(with(1, 0, 0, Some(47)).severity(), 2, "it never fits");
    assert_eq!(with(0, u64::MAX, 0, None).severity(), 0);
}

#[test]
fn a_card_that_is_too_small_is_not_waited_for() {
    let AdmissionVerdict::Go { warnings } = usual_verdict(|r| {
        let gpu = r.gpu.as_mut().expect("there is one");
        (gpu.free, gpu.total) = (Free(4 * GIB), Total(5 * GIB));
    }) else {
        panic!("nobody can give back what it never had");
    };
    assert!(warnings[0].contains("5.0 GiB"), "{warnings:?}");
}

#[test]
fn children_of_earlier_videos_are_waited_for() {
    assert_eq!(usual_verdict(|r| r.children = Some(64)).severity(), 0);
    assert!(matches!(
        usual_verdict(|r| r.children = Some(65)),
        AdmissionVerdict::Wait {
            cause: WaitCause::Children,
            ..
        }
    ));
}

#[test]
fn a_hot_or_slowed_card_is_waited_for_when_it_is_used() {
    let with =
        |change: fn(&mut Gpu)| usual_verdict(|r| change(r.gpu.as_mut().expect("there is one")));
    assert!(matches!(
        with(|g| g.temperature_c = Some(90)),
        AdmissionVerdict::Wait {
            cause: WaitCause::Heat,
            ..
        }
    ));
    assert_eq!(
        with(|g| g.temperature_c = Some(86)),
        AdmissionVerdict::Go {
            warnings: vec!["the graphics card is at 86 °C".into()]
        }
    );
    for throttle in [Throttle::Heat, Throttle::PowerBrake, Throttle::Hardware] {
        let verdict = usual_verdict(|r| {
            r.gpu
                .as_mut()
                .expect("there is one")
                .throttle
                .push(throttle);
        });
        assert!(matches!(
            verdict,
            AdmissionVerdict::Wait {
                cause: WaitCause::Throttle,
                ..
            }
        ));
    }
    let AdmissionVerdict::Wait { cause, reason } = with(|g| g.free = Free(5 * GIB)) else {
        panic!("memory is given back sooner or later")
    };
    assert_eq!(cause, WaitCause::Vram);
    assert!(reason.starts_with("graphics memory will not suffice for the next video"));

    let mut readings = roomy();
    let gpu = readings.gpu.as_mut().expect("there is one");
    gpu.temperature_c = Some(120);
    gpu.throttle = vec![Throttle::Heat];
    let demand = Demand {
        vram_bytes: None,
        ..usual()
    };
    assert_eq!(judge(&readings, &demand, &limits()).severity(), 0);
}

#[test]
fn the_worst_finding_decides_and_all_of_its_kind_are_named() {
    let verdict = usual_verdict(|r| {
        r.ram = Some(ram(GIB, 16 * GIB));
        r.children = Some(1000);
    });
    let AdmissionVerdict::Wait { cause, reason } = &verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(*cause, WaitCause::Ram);
    assert!(reason.contains("memory is short") && reason.contains("1000 child processes"));
    let verdict = usual_verdict(|r| {
        r.ram = Some(ram(GIB, 16 * GIB));
        r.disks[1].free = Free(0);
    });
    assert_eq!(verdict.severity(), 2);
}

#[test]
fn in_the_middle_of_the_work_only_the_reserves_count() {
    let demand = Demand::running(["/out".into(), "/tmp".into()], true);
    assert_eq!(judge(&roomy(), &demand, &limits()).severity(), 0);
    let mut readings = roomy();
    readings.ram = Some(ram(255 * MIB, 16 * GIB));
    assert_eq!(judge(&readings, &demand, &limits()).severity(), 1);
    readings.disks[0].free = Free(63 * MIB);
    assert_eq!(judge(&readings, &demand, &limits()).severity(), 2);
}

fn any_readings() -> impl Strategy<Value = Readings> {
    // Small numbers meet the thresholds of `any_demand`; the extremes are what must not overflow.
    let amount = || prop_oneof![4 => 0u64..100, 1 => Just(u64::MAX), 1 => any::<u64>()];
    let disks =
        prop::collection::vec((amount(), prop::option::of(0u8..2)), 0..4).prop_map(|disks| {
            disks
                .into_iter()
                .enumerate()
                .map(|(i, (free, fs))| {
                    disk(
                        &i.to_string(),
                        fs.map(|fs| if fs == 0 { "a" } else { "b" }),
                        free,
                    )
                })
                .collect::<Vec<_>>()
        });
    let throttle = prop::collection::vec(
        prop_oneof![Just(Throttle::PowerCap), Just(Throttle::Heat)],
        0..3,
    );
    let temperature = prop::option::of(prop_oneof![50..100i32, any::<i32>()]);
    let gpu = prop::option::of((amount(), temperature, throttle)).prop_map(|gpu| {
        gpu.map(|(free, temperature_c, throttle)| Gpu {
            used: Used(0),
            free: Free(free),
            total: Total(100),
            temperature_c,
            throttle,
        })
    });
    let limited = || (amount(), prop::option::of(amount()));
    let descriptors = prop::option::of((limited(), limited(), amount()));
    (
        prop::option::of((amount(), amount())),
        disks,
        descriptors,
        prop::option::of(amount()),
        gpu,
    )
        .prop_map(|(memory, disks, descriptors, children, gpu)| Readings {
            ram: memory.map(|(free, total)| ram(free, total)),
            rss: descriptors.map(|(_, _, own)| Used(own)),
            disks,
            descriptors: descriptors.map(|((open, limit), ..)| Descriptors { open, limit }),
            address_space: descriptors.map(|(_, (used, limit), _)| AddressSpace {
                used: Used(used),
                limit,
            }),
            tasks: descriptors.map(|(_, (running, limit), own)| Tasks {
                running,
                own: own.min(running),
                limit,
            }),
            children,
            gpu,
        })
}

fn any_demand() -> impl Strategy<Value = Demand> {
    let amount = || prop_oneof![8 => 0u64..100, 1 => Just(u64::MAX)];
    (
        amount(),
        prop::collection::vec((0usize..5, amount(), amount()), 0..5),
        amount(),
        prop::option::of(amount()),
        (amount(), 0u64..3),
    )
        .prop_map(
            |(ram_bytes, disk, descriptors, vram_bytes, (videos_left, in_the_making))| Demand {
                ram_bytes,
                disk: disk
                    .into_iter()
                    .map(|(i, bytes, kept)| wants(&i.to_string(), bytes, kept))
                    .collect(),
                descriptors,
                vram_bytes,
                videos_left,
                in_the_making,
                address_bytes: ram_bytes,
                tasks: descriptors,
            },
        )
}

fn any_limits() -> impl Strategy<Value = AdmissionLimits> {
    (
        0u64..50,
        0u64..50,
        0u64..50,
        0u64..50,
        any::<i32>(),
        any::<i32>(),
    )
        .prop_map(
            |(ram_reserve, disk_reserve, descriptor_reserve, children, hot_c, cool_by_c)| {
                AdmissionLimits {
                    ram_reserve,
                    disk_reserve,
                    descriptor_reserve,
                    children,
                    hot_c: if hot_c % 2 == 0 { hot_c } else { 80 },
                    cool_by_c,
                    ..AdmissionLimits::default()
                }
            },
        )
}

/// `readings` with more of everything that is free.
fn better(readings: &Readings, more: u64, cooler: i32) -> Readings {
    let mut better = readings.clone();
    if let Some(ram) = &mut better.ram {
        ram.free = Free(ram.free.0.saturating_add(more));
    }
    for disk in &mut better.disks {
        disk.free = Free(disk.free.0.saturating_add(more));
    }
    if let Some(descriptors) = &mut better.descriptors {
        descriptors.open = descriptors.open.saturating_sub(more);
    }
    if let Some(space) = &mut better.address_space {
        space.used = Used(space.used.0.saturating_sub(more));
    }
    if let Some(tasks) = &mut better.tasks {
        tasks.running = tasks.running.saturating_sub(more);
        tasks.own = tasks.own.min(tasks.running);
    }
    better.children = better.children.map(|n| n.saturating_sub(more));
    if let Some(gpu) = &mut better.gpu {
        gpu.free = Free(gpu.free.0.saturating_add(more));
        gpu.temperature_c = gpu.temperature_c.map(|t| t.saturating_sub(cooler));
        gpu.throttle.pop();
    }
    better
}

fn warnings(verdict: &AdmissionVerdict) -> usize {
    match verdict {
        AdmissionVerdict::Go { warnings } => warnings.len(),
        AdmissionVerdict::Wait { .. } | AdmissionVerdict::Refuse { .. } => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn more_of_what_is_free_is_never_worse(
        readings in any_readings(), demand in any_demand(), limits in any_limits(), more in 0u64..100, cooler in 0i32..50,
    ) {
        let before = judge(&readings, &demand, &limits);
        let after = judge(&better(&readings, more, cooler), &demand, &limits);
        prop_assert!(after.severity() <= before.severity(), "{before:?} became {after:?}");
        if after.severity() == before.severity() {
            prop_assert!(warnings(&after) <= warnings(&before));
        }
    }

    #[test]
    fn wanting_less_is_never_worse(readings in any_readings(), demand in any_demand(), limits in any_limits()) {
        let before = judge(&readings, &demand, &limits);
        let mut modest = demand;
        modest.ram_bytes /= 2;
        modest.descriptors /= 2;
        modest.address_bytes /= 2;
        modest.tasks /= 2;
        modest.vram_bytes = modest.vram_bytes.map(|bytes| bytes / 2);
        for wanted in &mut modest.disk {
            wanted.bytes /= 2;
            wanted.kept_per_video /= 2;
        }
        prop_assert!(judge(&readings, &modest, &limits).severity() <= before.severity());
    }

    #[test]
    fn as_many_videos_fit_as_counting_says(free in 0u64..200, bytes in 0u64..60, kept in 1u64..20, reserve in 0u64..20) {
        let mut room = free;
        let mut counted = 0;
        while room >= bytes + reserve && room >= kept {
            counted += 1;
            room -= kept;
        }
        // What stays is a part of what is needed; the counting above relies on it.
        prop_assume!(bytes >= kept);
        prop_assert_eq!(videos_that_fit(free, bytes, kept, reserve), counted);
    }

    #[test]
    fn every_verdict_but_go_says_why(readings in any_readings(), demand in any_demand(), limits in any_limits()) {
        match judge(&readings, &demand, &limits) {
            AdmissionVerdict::Go { warnings } => prop_assert!(warnings.iter().all(|w| !w.is_empty())),
            AdmissionVerdict::Wait { reason, .. } => prop_assert!(!reason.is_empty()),
            AdmissionVerdict::Refuse { reason, hint } => prop_assert!(!reason.is_empty() && !hint.to_string().is_empty()),
        }
    }
}
