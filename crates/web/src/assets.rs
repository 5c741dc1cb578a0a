//! The style sheet and the icon: compiled in, served under a name that carries their content's hash, cached for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../assets/hearth.css");
const ICON: &str = include_str!("../assets/hearth.svg");
const KEYS: &str = include_str!("../assets/keys.js");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path_of("hearth", STYLE, "css"));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| path_of("hearth", ICON, "svg"));
static KEYS_PATH: LazyLock<String> = LazyLock::new(|| path_of("keys", KEYS, "js"));

fn path_of(name: &str, content: &str, ending: &str) -> String {
    let digest = hex::encode(Sha256::digest(content.as_bytes()));
    format!("/assets/{name}-{}.{ending}", digest.get(..16).unwrap_or(&digest))
}

/// Where the style sheet is.
pub fn style_path() -> &'static str {
    &STYLE_PATH
}

/// Where the icon is.
pub fn icon_path() -> &'static str {
    &ICON_PATH
}

/// Where the script for single keys is.
pub fn keys_path() -> &'static str {
    &KEYS_PATH
}

/// The style sheet itself, for pages written to files.
pub fn style() -> &'static str {
    STYLE
}

/// Serves an asset by its hashed name. An old name is not found: its page is gone too.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let asked = format!("/assets/{name}");
    let (content, kind) = if asked == style_path() {
        (STYLE, "text/css; charset=utf-8")
    } else if asked == icon_path() {
        (ICON, "image/svg+xml")
    } else if asked == keys_path() {
        (KEYS, "text/javascript; charset=utf-8")
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, content).into_response()
}
