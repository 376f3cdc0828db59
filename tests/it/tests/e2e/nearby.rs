//! Servers on their usual ports of this machine are found. In a network of their own, because those ports are everybody's.
#![cfg(target_os = "linux")]

use testkit::events::only;
use testkit::{Finished, Run, built_program, find_program, videogen_bin};

/// What `sh` says of `script` in a network where nobody else is; `None` where this machine does not let us make one.
fn in_a_network_of_its_own(script: &str) -> Option<Finished> {
    let (unshare, ip) = (find_program("unshare")?, find_program("ip")?);
    let inside = |script: &str| {
        let script = format!("'{ip}' link set lo up && {script}");
        Run::new(unshare.clone())
            .args(["--map-root-user", "--net", "sh", "-c", script.as_str()])
            .finish()
    };
    // Some containers do not let anybody.
    let allowed = inside("true").code() == Some(0);
    allowed.then(|| inside(script))
}

#[test]
fn comfyui_on_its_usual_port_is_found_and_paints_unless_none_is_wanted() {
    let (fake, videogen) = (built_program("fake-comfyui"), videogen_bin());
    let script = |before: &str, words: &str| {
        format!(
            "{{ '{fake}' 8188 0 >/dev/null & server=$!; \
             until (exec 3<>/dev/tcp/127.0.0.1/8188) 2>/dev/null || [ $((n += 1)) -gt 200 ]; do sleep 0.05; done; \
             {before} '{videogen}' {words}; code=$?; kill $server; exit $code; }}"
        )
    };
    // `/dev/tcp` is bash's.
    let bash = |script: String| format!("bash -c '{}'", script.replace('\'', "'\\''"));
    let shown = bash(script("", "config show --json"));
    let Some(run) = in_a_network_of_its_own(&shown) else {
        return;
    };
    let run = run.expect_code(0);
    let settings: serde_json::Value = serde_json::from_str(run.stdout().trim()).expect("JSON");
    let of = |name: &str| {
        let all = settings["settings"].as_array().expect("a list");
        all.iter()
            .find(|each| each["key"] == name)
            .expect(name)
            .clone()
    };
    assert_eq!(of("comfyui_url")["value"], "http://127.0.0.1:8188");
    assert_eq!(of("comfyui_url")["origin"]["kind"], "found");
    assert_eq!(of("llm_url")["origin"]["kind"], "default");

    let video = "generate --quality draft --seed 11 --speech silent --music none --writer builtin \
                 --duration 3 --scenes 1 --json --dry-run lighthouses";
    let painter = |before: &str| {
        let run = in_a_network_of_its_own(&bash(script(before, video)));
        let run = run.expect("as before").expect_code(0);
        let events = run.events();
        only(&events, "video_planned")["painter"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    let found = painter("");
    assert!(found.starts_with("comfyui"), "{found}");
    assert_eq!(painter("COMFYUI_URL=none"), "builtin");
}
