//! From the tap to the decision: the machine where the law lets it, officials where not, and what happens when things change.

use casework::accept::{self, Tap};
use casework::case::advance::Stand;
use casework::case::view;
use casework::case::{Case, Stage, TaskKind, TaskStatus};
use casework::decide::official::{self, Prepared};
use casework::decide::{DecisionKind, Override, Put, file, object};
use casework::investigate::answer::{self, Effect, Reply, Said};
use casework::investigate::{ask, settle};
use casework::model::Subject;
use casework::register::{Registered, Told};
use casework::{case, later};
use guard::{Action, Allowed, Role};
use kernel::{CaseId, Date, OfferId, PersonId, RequestId, TaskId};
use rules::schema::Value;
use store::{StoreError, params, transact};

use crate::desk::{Family, Office, TODAY, allowed, child_of, family, pack, tell, who};

const BORN: Date = Date::constant(2026, 11, 18);

pub(crate) async fn born(office: &Office, family: &Family) -> Registered {
    match tell(office, &office.desk(), family, child_of(family, "2026-1", BORN)).await.unwrap() {
        Told::Registered(registered) => registered,
        told => panic!("{told:?}"),
    }
}

/// Everything that waits in the outbox is handled, on the day.
pub(crate) async fn drain(office: &Office, day: Date) {
    drain_with(office, pack(), day).await;
}

/// The same under another pack.
pub(crate) async fn drain_with(office: &Office, pack: &catalogue::Pack, day: Date) {
    for _ in 0..200 {
        let desk = casework::Desk { pack, ..office.desk_on(day) };
        let done = transact!(office.db, casework::recompute::Fault, |tx| {
            match tx.take_message(desk.now.plus_seconds(3600)).await? {
                Some(message) => {
                    later::handle(tx, &desk, &message).await?;
                    Ok(false)
                }
                None => Ok(true),
            }
        })
        .unwrap();
        if done {
            return;
        }
    }
    panic!("the outbox never empties");
}

/// The mother accepts the offers to these programmes with these answers.
pub(crate) async fn accept(
    office: &Office,
    family: &Family,
    child: PersonId,
    programmes: &[(&str, Vec<(&str, Value)>)],
) {
    let mut taps = Vec::new();
    for (programme, answers) in programmes {
        let mut tx = office.db.read().await.unwrap();
        let sql = "select offer_id, revision, subject_id from offer where programme = $1";
        let row = tx.one(sql, params![*programme]).await.unwrap();
        let offer: OfferId = row.get("offer_id").unwrap();
        let content: casework::model::OfferContent = {
            let row = tx.one("select content from offer where offer_id = $1", params![offer]).await.unwrap();
            row.json("content").unwrap()
        };
        let given = answers.iter().map(|(item, value)| accept::Given {
            subject: content.needed.iter().find(|n| n.item == *item).unwrap().subject,
            item: (*item).into(),
            value: value.clone(),
        });
        taps.push(Tap { offer, revision: row.get("revision").unwrap(), answers: given.collect() });
    }
    let input = accept::Input { applicant: family.mother, on_behalf: None, taps };
    transact!(office.db, accept::Fault, |tx| {
        let may = [allowed(Action::AcceptOffer, &[family.mother]), allowed(Action::AcceptOffer, &[child])];
        accept::run(tx, &office.desk(), &who(Role::Citizen), &may, input.clone()).await
    })
    .unwrap();
}

pub(crate) async fn case_of(office: &Office, programme: &str) -> Case {
    let mut tx = office.db.read().await.unwrap();
    let row = tx.one("select case_id from benefit_case where programme = $1", params![programme]).await.unwrap();
    let id: CaseId = row.get("case_id").unwrap();
    drop(tx);
    let mut tx = office.db.read().await.unwrap();
    view::bare(&mut tx, id).await.unwrap().unwrap()
}

