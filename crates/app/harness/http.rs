//! The least HTTP that a client needs, so that a cut connection is seen as one.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer that came whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Why no whole answer came.
pub(crate) enum Cut {
    /// Nobody was there to be asked.
    NotThere,
    /// The request was sent, and the answer did not come or not whole.
    NoAnswer,
}

/// Sends one request; `None` when no whole answer came back.
pub(crate) async fn send(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    try_send(port, method, path, headers, body).await.ok()
}

/// The same, with the reason.
pub(crate) async fn try_send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, Cut> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|_| Cut::NotThere)?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" {
        let said = headers.iter().any(|(name, _)| *name == "content-type");
        request.push_str(if said { "" } else { "content-type: application/json\r\n" });
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    request.push_str(&format!("\r\n{body}"));
    stream.write_all(request.as_bytes()).await.map_err(|_| Cut::NoAnswer)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map_err(|_| Cut::NoAnswer)?;
    whole(bytes).ok_or(Cut::NoAnswer)
}

fn whole(bytes: Vec<u8>) -> Option<Answer> {
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    // Without a length the answer is whole only when it says so at its end; ours always have one.
    (length? == body.len()).then(|| Answer { status, body: body.to_owned() })
}
