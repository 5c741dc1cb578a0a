//! Reading our own pain.001 files back, with the same suspicion as the bank's.

use std::io::BufRead;

use kernel::{Currency, Date};

use super::message::PAIN_001;
use super::minor;
use super::scan::{Fault, Limits, Node, Scan};
use crate::reference::EndToEnd;

/// One payment of a file.
pub(crate) struct Payment {
    pub(crate) name: EndToEnd,
    pub(crate) minor: i64,
    pub(crate) currency: Currency,
}

/// A file being read.
pub(crate) struct SentFile<R: BufRead> {
    scan: Scan<R>,
    closed: bool,
    number: Option<String>,
    pay_date: Option<Date>,
    name: Option<String>,
    amount: Option<(String, String)>,
}

const ROOT: &str = "Document/CstmrCdtTrfInitn/";

impl<R: BufRead> SentFile<R> {
    pub(crate) fn open(input: R, limits: Limits) -> Self {
        let scan = Scan::new(input, limits);
        SentFile { scan, closed: false, number: None, pay_date: None, name: None, amount: None }
    }

    /// The file's number and pay date, when it was read.
    pub(crate) fn head(&self) -> Result<(String, Date), Fault> {
        match (&self.number, self.pay_date) {
            (Some(number), Some(day)) => Ok((number.clone(), day)),
            _ => Err(Fault::NoNumber),
        }
    }

    /// The next payment; a reference that is not ours or an odd amount refuses the file.
    pub(crate) fn payment(&mut self) -> Result<Option<Payment>, Fault> {
        loop {
            let text = match self.scan.next(&mut self.closed)? {
                Node::End => return Ok(None),
                Node::Open => {
                    let other = self.scan.path() == "Document" && self.scan.namespace() != Some(PAIN_001);
                    if other {
                        let namespace = self.scan.namespace().unwrap_or_default();
                        return Err(Fault::OtherMessage(namespace.chars().take(80).collect()));
                    }
                    continue;
                }
                Node::Close(text) => text.trim().to_owned(),
            };
            match self.scan.path().strip_prefix(ROOT) {
                Some("GrpHdr/MsgId") => self.number = Some(text),
                Some("PmtInf/ReqdExctnDt/Dt") => self.pay_date = text.parse().ok(),
                Some("PmtInf/CdtTrfTxInf/PmtId/EndToEndId") => self.name = Some(text),
                Some("PmtInf/CdtTrfTxInf/Amt/InstdAmt") => {
                    self.amount = self.scan.currency().map(|c| (text, c.to_owned()));
                }
                Some("PmtInf/CdtTrfTxInf") => return self.finish().map(Some),
                _ => {}
            }
        }
    }

    fn finish(&mut self) -> Result<Payment, Fault> {
        let (name, amount) = (self.name.take().unwrap_or_default(), self.amount.take());
        let odd = || Fault::OtherMessage(format!("a payment {name:?} that is none of ours"));
        let (amount, currency) = amount.ok_or_else(odd)?;
        let currency: Currency = currency.parse().map_err(|_| odd())?;
        let minor = minor(&amount, currency).ok_or_else(odd)?;
        Ok(Payment { name: EndToEnd::read(&name).ok_or_else(odd)?, minor, currency })
    }
}
