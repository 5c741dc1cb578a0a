//! What the payment room refuses, in the person's words.

use payment::account::Fault as AccountFault;
use payment::bank::{ApplyFault, FileFault, ReadFault};
use payment::hold::Fault as HoldFault;
use payment::recovery::Fault as RecoveryFault;
use payment::run::{Fault as RunFault, RunStatus};
use store::StoreError;
use text::Text;

use super::money;
use crate::viewer::Trouble;

/// Words for the form, or what becomes a page of its own.
pub(super) type Said = Result<String, Trouble>;

fn plain(t: Text, key: &str) -> Said {
    Ok(t.t(key).into_owned())
}

fn store(t: Text, why: StoreError) -> Said {
    match why {
        StoreError::Conflict => plain(t, "fin-fault-conflict"),
        other => Err(other.into()),
    }
}

/// How a run stands.
pub(super) fn run_status(t: Text, status: RunStatus) -> String {
    t.t(&format!("fin-run-status-{status}")).into_owned()
}

pub(super) fn run(t: Text, fault: RunFault) -> Said {
    match fault {
        RunFault::DayOff { instead, .. } => {
            Ok(t.with("fin-fault-day-off", &[("day", t.date(instead).into())]).into_owned())
        }
        RunFault::NoMoney(_) => plain(t, "fin-fault-no-money"),
        RunFault::NoRun => Err(Trouble::Absent),
        RunFault::Status { is, .. } => {
            Ok(t.with("fin-fault-status", &[("status", run_status(t, is).into())]).into_owned())
        }
        RunFault::Changed { .. } => plain(t, "fin-fault-changed"),
        RunFault::Empty => plain(t, "fin-fault-empty"),
        RunFault::SamePerson => plain(t, "fin-fault-same-person"),
        RunFault::OwnMoney => plain(t, "fin-fault-own-money"),
        RunFault::Totals => plain(t, "fin-fault-totals"),
        RunFault::NoReason => plain(t, "fin-fault-reason"),
        RunFault::Payer(what) => {
            let what = match what {
                "name" => t.t("fin-payer-name"),
                "account" => t.t("fin-payer-account"),
                _ => t.t("fin-payer-bank"),
            };
            Ok(t.with("fin-fault-payer", &[("what", what.into())]).into_owned())
        }
        RunFault::Store(why) => store(t, why),
    }
}

pub(super) fn file(t: Text, fault: FileFault) -> Said {
    match fault {
        FileFault::NoRun => Err(Trouble::Absent),
        FileFault::Status(is) => {
            Ok(t.with("fin-fault-file-status", &[("status", run_status(t, is).into())]).into_owned())
        }
        FileFault::Empty => plain(t, "fin-file-none"),
        FileFault::Totals => plain(t, "fin-fault-totals"),
        FileFault::Account(_) | FileFault::Sealed(_) | FileFault::Out(_) => {
            tracing::error!(why = %fault, "a bank file could not be made");
            plain(t, "fin-fault-file")
        }
        FileFault::Store(why) => store(t, why),
    }
}

pub(super) fn hold(t: Text, fault: HoldFault) -> Said {
    match fault {
        HoldFault::NoInstalment => Err(Trouble::Absent),
        HoldFault::Stand { .. } => plain(t, "fin-fault-stand"),
        HoldFault::NoReason => plain(t, "fin-fault-reason"),
        HoldFault::Store(why) => store(t, why),
    }
}

pub(super) fn account(t: Text, fault: AccountFault) -> Said {
    match fault {
        AccountFault::Senseless { .. } => plain(t, "fin-fault-account"),
        AccountFault::Circle(_) => plain(t, "fin-fault-circle"),
        AccountFault::NoLaw => plain(t, "fin-fault-no-law"),
        AccountFault::NoAccount => plain(t, "fin-fault-gone"),
        AccountFault::Ended => plain(t, "fin-fault-ended"),
        AccountFault::Keys(why) => Err(StoreError::Driver(why.to_string()).into()),
        AccountFault::Store(why) => store(t, why),
    }
}

pub(super) fn recovery(t: Text, fault: RecoveryFault, currency: kernel::Currency) -> Said {
    match fault {
        RecoveryFault::NoRecovery => Err(Trouble::Absent),
        RecoveryFault::NoAmount(_) => plain(t, "fin-fault-amount"),
        RecoveryFault::TooMuch { free, reserved, .. } => {
            let sums = [("free", money(t, free, currency).into()), ("reserved", money(t, reserved, currency).into())];
            Ok(t.with("fin-fault-too-much", &sums).into_owned())
        }
        RecoveryFault::OtherAmount(_) => plain(t, "fin-fault-other-amount"),
        RecoveryFault::TooMany { most, .. } => {
            Ok(t.with("fin-fault-parts", &[("most", i64::from(most).into())]).into_owned())
        }
        RecoveryFault::NoLaw => plain(t, "fin-fault-no-law"),
        RecoveryFault::SamePerson => plain(t, "fin-fault-same-person"),
        RecoveryFault::NoProposal => plain(t, "fin-fault-no-proposal"),
        RecoveryFault::Store(why) => store(t, why),
    }
}

/// `bytes` is the file, to say in which line it breaks.
pub(super) fn apply(t: Text, fault: ApplyFault, bytes: &[u8]) -> Said {
    match fault {
        ApplyFault::File(why) => Ok(read(t, &why, bytes)),
        ApplyFault::NoEntry => plain(t, "fin-fault-gone"),
        ApplyFault::NoReason => plain(t, "fin-fault-reason"),
        ApplyFault::Store(why) => store(t, why),
    }
}

fn read(t: Text, fault: &ReadFault, bytes: &[u8]) -> String {
    match fault {
        ReadFault::Input(why) => t.with("fin-upload-input", &[("what", why.to_string().into())]),
        ReadFault::Syntax { at, what } => {
            let place =
                [("line", t.number(line_of(bytes, *at)).into()), ("at", at.to_string().into()), ("what", what.into())];
            t.with("fin-upload-syntax", &place)
        }
        ReadFault::Doctype => t.t("fin-upload-doctype"),
        ReadFault::Encoding => t.t("fin-upload-encoding"),
        ReadFault::TooLarge { what, limit } => {
            t.with("fin-upload-large", &[("limit", limit.to_string().into()), ("what", (*what).into())])
        }
        ReadFault::CutOff(tag) => t.with("fin-upload-cut-off", &[("tag", tag.into())]),
        ReadFault::OtherMessage(what) => t.with("fin-upload-other", &[("what", what.into())]),
        ReadFault::NoNumber => t.t("fin-upload-no-number"),
    }
    .into_owned()
}

/// The line in which a byte lies, from 1.
fn line_of(bytes: &[u8], at: u64) -> i64 {
    let before = usize::try_from(at).ok().and_then(|at| bytes.get(..at)).unwrap_or(bytes);
    let breaks = before.iter().filter(|b| **b == b'\n').count();
    i64::try_from(breaks).unwrap_or(i64::MAX).saturating_add(1)
}

/// Why an instalment or line waits or came back: a word of ours, or the bank's code.
pub(super) fn why(t: Text, reason: &str) -> String {
    match reason.parse::<payment::model::Hold>() {
        Ok(hold) => t.t(&format!("fin-hold-{hold}")).into_owned(),
        Err(_) => t.with("fin-bank-code", &[("code", reason.into())]).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_fault_is_found_by_its_line() {
        assert_eq!(line_of(b"<a>\n<b>\n</a>", 9), 3);
        assert_eq!((line_of(b"<a>", 0), line_of(b"a\nb", 400)), (1, 2));
    }
}
