//! The drill: a copy made while the server runs is put back elsewhere, checked, and a copy that was touched is refused. And a
//! decision file comes out the same again, until a byte of it is changed.

use std::path::Path;
use std::process::{Command, Output};

use casework::Desk;
use casework::decide::file;
use guard::{Processing, PurposeKind};
use kernel::DecisionId;

use crate::flow::Show;
use crate::harness::server::binary;

fn hearth(words: &[&str], data: &Path, pack: &Path) -> Output {
    let mut command = Command::new(binary());
    command
        .args(words)
        .env("HEARTH_DATA", data)
        .env("HEARTH_PACK", pack)
        .env("HEARTH_DATABASE", "sqlite:hearth.sqlite");
    command.output().expect("the binary")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_put_back_whole_and_a_decision_comes_out_the_same() {
    let show = Show::open(None).await;
    show.accept("mother-1", "first_meeting").await;
    let row = show.until("select decision_id from decision where status = 'in_force'", &[]).await;
    let decision: DecisionId = row.get("decision_id").unwrap();
    show.until("select 1 as one from entitlement", &[]).await;
    let (data, pack) = (show.home.path().join("data"), show.home.path().join("pack"));
    let copy = show.home.path().join("copy");
    let made = hearth(&["backup", &copy.display().to_string()], &data, &pack);
    assert!(made.status.success() && said(&made).contains("NOT in the copy"), "{}", said(&made));
    assert!(!copy.join("keys").exists());

    let elsewhere = show.home.path().join("elsewhere");
    let back = hearth(&["restore", &copy.display().to_string()], &elsewhere, &pack);
    assert!(back.status.success() && said(&back).contains("1 entitlements"), "{}", said(&back));
    assert!(said(&back).contains("Put the keys back"), "{}", said(&back));
    let again = hearth(&["restore", &copy.display().to_string()], &elsewhere, &pack);
    assert!(!again.status.success() && said(&again).contains("there already"), "{}", said(&again));
    // A file the bank has is adopted by an official of payments; anything else is refused by name.
    let keys = Command::new("cp").arg("-r").arg(data.join("keys")).arg(elsewhere.join("keys")).status().expect("cp");
    assert!(keys.success());
    let file = show.home.path().join("sent.xml");
    std::fs::write(&file, "<Document/>").unwrap();
    let name = file.display().to_string();
    let adopt = |file: &str, subject: &str| {
        said(&hearth(&["payments", "adopt", file, "--subject", subject], &elsewhere, &pack))
    };
    assert!(adopt("/no/such/file", "finance-1").contains("/no/such/file: "));
    assert!(adopt(&name, "nobody").contains("nobody has no account here"));
    // An entry less at the end of the copy: another root than was noted, or a damage.
    let year = std::fs::read_dir(copy.join("log")).unwrap().filter_map(Result::ok).find(|e| e.path().is_dir()).unwrap();
    let segment = year.path().join("000000.seg");
    let bytes = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &bytes[..bytes.len() - 40]).unwrap();
    let touched = hearth(&["restore", &copy.display().to_string()], &show.home.path().join("third"), &pack);
    assert!(!touched.status.success(), "{}", said(&touched));

    let written = show.home.path().join("decision.json");
    {
        let state = &show.runtime.state;
        let pack = state.packs.current();
        let desk = Desk { pack: &pack, keys: &show.runtime.keys, ids: &*state.ids, now: state.now() };
        let mut tx = state.db.read().await.unwrap();
        let sealed = file::export(&mut tx, &desk, decision).await.unwrap().unwrap();
        let basis = Processing::new(PurposeKind::Oversight, "test").unwrap();
        let text = sealed.process(&basis, |f| serde_json::to_string_pretty(f).unwrap());
        std::fs::write(&written, text).unwrap();
    }
    let data_word = data.display().to_string();
    let name = written.display().to_string();
    let same = hearth(&["replay", &name, "--data", &data_word], &data, &pack);
    assert!(same.status.success() && said(&same).contains("same"), "{}", said(&same));
    let text = std::fs::read_to_string(&written).unwrap();
    std::fs::write(&written, text.replace("2000000", "2000001").replace("3000000", "3000001")).unwrap();
    let differs = hearth(&["replay", &name, "--data", &data_word], &data, &pack);
    assert_eq!(differs.status.code(), Some(1), "{}", said(&differs));
    assert!(said(&differs).contains("differs"), "{}", said(&differs));
    show.close().await;
}
