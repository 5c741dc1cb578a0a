//! Writing pain.001.001.09: customer credit transfer initiation. Pure: the same payments make the same bytes.

use std::io::Write;

use kernel::{Currency, Date, Instant, RunId, iban_adds_up};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{block_id, decimal, message_id};
use crate::account::{Details, looks_like_iban};
use crate::run::Payer;

/// The namespace of the message.
pub const PAIN_001: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// What stands at the head of a file.
#[derive(Clone, Debug)]
pub(crate) struct Header<'a> {
    pub(crate) run: RunId,
    pub(crate) released_at: Instant,
    pub(crate) pay_date: Date,
    pub(crate) lines: u32,
    pub(crate) minor: i64,
    pub(crate) currency: Currency,
    pub(crate) payer: &'a Payer,
}

/// Writes one file, payment by payment.
pub(crate) struct Pain001<W: Write> {
    out: Writer<W>,
    currency: Currency,
}

impl<W: Write> Pain001<W> {
    /// Writes everything up to the first payment.
    pub(crate) fn begin(out: W, head: &Header<'_>) -> std::io::Result<Self> {
        let mut it = Pain001 { out: Writer::new(out), currency: head.currency };
        it.out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let document = BytesStart::new("Document").with_attributes([("xmlns", PAIN_001)]);
        it.out.write_event(Event::Start(document))?;
        it.open("CstmrCdtTrfInitn")?;
        let (lines, sum) = (head.lines.to_string(), decimal(head.minor, head.currency));
        it.within("GrpHdr", |it| {
            it.leaf("MsgId", &message_id(head.run))?;
            it.leaf("CreDtTm", &head.released_at.rfc3339())?;
            it.leaf("NbOfTxs", &lines)?;
            it.leaf("CtrlSum", &sum)?;
            it.within("InitgPty", |it| it.leaf("Nm", &head.payer.name))
        })?;
        it.open("PmtInf")?;
        it.leaf("PmtInfId", &block_id(head.run))?;
        it.leaf("PmtMtd", "TRF")?;
        it.leaf("BtchBookg", "true")?;
        it.leaf("NbOfTxs", &lines)?;
        it.leaf("CtrlSum", &sum)?;
        it.within("ReqdExctnDt", |it| it.leaf("Dt", &head.pay_date.to_string()))?;
        it.within("Dbtr", |it| it.leaf("Nm", &head.payer.name))?;
        it.account("DbtrAcct", head.payer.account.trim())?;
        it.agent("DbtrAgt", head.payer.bank.trim())?;
        Ok(it)
    }

    /// Writes one payment.
    pub(crate) fn payment(&mut self, name: &str, minor: i64, to: &Details) -> std::io::Result<()> {
        let currency = self.currency;
        self.out.write_event(Event::Text(BytesText::from_escaped("\n")))?;
        self.within("CdtTrfTxInf", |it| {
            it.within("PmtId", |it| {
                it.leaf("InstrId", name)?;
                it.leaf("EndToEndId", name)
            })?;
            it.within("Amt", |it| {
                let start = BytesStart::new("InstdAmt").with_attributes([("Ccy", currency.code())]);
                it.out.write_event(Event::Start(start))?;
                it.out.write_event(Event::Text(BytesText::new(&decimal(minor, currency))))?;
                it.close("InstdAmt")
            })?;
            it.agent("CdtrAgt", &to.bank)?;
            it.within("Cdtr", |it| it.leaf("Nm", &to.holder))?;
            it.account("CdtrAcct", &to.number)?;
            // Social security benefit, in the external list of purposes; the programme is none of the bank's business.
            it.within("Purp", |it| it.leaf("Cd", "SSBE"))
        })
    }

    /// Writes the end and gives the writer back.
    pub(crate) fn end(mut self) -> std::io::Result<W> {
        for name in ["PmtInf", "CstmrCdtTrfInitn", "Document"] {
            self.close(name)?;
        }
        Ok(self.out.into_inner())
    }

    fn open(&mut self, name: &str) -> std::io::Result<()> {
        self.out.write_event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> std::io::Result<()> {
        self.out.write_event(Event::End(BytesEnd::new(name)))
    }

    fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> std::io::Result<()>) -> std::io::Result<()> {
        self.open(name)?;
        inside(self)?;
        self.close(name)
    }

    fn leaf(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        self.open(name)?;
        // What XML cannot carry even escaped is left out.
        let odd =
            |c: char| (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
        if text.contains(odd) {
            let clean: String = text.chars().filter(|c| !odd(*c)).collect();
            self.out.write_event(Event::Text(BytesText::new(&clean)))?;
        } else {
            self.out.write_event(Event::Text(BytesText::new(text)))?;
        }
        self.close(name)
    }

    fn account(&mut self, name: &str, number: &str) -> std::io::Result<()> {
        self.within(name, |it| {
            it.within("Id", |it| {
                if looks_like_iban(number) && iban_adds_up(number) {
                    it.leaf("IBAN", number)
                } else {
                    it.within("Othr", |it| it.leaf("Id", number))
                }
            })
        })
    }

    fn agent(&mut self, name: &str, bank: &str) -> std::io::Result<()> {
        self.within(name, |it| {
            it.within("FinInstnId", |it| {
                if looks_like_bic(bank) {
                    it.leaf("BICFI", bank)
                } else {
                    it.within("ClrSysMmbId", |it| it.leaf("MmbId", bank))
                }
            })
        })
    }
}

/// ISO 9362: four letters or digits, two letters of the country, two more, and three of a branch or none.
fn looks_like_bic(text: &str) -> bool {
    let right = |(n, b): (usize, u8)| b.is_ascii_uppercase() || (b.is_ascii_digit() && !(4..6).contains(&n));
    matches!(text.len(), 8 | 11) && text.bytes().enumerate().all(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bic_is_told_from_a_clearing_code() {
        assert!(looks_like_bic("HVBKKRSEXXX") && looks_like_bic("KCJBKZKX"));
        assert!(!looks_like_bic("004") && !looks_like_bic("20040000") && !looks_like_bic("hvbkkrse"));
    }
}
