//! One input of a node: its declaration, and whether a plain value fits it.

use serde_json::{Value, json};

use crate::comfy::catalogue::Input;

pub(super) fn kind(input: &Input) -> String {
    match &input.config[0] {
        Value::String(kind) => kind.clone(),
        choices => choices.to_string(),
    }
}

pub(super) fn fits(received: &str, wanted: &str) -> bool {
    received == "*" || wanted == "*" || wanted.split(',').any(|one| one == received)
}

/// The declaration as errors show it: always with options.
pub(super) fn config(input: &Input) -> Value {
    match input.config.as_array().map(Vec::as_slice) {
        Some([kind]) => json!([kind, {}]),
        _ => input.config.clone(),
    }
}

fn choices(input: &Input) -> Option<&Vec<Value>> {
    match &input.config[0] {
        Value::Array(choices) => Some(choices),
        Value::String(kind) if kind == "COMBO" => input.config[1]["options"].as_array(),
        _ => None,
    }
}

pub(super) fn plain(input: &Input, value: &Value) -> Option<Value> {
    let name = &input.name;
    let error = |kind: &str, message: String, details: String, received: Value| {
        Some(json!({
            "type": kind, "message": message, "details": details,
            "extra_info": {
                "input_name": name, "input_config": config(input), "received_value": received,
            },
        }))
    };
    if let Some(choices) = choices(input) {
        if choices.contains(value) {
            return None;
        }
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let long = choices.len() > 20;
        let list = if long {
            format!("(list of length {})", choices.len())
        } else {
            python_list(choices)
        };
        let mut failed = error(
            "value_not_in_list",
            "Value not in list".to_owned(),
            format!("{name}: '{shown}' not in {list}"),
            value.clone(),
        )?;
        if long {
            failed["extra_info"]["input_config"] = Value::Null;
        }
        return Some(failed);
    }
    let kind = kind(input);
    let number = match (kind.as_str(), value) {
        ("INT" | "FLOAT", Value::Number(number)) => number.as_f64()?,
        ("INT" | "FLOAT", Value::Bool(on)) => f64::from(u8::from(*on)),
        ("INT" | "FLOAT", Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if kind == "FLOAT" || !text.contains(['.', 'e', 'E']) => number,
            _ => {
                let why = if kind == "INT" {
                    format!("invalid literal for int() with base 10: '{text}'")
                } else {
                    format!("could not convert string to float: '{text}'")
                };
                let mut failed = error(
                    "invalid_input_type",
                    format!("Failed to convert an input value to a {kind} value"),
                    format!("{name}, {text}, {why}"),
                    value.clone(),
                )?;
                failed["extra_info"]["exception_message"] = json!(why);
                return Some(failed);
            }
        },
        _ => return None,
    };
    let number = if kind == "INT" {
        number.trunc()
    } else {
        number
    };
    let show = |number: f64| {
        if kind == "INT" {
            format!("{number:.0}")
        } else {
            format!("{number:?}")
        }
    };
    let received = match value {
        Value::Number(_) if kind == "INT" => value.clone(),
        _ => json!(number),
    };
    let limit = |which: &str| input.config[1][which].as_f64();
    // The largest seed is 2^64 − 1, which a double cannot tell from 2^64.
    let exact = |which: &str| input.config[1][which].as_u64().zip(value.as_u64());
    if let Some(min) = limit("min")
        && number < min
    {
        let message = format!("Value {} smaller than min of {}", show(number), show(min));
        return error("value_smaller_than_min", message, name.clone(), received);
    }
    if let Some(max) = limit("max") {
        let over = match exact("max") {
            Some((max, value)) => value > max,
            None => number > max || (max > 1e19 && number >= max),
        };
        if over {
            let max = input.config[1]["max"]
                .as_u64()
                .filter(|_| kind == "INT")
                .map_or_else(|| show(max), |max| max.to_string());
            let message = format!("Value {} bigger than max of {max}", show(number));
            return error("value_bigger_than_max", message, name.clone(), received);
        }
    }
    None
}

fn python_list(choices: &[Value]) -> String {
    let items: Vec<String> = choices
        .iter()
        .map(|choice| match choice {
            Value::String(text) => format!("'{text}'"),
            other => other.to_string(),
        })
        .collect();
    format!("[{}]", items.join(", "))
}
