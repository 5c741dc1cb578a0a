//! Samples of the pages of finance officers.

use jiff::civil::date;
use kernel::{Currency, Instant, Lang, Money};
use maud::Markup;
use payment::bank::{Applied, EntryKind, Why};
use payment::ledger::Account;
use payment::model::{Cause, Form as PayForm, Stand};
use payment::recovery::{ActKind, RecoveryStatus};
use payment::run::{DifferenceKind, LineStatus, RunStatus};
use text::Text;

use super::{Sample, frame};
use crate::components::frame::{Area, Frame};
use crate::finance::{ledger, recoveries, returns, run, runs, waiting};
use crate::form::Form;

fn office(lang: Lang, address: &str) -> Frame {
    frame(lang, address, Some(Area::Finance))
}

fn won(lang: Lang, minor: i64) -> String {
    Text::new(lang).money(Money::new(minor, Currency::KRW))
}

fn at(hour: i64) -> Instant {
    Instant::start_of(date(2026, 11, 23)).plus_seconds(hour * 3600)
}

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn run_list(lang: Lang, empty: bool) -> Markup {
    let line = |month, status, lines: Option<u32>, sum: Option<i64>, agency: Option<&str>| runs::Line {
        id: ID.to_owned(),
        pay_date: date(2026, month, 25),
        agency: agency.map(str::to_owned),
        form: PayForm::Cash,
        status,
        lines,
        sum: sum.map(|minor| won(lang, minor)),
    };
    let vm = runs::Runs {
        next: if empty { Vec::new() } else { coming(lang) },
        waiting: if empty { Vec::new() } else { vec![(Stand::Due, 4), (Stand::Held, 31), (Stand::Returned, 2)] },
        runs: if empty {
            Vec::new()
        } else {
            vec![
                line(12, RunStatus::Preparing, None, None, None),
                line(11, RunStatus::Signed, Some(18_204), Some(3_184_200_000), None),
                line(10, RunStatus::Settled, Some(18_190), Some(3_181_050_000), Some("강남구청")),
                line(9, RunStatus::Cancelled, Some(0), Some(0), None),
            ]
        },
        more: (!empty).then(|| "/finance/runs?day=2026-09-25".to_owned()),
        agencies: vec![("municipality".to_owned(), "시·군·구청".to_owned())],
        pay_date: date(2026, 12, 24),
    };
    let mut form = Form::of([("pay_date", "2026-12-25"), ("form", "cash")]);
    if empty {
        let t = Text::new(lang);
        let day = t.date(date(2026, 12, 24));
        form.refuse("pay_date", t.with("fin-fault-day-off", &[("day", day.into())]));
    }
    runs::page_of(&office(lang, "/finance/runs"), &form, &vm)
}

fn coming(lang: Lang) -> Vec<runs::Coming> {
    let next = |form, entitlements, minor, or_more| runs::Coming {
        form,
        pay_date: date(2026, 12, 24),
        entitlements,
        sum: won(lang, minor),
        or_more,
    };
    vec![next(PayForm::Cash, 18_231, 3_190_400_000, true), next(PayForm::Voucher, 1, 2_000_000, false)]
}

fn line(lang: Lang, status: LineStatus, cause: Cause, reason: Option<&str>, hidden: bool) -> run::Line {
    let sum = won(lang, 100_000);
    run::Line {
        href: (status == LineStatus::Held).then(|| format!("/finance/payment/{ID}.24322.0")),
        name: (!hidden).then(|| "김하윤".to_owned()),
        account: (!hidden).then(|| "••••••••••012".to_owned()),
        programme: Text::new(lang).t("role-citizen").into_owned(),
        period: "2026-11".to_owned(),
        sum: sum.clone(),
        set_off: (cause == Cause::Changed).then(|| won(lang, 20_000)),
        pays: if cause == Cause::Changed { won(lang, 80_000) } else { sum },
        cause,
        status,
        reason: reason.map(str::to_owned),
    }
}

