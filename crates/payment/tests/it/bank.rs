//! Bank files: what goes out holds against the standard's schema and another parser; what comes in is met with suspicion.

use std::process::{Command, Stdio};

use jiff::civil::date;
use payment::bank::{self, ApplyFault, ReadFault, Why};
use payment::ledger::Account;
use payment::reference::EndToEnd;
use payment::run::{Run, RunStatus};

use crate::desk::{Office, clerk, keys};

/// A booked payment.
pub(crate) fn paid(name: &str, amount: &str) -> String {
    entry(name, amount, "DBIT", "")
}

/// A booked return.
pub(crate) fn returned(name: &str, amount: &str, reason: &str) -> String {
    entry(name, amount, "CRDT", &format!("<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"))
}

fn entry(name: &str, amount: &str, side: &str, extra: &str) -> String {
    format!(
        r#"<Ntry><NtryRef>1</NtryRef><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-25</Dt></BookgDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>
        <NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}</TxDtls></NtryDtls></Ntry>"#
    )
}

/// A notification with these entries.
pub(crate) fn camt(number: &str, entries: &[String]) -> String {
    let entries = entries.concat();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm><Acct><Id><Othr><Id>110123456789</Id></Othr></Id></Acct>{entries}</Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"#
    )
}

/// A status report on a run's file: on all of it, and on single payments.
pub(crate) fn pain_002(number: &str, run: &Run, all: Option<&str>, single: &[(&str, &str, Option<&str>)]) -> String {
    let file = bank::message_id(run.id);
    let all = all.map(|s| format!("<GrpSts>{s}</GrpSts>")).unwrap_or_default();
    let one = |(name, status, reason): &(&str, &str, Option<&str>)| {
        let reason = reason.map(|r| format!("<StsRsnInf><Rsn><Cd>{r}</Cd></Rsn></StsRsnInf>")).unwrap_or_default();
        format!("<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>")
    };
    let single: String = single.iter().map(one).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><p:CstmrPmtStsRpt>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{all}</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>P{file}</OrgnlPmtInfId>{single}</OrgnlPmtInfAndSts>
</p:CstmrPmtStsRpt></p:Document>"#
    )
}

/// The references in a file, read by a parser that is not ours.
pub(crate) fn line_names(file: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(file).unwrap();
    let named = document.descendants().filter(|n| n.has_tag_name((PAIN, "EndToEndId")));
    named.map(|n| n.text().unwrap().to_owned()).collect()
}

const PAIN: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// Three payees with 100, 200 and 300 won in one released run.
async fn three(office: &Office) -> (Run, Vec<String>) {
    let today = date(2026, 11, 2);
    for minor in [100, 200, 300] {
        let payee = office.payee(today).await;
        office.grant(today, &office.monthly(payee, date(2026, 11, 1), minor)).await;
    }
    let run = office.paid(date(2026, 11, 25)).await;
    let names = line_names(&office.file(run.id).await);
    (run, names)
}

/// The amount of each reference in a file.
pub(crate) fn amounts(file: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(file).unwrap();
    let payments = document.descendants().filter(|n| n.has_tag_name((PAIN, "CdtTrfTxInf")));
    let text = |n: roxmltree::Node<'_, '_>, name: &str| {
        n.descendants().find(|d| d.has_tag_name((PAIN, name))).unwrap().text().unwrap().to_owned()
    };
    payments.map(|n| (text(n, "EndToEndId"), text(n, "InstdAmt"))).collect()
}

