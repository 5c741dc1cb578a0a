//! What a file from the bank says, entry by entry.

use std::io::BufRead;

use kernel::{Currency, Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::scan::{Fault, Limits, Node, Scan};
use crate::model::words;

words! {
    /// Which message a file holds.
    MessageKind as "message" {
        /// Status report on a file of ours.
        Pain002 = "pain.002",
        /// What was booked on our account.
        Camt054 = "camt.054",
    }
}

impl MessageKind {
    /// The message of a name such as `camt.054.001.08`. Only versions in which what is read here has one of the known shapes.
    fn of(name: &str) -> Option<MessageKind> {
        let (word, version) = name.split_once(".001.")?;
        let known = match word.parse().ok()? {
            MessageKind::Pain002 => 3..=14,
            MessageKind::Camt054 => 2..=13,
        };
        let version: u8 =
            version.parse().ok().filter(|_| version.len() == 2 && version.bytes().all(|b| b.is_ascii_digit()))?;
        word.parse().ok().filter(|_| known.contains(&version))
    }
}

words! {
    /// What an entry says.
    EntryKind as "kind of entry" {
        /// The bank took a payment on.
        Accepted = "accepted",
        /// The bank refused a payment.
        Rejected = "rejected",
        /// A payment was made.
        Paid = "paid",
        /// A payment came back.
        Returned = "returned",
        /// Money came in that is no return.
        Credit = "credit",
        /// The bank took a whole file on.
        FileAccepted = "file_accepted",
        /// The bank refused a whole file.
        FileRejected = "file_rejected",
        /// A whole file was paid.
        FilePaid = "file_paid",
        /// Anything else: a status on the way, an entry not booked yet.
        Other = "other",
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it says.
    pub kind: EntryKind,
    /// The file it speaks of: our message id or block id.
    pub file: Option<String>,
    /// Our reference of the payment (EndToEndId).
    pub reference: Option<String>,
    /// The amount as written, and its currency.
    pub amount: Option<(String, String)>,
    /// The bank's reason code, or its own words.
    pub reason: Option<String>,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// The bank's status word as written.
    pub status: Option<String>,
}

impl Entry {
    /// The amount in minor units, when it is one of a currency.
    pub fn money(&self) -> Option<(i64, Currency)> {
        let (amount, currency) = self.amount.as_ref()?;
        let currency: Currency = currency.parse().ok()?;
        Some((super::minor(amount, currency)?, currency))
    }

    /// A fingerprint of everything it says.
    pub(crate) fn digest(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let digest = hex::encode(Sha256::digest(text));
        digest.get(..32).unwrap_or(&digest).to_owned()
    }
}

/// What is being collected. Fields are named after the tags.
#[derive(Default)]
struct Collected {
    // The group or block of a status report.
    file: Option<String>,
    file_status: Option<String>,
    file_reason: Option<String>,
    // The entry of a notification, around its transactions.
    entry_amount: Option<(String, String)>,
    entry_side: Option<String>,
    entry_status: Option<String>,
    entry_reversal: bool,
    entry_date: Option<Date>,
    entry_file: Option<String>,
    transactions: u32,
    // One transaction.
    one: Transaction,
}

#[derive(Default)]
struct Transaction {
    file: Option<String>,
    reference: Option<String>,
    status: Option<String>,
    reason: Option<String>,
    /// The reason in the bank's words.
    words: Option<String>,
    amount: Option<(String, String)>,
    side: Option<String>,
    returned: bool,
}

impl Transaction {
    /// The code of the reason; the bank's words where there is none, or one that says «see the words».
    fn reason(&mut self) -> Option<String> {
        let code = self.reason.take().filter(|code| code != "NARR" || self.words.is_none());
        code.or_else(|| self.words.take())
    }

    /// Adds a piece of the bank's words, cut where nobody reads on.
    fn say(&mut self, piece: &str) {
        let words = self.words.get_or_insert_default();
        let gap = if words.is_empty() { "" } else { " " };
        let room = 200usize.saturating_sub(words.chars().count());
        words.extend(gap.chars().chain(piece.chars()).take(room));
    }
}

/// Reads entries one after another; memory stays flat.
pub struct Entries<R: BufRead> {
    scan: Scan<R>,
    kind: MessageKind,
    message: Option<String>,
    got: Collected,
    closed: bool,
    done: bool,
}

const STATUS: &str = "Document/CstmrPmtStsRpt/";
const NOTICE: &str = "Document/BkToCstmrDbtCdtNtfctn/";

impl<R: BufRead> Entries<R> {
    /// Looks at the root and says which message it is.
    pub fn open(input: R, limits: Limits) -> Result<Self, Fault> {
        let mut scan = Scan::new(input, limits);
        let mut closed = false;
        scan.next(&mut closed)?;
        let namespace = scan.namespace().unwrap_or_default();
        let word = namespace.strip_prefix("urn:iso:std:iso:20022:tech:xsd:").unwrap_or(namespace);
        let other = || Fault::OtherMessage(word.chars().take(80).collect());
        let kind = MessageKind::of(word).ok_or_else(other)?;
        if scan.path() != "Document" {
            return Err(other());
        }
        Ok(Entries { scan, kind, message: None, got: Collected::default(), closed, done: false })
    }

    /// Which message it is.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The bank's number of the message; known when the first entry is.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// SHA-256 of everything read so far.
    pub fn digest(&mut self) -> String {
        self.scan.digest()
    }

    /// The next entry; `None` at the end.
    pub fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        while !self.done {
            match self.scan.next(&mut self.closed)? {
                Node::Open => {
                    if self.scan.path() == "Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry" {
                        self.got = Collected::default();
                    }
                }
                Node::End => self.done = true,
                Node::Close(text) => {
                    let found = match self.kind {
                        MessageKind::Pain002 => self.status_report(text),
                        MessageKind::Camt054 => self.notification(text),
                    };
                    if found.is_some() {
                        if self.message.is_none() {
                            return Err(Fault::NoNumber);
                        }
                        return Ok(found);
                    }
                }
            }
        }
        if self.message.is_none() { Err(Fault::NoNumber) } else { Ok(None) }
    }

    /// pain.002: an element closed.
    fn status_report(&mut self, text: String) -> Option<Entry> {
        let got = &mut self.got;
        let path = self.scan.path().strip_prefix(STATUS)?;
        let text = text.trim().to_owned();
        match path {
            "GrpHdr/MsgId" => self.message = Some(text).filter(|t| !t.is_empty()),
            "OrgnlGrpInfAndSts/OrgnlMsgId" | "OrgnlPmtInfAndSts/OrgnlPmtInfId" => got.file = Some(text),
            "OrgnlGrpInfAndSts/GrpSts" | "OrgnlPmtInfAndSts/PmtInfSts" => got.file_status = Some(text),
            "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd"
            | "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Prtry"
            | "OrgnlPmtInfAndSts/StsRsnInf/Rsn/Cd"
            | "OrgnlPmtInfAndSts/StsRsnInf/Rsn/Prtry" => {
                got.file_reason.get_or_insert(text);
            }
            "OrgnlPmtInfAndSts/TxInfAndSts/OrgnlEndToEndId" => got.one.reference = Some(text),
            "OrgnlPmtInfAndSts/TxInfAndSts/TxSts" => got.one.status = Some(text),
            "OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/Rsn/Cd" | "OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/Rsn/Prtry" => {
                got.one.reason.get_or_insert(text);
            }
            "OrgnlPmtInfAndSts/TxInfAndSts/StsRsnInf/AddtlInf" => got.one.say(&text),
            "OrgnlPmtInfAndSts/TxInfAndSts/OrgnlTxRef/Amt/InstdAmt" => {
                got.one.amount = self.scan.currency().map(|c| (text, c.to_owned()));
            }
            "OrgnlPmtInfAndSts/TxInfAndSts" => {
                let mut one = std::mem::take(&mut got.one);
                let kind = match one.status.as_deref() {
                    Some("RJCT") => EntryKind::Rejected,
                    Some("ACSC" | "ACCC") => EntryKind::Paid,
                    Some("ACCP" | "ACSP" | "ACTC" | "ACWC" | "ACFC") => EntryKind::Accepted,
                    _ => EntryKind::Other,
                };
                return Some(Entry {
                    kind,
                    file: got.file.clone(),
                    reason: one.reason(),
                    reference: one.reference,
                    amount: one.amount,
                    booked_on: None,
                    status: one.status,
                });
            }
            "OrgnlGrpInfAndSts" | "OrgnlPmtInfAndSts" => return self.file_status(),
            _ => {}
        }
        None
    }

    /// The status of a whole file or block, when one is given.
    fn file_status(&mut self) -> Option<Entry> {
        let got = std::mem::take(&mut self.got);
        let status = got.file_status?;
        let kind = match status.as_str() {
            "RJCT" => EntryKind::FileRejected,
            "ACSC" | "ACCC" => EntryKind::FilePaid,
            "ACCP" | "ACSP" | "ACTC" | "ACWC" | "ACFC" | "RCVD" | "PDNG" | "PART" => EntryKind::FileAccepted,
            _ => EntryKind::Other,
        };
        Some(Entry {
            kind,
            file: got.file,
            reference: None,
            amount: None,
            reason: got.file_reason,
            booked_on: None,
            status: Some(status),
        })
    }

    /// camt.054: an element closed.
    fn notification(&mut self, text: String) -> Option<Entry> {
        let got = &mut self.got;
        let path = self.scan.path().strip_prefix(NOTICE)?;
        if path == "GrpHdr/MsgId" {
            self.message = Some(text.trim().to_owned()).filter(|t| !t.is_empty());
            return None;
        }
        let path = path.strip_prefix("Ntfctn/Ntry")?;
        let text = text.trim().to_owned();
        let amount = |text| self.scan.currency().map(|c| (text, c.to_owned()));
        match path {
            "/Amt" => got.entry_amount = amount(text),
            "/CdtDbtInd" => got.entry_side = Some(text),
            "/RvslInd" => got.entry_reversal = matches!(text.as_str(), "true" | "1"),
            // Until version 07 the code stands in the tag itself.
            "/Sts" if !text.is_empty() => got.entry_status = Some(text),
            "/Sts/Cd" | "/Sts/Prtry" => got.entry_status = Some(text),
            "/BookgDt/Dt" | "/BookgDt/DtTm" => got.entry_date = text.get(..10).and_then(|d| d.parse().ok()),
            "/NtryDtls/Btch/MsgId" => got.entry_file = Some(text),
            "/NtryDtls/Btch/PmtInfId" => {
                got.entry_file.get_or_insert(text);
            }
            "/NtryDtls/TxDtls/Refs/MsgId" => got.one.file = Some(text),
            "/NtryDtls/TxDtls/Refs/PmtInfId" => {
                got.one.file.get_or_insert(text);
            }
            "/NtryDtls/TxDtls/Refs/EndToEndId" => got.one.reference = Some(text),
            "/NtryDtls/TxDtls/Amt" => got.one.amount = amount(text),
            // Version 02 has it here alone, and some banks still write it here alone.
            "/NtryDtls/TxDtls/AmtDtls/TxAmt/Amt" if got.one.amount.is_none() => got.one.amount = amount(text),
            "/NtryDtls/TxDtls/CdtDbtInd" => got.one.side = Some(text),
            "/NtryDtls/TxDtls/RtrInf/Rsn/Cd" | "/NtryDtls/TxDtls/RtrInf/Rsn/Prtry" => got.one.reason = Some(text),
            "/NtryDtls/TxDtls/RtrInf/AddtlInf" => got.one.say(&text),
            "/NtryDtls/TxDtls/RtrInf" => got.one.returned = true,
            "/NtryDtls/TxDtls" => {
                got.transactions += 1;
                let one = std::mem::take(&mut got.one);
                return Some(booked(got, one, false));
            }
            "" => {
                let got = std::mem::take(&mut self.got);
                if got.transactions == 0 {
                    let one = Transaction { file: got.entry_file.clone(), ..Transaction::default() };
                    return Some(booked(&got, one, true));
                }
            }
            _ => {}
        }
        None
    }
}

/// An entry of a notification: one transaction, or the whole of a batch.
fn booked(got: &Collected, mut one: Transaction, whole: bool) -> Entry {
    let reason = one.reason();
    let side = one.side.or_else(|| got.entry_side.clone());
    let status = got.entry_status.clone();
    let back = one.returned || got.entry_reversal;
    let kind = match (status.as_deref(), side.as_deref(), back) {
        (Some("BOOK"), Some("DBIT"), false) if whole && one.file.is_some() => EntryKind::FilePaid,
        (Some("BOOK"), Some("DBIT"), false) => EntryKind::Paid,
        (Some("BOOK"), Some("CRDT"), true) => EntryKind::Returned,
        (Some("BOOK"), Some("CRDT"), false) => EntryKind::Credit,
        _ => EntryKind::Other,
    };
    // An entry with several transactions has an amount of its own for each; without it, only the sum is known.
    let amount = one.amount.or_else(|| (whole || got.transactions <= 1).then(|| got.entry_amount.clone()).flatten());
    Entry { kind, file: one.file, reference: one.reference, amount, reason, booked_on: got.entry_date, status }
}
