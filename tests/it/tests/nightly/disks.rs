//! File systems that are full sooner or later: under the home, under the output directory, under the temporary one.

use testkit::{Chance, Run};

use crate::subject::{Subject, report};

const DISKS: usize = 48;

/// From nothing to more than the job needs, in KiB. The powers of two in between come with something at random.
const LARGEST: usize = 64 * 1024;

/// A file system in memory, at a directory; taken away when dropped.
struct Disk<'a> {
    subject: &'a Subject,
    place: &'static str,
}

impl<'a> Disk<'a> {
    fn mount(subject: &'a Subject, place: &'static str, kib: usize) -> Self {
        let size = format!("size={kib}k");
        let at = subject.at(place);
        Run::new("/usr/bin/mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                size.as_str(),
                "videogen-nightly",
                at.as_str(),
            ])
            .finish()
            .expect_code(0);
        Self { subject, place }
    }

    fn enlarge(&self) {
        let at = self.subject.at(self.place);
        Run::new("/usr/bin/mount")
            .args(["-o", "remount,size=2g", at.as_str()])
            .finish()
            .expect_code(0);
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let at = self.subject.at(self.place);
        Run::new("/usr/bin/umount")
            .args(["-l", at.as_str()])
            .finish();
    }
}

fn fill(chance: &mut Chance, n: usize) -> Vec<String> {
    let subject = Subject::new();
    let place = ["home", "out", "tmp"][n % 3];
    // 4 KiB are the least that a tmpfs has.
    let step = LARGEST >> (n / 3).min(13);
    let kib = (step + chance.index(step)).max(4);
    let mut broken = Vec::new();
    let disk = Disk::mount(&subject, place, kib);
    let ran = subject.videogen(&subject.generate());
    subject.judge(&ran, false, &mut broken);
    disk.enlarge();
    subject.recover(&mut broken);
    let named = |what| format!("{kib} KiB under {place}: {what}");
    broken.into_iter().map(named).collect()
}

/// As the administrator only: nobody else mounts a file system.
#[test]
#[ignore = "nightly: mounts file systems, and takes minutes"]
fn forty_eight_full_disks() {
    let mut chance = Chance::new(4);
    let broken: Vec<String> = (0..DISKS).flat_map(|n| fill(&mut chance, n)).collect();
    report("full disks", DISKS, &broken);
}