#[tokio::test]
async fn the_file_holds_against_the_schema_of_the_standard_and_is_the_same_every_time() {
    for office in Office::all(20).await {
        let (run, _) = three(&office).await;
        let file = office.file(run.id).await;
        assert_eq!(file, office.file(run.id).await, "made again, byte for byte");
        schema_holds(&file);
        // Another parser reads the same sums out of it.
        let document = roxmltree::Document::parse(&file).unwrap();
        let text = |name: &str| document.descendants().find(|n| n.has_tag_name((PAIN, name))).unwrap().text().unwrap();
        assert_eq!((text("NbOfTxs"), text("CtrlSum"), text("MsgId")), ("3", "600", bank::message_id(run.id).as_str()));
        assert_eq!((text("Dt"), text("CreDtTm").len()), ("2026-11-25", 27));
        let listed = amounts(&file);
        let sum: i64 = listed.iter().map(|(_, amount)| amount.parse::<i64>().unwrap()).sum();
        assert_eq!((listed.len(), sum), (3, 600));
        assert!(listed.iter().all(|(name, _)| EndToEnd::read(name).is_some()));
        let holder = document.descendants().find(|n| n.has_tag_name((PAIN, "Cdtr"))).unwrap();
        assert_eq!(holder.first_element_child().unwrap().text(), Some("홍길동 <&\"' ltd>"), "escaped and back");
    }
}

#[tokio::test]
async fn a_file_is_made_of_a_released_run_only_and_not_of_lines_that_were_tampered_with() {
    for office in Office::all(21).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        office.grant(today, &office.monthly(payee, date(2026, 11, 1), 100)).await;
        let run = office.prepared(date(2026, 11, 25)).await;
        let early = bank::write(&office.db, keys(), run.id, Vec::new()).await;
        assert!(matches!(early, Err(bank::FileFault::Status(RunStatus::Prepared))));
        office.sign(&run, &clerk(1)).await.unwrap();
        office.release(&run, &clerk(2)).await.unwrap();
        // Somebody sends the money elsewhere behind the program's back.
        let elsewhere = office.account(today, kernel::PersonId(office.uuid())).await;
        let mut tx = office.db.begin().await.unwrap();
        tx.execute("update run_line set pay_account_id = $1", store::params![elsewhere]).await.unwrap();
        tx.commit().await.unwrap();
        let forged = bank::write(&office.db, keys(), run.id, Vec::new()).await;
        assert!(matches!(forged, Err(bank::FileFault::Totals)));
    }
}

