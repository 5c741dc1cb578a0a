//! Case management: opened, led through the nine steps of every pack, shared with agencies as far as the family wants it, and never
//! closed unfinished.

use std::path::Path;

use catalogue::Pack;
use catalogue::model::{CaseSteps, Needed, Signer};
use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, EnrolmentId, FamilyActId, FamilyCaseId, Instant, PersonId};
use proptest::prelude::*;
use store::transact;
use uuid::Uuid;
use visit::care::act::{self, Act, Done};
use visit::care::case::{By, Case, Closed, Fault, Opening, Record, Side};
use visit::care::plan::{How, Participant, Task, Voice};
use visit::care::{open as opening, read};
use visit::{Desk, assess, assign};

use crate::office::{Eyes, Office, TODAY, allowed, open, setting, who};
use crate::sending::{answers, assessment};

const DUE: Date = Date::constant(2027, 1, 20);
const CANARY: &str = "mother wants to sleep again";

fn steps(country: &str) -> CaseSteps {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(country);
    let pack = Pack::load(&dir).unwrap_or_else(|faults| panic!("{faults:#?}")).pack;
    pack.case_steps().expect("the pack has steps").clone()
}

fn begun(steps: CaseSteps) -> Case {
    Case::begun(Opening {
        id: FamilyCaseId(Uuid::from_u128(1)),
        enrolment: EnrolmentId(Uuid::from_u128(2)),
        person: PersonId(Uuid::from_u128(3)),
        organisation: "health_centre".to_owned(),
        why: "several risks at once".to_owned(),
        tier: None,
        steps,
        on: TODAY,
        account: AccountId(Uuid::from_u128(4)),
    })
}

fn task(goal: u32, agency: Option<&str>) -> Task {
    Task { goal, agency: agency.map(str::to_owned), words: "talks with her once a week".into(), due_on: TODAY }
}

fn goal() -> Act {
    Act::Goal { voice: Voice::Own, words: CANARY.to_owned() }
}

fn end(number: u32) -> Act {
    Act::End { number, how: How::Done, words: "it is better".to_owned() }
}

fn ask(agreed: bool) -> Act {
    Act::Ask { agency: "family_centre".into(), why: "help with the older child".into(), agreed }
}

fn confer(decided: Vec<Task>) -> Act {
    let of =
        |agency: Option<&str>, name: &str| Participant { agency: agency.map(str::to_owned), name: name.to_owned() };
    let participants = vec![of(None, "the mother"), of(Some("health_centre"), "the nurse")];
    Act::Confer { on: TODAY, participants, minutes: "A weekly talk at home.".to_owned(), decided }
}

fn sign(case: &Case) -> Act {
    let step = case.now().map(|step| step.id.clone()).unwrap_or_default();
    Act::Sign { step, words: "it is there".to_owned() }
}

fn record(act: Act, side: Side) -> Record {
    let (id, account) = (FamilyActId(Uuid::from_u128(9)), AccountId(Uuid::from_u128(4)));
    Record { id, act, side, account, on: TODAY, at: Instant::start_of(TODAY) }
}

fn by(side: Side) -> By<'static> {
    By { side, agency: if side == Side::Partner { "family_centre" } else { "health_centre" } }
}

/// Does something that may be done.
fn done(case: Case, side: Side, act: Act) -> Case {
    case.may(by(side), &act, Some(TODAY), TODAY).unwrap();
    case.with(record(act, side))
}

