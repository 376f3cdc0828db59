//! Questions that change nothing, and prompts that are refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use testkit::comfy::Version;

use crate::client::{ask, get};
use crate::compare::{same_shape, same_values};
use crate::recordings::{Theme, recorded};

/// Answers that tell of the recorded machine.
const OWN: [&str; 6] = [
    "system_stats",
    "api_system_stats",
    "headers_origin_match",
    "headers_sec_fetch_cross",
    "experiment_models",
    "view_metadata_ok",
];

#[test]
fn static_answers_are_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        for (name, recording) in Theme::read(version, "static").iter() {
            let request = &recording["request"];
            let origin = request["headers"]["Origin"].as_str().map(|origin| {
                if origin.contains("127.0.0.1") {
                    mock.url()
                } else {
                    origin.to_owned()
                }
            });
            let mut headers = Vec::new();
            if let Some(origin) = &origin {
                headers.push(("Origin", origin.as_str()));
            }
            if let Some(site) = request["headers"]["Sec-Fetch-Site"].as_str() {
                headers.push(("Sec-Fetch-Site", site));
            }
            let body = request.get("json").map_or(String::new(), Value::to_string);
            let method = request["method"].as_str().unwrap();
            let path = request["path"].as_str().unwrap();
            let reply = ask(&mock, method, path, &headers, body.as_bytes()).unwrap();
            let place = format!("{version} static/{name}");
            compare(&place, recording, &reply, OWN.contains(&name));
        }
    }
}

fn compare(place: &str, recording: &Value, reply: &crate::client::Reply, shape_only: bool) {
    assert_eq!(
        recording["status"],
        reply.status,
        "{place}: {}",
        reply.text()
    );
    let kind = recording["headers"]["Content-Type"].as_str();
    assert_eq!(kind, reply.header("content-type"), "{place}");
    if let Some(json) = recording.get("json") {
        if shape_only {
            same_shape(place, json, &reply.json());
        } else {
            same_values(place, json, &reply.json());
        }
    } else if let Some(text) = recording["text"].as_str() {
        assert_eq!(text, reply.text(), "{place}");
    }
}

#[test]
fn both_spellings_are_the_same_and_object_info_is_complete() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let info = get(&mock, "/api/object_info").json();
        let recorded = Theme::read(version, "object_info");
        for (class, recording) in recorded.iter() {
            let one = get(&mock, &format!("/object_info/{class}")).json();
            same_shape(
                &format!("{version} object_info/{class}"),
                recording,
                &info[class],
            );
            assert_eq!(one[class], info[class]);
        }
        assert_eq!(get(&mock, "/object_info/NoSuchNode").text(), "{}");
        assert_eq!(get(&mock, "/queue").text(), get(&mock, "/api/queue").text());
        assert_eq!(mock.counters().requests_of("GET /queue"), 2);
    }
}

#[test]
fn prompts_are_refused_in_the_recorded_words() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "validation");
        for (name, recording) in theme.iter() {
            if name == "body_over_100MB" {
                continue;
            }
            let place = format!("{version} validation/{name}");
            let kind = recording["request"]["headers"]["Content-Type"].as_str();
            let headers = [("Content-Type", kind.unwrap_or("application/json"))];
            let body = theme.body(name);
            let reply = ask(&mock, "POST", "/prompt", &headers, body.as_bytes()).unwrap();
            let mut recording = recording.clone();
            let mut reply = reply;
            if name == "partially_valid_accepted_200" {
                // Which outputs share the blame depends on the order of a Python set.
                let mut ours = reply.json();
                forget_outputs(&mut ours);
                forget_outputs(&mut recording["json"]);
                reply.body = ours.to_string().into_bytes();
            }
            compare(&place, &recording, &reply, false);
        }
    }
}

fn forget_outputs(answer: &mut Value) {
    for node in answer["node_errors"].as_object_mut().unwrap().values_mut() {
        assert!(!node["dependent_outputs"].as_array().unwrap().is_empty());
        node["dependent_outputs"] = Value::Null;
    }
}

#[test]
fn a_body_over_the_limit_is_refused_after_it_was_read() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let mut stream = TcpStream::connect(mock.address()).unwrap();
        let total = 105_906_195;
        write!(
            stream,
            "POST /prompt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {total}\r\n\r\n"
        )
        .unwrap();
        let piece = vec![b' '; 1 << 20];
        let mut left = total;
        while left > 0 {
            let now = left.min(piece.len());
            stream.write_all(&piece[..now]).unwrap();
            left -= now;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let recording = Theme::read(version, "validation");
        let recording = recording.get("body_over_100MB");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {}", recording["status"])),
            "{answer}"
        );
        assert!(
            answer.ends_with(recording["text"].as_str().unwrap()),
            "{answer}"
        );
    }
}