/// The family says something in its open case.
pub(crate) async fn state(office: &Office, person: PersonId, item: &str, value: Value) {
    transact!(office.db, casework::case::give::Fault, |tx| {
        let answers =
            [case::give::Answer { subject: Subject::Person(person), item: item.to_owned(), value: value.clone() }];
        let id = tx.one("select case_id from benefit_case", &[]).await?.get("case_id")?;
        let may = allowed(Action::AcceptOffer, &[person]);
        case::give::run(tx, &office.desk(), &who(Role::Citizen), &may, id, &answers).await
    })
    .unwrap();
}

/// An agency tells on its own that something is so from a day on.
pub(crate) async fn agency_says(office: &Office, day: Date, person: PersonId, item: &str, value: registry::FactValue) {
    let (desk, origin) = (office.desk_on(day), registry::Origin::new("moj", "Act 1", "test"));
    transact!(office.db, registry::fact::FactError, |tx| {
        let pen = registry::Pen::new(desk.ids, desk.keys, desk.now, &origin);
        let check = |_: &registry::Subject, _: &str, _: &registry::FactValue| Ok(());
        let new = registry::NewFact {
            subject: registry::Subject::Person(person),
            item: item.to_owned(),
            value: value.clone(),
            valid: kernel::Period { from: day, until: None },
            corrects: None,
        };
        registry::fact::record(tx, pen, &check, new).await
    })
    .unwrap();
}

pub(crate) async fn requests(office: &Office) -> Vec<(RequestId, String, Vec<(Subject, String)>, String)> {
    let mut tx = office.db.read().await.unwrap();
    let rows =
        tx.all("select request_id, agency, items, status from agency_request order by asked_at, request_id", &[]);
    let rows = rows.await.unwrap();
    rows.iter()
        .map(|r| {
            (r.get("request_id").unwrap(), r.get("agency").unwrap(), r.json("items").unwrap(), r.get("status").unwrap())
        })
        .collect()
}

pub(crate) async fn open_tasks(office: &Office, kind: TaskKind) -> Vec<TaskId> {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select task_id from task where status = 'open' and kind = $1";
    let rows = tx.all(sql, params![kind.word()]).await.unwrap();
    rows.iter().map(|r| r.get("task_id").unwrap()).collect()
}

pub(crate) async fn reply(office: &Office, request: RequestId, reply: Reply) -> Effect {
    transact!(office.db, answer::Fault, |tx| answer::run(tx, &office.desk(), request, reply.clone()).await).unwrap()
}

pub(crate) fn account() -> Vec<(&'static str, Value)> {
    vec![("bank_account", Value::Text("004 110-123-456789 Kim".into()))]
}

pub(crate) fn may(action: Action, person: PersonId, role: Role) -> (guard::Who, Allowed) {
    crate::desk::allowed_as(role, action, &[person])
}

#[tokio::test]
async fn what_is_certain_is_decided_by_the_machine_and_told_with_reasons() {
    for office in Office::all(31).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        accept(&office, &family, child, &[("child_allowance", account())]).await;
        drain(&office, TODAY).await;
        let asked = requests(&office).await;
        for (request, _, items, _) in asked {
            // The passport office knows nothing of stays abroad but that there was none.
            let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
            reply(&office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
        }
        drain(&office, TODAY).await;
        let case = case_of(&office, "child_allowance").await;
        assert_eq!(case.stage, Stage::Decided, "{:#?}", open_tasks(&office, TaskKind::Decide).await);
        let mut tx = office.db.read().await.unwrap();
        let (_, decision) = view::decided(&mut tx, case.decision.unwrap()).await.unwrap().unwrap();
        assert!(decision.automatic);
        assert_eq!(decision.content.kind, DecisionKind::Grant);
        let slices = &decision.content.slices;
        assert_eq!(slices.first().map(|s| (s.from, s.minor)), Some((Date::constant(2026, 11, 1), 100_000)));
        assert_eq!(decision.content.until, Some(Date::constant(2039, 11, 1)));
        assert_eq!(decision.object_by, Some(Date::constant(2027, 2, 19)));
        let notice = &decision.notices[&kernel::Lang::Ko];
        let whole = serde_json::to_string(notice).unwrap();
        assert!(
            whole.contains("아동수당") && whole.contains("100,000원") && whole.contains("2027년 2월 19일"),
            "{whole}"
        );
        assert!(!whole.contains("missing"), "{whole}");
        let made = tx.one("select count(*) as n from decision", &[]).await.unwrap();
        assert_eq!(made.get::<i64>("n").unwrap(), 1);
    }
}

