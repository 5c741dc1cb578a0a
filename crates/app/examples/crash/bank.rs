//! A bank that lives on while the server is killed: it keeps its own books, pays a reference once, and sends much of the
//! money back, so that there is always something for the next run. It never takes the server's word for anything.

use std::collections::{BTreeMap, BTreeSet};

use kernel::RunId;

/// How much of a reference names entitlement, period and part; the rest is the attempt.
const NAME: usize = 31;

/// The bank's own books.
#[derive(Default)]
pub(crate) struct Bank {
    /// What it was told to pay, by reference.
    told: BTreeMap<String, i64>,
    /// What it has paid or has on its way, and has not sent back.
    stands: BTreeSet<String>,
    /// Files it has.
    files: BTreeSet<RunId>,
    /// How many messages it has sent.
    messages: u32,
    /// Payments said to be paid, and to have come back.
    pub(crate) said: [usize; 2],
}

/// A message of the bank, sent until it is acknowledged.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) entries: u64,
}

impl Message {
    /// Its own number.
    pub(crate) fn number(&self) -> Option<String> {
        tagged(&self.text, "<MsgId>", "</MsgId>").first().map(|number| (*number).to_owned())
    }
}

/// The text between two tags, each time it stands there.
fn tagged<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close).map(|(inside, _)| inside)).collect()
}

/// References and amounts of a file.
fn payments(file: &str) -> Vec<(&str, i64)> {
    let one = |payment| {
        let name = tagged(payment, "<EndToEndId>", "</EndToEndId>").first().copied()?;
        let amount = tagged(payment, "<InstdAmt Ccy=\"KRW\">", "</InstdAmt>").first()?.parse().ok()?;
        Some((name, amount))
    };
    tagged(file, "<CdtTrfTxInf>", "</CdtTrfTxInf>").into_iter().filter_map(one).collect()
}

impl Bank {
    /// Takes a run's file, the first time it comes. What was told before, or stands under another attempt, would be paid twice.
    pub(crate) fn take(&mut self, run: RunId, file: &str) -> Vec<String> {
        if !self.files.insert(run) {
            return vec![];
        }
        let mut wrong = Vec::new();
        for (name, amount) in payments(file) {
            let paid_as = name.get(..NAME).unwrap_or(name);
            if self.told.contains_key(name) {
                wrong.push(format!("{name} came to the bank twice, the second time from run {run}"));
            } else if let Some(other) = self.stands.iter().find(|n| n.starts_with(paid_as)) {
                wrong.push(format!("{name} of run {run} is to be paid while {other} stands"));
            }
            self.told.insert(name.to_owned(), amount);
            self.stands.insert(name.to_owned());
        }
        wrong
    }

    /// Everything it was ever told to pay, in minor units.
    pub(crate) fn sum(&self) -> i64 {
        self.told.values().sum()
    }

    /// Answers a file: an eighth is paid, most comes back, some it says nothing about. `None`: it says nothing at all.
    pub(crate) fn answer(&mut self, file: &str) -> Option<Message> {
        let mut entries = Vec::new();
        for (name, amount) in payments(file) {
            match fastrand::u8(..8) {
                0 => {
                    entries.push(entry(name, amount, "DBIT", ""));
                    self.said[0] += 1;
                }
                1..=6 => {
                    entries.push(entry(name, amount, "CRDT", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"));
                    self.said[1] += 1;
                    self.stands.remove(name);
                }
                _ => {}
            }
        }
        self.messages += 1;
        let text = camt(&format!("C{}", self.messages), &entries);
        (!entries.is_empty()).then(|| Message { text, entries: u64::try_from(entries.len()).unwrap_or(u64::MAX) })
    }
}

fn entry(name: &str, amount: i64, side: &str, extra: &str) -> String {
    format!(
        r#"<Ntry><NtryRef>1</NtryRef><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-25</Dt></BookgDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>
        <NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}</TxDtls></NtryDtls></Ntry>"#
    )
}

fn camt(number: &str, entries: &[String]) -> String {
    let entries = entries.concat();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm><Acct><Id><Othr><Id>1234567890</Id></Othr></Id></Acct>{entries}</Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"#
    )
}
