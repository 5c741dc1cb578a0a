//! A client for the scanner `clamd`: its INSTREAM command over TCP and nothing else of it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes sent in one piece.
const PIECE: usize = 64 * 1024;
/// The longest answer read.
const MOST_ANSWER: u64 = 4_096;
/// The longest name of a finding that is passed on.
const MOST_NAME: usize = 100;

/// Where the scanner listens, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    /// `host:port`.
    pub address: String,
    /// For connecting, sending and answering together.
    pub patience: Duration,
}

/// What the scanner says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing found.
    Clean,
    /// Malware, by the scanner's name for it.
    Infected(String),
}

/// Why there is no verdict. The file waits; nothing is shown before it was scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// No connection, or it broke off.
    #[error("the scanner cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    /// No answer in time.
    #[error("the scanner did not answer in time")]
    TooSlow,
    /// An answer that is neither clean nor a finding.
    #[error("the scanner answered {0:?}")]
    Odd(String),
}

impl Scanner {
    /// Scans a file. Only the scanner's own «OK» makes it clean.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Verdict, ScanError> {
        match timeout(self.patience, self.ask(bytes)).await {
            Ok(answer) => verdict(&answer?),
            Err(_) => Err(ScanError::TooSlow),
        }
    }

    async fn ask(&self, bytes: &[u8]) -> Result<String, ScanError> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let sent = send(&mut stream, bytes).await;
        let mut answer = Vec::new();
        let read = (&mut stream).take(MOST_ANSWER).read_to_end(&mut answer).await;
        // A scanner that has seen enough answers and hangs up while we still send: its answer counts.
        if answer.is_empty() {
            sent?;
            read?;
        }
        Ok(String::from_utf8_lossy(&answer).trim_end_matches(['\0', '\n']).to_owned())
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE) {
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(piece).await?;
    }
    stream.write_all(&[0; 4]).await?;
    stream.flush().await
}

fn verdict(answer: &str) -> Result<Verdict, ScanError> {
    let said = answer.strip_prefix("stream: ").unwrap_or("");
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Infected(name.chars().take(MOST_NAME).collect())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => Err(ScanError::Odd(answer.chars().take(MOST_NAME).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_scanners_own_ok_makes_a_file_clean() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(verdict("stream: Eicar-Test FOUND").unwrap(), Verdict::Infected("Eicar-Test".into()));
        for odd in ["", "OK", "stream: ", "stream: OK and more", "INSTREAM size limit exceeded. ERROR", "stream: ERROR"]
        {
            assert!(verdict(odd).is_err(), "{odd:?}");
        }
    }
}