/// A value any item could have that lets a child be entitled.
pub(crate) fn said(subject: Subject, item: &str) -> Said {
    let entity = match subject {
        Subject::Household(_) => rules::schema::Entity::Household,
        Subject::Person(_) => rules::schema::Entity::Person,
    };
    use rules::schema::Type;
    let value = match &pack().item(entity, item).unwrap().ty {
        Type::Boolean => Value::Boolean(false),
        Type::Integer(_) => Value::Integer(0),
        Type::Money(_) => Value::Money(0),
        Type::Decimal(_) | Type::Ratio => Value::Decimal("0".into()),
        Type::Date => Value::Date(BORN),
        Type::Text => Value::Text("x".into()),
        Type::Code(list) => Value::Code(pack().code_lists().get(list).unwrap().codes[0].id.clone()),
    };
    Said { subject, item: item.into(), value, from: None, until: None }
}

#[tokio::test]
async fn a_decision_file_replays_to_the_same_bytes_and_tampering_is_found() {
    let office = Office::all(32).await.remove(0);
    let (_, _, case) = decided(&office).await;
    let mut tx = office.db.read().await.unwrap();
    let desk = office.desk();
    let sealed = file::export(&mut tx, &desk, case.decision.unwrap()).await.unwrap().unwrap();
    let basis = guard::Processing::new(guard::PurposeKind::Casework, "law").unwrap();
    let written = sealed.process(&basis, |f| serde_json::to_string_pretty(f).unwrap());
    let read: file::File = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string_pretty(&read).unwrap(), written, "the file reads back to the same bytes");
    file::replay(pack(), &read).unwrap();
    let mut forged = read.clone();
    forged.content.slices[0].minor += 1;
    assert!(matches!(file::replay(pack(), &forged), Err(file::Differs::Part { part: "content", .. })));
    let mut other = read;
    other.basis.claim = Date::constant(2026, 11, 20);
    other.pack_hash = "x".into();
    assert!(matches!(file::replay(pack(), &other), Err(file::Differs::Pack { .. })));
}