fn run_page(lang: Lang, status: RunStatus, next: run::Next) -> Markup {
    let t = Text::new(lang);
    let d = |kind, lines, sum: i64| run::Difference {
        kind,
        lines,
        sum: if sum > 0 { format!("+{}", won(lang, sum)) } else { won(lang, sum) },
    };
    let known = status != RunStatus::Preparing;
    let vm = run::Run {
        id: ID.to_owned(),
        revision: 3,
        pay_date: date(2026, 11, 25),
        agency: None,
        form: PayForm::Cash,
        status,
        lines: 18_204,
        sum: won(lang, 3_184_200_000),
        set_off: Some(won(lang, 120_000)),
        held: 31,
        hash: if known { HASH.to_owned() } else { String::new() },
        people: run::People {
            opened: "윤서연".to_owned(),
            signed: known.then(|| "윤서연".to_owned()),
            released: (status == RunStatus::Settled).then(|| "한지호".to_owned()),
        },
        previous: Some((format!("/finance/runs/{ID}"), date(2026, 10, 23))),
        bank_said: (status == RunStatus::Settled).then(|| "ACSC".to_owned()),
        cancelled_why: None,
        differences: known.then(|| run::Differences {
            before: (18_190, won(lang, 3_181_050_000)),
            now: (18_204, won(lang, 3_184_200_000)),
            by: vec![
                d(DifferenceKind::New, 42, 4_200_000),
                d(DifferenceKind::Ended, 17, -1_700_000),
                d(DifferenceKind::Changed, 9, 450_000),
                d(DifferenceKind::Held, 3, -300_000),
                d(DifferenceKind::Repaid, 2, 200_000),
                d(DifferenceKind::Arrears, 4, 420_000),
                d(DifferenceKind::SetOff, 0, -120_000),
            ],
        }),
        next,
        show: run::Show::All,
        listed: if known {
            vec![
                line(lang, LineStatus::Ready, Cause::Regular, None, false),
                line(lang, LineStatus::Ready, Cause::Changed, None, false),
                line(lang, LineStatus::Held, Cause::New, Some(&t.t("fin-hold-no_account")), false),
                line(lang, LineStatus::Ready, Cause::Arrears, None, true),
            ]
        } else {
            Vec::new()
        },
        more: known.then(|| format!("/finance/runs/{ID}?after=x")),
        done: if next == run::Next::Wait { "signed".to_owned() } else { String::new() },
    };
    let mut form = Form::default();
    if next == run::Next::Release {
        form.refuse("release", t.t("fin-fault-same-person"));
    }
    run::page_of(&office(lang, "/finance/runs/1"), &form, &vm)
}

fn entry(lang: Lang, number: u32, kind: EntryKind, why: Why, reference: &str) -> returns::Entry {
    returns::Entry {
        key: ("BANK-2026-1125-0007".to_owned(), number, "3f".repeat(16)),
        kind: Some(kind),
        reference: reference.to_owned(),
        sum: Some(won(lang, 100_000)),
        code: (kind == EntryKind::Returned).then(|| "AC04".to_owned()),
        booked_on: Some(date(2026, 11, 25)),
        why: Some(why),
        run: Some(ID.to_owned()),
    }
}

fn returns_page(lang: Lang, state: u8) -> Markup {
    let t = Text::new(lang);
    let back = |name: Option<&str>, reason: &str| returns::Back {
        href: name.map(|_| format!("/finance/payment/{ID}.24322.0")),
        name: name.map(str::to_owned),
        programme: t.t("role-citizen").into_owned(),
        period: "2026-11".to_owned(),
        sum: won(lang, 100_000),
        reason: Some(reason.to_owned()),
    };
    let code = t.with("fin-bank-code", &[("code", "AC04".into())]);
    let message = |number: &str, kind: &str, finished| returns::Message {
        number: number.to_owned(),
        kind: kind.to_owned(),
        entries: 18_204,
        at: at(8),
        finished,
    };
    let mut form = Form::default();
    if state == 2 {
        let place = [("line", "12".into()), ("at", "803".into()), ("what", "expected </Ntry>".into())];
        form.refuse("file", t.with("fin-upload-syntax", &place));
    }
    let vm = if state == 0 {
        returns::Returns::default()
    } else {
        returns::Returns {
            applied: (state == 1).then(|| Applied {
                message: "BANK-2026-1125-0007".to_owned(),
                kind: "camt.054".to_owned(),
                entries: 18_204,
                applied: 18_201,
                repeated: 0,
                noted: 1,
                unmatched: 2,
            }),
            unmatched: (
                vec![
                    entry(lang, 7, EntryKind::Returned, Why::NotSent, "7GR3VZK0A1B2C3D4E5F6G7H8I00CS200000"),
                    entry(lang, 9, EntryKind::Credit, Why::Credit, ""),
                ],
                None,
            ),
            back: (vec![back(Some("김하윤"), &code), back(None, &code)], Some("/finance/returns?back=x".to_owned())),
            held: (vec![back(Some("박민준"), &t.t("fin-hold-unverified"))], None),
            messages: vec![
                message("BANK-2026-1125-0007", "camt.054", true),
                message("BANK-2026-1125-0003", "pain.002", false),
            ],
            offset: 9,
            done: if state == 3 { "settled".to_owned() } else { String::new() },
        }
    };
    returns::page_of(&office(lang, "/finance/returns"), &form, &vm)
}