#[test]
fn a_family_goes_through_the_nine_steps_of_every_pack_and_closes_with_everything_ended() {
    for country in ["korea", "kazakhstan"] {
        let steps = steps(country);
        assert_eq!(steps.steps.len(), 9);
        assert!(steps.illustrative, "the official wording was not found");
        let mut case = begun(steps);
        let told = case.may(by(Side::Lead), &sign(&case), None, TODAY).unwrap_err().to_string();
        assert_eq!(told, "the step \"notice\" still lacks: assessment");
        assert_eq!(case.review_on(), Some(Date::constant(2026, 11, 28)));
        case = done(case, Side::Lead, ask(true));
        case = done(case, Side::Lead, goal());
        case = done(case, Side::Lead, confer(vec![task(1, Some("family_centre")), task(1, None)]));
        assert_eq!(case.plan.conferences[0].decided, [3, 4], "decisions are actions");
        let agree = Act::Agree { version: case.plan.version };
        case = done(case, Side::Family, agree);
        while case.now().is_some_and(|step| step.id != "carry_out") {
            if case.now().unwrap().signed_by == Signer::Supervisor {
                let told = case.may(by(Side::Lead), &sign(&case), Some(TODAY), TODAY);
                assert!(matches!(told, Err(Fault::OtherSigns { by: Signer::Supervisor, .. })));
            }
            let next = sign(&case);
            case = done(case, Side::Supervisor, next);
        }
        let missing = Fault::Missing { step: "carry_out".into(), needed: vec![Needed::ActionsEnded] };
        assert_eq!(case.may(by(Side::Supervisor), &sign(&case), Some(TODAY), TODAY), Err(missing));
        case = done(done(case, Side::Partner, end(3)), Side::Lead, end(4));
        let next = sign(&case);
        case = done(case, Side::Lead, next);
        // Looking back needs a fresh look: the assessment of the day the case was opened does not do.
        let fresh = Some(Date::constant(2026, 12, 1));
        let told = case.may(by(Side::Supervisor), &sign(&case), Some(TODAY), TODAY);
        assert!(
            matches!(told, Err(Fault::Missing { needed, .. }) if needed == [Needed::GoalsEnded, Needed::Reassessment])
        );
        case = done(case, Side::Lead, end(1));
        case.may(by(Side::Supervisor), &sign(&case), fresh, TODAY).unwrap();
        let last = sign(&case);
        case = case.with(record(last, Side::Supervisor));
        assert_eq!((case.closed, case.review_on()), (Some(Closed::Finished(TODAY)), None));
        assert_eq!(case.may(by(Side::Lead), &goal(), fresh, TODAY), Err(Fault::Closed(TODAY)));
        assert!(case.opening.steps.steps.iter().all(|s| case.signed(&s.id).is_some()));
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let case = done(done(begun(steps("korea")), Side::Lead, ask(false)), Side::Lead, goal());
    let case = done(case, Side::Lead, Act::Action(task(1, None)));
    let late = Task { due_on: Date::constant(2026, 11, 20), ..task(1, None) };
    let far = Task { due_on: Date::constant(2036, 11, 20), ..task(1, None) };
    let words = |words: &str| Act::Goal { voice: Voice::Own, words: words.to_owned() };
    let correct = |number| Act::Correct { number, words: "other words".into(), due_on: None, why: "misheard".into() };
    let alone = Act::Confer { on: TODAY, participants: vec![], minutes: "hello".into(), decided: vec![] };
    let confer_on = |on| match confer(vec![]) {
        Act::Confer { participants, minutes, decided, .. } => Act::Confer { on, participants, minutes, decided },
        other => other,
    };
    let back = |step: &str| Act::Back { step: step.to_owned(), why: "by mistake".into() };
    let long = "가".repeat(2_001);
    let centre = || "family_centre".to_owned();
    for (side, act, fault) in [
        (Side::Lead, words("  x "), Fault::NoWords),
        (Side::Lead, words(&long), Fault::TooLong(2_001)),
        (Side::Lead, Act::Action(task(7, None)), Fault::Nothing(7)),
        (Side::Lead, Act::Action(task(2, None)), Fault::Nothing(2)),
        (Side::Lead, Act::Action(late.clone()), Fault::BadDay(late.due_on)),
        (Side::Lead, Act::Action(far.clone()), Fault::BadDay(far.due_on)),
        (Side::Lead, Act::Action(task(1, Some("family_centre"))), Fault::NoConsent(centre())),
        (Side::Lead, Act::Action(task(1, Some("nobody"))), Fault::NoConsent("nobody".into())),
        (Side::Lead, end(1), Fault::ActionsOpen(1)),
        (Side::Lead, end(77), Fault::Nothing(77)),
        (Side::Lead, correct(77), Fault::Nothing(77)),
        (Side::Lead, alone, Fault::Alone),
        (Side::Lead, confer_on(Date::constant(2026, 11, 22)), Fault::BadDay(Date::constant(2026, 11, 22))),
        (Side::Lead, confer(vec![task(1, Some("family_centre"))]), Fault::NoConsent(centre())),
        (Side::Lead, Act::Agree { version: 1 }, Fault::Stale),
        (Side::Lead, Act::Withdraw { agency: centre() }, Fault::NoConsent(centre())),
        (Side::Lead, Act::Consent { agency: "nobody".into() }, Fault::NotAsked("nobody".into())),
        (Side::Lead, back("close"), Fault::NotThatStep("close".into())),
        (Side::Lead, back("notice"), Fault::NotThatStep("notice".into())),
        (Side::Lead, Act::Decline { why: "not now".into() }, Fault::OtherSide(Side::Lead)),
        (Side::Family, goal(), Fault::OtherSide(Side::Family)),
        (Side::Partner, end(2), Fault::OtherSide(Side::Partner)),
    ] {
        assert_eq!(case.may(by(side), &act, Some(TODAY), TODAY), Err(fault), "{act:?}");
    }
    let wrong = Act::Sign { step: "plan".into(), words: "it is there".into() };
    assert_eq!(case.may(by(Side::Lead), &wrong, Some(TODAY), TODAY), Err(Fault::NotThatStep("plan".into())));
}

#[test]
fn an_agency_sees_its_part_while_the_family_wants_it_to_and_a_change_asks_for_agreement_anew() {
    let case = done(done(begun(steps("korea")), Side::Lead, ask(false)), Side::Lead, goal());
    let case = done(case, Side::Lead, Act::Goal { voice: Voice::Child, words: "no more shouting".into() });
    assert_eq!(case.plan.part_of("family_centre"), None, "nobody asked the family yet");
    let case = done(case, Side::Family, Act::Consent { agency: "family_centre".into() });
    let case = done(case, Side::Lead, Act::Action(task(1, Some("family_centre"))));
    let case = done(case, Side::Lead, Act::Action(task(2, Some("health_centre"))));
    let part = case.plan.part_of("family_centre").unwrap();
    assert_eq!((part.goals.len(), part.goals[0].number, part.actions.len()), (1, 1, 1));
    assert_eq!(case.plan.part_of("police_fire"), None);
    let agree = Act::Agree { version: case.plan.version };
    let case = done(case, Side::Family, agree);
    let same = done(case.clone(), Side::Partner, end(3));
    assert!(same.plan.is_agreed(), "an end is not another plan");
    let correct = Act::Correct { number: 1, words: "sleep at night".into(), due_on: None, why: "misheard".into() };
    let other = done(case.clone(), Side::Lead, correct);
    assert!(!other.plan.is_agreed() && other.plan.goal(1).unwrap().words == "sleep at night");
    assert!(other.acts.iter().any(|r| r.act == goal()), "the first words stay");
    let gone = done(case, Side::Family, Act::Withdraw { agency: "family_centre".into() });
    assert_eq!(gone.plan.part_of("family_centre"), None);
    assert_eq!(gone.may(by(Side::Partner), &end(3), None, TODAY), Err(Fault::OtherSide(Side::Partner)));
    // The family wants no more of it: nothing stays open, and nothing was reached that was not.
    let over = done(gone, Side::Supervisor, Act::Decline { why: "she wants no more of it".into() });
    assert_eq!(over.closed, Some(Closed::Declined(TODAY)));
    assert!(over.plan.goals.iter().all(|g| g.end.as_ref().is_some_and(|e| e.how == How::Dropped)));
}

proptest! {
    /// Whatever is tried in whatever order: a closed case has nothing open, and was finished with every step signed, or declined.
    #[test]
    fn nothing_closes_unfinished(deeds in prop::collection::vec((0u8..13, 0u32..6, 0u8..4), 0..90)) {
        let sides = [Side::Lead, Side::Supervisor, Side::Family, Side::Partner];
        static STEPS: std::sync::LazyLock<CaseSteps> = std::sync::LazyLock::new(|| steps("kazakhstan"));
        let mut case = begun(STEPS.clone());
        for (deed, n, side) in deeds {
            let act = match deed {
                0 => goal(),
                1 => Act::Action(task(n, Some("family_centre"))),
                2 => Act::Action(task(n, None)),
                3 | 4 => end(n),
                5 => Act::Agree { version: case.plan.version },
                6 => confer(vec![task(n, None)]),
                7 => ask(n % 2 == 0),
                8 => Act::Withdraw { agency: "family_centre".into() },
                9 if n == 0 => Act::Decline { why: "no more".into() },
                9 => Act::Back { step: "goals".into(), why: "life changed".into() },
                _ => sign(&case),
            };
            let by = by(sides[usize::from(side)]);
            let fresh = Some(Date::constant(2026, 12, 1));
            if case.may(by, &act, fresh, TODAY).is_ok() {
                prop_assert!(case.closed.is_none());
                case = case.with(record(act, by.side));
            }
        }
        if let Some(closed) = case.closed {
            prop_assert!(case.plan.actions.iter().all(|a| a.end.is_some()) && case.plan.goals.iter().all(|g| g.end.is_some()));
            let signed = case.opening.steps.steps.iter().all(|s| case.signed(&s.id).is_some());
            prop_assert!(signed || matches!(closed, Closed::Declined(_)));
        }
    }
}

/// A decision of the real policies for somebody of another agency who takes part.
fn partner_may(person: PersonId, who: &Who) -> Allowed {
    let resource = Resource::people([(person, Relation { open_case: true, ..Relation::default() })]);
    let purpose = Purpose::new(PurposeKind::Casework, "the family plan");
    let (look, now, action) = (Uuid::from_u128(9), Instant::start_of(TODAY), Action::AnswerPlan);
    match Policies::built_in().unwrap().decide(&Request {
        look,
        now,
        who,
        action,
        resource: &resource,
        purpose: &purpose,
    }) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

#[tokio::test]
async fn a_case_is_kept_on_both_databases_and_shown_to_those_whom_it_concerns() {
    for office in Office::all(31).await {
        let family = office.family(DUE).await;
        let enrolment = office.visited(&family).await;
        let desk = office.desk();
        let (nurse, lead, me) = (who(Role::Nurse), who(Role::VisitSupervisor), who(Role::Citizen));
        let may = allowed(Role::Nurse, Action::WorkPlan, &[family.mother]);
        let id = FamilyCaseId(office.new_id().0);
        let input = opening::Input { id, enrolment, why: "several risks at once".into(), tier: None };
        let start = async |input: &opening::Input, may: &Allowed| {
            transact!(office.db, opening::Fault, |tx| opening::run(tx, &desk, &nurse, may, input).await)
        };
        let leads = allowed(Role::VisitSupervisor, Action::WorkPlan, &[family.mother]);
        let stranger = allowed(Role::Nurse, Action::WorkPlan, &[PersonId(Uuid::from_u128(5))]);
        assert!(matches!(start(&input, &stranger).await, Err(opening::Fault::NotAllowed)));
        let mute = opening::Input { why: " ".into(), ..input.clone() };
        assert!(matches!(start(&mute, &may).await, Err(opening::Fault::NoWords)));
        assert_eq!(start(&input, &may).await.unwrap(), id);
        assert_eq!(start(&input, &may).await.unwrap(), id, "sent twice is once");
        let second = opening::Input { id: FamilyCaseId(office.new_id().0), ..input.clone() };
        assert!(matches!(start(&second, &may).await, Err(opening::Fault::Already(known)) if known == id));
        // While it runs the visits do not end.
        let manage = allowed(Role::VisitSupervisor, Action::ManageVisits, &[family.mother]);
        let left = (TODAY, visit::model::LeftWhy::Declined);
        let gone =
            transact!(office.db, assign::Fault, |tx| assign::end(tx, &desk, &lead, &manage, enrolment, left).await);
        assert!(matches!(gone, Err(assign::Fault::CaseOpen)));

        let does = async |who: &Who, may: &Allowed, name: FamilyActId, act: &Act| -> Result<Done, act::Fault> {
            transact!(office.db, act::Fault, |tx| act::run(tx, &desk, who, may, id, (name, act)).await)
        };
        let fresh = || FamilyActId(office.new_id().0);
        let first = fresh();
        let sign_it = Act::Sign { step: "notice".into(), words: "several risks".into() };
        assert!(matches!(does(&nurse, &may, fresh(), &sign_it).await, Err(act::Fault::Rule(Fault::Missing { .. }))));
        let risk = assessment(&office, enrolment, "perinatal-risk@2026.1", answers(&[("smoking", "true")]));
        let record_it = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        transact!(office.db, visit::submit::Fault, |tx| assess::run(tx, &desk, &nurse, Some(&record_it), &risk).await)
            .unwrap();
        assert!(!does(&nurse, &may, first, &sign_it).await.unwrap().already);
        assert!(does(&nurse, &may, first, &sign_it).await.unwrap().already, "an impatient finger");
        assert!(matches!(does(&nurse, &may, first, &goal()).await, Err(act::Fault::OtherContent)));
        let crisis = |agency: &str| Act::Ask { agency: agency.into(), why: "to help".into(), agreed: true };
        assert!(matches!(does(&nurse, &may, fresh(), &crisis("mogef")).await, Err(act::Fault::Discreet(_))));
        assert!(matches!(does(&nurse, &may, fresh(), &crisis("nowhere")).await, Err(act::Fault::NoAgency(_))));
        does(&nurse, &may, fresh(), &ask(false)).await.unwrap();
        let own = allowed(Role::Citizen, Action::AgreePlan, &[family.mother]);
        does(&nurse, &may, fresh(), &goal()).await.unwrap();
        let consent = Act::Consent { agency: "family_centre".into() };
        assert!(does(&me, &own, fresh(), &goal()).await.is_err());
        does(&me, &own, fresh(), &consent).await.unwrap();
        let acted = does(&nurse, &may, fresh(), &Act::Action(task(1, Some("family_centre")))).await.unwrap();
        assert_eq!(acted.case.step, 1);

        // The family centre of the district sees its part; one of another district, and another agency, nothing.
        let social = Who { role: Role::Caseworker, organisation: "family_centre".into(), ..who(Role::Nurse) };
        let setting = setting();
        let seen = async |who: Who| {
            let eyes = Eyes::of(who);
            let mut tx = office.db.read().await.unwrap();
            open(&read::shared(&mut tx, &desk, &eyes.sight(&setting)).await.unwrap())
        };
        let mine = seen(social.clone()).await;
        assert_eq!((mine.len(), mine[0].name.as_str(), mine[0].part.actions.len()), (1, "한지우", 1));
        assert_eq!(seen(Who { jurisdiction: Some("kr-26-350".into()), ..social.clone() }).await, []);
        assert_eq!(seen(Who { organisation: "municipality".into(), ..social.clone() }).await, []);
        let answer = partner_may(family.mother, &social);
        does(&social, &answer, fresh(), &end(2)).await.unwrap();
        assert!(matches!(does(&social, &answer, fresh(), &end(1)).await, Err(act::Fault::Rule(Fault::OtherSide(_)))));

        // The lists of nurse and supervisor, the file, and the plan as she sees it are the same case.
        for viewer in [&nurse, &lead] {
            let eyes = Eyes::of(viewer.clone());
            let mut tx = office.db.read().await.unwrap();
            let lines = open(&read::open(&mut tx, &desk, &eyes.sight(&setting)).await.unwrap());
            assert_eq!((lines.len(), lines[0].step.as_str(), lines[0].due_on), (1, "consent", None));
            let file = open(&read::family(&mut tx, &desk, &eyes.sight(&setting), enrolment).await.unwrap().unwrap());
            let case = file.case.unwrap();
            assert_eq!((case.acts.len(), case.plan.goals[0].words.as_str(), file.assessed), (6, CANARY, Some(TODAY)));
            let own = open(&read::own(&mut tx, &eyes.sight(&setting), family.mother).await.unwrap());
            assert_eq!(own, Some(case));
        }
        // She moves: the office of the new district has her consent no more than the old one, until she is asked there.
        let origin = registry::Origin::new("mois", "", "test");
        transact!(office.db, registry::residence::MoveError, |tx| {
            let pen = registry::Pen::new(&office.ids, crate::office::keys(), desk.now, &origin);
            let to = registry::residence::Address::new("kr-26-350", "해운대로 1", "48000");
            registry::residence::move_household(tx, pen, family.household, &to, TODAY).await
        })
        .unwrap();
        let notice = registry::change::Notice {
            households: vec![family.household],
            persons: vec![],
            kinds: vec![registry::change::Kind::Residence],
            items: vec![],
        };
        transact!(office.db, store::StoreError, |tx| visit::follow::registry_changed(tx, &desk, &notice).await)
            .unwrap();
        let there = || Who { jurisdiction: Some("kr-26-350".into()), ..social.clone() };
        assert_eq!((seen(there()).await, seen(social.clone()).await), (vec![], vec![]));
        let later = Desk { now: desk.now.plus_seconds(60), ..desk };
        for act in [Act::Withdraw { agency: "family_centre".into() }, ask(true)] {
            let name = fresh();
            transact!(office.db, act::Fault, |tx| act::run(tx, &later, &lead, &leads, id, (name, &act)).await).unwrap();
        }
        assert_eq!((seen(there()).await.len(), seen(social.clone()).await.len()), (1, 0));
        // Consent withdrawn closes it at once, and to the nurse of another family there is no such case.
        does(&me, &own, fresh(), &Act::Withdraw { agency: "family_centre".into() }).await.unwrap();
        assert_eq!(seen(there()).await, []);
        let other = Eyes::of(Who { account: AccountId(Uuid::from_u128(99)), ..who(Role::Nurse) });
        let mut tx = office.db.read().await.unwrap();
        assert_eq!(open(&read::open(&mut tx, &desk, &other.sight(&setting)).await.unwrap()), []);
    }
}

#[tokio::test]
async fn a_family_is_reminded_once_of_what_it_wanted_to_do_itself() {
    for office in Office::all(32).await {
        let family = office.family(DUE).await;
        let enrolment = office.visited(&family).await;
        let desk = office.desk();
        let (nurse, me) = (who(Role::Nurse), who(Role::Citizen));
        let may = allowed(Role::Nurse, Action::WorkPlan, &[family.mother]);
        let own = allowed(Role::Citizen, Action::AgreePlan, &[family.mother]);
        let id = FamilyCaseId(office.new_id().0);
        let input = opening::Input { id, enrolment, why: "several risks at once".into(), tier: None };
        transact!(office.db, opening::Fault, |tx| opening::run(tx, &desk, &nurse, &may, &input).await).unwrap();
        let does = async |who: &Who, may: &Allowed, act: Act| {
            let name = FamilyActId(office.new_id().0);
            transact!(office.db, act::Fault, |tx| act::run(tx, &desk, who, may, id, (name, &act)).await).unwrap()
        };
        let day = |text: &str| text.parse::<Date>().unwrap();
        does(&nurse, &may, goal()).await;
        does(&nurse, &may, ask(true)).await;
        let on = |agency: Option<&str>, due: &str| Act::Action(Task { due_on: day(due), ..task(1, agency) });
        does(&nurse, &may, on(Some("family_centre"), "2026-11-25")).await;
        does(&nurse, &may, on(None, "2026-11-25")).await;
        does(&nurse, &may, on(None, "2026-12-25")).await;
        let coming = async |on: &str| {
            let mut tx = office.db.read().await.unwrap();
            visit::care::remind::coming(&mut tx, &office.desk_on(day(on)), 10).await.unwrap()
        };
        assert_eq!(coming("2026-11-22").await, [], "two days before, and not earlier");
        let unasked = coming("2026-11-23").await;
        assert_eq!(unasked.iter().map(|r| (r.number, r.may)).collect::<Vec<_>>(), [(3, false)], "she has not agreed");
        let version = {
            let mut tx = office.db.read().await.unwrap();
            let eyes = Eyes::of(me.clone());
            open(&read::own(&mut tx, &eyes.sight(&setting()), family.mother).await.unwrap()).unwrap().plan.version
        };
        does(&me, &own, Act::Agree { version }).await;
        let due = coming("2026-11-24").await;
        assert_eq!(due.iter().map(|r| (r.person, r.number, r.may)).collect::<Vec<_>>(), [(family.mother, 3, true)]);
        for _ in 0..2 {
            let desk = office.desk_on(day("2026-11-24"));
            transact!(office.db, store::StoreError, |tx| visit::care::remind::told(tx, &desk, &due[0], true).await)
                .unwrap();
        }
        assert_eq!(coming("2026-11-24").await, [], "once");
        assert_eq!(coming("2026-11-26").await, [], "nor when its day is over");
    }
}