/// Holds a file against the schema with xmllint. A machine without it cannot pass: the check is the point.
fn schema_holds(file: &str) {
    use std::io::Write as _;
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema/pain.001.001.09.xsd");
    let started = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema", schema, "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.unwrap_or_else(|e| {
        panic!("xmllint does not start ({e}): this test needs it; install the package libxml2-utils")
    });
    child.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn confirmations_are_applied_once_and_the_ledger_follows() {
    for office in Office::all(22).await {
        let (run, names) = three(&office).await;
        let amount = |n: usize| amounts_of(&office, &run, &names[n]);
        let report =
            pain_002("S1", &run, Some("ACTC"), &[(&names[0], "ACSP", None), (&names[1], "RJCT", Some("AC01"))]);
        let told = office.feed(date(2026, 11, 25), &report).await;
        assert_eq!((told.entries, told.applied, told.noted, told.unmatched), (3, 2, 1, 0));
        let file = camt("C1", &[paid(&names[0], &amount(0).await), paid(&names[2], &amount(2).await)]);
        assert_eq!(office.feed(date(2026, 11, 25), &file).await.applied, 2);
        assert_eq!(office.feed(date(2026, 11, 25), &file).await.repeated, 2);
        let report = office.check().await;
        assert_eq!((report.sent, report.pending), (600, 0));
        assert_eq!(office.balance(Account::Clearing).await, 0);
        assert_eq!(office.balance(Account::Paid).await + office.balance(Account::Returned).await, -600);
    }
}

async fn amounts_of(office: &Office, run: &Run, name: &str) -> String {
    let file = office.file(run.id).await;
    amounts(&file).into_iter().find(|(n, _)| n == name).unwrap().1
}

#[tokio::test]
async fn a_whole_file_is_settled_or_refused_in_one_word() {
    for office in Office::all(23).await {
        let (run, names) = three(&office).await;
        let settled = pain_002("S1", &run, Some("ACSC"), &[]);
        assert_eq!(office.feed(date(2026, 11, 25), &settled).await.applied, 1);
        let report = office.check().await;
        assert_eq!((report.confirmed, report.pending), (600, 0));
        // One comes back later; then the whole file is said to be refused, which cannot be.
        let amount = amounts_of(&office, &run, &names[0]).await;
        assert_eq!(
            office.feed(date(2026, 11, 27), &camt("C1", &[returned(&names[0], &amount, "AC04")])).await.applied,
            1
        );
        let refused = pain_002("S2", &run, Some("RJCT"), &[]);
        assert_eq!(office.feed(date(2026, 11, 27), &refused).await.unmatched, 1);
        office.check().await;
    }
    for office in Office::all(24).await {
        let (run, _) = three(&office).await;
        let twice = pain_002("S0", &run, Some("RJCT"), &[])
            .replace("</GrpSts>", "</GrpSts><StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>");
        assert_eq!(
            office.feed(date(2026, 11, 25), &twice).await.unmatched,
            1,
            "had before: perhaps paid, so not paid again"
        );
        let refused = pain_002("S1", &run, Some("RJCT"), &[]);
        assert_eq!(office.feed(date(2026, 11, 25), &refused).await.applied, 1);
        office.check().await;
        assert_eq!(office.balance(Account::Returned).await, -600);
        let again = office.paid(date(2026, 11, 26)).await;
        assert_eq!((again.lines, again.minor), (3, 600));
        assert_eq!(office.check().await.sent, 1200);
    }
}

#[tokio::test]
async fn what_fits_nothing_is_kept_with_the_reason_and_changes_nothing() {
    for office in Office::all(25).await {
        let (run, names) = three(&office).await;
        let before = office.check().await;
        let amount = amounts_of(&office, &run, &names[0]).await;
        let foreign = EndToEnd { attempt: 7, ..EndToEnd::read(&names[0]).unwrap() }.text();
        let wrong_currency = paid(&names[0], &amount).replace("KRW", "USD");
        let entries = [
            paid("NOTPROVIDED", "5"),
            paid(&foreign, &amount),
            paid(&names[0], "99999"),
            wrong_currency,
            entry("", "77", "CRDT", ""),
            returned(&names[1], &amounts_of(&office, &run, &names[1]).await, "AM05"),
            paid(&names[0], "not an amount"),
        ];
        let told = office.feed(date(2026, 11, 26), &camt("C1", &entries)).await;
        assert_eq!((told.applied, told.unmatched, told.entries), (0, 7, 7));
        let unknown_file = pain_002("S1", &run, Some("ACSC"), &[]).replace(&bank::message_id(run.id), &"0".repeat(32));
        assert_eq!(office.feed(date(2026, 11, 26), &unknown_file).await.unmatched, 1);
        let mut tx = office.db.read().await.unwrap();
        let open = payment::read::unmatched(&mut tx, None, 20).await.unwrap();
        drop(tx);
        let why: Vec<&str> = open.iter().map(|u| u.why.as_deref().unwrap()).collect();
        let expected = [
            Why::NotOurs,
            Why::NotSent,
            Why::OtherAmount,
            Why::OtherAmount,
            Why::Credit,
            Why::SaidTwice,
            Why::OtherAmount,
            Why::NoFile,
        ];
        assert_eq!(why, expected.map(Why::word));
        let desk = office.desk(date(2026, 11, 27));
        let first = (open[0].message.as_str(), open[0].entry, open[0].digest.as_str());
        let settle = async || {
            store::transact!(office.db, ApplyFault, |tx| {
                bank::resolve(tx, &desk, first, "the bank's own fee", clerk(1).account).await
            })
        };
        settle().await.unwrap();
        assert!(matches!(settle().await, Err(ApplyFault::NoEntry)));
        let after = office.check().await;
        assert_eq!((after.sent, after.pending, after.confirmed), (before.sent, before.pending, before.confirmed));
    }
}

#[tokio::test]
async fn a_batch_booked_as_one_sum_settles_the_file_if_the_sum_is_right() {
    for office in Office::all(26).await {
        let (run, _) = three(&office).await;
        let batch = |amount: &str| {
            let details = format!("<NtryDtls><Btch><MsgId>{}</MsgId></Btch></NtryDtls>", bank::message_id(run.id));
            let one = paid("x", amount);
            let (head, _) = one.split_once("<NtryDtls>").unwrap();
            format!("{head}{details}</Ntry>")
        };
        assert_eq!(office.feed(date(2026, 11, 25), &camt("C1", &[batch("601")])).await.unmatched, 1);
        assert_eq!(office.feed(date(2026, 11, 25), &camt("C2", &[batch("600")])).await.applied, 1);
        assert_eq!(office.check().await.confirmed, 600);
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_hostile_or_no_message_of_ours_changes_nothing() {
    for office in Office::all(27).await {
        let (run, names) = three(&office).await;
        let amount = amounts_of(&office, &run, &names[0]).await;
        let good = camt("C1", &[paid(&names[0], &amount)]);
        let day = date(2026, 11, 25);
        for cut in (0..good.len()).step_by(37).filter(|n| good.is_char_boundary(*n)) {
            assert!(office.try_feed(day, &good[..cut]).await.is_err(), "cut at {cut}");
        }
        let bomb = good.replace("<Document", "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Document");
        assert!(matches!(office.try_feed(day, &bomb).await, Err(ApplyFault::File(ReadFault::Doctype))));
        let entity = good.replace("<NtryRef>1</NtryRef>", "<NtryRef>&file;</NtryRef>");
        assert!(matches!(office.try_feed(day, &entity).await, Err(ApplyFault::File(ReadFault::Doctype))));
        let deep = good.replace("<NtryRef>1</NtryRef>", &"<a>".repeat(5000));
        assert!(matches!(office.try_feed(day, &deep).await, Err(ApplyFault::File(ReadFault::TooLarge { .. }))));
        let wide = good.replace("<NtryRef>1", &format!("<NtryRef>{}", "1".repeat(100_000)));
        assert!(matches!(office.try_feed(day, &wide).await, Err(ApplyFault::File(ReadFault::TooLarge { .. }))));
        let other = good.replace("camt.054.001.08", "camt.053.001.08");
        assert!(matches!(office.try_feed(day, &other).await, Err(ApplyFault::File(ReadFault::OtherMessage(_)))));
        let unnamed = good.replace("<MsgId>C1</MsgId>", "");
        assert!(matches!(office.try_feed(day, &unnamed).await, Err(ApplyFault::File(ReadFault::NoNumber))));
        let latin = good.replace("UTF-8", "ISO-8859-1");
        assert!(matches!(office.try_feed(day, &latin).await, Err(ApplyFault::File(ReadFault::Encoding))));
        let limits = bank::Limits { bytes: 500, ..bank::Limits::default() };
        let long = bank::apply(&office.db, &office.desk(day), None, limits, || Ok(good.as_bytes())).await;
        assert!(matches!(long, Err(ApplyFault::File(ReadFault::TooLarge { .. }))));
        assert_eq!(office.check().await.pending, 600, "nothing was applied");
        assert_eq!(office.feed(day, &good).await.applied, 1, "and the good one still is");
    }
}

#[test]
fn no_bytes_make_the_reader_panic_or_go_on_for_ever() {
    let mut chance = fastrand::Rng::with_seed(7);
    let whole = camt("C1", &[paid("A", "1"), returned("B", "2", "AC04")]);
    let mut read = 0;
    for _ in 0..3000 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..chance.usize(1..8) {
            let at = chance.usize(..bytes.len());
            match chance.u8(..4) {
                0 => bytes[at] = chance.u8(..),
                1 => drop(bytes.drain(at..(at + chance.usize(..40)).min(bytes.len()))),
                2 => bytes.splice(at..at, b"<![CDATA[<&]]>".iter().copied()).for_each(drop),
                _ => bytes.splice(at..at, b"&#x1F468;</".iter().copied()).for_each(drop),
            }
        }
        let Ok(mut entries) = bank::Entries::open(&bytes[..], bank::Limits::default()) else { continue };
        let mut count = 0;
        while let Ok(Some(_)) = entries.entry() {
            count += 1;
        }
        assert!(count <= 3);
        read += count;
    }
    assert!(read > 0, "some of it could still be read");
}
