//! Who hears what: other sockets, no client id, sockets that come back.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::comfy::Version;

use crate::client::{PATIENCE, Socket, history, post, submit};
use crate::compare::{same_stream, same_values, told};
use crate::recordings::{Theme, graph, recorded};
use crate::run::only;

const SHORT: Duration = Duration::from_millis(500);

fn drain(socket: &mut Socket) {
    while socket.next_within(SHORT).is_some() {}
}

#[test]
fn others_hear_the_status_only() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "clients");
        let mut other = Socket::open(&mock, "b");
        other.until(|message| message["type"] == "status");
        let mut own = Socket::open(&mock, "a");
        let id = submit(&mock, &graph(1, 64, 96, 1), Some("a"), &json!({}));
        own.until_over(&id);
        drain(&mut other);
        same_stream("other", theme.messages("ws_other_client"), &other.seen);
    }
}

#[test]
fn without_client_id_all_hear_the_progress_and_nobody_the_rest() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "clients");
        let mut bystander = Socket::open(&mock, "x");
        bystander.until(|message| message["type"] == "status");
        let prompt = theme.prompt("history_without_client_id");
        let id = submit(
            &mock,
            &prompt,
            None,
            &json!({"preview_method": "latent2rgb"}),
        );
        let entry = history(&mock, &id);
        drain(&mut bystander);
        let recorded = theme.messages("ws_bystander_prompt_without_client_id");
        same_stream("bystander", recorded, &bystander.seen);
        same_values(
            "history",
            only(&theme.get("history_without_client_id")["json"]),
            &entry,
        );
    }
}

#[test]
fn who_comes_back_is_told_the_node_and_hears_on() {
    for version in Version::ALL {
        let mock = recorded(version).time_scale(0.5).start();
        let theme = Theme::read(version, "clients");
        let prompt = theme.prompt("history_after_reconnect");
        let latent = r#"{"4":{"class_type":"EmptyLatentImage","inputs":{"width":64,"height":64,"batch_size":1}},
            "9":{"class_type":"SaveLatent","inputs":{"samples":["4",0],"filename_prefix":"slow"}}}"#;
        submit(&mock, latent, None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));
        let mut socket = Socket::open(&mock, "c");
        socket.until(|message| message["type"] == "status");
        let id = submit(&mock, &prompt, Some("c"), &json!({}));
        socket.until(|message| message["type"] == "progress");
        same_stream(
            "part 1",
            theme.messages("ws_disconnect_part1"),
            &socket.seen,
        );
        drop(socket);
        while mock.open_sockets() > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut back = Socket::open(&mock, "c");
        back.until_over(&id);
        let recorded = told(theme.messages("ws_disconnect_part2_reconnected"));
        let ours = told(&back.seen);
        assert_eq!(
            recorded[..2],
            ours[..2],
            "status, then the node without the prompt's id"
        );
        let end = |lines: &[String]| lines[lines.len() - 12..].to_vec();
        assert_eq!(end(&recorded), end(&ours));
        let entry = history(&mock, &id);
        same_values(
            "history",
            only(&theme.get("history_after_reconnect")["json"]),
            &entry,
        );
    }
}

#[test]
fn closing_an_old_socket_deafens_the_new_one() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "clients");
        let first = Socket::open(&mock, "same");
        let mut second = Socket::open(&mock, "same");
        second.until(|message| message["type"] == "status");
        drop(first);
        while mock.open_sockets() > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let id = submit(&mock, &graph(1, 64, 96, 1), Some("same"), &json!({}));
        history(&mock, &id);
        drain(&mut second);
        same_stream(
            "race",
            theme.messages("ws_same_clientid_race"),
            &second.seen,
        );
    }
}

#[test]
fn without_an_id_the_server_makes_one() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "clients");
        let mut socket = Socket::open(&mock, "");
        let hello = socket.until(|message| message["type"] == "status");
        let recorded = &theme.messages("ws_no_clientid")[0]["text"]["data"]["sid"];
        let ours = hello["data"]["sid"].as_str().unwrap();
        assert_eq!(recorded.as_str().unwrap().len(), ours.len());
        let mut socket = Socket::open(&mock, "mine");
        socket.say(&Value::String("what?".to_owned()));
        let id = submit(
            &mock,
            &graph(1, 64, 96, 1),
            Some(&socket.id.clone()),
            &json!({}),
        );
        socket.until_over(&id);
        post(&mock, "/history", "{\"clear\":true}");
    }
}