/// A child allowance decided for a newborn.
pub(crate) async fn decided(office: &Office) -> (Family, PersonId, Case) {
    let family = family(office, 1).await;
    let child = born(office, &family).await.person;
    accept(office, &family, child, &[("child_allowance", account())]).await;
    drain(office, TODAY).await;
    for (request, _, items, _) in requests(office).await {
        let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
        reply(office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
    }
    drain(office, TODAY).await;
    let case = case_of(office, "child_allowance").await;
    assert_eq!(case.stage, Stage::Decided);
    (family, child, case)
}

#[tokio::test]
async fn an_objection_is_reviewed_by_somebody_else_and_corrects_back_in_time() {
    for office in Office::all(33).await {
        let (family, child, case) = decided(&office).await;
        let decision = case.decision.unwrap();
        let (citizen, may_object) = (who(Role::Citizen), allowed(Action::ObjectDecision, &[child]));
        let objection = transact!(office.db, object::Fault, |tx| {
            object::raise(tx, &office.desk(), &citizen, &may_object, decision, "the sum is too low").await
        })
        .unwrap();
        let again = transact!(office.db, object::Fault, |tx| {
            object::raise(tx, &office.desk(), &citizen, &may_object, decision, "once more").await
        });
        assert!(matches!(again, Err(object::Fault::Already)));
        assert_eq!(open_tasks(&office, TaskKind::Objection).await.len(), 1);
        let (mut reviewer, allowed) = may(Action::ApproveDecision, child, Role::Approver);
        let order = Override {
            grant: true,
            slices: vec![casework::determine::Slice { from: Date::constant(2026, 11, 1), until: None, minor: 130_000 }],
            reason: "the regional extra is due".into(),
            law: "Act 4".into(),
        };
        // Who objected does not review it.
        let own = transact!(office.db, object::Fault, |tx| {
            let outcome = object::Outcome::Otherwise(order.clone());
            object::review(tx, &office.desk(), &reviewer, &allowed, objection, outcome, "due").await
        });
        assert!(matches!(own, Err(object::Fault::TookPart)));
        reviewer.account = kernel::AccountId(uuid::Uuid::from_u128(77));
        let put = transact!(office.db, object::Fault, |tx| {
            let outcome = object::Outcome::Otherwise(order.clone());
            object::review(tx, &office.desk(), &reviewer, &allowed, objection, outcome, "the extra is due").await
        })
        .unwrap();
        let Some(Put::InForce(new)) = put else { panic!("{put:?}") };
        let mut tx = office.db.read().await.unwrap();
        let (now, decision) = view::decided(&mut tx, new).await.unwrap().unwrap();
        assert_eq!(now.decision, Some(new));
        assert_eq!(decision.content.kind, DecisionKind::Change);
        assert_eq!(decision.content.change.months[0].after, 130_000);
        assert_eq!(decision.supersedes, case.decision);
        drop(tx);
        // What a human being decided is not undone by the next look of the machine.
        transact!(office.db, StoreError, |tx| {
            case::reopen::review(tx, &office.desk(), family.household, casework::model::Cause::PackChange).await
        })
        .unwrap();
        drain(&office, TODAY).await;
        assert_eq!(case_of(&office, "child_allowance").await.decision, Some(new));
    }
}

#[tokio::test]
async fn a_contradiction_waits_for_an_official_and_a_late_answer_changes_nothing() {
    for office in Office::all(34).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        // The family itself said where the child has lived; the agency says otherwise.
        accept(&office, &family, child, &[("child_allowance", account())]).await;
        let claim = Said { value: Value::Integer(120), ..said(Subject::Person(child), "days_abroad") };
        state(&office, child, "days_abroad", Value::Integer(3)).await;
        drain(&office, TODAY).await;
        let abroad: Vec<_> =
            requests(&office).await.into_iter().filter(|r| r.2.iter().any(|(_, i)| i == "days_abroad")).collect();
        let (request, agency, items, _) = abroad[0].clone();
        let facts = items.iter().map(|(s, i)| if i == "days_abroad" { claim.clone() } else { said(*s, i) }).collect();
        let answered = Reply::Answered { facts, unknown: vec![], hash: "h".into() };
        assert_eq!(reply(&office, request, answered.clone()).await, Effect::Ended);
        assert_eq!(reply(&office, request, answered).await, Effect::TooLate);
        for (request, _, items, status) in requests(&office).await {
            if status == "waiting" {
                let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
                reply(&office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
            }
        }
        drain(&office, TODAY).await;
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Investigating);
        let tasks = open_tasks(&office, TaskKind::Contradiction).await;
        assert_eq!(tasks.len(), 1, "one contradiction about what {agency} said");
        let (official, allowed) = may(Action::WorkCase, child, Role::Caseworker);
        transact!(office.db, settle::Fault, |tx| {
            let follow = settle::Follow::Held;
            settle::contradiction(tx, &office.desk(), &official, &allowed, tasks[0], follow, "the passport was seen")
                .await
        })
        .unwrap();
        drain(&office, TODAY).await;
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Decided);
    }
}

/// The day on which every agency is late.
pub(crate) const LATE: Date = Date::constant(2027, 1, 20);

/// The case of a child's allowance in which no agency answered.
pub(crate) async fn a_gap(office: &Office) -> (PersonId, Case) {
    let family = family(office, 1).await;
    let child = born(office, &family).await.person;
    accept(office, &family, child, &[("child_allowance", account())]).await;
    state(office, child, "days_abroad", Value::Integer(3)).await;
    drain(office, TODAY).await;
    assert!(!requests(office).await.is_empty(), "what the family says is verified where an agency holds it");
    transact!(office.db, answer::Fault, |tx| answer::overdue(tx, &office.desk_on(LATE), 100).await).unwrap();
    assert!(requests(office).await.iter().all(|r| r.3 == "timed_out"));
    drain(office, LATE).await;
    (child, case_of(office, "child_allowance").await)
}

