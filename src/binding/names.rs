//! Names and places as reports show them, for what JavaScript finds in the running process.

use napi_derive::napi;

use crate::analysis::disclosure::property_name;
use crate::analysis::places::short_url;
use crate::snapshot::Text;

/// Each name, or `[key]` where it looks like data.
#[napi]
pub fn shown_names(names: Vec<String>) -> Vec<String> {
    names.into_iter().map(|name| property_name(&Text::from(name)).to_string()).collect()
}

/// The end of a script's path that tells the file.
#[napi]
pub fn shown_url(url: String) -> String {
    short_url(&url)
}
