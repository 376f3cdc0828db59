//! `/view` and `/upload/image`.

use serde_json::json;
use testkit::comfy::{MockComfy, Version};

use crate::client::{Reply, ask, get, history, submit};
use crate::compare::same_values;
use crate::recordings::{Theme, graph, recorded};
use crate::run::only;

#[test]
fn pictures_are_served_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "run");
        let id = submit(
            &mock,
            &theme.prompt("prompt_post_success"),
            None,
            &json!({}),
        );
        history(&mock, &id);
        let whole = get(&mock, "/view?filename=rec_00001_.png").body;
        for (name, recording) in theme.iter().filter(|(name, _)| name.starts_with("view_")) {
            let request = &recording["request"];
            // The recorded server of 0.3.64 had made pictures before.
            let path = request["path"]
                .as_str()
                .unwrap()
                .replace("rec_00010_", "rec_00001_");
            let range = request["headers"]["Range"].as_str();
            let headers: Vec<(&str, &str)> =
                range.map(|range| ("Range", range)).into_iter().collect();
            let method = request["method"].as_str().unwrap();
            let reply = ask(&mock, method, &path, &headers, &[]).unwrap();
            assert_eq!(recording["status"], reply.status, "{version} {name}");
            for (header, value) in recording["headers"].as_object().unwrap() {
                let ours = reply.header(header);
                assert!(
                    ours.is_some(),
                    "{version} {name} has no {header}: {reply:?}"
                );
                if matches!(
                    header.as_str(),
                    "Content-Type" | "Accept-Ranges" | "Content-Disposition"
                ) {
                    let value = value.as_str().unwrap().replace("rec_00010_", "rec_00001_");
                    assert_eq!(ours, Some(value.as_str()), "{version} {name}");
                }
            }
            if let Some(head) = recording["body_head_hex"].as_str() {
                let magic = u32::from_str_radix(&head[..8], 16).unwrap().to_be_bytes();
                assert!(reply.body.starts_with(&magic), "{version} {name}");
            }
            if name == "view_range" {
                assert_eq!(reply.body, whole[..100]);
            }
            if name == "view_head" {
                assert!(reply.body.is_empty());
                assert_eq!(
                    reply.header("content-length"),
                    Some(whole.len().to_string().as_str())
                );
            }
        }
    }
}

#[test]
fn a_download_can_go_on_where_it_broke() {
    let mock = recorded(Version::V0_33).start();
    let id = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
    history(&mock, &id);
    let path = "/view?filename=rec_00001_.png";
    let whole = get(&mock, path);
    let etag = whole.header("etag").unwrap().to_owned();
    let part = |headers: &[(&str, &str)]| ask(&mock, "GET", path, headers, &[]).unwrap();
    let rest = part(&[("Range", "bytes=100-"), ("If-Range", &etag)]);
    assert_eq!((rest.status, &rest.body[..]), (206, &whole.body[100..]));
    assert_eq!(
        part(&[("Range", "bytes=100-"), ("If-Range", "\"other\"")]).status,
        200
    );
    assert_eq!(part(&[("Range", "bytes=999999999-")]).status, 416);
    assert_eq!(part(&[("If-None-Match", &etag)]).status, 304);
    assert_eq!(
        part(&[("Range", "bytes=-4")]).body,
        whole.body[whole.body.len() - 4..]
    );
}

#[test]
fn a_stale_cache_names_a_file_that_is_gone() {
    let version = Version::V0_33;
    let mock = recorded(version).start();
    let theme = Theme::read(version, "run");
    let prompt = theme.prompt("stale_cache_history");
    let id = submit(&mock, &prompt, None, &json!({}));
    history(&mock, &id);
    std::fs::remove_file(mock.output_folder().join("stale_00001_.png")).unwrap();
    let (id, _) = crate::run::stream(&mock, &prompt, &json!({}), false);
    let entry = history(&mock, &id);
    same_values(
        "stale",
        only(&theme.get("stale_cache_history")["json"]),
        &entry,
    );
    let reply = get(&mock, "/view?filename=stale_00001_.png&type=output");
    assert_eq!(theme.get("stale_cache_view")["status"], reply.status);
}

fn upload(mock: &MockComfy, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Reply {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    if let Some((name, bytes)) = file {
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    let headers = [("Content-Type", "multipart/form-data; boundary=XX")];
    ask(mock, "POST", "/upload/image", &headers, &body).unwrap()
}

#[test]
fn uploads_get_the_recorded_names() {
    let version = Version::V0_33;
    let mock = recorded(version).start();
    let theme = Theme::read(version, "upload");
    let one = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/comfyui/preview.jpg"),
    )
    .unwrap();
    let picture = Some(("in.png", &one[..]));
    let other = Some(("in.png", &b"other"[..]));
    let check = |name: &str, reply: Reply| {
        let recording = theme.get(name);
        assert_eq!(recording["status"], reply.status, "{name}");
        match recording.get("json") {
            Some(json) => assert_eq!(json, &reply.json(), "{name}"),
            None => assert_eq!(recording["text"], reply.text(), "{name}"),
        }
    };
    check("first", upload(&mock, &[], picture));
    check("same_again", upload(&mock, &[], picture));
    check("different_same_name", upload(&mock, &[], other));
    check("overwrite", upload(&mock, &[("overwrite", "true")], other));
    let fields = [("subfolder", "vg/a"), ("type", "temp")];
    check("subfolder_temp", upload(&mock, &fields, picture));
    check("traversal", upload(&mock, &[], Some(("../../x.png", b"x"))));
    check(
        "traversal",
        upload(&mock, &[("subfolder", "../..")], picture),
    );
    check("no_image_field", upload(&mock, &[("type", "input")], None));
    check("bad_type", upload(&mock, &[("type", "nope")], picture));

    let id = submit(&mock, &theme.prompt("img2img_post"), None, &json!({}));
    let entry = history(&mock, &id);
    let recorded = only(&theme.get("img2img_history")["json"]);
    same_values("img2img", &recorded["outputs"], &entry["outputs"]);
    let info = get(&mock, "/object_info/LoadImage").json();
    let files = &info["LoadImage"]["input"]["required"]["image"][0];
    assert_eq!(*files, json!(["in (1).png", "in.png"]));
}