#[tokio::test]
async fn nobody_answers_and_an_official_looks_and_a_denial_needs_two() {
    for office in Office::all(35).await {
        let (child, case) = a_gap(&office).await;
        let gaps = open_tasks(&office, TaskKind::Gap).await;
        assert_eq!(gaps.len(), 1);
        let (official, allowed) = may(Action::WorkCase, child, Role::Caseworker);
        let prepared = |revision| Prepared {
            case: case.id,
            revision,
            words: None,
            overriding: Some(Override {
                grant: false,
                slices: vec![],
                reason: "not shown".into(),
                law: "Act 9".into(),
            }),
        };
        let stale = transact!(office.db, official::Fault, |tx| {
            official::prepare(tx, &office.desk_on(LATE), &official, &allowed, prepared(case.revision + 7)).await
        });
        assert!(matches!(stale, Err(official::Fault::Changed { .. })));
        let put = transact!(office.db, official::Fault, |tx| {
            official::prepare(tx, &office.desk_on(LATE), &official, &allowed, prepared(case.revision)).await
        })
        .unwrap();
        let Put::Approval(decision) = put else { panic!("{put:?}") };
        let (same, approves) = may(Action::ApproveDecision, child, Role::Approver);
        let alone = transact!(office.db, official::Fault, |tx| {
            official::approve(tx, &office.desk_on(LATE), &same, &approves, decision, true, "").await
        });
        assert!(matches!(alone, Err(official::Fault::SamePerson)));
        let second = guard::Who { account: kernel::AccountId(uuid::Uuid::from_u128(5)), ..same };
        // An approver of another agency, whose place is the whole country, and whom the guard therefore lets through.
        let stranger = guard::Who { organisation: "health_centre".into(), ..second.clone() };
        let other = transact!(office.db, official::Fault, |tx| {
            official::approve(tx, &office.desk_on(LATE), &stranger, &approves, decision, true, "").await
        });
        assert!(matches!(other, Err(official::Fault::NotAllowed)));
        let put = transact!(office.db, official::Fault, |tx| {
            official::approve(tx, &office.desk_on(LATE), &second, &approves, decision, true, "").await
        })
        .unwrap();
        assert_eq!(put, Put::InForce(decision));
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Decided);
        for kind in TaskKind::ALL {
            assert!(open_tasks(&office, *kind).await.is_empty(), "{kind} is left open");
        }
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select count(*) as n from task where status = $1", params![TaskStatus::Open.word()]).await;
        assert_eq!(row.unwrap().get::<i64>("n").unwrap(), 0);
    }
}

