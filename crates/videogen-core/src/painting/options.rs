//! Which servers paint, and what they may do: values, checked once.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use url::Url;

use super::family::ModelFamily;
use super::paint_with::LoraChoice;
use crate::value::InvalidValue;

/// The address of a server. Shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// With everything in it.
    pub(super) fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let url = Url::parse(text.trim()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.map(Self).ok_or_else(|| {
            // What stands before an @ may be a password.
            let shown = text
                .rsplit_once('@')
                .map_or(text.to_owned(), |(_, host)| format!("…@{host}"));
            InvalidValue::new(
                "address of a server",
                &shown,
                "a URL such as http://127.0.0.1:8188",
            )
        })
    }
}

/// What can be set of painting by ComfyUI.
#[derive(Debug, Clone, Default)]
pub struct ComfyOptions {
    /// The servers, the preferred first. Without any ComfyUI is not used.
    pub servers: Vec<ServerUrl>,
    /// The model file; `None` takes the best that a server has.
    pub model: Option<String>,
    /// What kind of model the checkpoint is where neither its name nor its file tells.
    pub family: Option<ModelFamily>,
    /// What every model is changed by, in this order; those of a brief take their place.
    pub loras: Vec<LoraChoice>,
    /// Whether a picture may be painted smaller than promised before the built-in painter is taken.
    pub lower_quality: bool,
    /// Where is kept what pictures teach about graphics cards; `None` forgets it at the end.
    pub history: Option<Utf8PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_urls_and_show_no_password() {
        let url: ServerUrl = " http://me:secret@box:8188/comfy/ ".parse().unwrap();
        assert_eq!(url.to_string(), "http://box:8188/comfy");
        assert!(!format!("{url:?}").contains("secret"));
        for bad in ["", "box:8188", "ftp://box", "http://", "u:secret@"] {
            let error = bad.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