fn entry_page(lang: Lang) -> Markup {
    let one = entry(lang, 7, EntryKind::Credit, Why::Credit, "7GR3VZK0A1B2");
    returns::entry(&office(lang, "/finance/returns/entry"), &Form::default(), &one)
}

fn waiting_page(lang: Lang, returned: bool) -> Markup {
    let t = Text::new(lang);
    let vm = waiting::Waiting {
        place: format!("{ID}.24322.0"),
        returned,
        by_official: !returned,
        name: "김하윤".to_owned(),
        programme: t.t("role-citizen").into_owned(),
        period: "2026-11".to_owned(),
        sum: won(lang, 100_000),
        due_on: date(2026, 11, 25),
        reason: Some(t.t("fin-hold-official").into_owned()),
        attempts: u32::from(returned),
        account: returned.then(|| waiting::Account {
            id: ID.to_owned(),
            hint: "••••••••••012".to_owned(),
            verified: false,
            redirected: None,
        }),
        guardians: if returned { vec![(ID.to_owned(), "박민준".to_owned())] } else { Vec::new() },
        done: if returned { "account".to_owned() } else { String::new() },
    };
    let mut form = Form::default();
    if !returned {
        form.refuse("number", t.t("fin-fault-account"));
    }
    waiting::page_of(&office(lang, "/finance/payment/1"), &form, &vm)
}

fn recovery_list(lang: Lang, status: RecoveryStatus) -> Markup {
    let line = |name: Option<&str>, claimed, owed| recoveries::Line {
        href: name.map(|_| format!("/finance/recoveries/{ID}")),
        name: name.map(str::to_owned),
        programme: Text::new(lang).t("role-citizen").into_owned(),
        claimed: won(lang, claimed),
        owed: won(lang, owed),
    };
    let lines = match status {
        RecoveryStatus::Open => vec![line(Some("김하윤"), 400_000, 280_000), line(None, 1_200_000, 1_200_000)],
        RecoveryStatus::Closed => Vec::new(),
    };
    recoveries::list(&office(lang, "/finance/recoveries"), &recoveries::List { status, lines, more: None })
}

fn recovery_page(lang: Lang, open: bool) -> Markup {
    let t = Text::new(lang);
    let act = |kind, sum, reference: &str, words: &str, hour| recoveries::Act {
        kind,
        sum: won(lang, sum),
        reference: reference.to_owned(),
        words: words.to_owned(),
        at: at(hour),
    };
    let vm = recoveries::Recovery {
        id: ID.to_owned(),
        name: "김하윤".to_owned(),
        programme: t.t("role-citizen").into_owned(),
        agency: "강남구청".to_owned(),
        sums: [400_000, 120_000, 0, if open { 280_000 } else { 0 }, 20_000].map(|minor| won(lang, minor)),
        open,
        reason: t.t("fin-reason-changed").into_owned(),
        law: "사회보장급여법 제22조".to_owned(),
        set_off: open.then_some(20),
        plan: if open {
            vec![(date(2026, 12, 25), won(lang, 140_000)), (date(2027, 1, 25), won(lang, 140_000))]
        } else {
            Vec::new()
        },
        most_parts: 24,
        alone: won(lang, 3_000),
        proposals: if open {
            vec![recoveries::Proposal {
                id: ID.to_owned(),
                sum: won(lang, 50_000),
                reason: "생계 곤란".to_owned(),
                law: "사회보장급여법 제22조".to_owned(),
            }]
        } else {
            Vec::new()
        },
        acts: vec![
            act(ActKind::Opened, 400_000, "", "사회보장급여법 제22조", 1),
            act(ActKind::SetOff, 20_000, "01890a5d", "", 2),
            act(ActKind::Repaid, 100_000, "2026-11-0042", "", 3),
            act(ActKind::WaiverProposed, 50_000, "", "생계 곤란", 4),
        ],
        offset: 9,
        done: if open { "proposed".to_owned() } else { String::new() },
    };
    let mut form = Form::default();
    if open {
        form.refuse("grant", t.t("fin-fault-same-person"));
        form.refuse("repaid", t.t("error-amount-form"));
    }
    recoveries::one(&office(lang, "/finance/recoveries/1"), &form, &vm)
}