#[tokio::test]
async fn a_question_names_the_person_and_ends_with_the_case() {
    let office = Office::all(36).await.remove(0);
    let family = family(&office, 1).await;
    let child = born(&office, &family).await.person;
    accept(&office, &family, child, &[("child_allowance", account())]).await;
    state(&office, child, "days_abroad", Value::Integer(3)).await;
    drain(&office, TODAY).await;
    let (request, ..) = requests(&office).await.remove(0);
    let desk = office.desk();
    let mut tx = office.db.begin().await.unwrap();
    let basis = guard::Processing::new(guard::PurposeKind::Casework, "law").unwrap();
    let question = ask::question(&mut tx, &desk, request).await.unwrap().unwrap();
    question.process(&basis, |q| assert!(!q.asked.is_empty() && q.asked.iter().all(|a| a.birth_date.is_some())));
    assert_eq!(case::advance::run(&mut tx, &desk, CaseId(uuid::Uuid::nil())).await.unwrap(), Stand::Closed);
}
#[tokio::test]
async fn a_worse_decision_is_heard_first_and_what_was_paid_before_stands() {
    for office in Office::all(38).await {
        let (_, child, case) = decided(&office).await;
        let day = Date::constant(2027, 3, 10);
        agency_says(&office, day, child, "days_abroad", registry::FactValue::Integer(120)).await;
        drain(&office, day).await;
        let heard = case_of(&office, "child_allowance").await;
        assert_eq!(
            (heard.stage, heard.decision),
            (Stage::Hearing, case.decision),
            "nothing changes before the hearing"
        );
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select decision_id, content from decision where status = 'hearing'", &[]).await.unwrap();
        let (planned, content): (kernel::DecisionId, casework::decide::Content) =
            (row.get("decision_id").unwrap(), row.json("content").unwrap());
        let letter = tx.one("select count(*) as n from letter where kind = 'hearing'", &[]).await.unwrap();
        assert_eq!(letter.get::<i64>("n").unwrap(), 1);
        drop(tx);
        // November to February stand: the child was at home.
        assert_eq!(content.kind, DecisionKind::Stop);
        let paid = |month| casework::determine::payable(&content.slices, Date::constant(2027, month, 1));
        assert_eq!((paid(2), paid(4)), (100_000, 0), "{:#?}", content.slices);
        let (official, allowed_work) = may(Action::WorkCase, child, Role::Caseworker);
        let early = transact!(office.db, official::Fault, |tx| {
            official::close_hearing(tx, &office.desk_on(day), &official, &allowed_work, planned, true, "as told").await
        });
        assert!(matches!(early, Err(official::Fault::HearingRuns(_))), "{early:?}");
        transact!(office.db, official::Fault, |tx| {
            let may = allowed(Action::ObjectDecision, &[child]);
            official::hear(tx, &office.desk_on(day), &who(Role::Citizen), &may, heard.id, "we come back in May").await
        })
        .unwrap();
        let put = transact!(office.db, official::Fault, |tx| {
            official::close_hearing(tx, &office.desk_on(day), &official, &allowed_work, planned, true, "as told").await
        })
        .unwrap();
        let decision = match put {
            Put::InForce(decision) => decision,
            Put::Approval(decision) => {
                let (second, approves) = may(Action::ApproveDecision, child, Role::Approver);
                let second = guard::Who { account: kernel::AccountId(uuid::Uuid::from_u128(5)), ..second };
                transact!(office.db, official::Fault, |tx| {
                    official::approve(tx, &office.desk_on(day), &second, &approves, decision, true, "").await
                })
                .unwrap();
                decision
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(case_of(&office, "child_allowance").await.decision, Some(decision));
        assert!(open_tasks(&office, TaskKind::Hearing).await.is_empty());
    }
}

#[tokio::test]
async fn a_birthday_the_law_foresaw_is_no_news() {
    let office = Office::all(39).await.remove(0);
    let family = family(&office, 1).await;
    let child = born(&office, &family).await.person;
    accept(&office, &family, child, &[("parent_benefit", account())]).await;
    drain(&office, TODAY).await;
    for (request, _, items, status) in requests(&office).await {
        if status == "waiting" {
            let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
            reply(&office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
        }
    }
    drain(&office, TODAY).await;
    let case = case_of(&office, "parent_benefit").await;
    assert_eq!(case.stage, Stage::Decided);
    let mut tx = office.db.read().await.unwrap();
    let (_, decision) = view::decided(&mut tx, case.decision.unwrap()).await.unwrap().unwrap();
    drop(tx);
    let paid = |y, m| casework::determine::payable(&decision.content.slices, Date::constant(y, m, 1));
    assert_eq!(
        (paid(2026, 11), paid(2027, 10), paid(2027, 11), paid(2028, 10), paid(2028, 11)),
        (1_000_000, 1_000_000, 500_000, 500_000, 0),
        "{:#?}",
        decision.content.slices
    );
    for day in [Date::constant(2027, 11, 18), Date::constant(2028, 11, 2)] {
        transact!(office.db, StoreError, |tx| {
            case::reopen::review(tx, &office.desk_on(day), family.household, casework::model::Cause::Birthday).await
        })
        .unwrap();
        drain(&office, day).await;
        let now = case_of(&office, "parent_benefit").await;
        assert_eq!((now.stage, now.decision), (Stage::Decided, case.decision), "on {day}");
    }
}

/// Of what the law foresaw nobody is told on a birthday, and nothing is taken back from who has grown out of it: the voucher
/// was due once, two million and more, and the allowance has run to its end.
#[tokio::test]
async fn who_has_grown_out_of_it_had_it_rightly() {
    for office in Office::all(41).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let card = ("voucher_card", Value::Text("bc 9410-1234-5678-9012 Kim".into()));
        accept(&office, &family, child, &[("child_allowance", account()), ("first_meeting", vec![card])]).await;
        drain(&office, TODAY).await;
        for (request, _, items, status) in requests(&office).await {
            if status == "waiting" {
                let facts = items.iter().map(|(s, i)| Said { value: registered(i, said(*s, i).value), ..said(*s, i) });
                let reply_of = Reply::Answered { facts: facts.collect(), unknown: vec![], hash: "h".into() };
                reply(&office, request, reply_of).await;
            }
        }
        drain(&office, TODAY).await;
        for (programme, days) in [
            // Used or not, the voucher is two years old; then the programme speaks of the child no more.
            ("first_meeting", [Date::constant(2028, 11, 20), Date::constant(2029, 12, 1)]),
            // The month after the last, and the birthday on which the programme ends.
            ("child_allowance", [Date::constant(2039, 12, 2), Date::constant(2040, 11, 18)]),
        ] {
            let case = case_of(&office, programme).await;
            assert_eq!(case.stage, Stage::Decided, "{programme}");
            for day in days {
                transact!(office.db, StoreError, |tx| {
                    let desk = office.desk_on(day);
                    case::reopen::review(tx, &desk, family.household, casework::model::Cause::Birthday).await
                })
                .unwrap();
                drain(&office, day).await;
                let now = case_of(&office, programme).await;
                assert_eq!((now.stage, now.decision), (Stage::Decided, case.decision), "{programme} on {day}");
            }
        }
    }
}

/// What a newborn's register says, where a plain value would end the claim.
fn registered(item: &str, plain: Value) -> Value {
    if item == "birth_registered" { Value::Boolean(true) } else { plain }
}

#[tokio::test]
async fn a_second_tap_on_the_same_page_is_taken_though_the_first_answered_its_question() {
    for office in Office::all(40).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        // The father's account is known: once the mother's is too, nobody is asked any more.
        agency_says(&office, TODAY, family.father, "bank_account", registry::FactValue::Text("004 •••999".into()))
            .await;
        drain(&office, TODAY).await;
        let (first, second) = (offer_of(&office, "child_allowance").await, offer_of(&office, "parent_benefit").await);
        tap(&office, &family, child, &first).await.unwrap();
        drain(&office, TODAY).await;
        let (_, revision, needed) = offer_of(&office, "parent_benefit").await;
        assert!(revision > second.1 && needed.len() < second.2.len(), "the account is known now");
        tap(&office, &family, child, &second).await.unwrap();
        assert_eq!(case_of(&office, "parent_benefit").await.stage, Stage::Received);
    }
}

type Shown = (OfferId, u32, Vec<casework::model::Needed>);

/// An offer as the page shows it.
async fn offer_of(office: &Office, programme: &str) -> Shown {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select offer_id, revision, content from offer where programme = $1";
    let row = tx.one(sql, params![programme]).await.unwrap();
    let content: casework::model::OfferContent = row.json("content").unwrap();
    (row.get("offer_id").unwrap(), row.get("revision").unwrap(), content.needed)
}

/// A tap on what was shown, with an account number wherever it asked for one.
async fn tap(office: &Office, family: &Family, child: PersonId, shown: &Shown) -> Result<accept::Done, accept::Fault> {
    let answers = shown.2.iter().filter(|n| n.item == "bank_account").map(|n| accept::Given {
        subject: n.subject,
        item: n.item.clone(),
        value: Value::Text("004 110-123-456789 Kim".into()),
    });
    let tap = Tap { offer: shown.0, revision: shown.1, answers: answers.collect() };
    let input = accept::Input { applicant: family.mother, on_behalf: None, taps: vec![tap] };
    transact!(office.db, accept::Fault, |tx| {
        let may = [allowed(Action::AcceptOffer, &[family.mother]), allowed(Action::AcceptOffer, &[child])];
        accept::run(tx, &office.desk(), &who(Role::Citizen), &may, input.clone()).await
    })
}
