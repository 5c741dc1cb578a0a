//! Samples of the pages for looking at everybody again.

use casework::requalify::model::{ActStatus, FindingStatus, Kind, Outcome, Status};
use jiff::civil::date;
use kernel::{Currency, Lang, Money};
use maud::Markup;
use text::Text;

use super::{Sample, families, frame};
use crate::components::frame::{Area, Frame};
use crate::form::Form;
use crate::requalify::{Cause, finding, group, run, runs};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const CAUSE: &str = "5f1d7a84db00d2fce00b31a7";

fn office(lang: Lang, address: &str) -> Frame {
    Frame { purpose: None, ..frame(lang, address, Some(Area::Official)) }
}

fn won(lang: Lang, minor: i64) -> Option<String> {
    let t = Text::new(lang);
    Some(crate::components::value::per_words(t, &t.money(Money::new(minor, Currency::KRW)), rules::schema::Per::Month))
}

fn cause(lang: Lang, kind: Kind) -> Cause {
    let t = Text::new(lang);
    let fact = t.with("requal-why-fact", &[("name", t.t("birth-date").into())]).into_owned();
    let why = if kind == Kind::CannotTell { vec![fact] } else { vec!["만 8세 미만이에요".to_owned()] };
    Cause { kind, programme: "아동수당".to_owned(), why }
}

fn list(lang: Lang, empty: bool) -> Markup {
    let line = |month, status, findings| runs::Line {
        id: ID.to_owned(),
        on: date(2026, month, 1),
        reason: "2026년 하반기 확인조사".to_owned(),
        status,
        asked: "이도윤, 2026-11-23 09:12".to_owned(),
        findings,
    };
    let all = vec![
        line(12, Status::Asked, None),
        line(11, Status::Running, None),
        line(10, Status::Found, Some(18_204)),
        line(9, Status::Failed, None),
        line(8, Status::RolledBack, Some(12)),
    ];
    let vm = runs::Runs { runs: if empty { Vec::new() } else { all }, may_ask: true, asked: !empty };
    let mut form = Form::of([("on", "2026-12-01")]);
    if empty {
        form.refuse("reason", Text::new(lang).t("requal-fault-no-ground"));
    }
    runs::page_of(&frame(lang, "/requalify", Some(Area::Analyst)), &form, &vm)
}

fn one(lang: Lang, status: Status) -> Markup {
    let there = status == Status::Found;
    let of = |kind, count, open, before, after| run::Group {
        href: Some(format!("/requalify/{ID}/{CAUSE}")),
        cause: cause(lang, kind),
        count,
        open,
        before: Option::flatten(before),
        after: Option::flatten(after),
    };
    let vm = run::Run {
        id: ID.to_owned(),
        on: date(2026, 12, 1),
        reason: "2026년 하반기 확인조사".to_owned(),
        law: "사회보장급여법 제19조".to_owned(),
        status,
        asked: "이도윤, 2026-11-23 09:12".to_owned(),
        approved: there.then(|| "한가람, 2026-11-23 10:40".to_owned()),
        figures: there.then_some([412_331, 998_104, 230_551, 7]),
        hash: there.then(|| "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        logged: there
            .then(|| (ID.to_owned(), "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into())),
        ended: None,
        groups: if there {
            vec![
                of(Kind::NoLonger, 1_204, 1_204, Some(won(lang, 120_400_000)), Some(won(lang, 0))),
                of(Kind::Unclaimed, 310, 12, None, Some(won(lang, 31_000_000))),
                of(Kind::CannotTell, 44, 44, Some(won(lang, 4_400_000)), None),
            ]
        } else {
            Vec::new()
        },
        acts: if there {
            vec![run::Act {
                href: format!("/requalify/{ID}/{CAUSE}"),
                status: ActStatus::Signed,
                proposed: "박서준, 2026-11-23 11:02".to_owned(),
                signed: Some("한가람".to_owned()),
                findings: 298,
            }]
        } else {
            Vec::new()
        },
        faults: if there {
            vec!["0f1e2d3c4b5a69788796a5b4c3d2e1f0: it is paid, and nobody lives in it".into()]
        } else {
            vec![]
        },
        may: run::May { approve: status == Status::Asked, back: there },
        done: (status == Status::Running).then_some("requal-done-approved"),
    };
    run::page_of(&office(lang, &format!("/requalify/{ID}")), &Form::default(), &vm)
}

fn of_group(lang: Lang, waits: bool) -> Markup {
    let planned = vec![(Outcome::Hearing, 1_198), (Outcome::Questions, 4), (Outcome::Same, 2)];
    let line = |name: &str, status, outcome| group::Line {
        id: ID.to_owned(),
        name: name.to_owned(),
        sums: (won(lang, 100_000), won(lang, 0)),
        status,
        outcome,
        case: Some((format!("/work/case/{ID}"), Text::new(lang).t("work-stage-hearing").into_owned())),
    };
    let href = format!("/requalify/{ID}/{CAUSE}");
    let vm = group::Group {
        run: format!("/requalify/{ID}"),
        cause: cause(lang, Kind::NoLonger),
        count: (1_204, 1_204),
        sums: (won(lang, 120_400_000), won(lang, 0)),
        planned: (!waits).then(|| (planned.clone(), 704)),
        speak_until: date(2026, 12, 14),
        waiting: waits.then(|| group::Waiting {
            act: ID.to_owned(),
            proposed: "박서준, 2026-11-23 11:02".to_owned(),
            planned,
            may_sign: true,
        }),
        may_propose: true,
        lines: vec![
            line("김하윤", FindingStatus::Begun, Some(Outcome::Hearing)),
            line("이서아", FindingStatus::Open, None),
        ],
        more: Some(format!("{href}?after={ID}#families")),
        done: waits.then_some("requal-done-proposed"),
        href,
    };
    group::page_of(&office(lang, &format!("/requalify/{ID}/{CAUSE}")), &Form::default(), &vm)
}

fn one_finding(lang: Lang, explained: bool) -> Markup {
    let vm = finding::Finding {
        group: format!("/requalify/{ID}/{CAUSE}"),
        name: "김하윤".to_owned(),
        cause: cause(lang, Kind::NoLonger),
        on: date(2026, 12, 1),
        sums: (won(lang, 100_000), None),
        status: FindingStatus::Begun,
        outcome: Some(Outcome::Hearing),
        case: Some((format!("/work/case/{ID}"), Text::new(lang).t("work-stage-hearing").into_owned())),
        household: format!("/official/households/{ID}"),
        explained: families::others().into_iter().nth(1).filter(|_| explained),
    };
    finding::page_of(&office(lang, &format!("/requalify/finding/{ID}")), &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("requalify-list", Box::new(|lang| list(lang, false))),
        ("requalify-list-empty", Box::new(|lang| list(lang, true))),
        ("requalify-asked", Box::new(|lang| one(lang, Status::Asked))),
        ("requalify-running", Box::new(|lang| one(lang, Status::Running))),
        ("requalify-found", Box::new(|lang| one(lang, Status::Found))),
        ("requalify-group", Box::new(|lang| of_group(lang, false))),
        ("requalify-group-waits", Box::new(|lang| of_group(lang, true))),
        ("requalify-finding", Box::new(|lang| one_finding(lang, true))),
        ("requalify-finding-hidden", Box::new(|lang| one_finding(lang, false))),
    ]
}
