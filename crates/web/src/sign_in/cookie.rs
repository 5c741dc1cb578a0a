//! The cookies of signing in.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Names and attributes; over https the names carry `__Host-`, which ties them to this host and to https.
#[derive(Clone, Copy)]
pub(super) struct Cookies {
    pub(super) secure: bool,
}

impl Cookies {
    fn name(self, plain: &str) -> String {
        if self.secure { format!("__Host-{plain}") } else { plain.to_owned() }
    }

    fn set(self, plain: &str, value: &str, max_age: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{max_age}{secure}", self.name(plain))
    }

    fn get(self, headers: &HeaderMap, plain: &str) -> Option<String> {
        let name = self.name(plain);
        let all = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
        let mut pairs = all.filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
    }

    pub(super) fn session(self, headers: &HeaderMap) -> Option<String> {
        self.get(headers, "hearth_session")
    }

    pub(super) fn set_session(self, token: &str) -> String {
        self.set("hearth_session", token, "")
    }

    pub(super) fn clear_session(self) -> String {
        self.set("hearth_session", "", "; Max-Age=0")
    }

    pub(super) fn flow(self, headers: &HeaderMap) -> Option<String> {
        self.get(headers, "hearth_sign_in")
    }

    pub(super) fn set_flow(self, sealed: &str) -> String {
        self.set("hearth_sign_in", sealed, "; Max-Age=600")
    }

    pub(super) fn clear_flow(self) -> String {
        self.set("hearth_sign_in", "", "; Max-Age=0")
    }
}
