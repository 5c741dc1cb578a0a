//! The operator's commands beside a running server, and without one: the same answers, and the log has each of them.

use std::path::Path;
use std::process::{Output, Stdio};

use guard::log::{Trust, verify};
use tokio::io::AsyncWriteExt;

use crate::harness::http::send;
use crate::harness::server::{Server, binary};
use crate::harness::town::Place;

/// Gives a command; what it is told on the standard input is `typed`.
pub(crate) async fn hearth(place: &Place, words: &[&str], typed: &str) -> Output {
    let mut child = tokio::process::Command::new(binary())
        .args(words)
        .env("HEARTH_DATA", place.data())
        .env("HEARTH_PACK", place.pack())
        .env("HEARTH_DATABASE", &place.database)
        // Paths are the command's own, not the server's.
        .current_dir(place.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(typed.as_bytes()).await.expect("taken");
    drop(input);
    child.wait_with_output().await.expect("an end")
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The year into which the log is written.
fn this_year(data: &Path) -> String {
    let names = std::fs::read_dir(data.join("log")).expect("a log").flatten();
    let years = names.filter_map(|entry| entry.path().file_stem()?.to_str()?.parse::<u16>().ok());
    years.max().expect("a year").to_string()
}

fn entries(data: &Path) -> u64 {
    verify(&data.join("log"), &Trust::default()).expect("a whole log").entries()
}

/// Every command once; `number` makes what they add new.
async fn all(place: &Place, number: u32) {
    let file = place.home().join("p.csv");
    let rows = format!(
        "ref,family,given,birth_date,identifier_scheme,identifier\nP{number},서,하나,1990-01-02,,\nQ{number},서,둘,tomorrow,,\n\
         R{number},서,셋,1990-01-02,rrn,900102-200000\n"
    );
    std::fs::write(&file, rows).expect("a file");
    let import = ["import", "persons", "p.csv", "--source", "mois"];
    for (dry, expected) in [
        (true, "1 taken, 0 known already, 2 refused (dry run"),
        (false, "1 taken, 0 known"),
        (false, "0 taken, 1 known"),
    ] {
        let words: Vec<&str> = import.iter().copied().chain(dry.then_some("--dry-run")).collect();
        let done = hearth(place, &words, "").await;
        assert!(done.status.code() == Some(2) && said(&done).contains(expected), "{}", said(&done));
    }
    let refused = std::fs::read_to_string(place.home().join("p.refused.csv")).expect("the refused rows");
    let expected = "identifier: does not have the shape of an identifier: expected a number such as 000000-0000000";
    let told = refused
        .lines()
        .any(|row| row.starts_with(&format!("R{number},")) && row.contains(",4,") && row.ends_with(expected));
    assert!(told, "{refused}");
    let nowhere = hearth(place, &["import", "persons", "no.csv", "--source", "mois"], "").await;
    assert!(nowhere.status.code() == Some(1) && said(&nowhere).contains("no.csv"), "{}", said(&nowhere));

    let add = |organisation| ["agency", "add", "--name", "register", "--organisation", organisation];
    let unknown = hearth(place, &add("nobody"), "").await;
    assert!(!unknown.status.success() && said(&unknown).contains("no agency of the pack"), "{}", said(&unknown));
    let client = hearth(place, &add("court_administration"), "").await;
    assert!(client.status.success(), "{}", said(&client));
    assert!(String::from_utf8_lossy(&client.stdout).trim().len() >= 32, "the token alone on the standard output");

    let login = format!("night-{number}");
    let local =
        ["account", "add-local", "--login", &login, "--name", "Night", "--role", "administrator", "--organisation"];
    let nowhere = hearth(place, &[&local[..], &["nobody"]].concat(), "a long enough password\n").await;
    assert!(!nowhere.status.success() && said(&nowhere).contains("an agency of the pack"), "{}", said(&nowhere));
    let local = [&local[..], &["mohw"]].concat();
    let short = hearth(place, &local, "short\n").await;
    assert!(!short.status.success(), "{}", said(&short));
    let made = hearth(place, &local, "a long enough password\n").await;
    assert!(made.status.success() && said(&made).contains("second factor"), "{}", said(&made));
    let linked =
        ["account", "add", "--subject", &login, "--name", "Day", "--role", "administrator", "--organisation", "mohw"];
    let unknown = hearth(place, &linked, "").await;
    assert!(!unknown.status.success() && said(&unknown).contains("no identity provider"), "{}", said(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_done_by_the_running_server_or_without_one() {
    let place = Place::settle(60, None).await;
    let server = Server::start(&place).await;
    let socket = place.data().join("operator.sock");
    let private = {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777
    };
    assert_eq!(private, 0o600, "the owner's alone");
    all(&place, 1).await;
    // What was added is in force at once.
    let client = hearth(&place, &["agency", "add", "--name", "x", "--organisation", "court_administration"], "").await;
    let token = format!("Bearer {}", String::from_utf8_lossy(&client.stdout).trim());
    let headers = [("authorization", token.as_str()), ("hearth-purpose", "data_exchange"), ("hearth-reason", "a test")];
    let nobody = format!("/api/persons/{}", uuid::Uuid::nil());
    let known = send(server.port, "GET", &nobody, &headers, "").await.expect("an answer");
    assert_eq!(known.status, 404, "the token is known: {}", known.body);
    // A stranger at the socket is told what is wrong with what they send.
    let mut stream = tokio::net::UnixStream::connect(&socket).await.expect("the socket");
    stream.write_all(b"{\"do\":\"dance\"}\n").await.expect("taken");
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.expect("an answer");
    assert!(answer.contains("does not know the task"), "{answer}");

    let mother = place.mothers.first().expect("a mother");
    let family =
        send(server.port, "GET", "/family", &[("cookie", mother.cookie.as_str())], "").await.expect("an answer");
    assert_eq!(family.status, 200, "a look that is hers: {}", family.body);

    server.kill().await;
    let (mother, year) = (mother.id.to_string(), this_year(place.data()));
    let erase = |year| ["log", "erase", &mother, "--year", year, "--reason", "the order of a court"];
    let never = hearth(&place, &erase("1999"), "").await;
    assert!(!never.status.success() && said(&never).contains("holds nothing"), "{}", said(&never));
    let erased = hearth(&place, &erase(&year), "").await;
    assert!(erased.status.success(), "{}", said(&erased));
    assert!(!hearth(&place, &erase(&year), "").await.status.success(), "there is nothing left of hers");
    let before = entries(place.data());
    assert!(before >= 6, "each command is in the log: {before}");
    // The socket lies there still, and nobody answers.
    assert!(socket.exists());
    all(&place, 2).await;
    assert!(entries(place.data()) >= before + 5);
}