fn ledger_page(lang: Lang, state: u8) -> Markup {
    let sums = |debit: i64, credit: i64| [debit, credit, debit - credit].map(|minor| won(lang, minor));
    let row = |account, programme: &str, debit, credit| ledger::Row {
        account,
        programme: programme.to_owned(),
        sums: sums(debit, credit),
    };
    let rows = |programme: &str| {
        vec![
            row(Account::Appropriation, programme, 6_400_000, 400_000),
            row(Account::Payable, programme, 6_300_000, 6_400_000),
            row(Account::Clearing, programme, 6_000_000, 6_280_000),
            row(Account::Paid, programme, 100_000, 6_000_000),
            row(Account::Returned, programme, 0, 0),
            row(Account::Receivable, programme, 400_000, 120_000),
        ]
    };
    let check = |fault: Option<&str>| ledger::Check {
        sums: [6_280_000, 5_900_000, 280_000, 100_000].map(|minor| won(lang, minor)),
        looked: (41, 1_204),
        faults: fault.into_iter().map(str::to_owned).collect(),
    };
    let vm = ledger::Ledger {
        at: Text::new(lang).moment(at(9), 9),
        books: if state == 0 {
            Vec::new()
        } else {
            vec![ledger::Book {
                accounts: rows(""),
                together: sums(19_200_000, 19_200_000),
                programmes: rows("아동수당"),
            }]
        },
        check: match state {
            1 => Some(check(None)),
            2 => Some(check(Some("the ledger's payable is -100000 KRW; the rows say -90000"))),
            _ => None,
        },
    };
    ledger::page_of(&office(lang, "/finance/ledger"), &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("finance-runs", Box::new(|l| run_list(l, false))),
        ("finance-runs-refused", Box::new(|l| run_list(l, true))),
        (
            "finance-run-preparing",
            Box::new(|l| run_page(l, RunStatus::Preparing, run::Next::Prepare(Some(run::Step::Due(12))))),
        ),
        (
            "finance-run-broken",
            Box::new(|l| run_page(l, RunStatus::Preparing, run::Next::Prepare(Some(run::Step::Broken)))),
        ),
        ("finance-run-sign", Box::new(|l| run_page(l, RunStatus::Prepared, run::Next::Sign))),
        ("finance-run-wait", Box::new(|l| run_page(l, RunStatus::Signed, run::Next::Wait))),
        ("finance-run-release", Box::new(|l| run_page(l, RunStatus::Signed, run::Next::Release))),
        ("finance-run-settled", Box::new(|l| run_page(l, RunStatus::Settled, run::Next::File))),
        ("finance-returns-empty", Box::new(|l| returns_page(l, 0))),
        ("finance-returns-applied", Box::new(|l| returns_page(l, 1))),
        ("finance-returns-refused", Box::new(|l| returns_page(l, 2))),
        ("finance-returns-settled", Box::new(|l| returns_page(l, 3))),
        ("finance-entry", Box::new(entry_page)),
        ("finance-payment-returned", Box::new(|l| waiting_page(l, true))),
        ("finance-payment-held", Box::new(|l| waiting_page(l, false))),
        ("finance-recoveries", Box::new(|l| recovery_list(l, RecoveryStatus::Open))),
        ("finance-recoveries-none", Box::new(|l| recovery_list(l, RecoveryStatus::Closed))),
        ("finance-recovery", Box::new(|l| recovery_page(l, true))),
        ("finance-recovery-closed", Box::new(|l| recovery_page(l, false))),
        ("finance-ledger-empty", Box::new(|l| ledger_page(l, 0))),
        ("finance-ledger", Box::new(|l| ledger_page(l, 1))),
        ("finance-ledger-wrong", Box::new(|l| ledger_page(l, 2))),
    ]
}
