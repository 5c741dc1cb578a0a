//! Applications from the first draft to the open case: what is asked, who may act, what is refused, what follows.

use casework::accept::Given;
use casework::application::account;
use casework::application::draft::{self, Begin, Save};
use casework::application::withdraw::Input as TakeBack;
use casework::application::{
    self, Agreed, AskedOf, Chosen, Content, Draft, Setting, apply, follow, send, supply, withdraw,
};
use casework::case::Channel;
use casework::household::PersonRef;
use casework::model::{NeededFor, Subject};
use casework::register::{Teller, Told};
use casework::{death, moved, register};
use guard::{Action, Allowed, Processing, PurposeKind, Role, Who};
use kernel::{ApplicationId, CaseId, Date, DraftId, PersonId};
use registry::residence::Address;
use rules::schema::Value;
use store::{Message, params, transact};
use uuid::Uuid;

use crate::desk::{Family, Office, TODAY, allowed, child_of, family, official, tell, who};

pub(crate) const BORN: Date = Date::constant(2026, 11, 18);
static CONNECTED: fn(&str) -> bool = |_| true;
static ALONE: fn(&str) -> bool = |_| false;

pub(crate) fn setting() -> Setting<'static> {
    Setting { adult_age: 19, connected: &CONNECTED }
}

/// A citizen who is this person.
pub(crate) fn citizen(person: PersonId) -> Who {
    Who { person: Some(person), jurisdiction: None, ..who(Role::Citizen) }
}

pub(crate) fn may(persons: &[PersonId]) -> Vec<Allowed> {
    persons.iter().map(|p| allowed(Action::AcceptOffer, &[*p])).collect()
}

pub(crate) struct Home {
    pub(crate) family: Family,
    pub(crate) child: PersonId,
}

/// A family with a newborn and its offers.
pub(crate) async fn home(office: &Office, number: u32, born: Date) -> Home {
    let family = family(office, number).await;
    let told = tell(office, &office.desk(), &family, child_of(&family, &format!("n-{number}"), born)).await.unwrap();
    Home { child: told.person(), family }
}

impl Home {
    pub(crate) fn for_child(&self, programme: &str) -> Chosen {
        Chosen { programme: programme.into(), subject: Subject::Person(self.child), offer: None }
    }

    pub(crate) fn for_all(&self, programme: &str) -> Chosen {
        Chosen { programme: programme.into(), subject: Subject::Household(self.family.household), offer: None }
    }

    pub(crate) fn powers(&self) -> Vec<Allowed> {
        may(&[self.family.mother, self.child])
    }

    /// The mother begins a draft at home.
    pub(crate) async fn begin(&self, office: &Office, content: Content) -> Result<Draft, draft::Fault> {
        let begin = Begin { person: self.family.mother, channel: Channel::Online, content };
        self.begin_as(office, &citizen(self.family.mother), &self.powers(), begin).await
    }

    pub(crate) async fn begin_as(
        &self,
        office: &Office,
        who: &Who,
        may: &[Allowed],
        begin: Begin,
    ) -> Result<Draft, draft::Fault> {
        transact!(office.db, draft::Fault, |tx| {
            draft::begin(tx, &office.desk(), who, may, setting(), begin.clone()).await
        })
    }

    pub(crate) async fn send(&self, office: &Office, draft: &Draft) -> Result<apply::Done, apply::Fault> {
        self.send_as(office, &citizen(self.family.mother), &self.powers(), draft.id, draft.revision).await
    }

    pub(crate) async fn send_as(
        &self,
        office: &Office,
        who: &Who,
        may: &[Allowed],
        draft: DraftId,
        revision: u32,
    ) -> Result<apply::Done, apply::Fault> {
        let input = apply::Input { draft, revision };
        transact!(office.db, apply::Fault, |tx| send(tx, &office.desk(), who, may, setting(), input).await)
    }

    /// Applies for these programmes with nothing answered.
    pub(crate) async fn apply(&self, office: &Office, chosen: Vec<Chosen>) -> apply::Done {
        let draft = self.begin(office, Content { chosen, ..Content::default() }).await.unwrap();
        self.send(office, &draft).await.unwrap()
    }
}

pub(crate) fn machine() -> Processing {
    Processing::new(PurposeKind::Casework, "test").unwrap()
}

pub(crate) async fn count(office: &Office, sql: &'static str) -> i64 {
    let mut tx = office.db.read().await.unwrap();
    tx.one(sql, &[]).await.unwrap().get("n").unwrap()
}

fn bank(whose: Subject) -> Given {
    Given { subject: whose, item: "bank_account".into(), value: Value::Text("088 110-222-333333 김하윤".into()) }
}

pub(crate) async fn stage(office: &Office, case: CaseId) -> (String, Option<String>, PersonId) {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select stage, jurisdiction, applicant_id from benefit_case where case_id = $1";
    let row = tx.one(sql, params![case]).await.unwrap();
    (row.get("stage").unwrap(), row.maybe("jurisdiction").unwrap(), row.get("applicant_id").unwrap())
}

async fn steps(office: &Office, case: CaseId) -> Vec<String> {
    let mut tx = office.db.read().await.unwrap();
    let rows =
        tx.all("select kind from case_step where case_id = $1 order by at, step_id", params![case]).await.unwrap();
    rows.iter().map(|r| r.get("kind").unwrap()).collect()
}

#[tokio::test]
async fn one_application_for_offers_and_for_what_nobody_offered() {
    for office in Office::all(31).await {
        let home = home(&office, 1, BORN).await;
        let chosen =
            vec![home.for_child("first_meeting"), home.for_child("child_allowance"), home.for_all("livelihood")];
        let answers = vec![bank(Subject::Person(home.child))];
        let draft = home.begin(&office, Content { chosen, answers, ..Content::default() }).await.unwrap();
        let done = home.send(&office, &draft).await.unwrap();
        let application = done.application.unwrap();
        assert!(done.items.iter().all(|i| !i.existing && i.late.is_none()) && done.items.len() == 3, "{done:?}");
        // Two stood as offers and are taken with it; the third has its case alone.
        assert_eq!(count(&office, "select count(*) as n from application_item").await, 2);
        let open = "select count(*) as n from offer where status = 'open' and programme in ('first_meeting', 'child_allowance')";
        assert_eq!(count(&office, open).await, 0);
        assert_eq!(count(&office, "select count(*) as n from benefit_case where offer_id is null").await, 1);
        let fact = "select count(*) as n from person_fact where item = 'bank_account' and source = 'self'";
        assert_eq!(count(&office, fact).await, 1);
        numbers_lie_under_seal(&office, home.family.mother).await;
        // One account is an account, whichever of them it was given for.
        assert!(!done.missing.iter().any(|m| m.item == "bank_account"), "{:?}", done.missing);
        let by = done.missing.iter().map(|m| m.by).min().unwrap();
        assert!(by > TODAY, "what is missing has a day: {by}");
        // The form sent twice, and the answer lost on the way.
        let again = home.send(&office, &draft).await.unwrap();
        assert_eq!((again.application, &again.items), (Some(application), &done.items));
        assert_eq!(count(&office, "select count(*) as n from application").await, 1);
        assert_eq!(count(&office, "select count(*) as n from benefit_case").await, 3);
        // What was missing is given later, and each open case hears of it.
        let missing = done.missing.iter().find(|m| m.item == "financial_consent").unwrap();
        let consent = Given { subject: missing.subject, item: missing.item.clone(), value: Value::Boolean(true) };
        let input = supply::Input { application, answers: vec![consent] };
        let left = transact!(office.db, supply::Fault, |tx| {
            let who = citizen(home.family.mother);
            supply::run(tx, &office.desk(), &who, &home.powers(), setting(), input.clone()).await
        })
        .unwrap();
        assert!(!left.iter().any(|m| m.item == "financial_consent"));
        assert!(steps(&office, done.items[2].case).await.contains(&"person_gave".to_owned()));
    }
}

/// The number stands in one place, sealed, until payments take it; in draft, answer, fact and case only its end.
async fn numbers_lie_under_seal(office: &Office, mother: PersonId) {
    let mut tx = office.db.begin().await.unwrap();
    for sql in [
        "select content as t from application_draft",
        "select value as t from application_answer",
        "select value as t from person_fact where item = 'bank_account'",
        "select answers as t from application_item",
        "select payload as t from outbox",
    ] {
        for row in tx.all(sql, &[]).await.unwrap() {
            let text: String = row.get("t").unwrap();
            assert!(!text.contains("110222333333") && !text.contains("110-222"), "{sql}: {text}");
        }
    }
    let row = tx.one("select payload from outbox where topic = 'account.given'", &[]).await.unwrap();
    let told: account::Told = serde_json::from_str(&row.get::<String>("payload").unwrap()).unwrap();
    assert_eq!((told.person, told.cases.len()), (mother, 3));
    let (given, _) = account::open(&mut tx, office.desk().keys, &told).await.unwrap().unwrap();
    assert_eq!((given.bank.as_str(), given.number.as_str(), given.holder.as_str()), ("088", "110222333333", "김하윤"));
    account::taken(&mut tx, &told, office.desk().now).await.unwrap();
    assert!(account::open(&mut tx, office.desk().keys, &told).await.unwrap().is_none(), "emptied once it is taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_draft_sent_by_eight_fingers_at_once_is_one_application() {
    for office in Office::all(32).await {
        let home = home(&office, 1, BORN).await;
        let content = Content { chosen: vec![home.for_child("first_meeting")], ..Content::default() };
        let draft = home.begin(&office, content).await.unwrap();
        let shared = std::sync::Arc::new((office, home, draft));
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let it = shared.clone();
                tokio::spawn(async move { it.1.send(&it.0, &it.2).await.unwrap().application })
            })
            .collect();
        let mut all = Vec::new();
        for racer in racers {
            all.push(racer.await.unwrap().unwrap());
        }
        all.dedup();
        assert_eq!((all.len(), count(&shared.0, "select count(*) as n from benefit_case").await), (1, 1));
    }
}

#[tokio::test]
async fn each_thing_is_asked_once_with_why_and_nothing_an_agency_can_answer() {
    for office in Office::all(33).await {
        let home = home(&office, 1, BORN).await;
        let chosen =
            vec![home.for_child("child_allowance"), home.for_child("parent_benefit"), home.for_all("livelihood")];
        let frozen = {
            let mut tx = office.db.read().await.unwrap();
            let row = tx.one("select content from frozen_facts limit 1", &[]).await.unwrap();
            row.json::<casework::snapshot::Snapshot>("content").unwrap()
        };
        let desk = office.desk();
        let asked = application::questions(desk.pack, &frozen, &chosen, home.family.mother, &CONNECTED);
        let mut keys: Vec<_> = asked.iter().map(|q| (q.subject, &q.item)).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "nothing is asked twice");
        let account = asked.iter().find(|q| q.item == "bank_account").unwrap();
        assert!(account.is_for_person() && account.subject == Subject::Person(home.family.mother), "of who is paid");
        assert_eq!(account.for_programmes, ["child_allowance", "parent_benefit", "livelihood"]);
        assert!(account.why.iter().all(|w| w.purpose == NeededFor::Claim));
        let known = asked.iter().find(|q| q.item == "nationality" && q.subject == Subject::Person(home.child)).unwrap();
        assert_eq!(known.known.as_ref().unwrap().value, Value::Code("korean".into()));
        assert!(!known.is_for_person() && known.why.iter().any(|w| w.conditions == ["nationality"]));
        for question in asked.iter().filter(|q| q.is_for_person()) {
            let person = matches!(question.subject, Subject::Person(_));
            let entity = if person { rules::schema::Entity::Person } else { rules::schema::Entity::Household };
            let item = desk.pack.item(entity, &question.item).unwrap();
            assert_eq!(item.owner, None, "{} belongs to an agency that answers", question.item);
        }
        assert!(asked.iter().any(|q| matches!(q.asked_of, AskedOf::Agency(_)) && q.known.is_none()));
        // Without connectors the same things are asked of the person, where the pack has words for it.
        let alone = application::questions(desk.pack, &frozen, &chosen, home.family.mother, &ALONE);
        assert_eq!(alone.len(), asked.len());
        assert!(
            alone.iter().filter(|q| q.is_for_person()).count() > asked.iter().filter(|q| q.is_for_person()).count()
        );
    }
}

#[tokio::test]
async fn two_tabs_at_once_and_a_pack_that_changed_under_a_draft() {
    for office in Office::all(34).await {
        let home = home(&office, 1, BORN).await;
        let content = Content { chosen: vec![home.for_child("child_allowance")], ..Content::default() };
        let draft = home.begin(&office, content.clone()).await.unwrap();
        let save = |revision, content: Content| Save { draft: draft.id, revision, content };
        let run = async |input: Save| {
            transact!(office.db, draft::Fault, |tx| {
                let who = citizen(home.family.mother);
                draft::save(tx, &office.desk(), &who, &home.powers(), setting(), input.clone()).await
            })
        };
        let mut more = content.clone();
        more.answers.push(bank(Subject::Person(home.child)));
        let saved = run(save(1, more.clone())).await.unwrap();
        assert_eq!(saved.revision, 2);
        let late = run(save(1, content.clone())).await;
        assert!(matches!(late, Err(draft::Fault::Changed { shown: 1, now: 2 })), "{late:?}");
        // As if an earlier pack had had the account as a number: kept, to be given again, and not in the way.
        let mut old = saved.content.clone();
        old.answers[0].value = Value::Integer(7);
        old.chosen.push(home.for_all("a_programme_of_last_year"));
        let text = serde_json::to_string(&old).unwrap();
        transact!(office.db, store::StoreError, |tx| {
            tx.execute("update application_draft set content = $2 where draft_id = $1", params![draft.id, text]).await
        })
        .unwrap();
        let mut kept = old.clone();
        kept.on_behalf = Some("unchanged otherwise".into());
        assert_eq!(run(save(2, kept)).await.unwrap().content.answers, old.answers);
        let gone = home.send_as(&office, &citizen(home.family.mother), &home.powers(), draft.id, 3).await;
        assert!(gone.unwrap_err().to_string().contains("not a programme of the pack"));
        old.chosen.pop();
        assert_eq!(run(save(3, old)).await.unwrap().revision, 4);
        let done = home.send_as(&office, &citizen(home.family.mother), &home.powers(), draft.id, 4).await.unwrap();
        assert_eq!(done.left, [(Subject::Person(home.family.mother), "bank_account".to_owned())]);
        assert!(done.missing.iter().any(|m| m.item == "bank_account"));
        let ended = run(save(5, content)).await;
        assert!(matches!(ended, Err(draft::Fault::Ended(application::DraftStatus::Sent))));
    }
}

#[tokio::test]
async fn hostile_input_meets_a_clear_answer_and_leaves_nothing_behind() {
    for office in Office::all(35).await {
        let home = home(&office, 1, BORN).await;
        let other = family(&office, 2).await;
        let (child, mother) = (home.child, home.family.mother);
        let with = |chosen: Vec<Chosen>, answers: Vec<Given>| Content { chosen, answers, ..Content::default() };
        let one = || vec![home.for_child("child_allowance")];
        let given = |subject, item: &str, value| Given { subject, item: item.into(), value };
        let whose = Subject::Person(child);
        let stranger = Subject::Person(other.mother);
        let for_stranger = Chosen { programme: "child_allowance".into(), subject: stranger, offer: None };
        let wrong_kind = home.for_all("child_allowance");
        let flood = vec![home.for_child("child_allowance"); 10_000];
        let (text, future) = (Value::Text("가".repeat(3_500_000)), Date::constant(2027, 1, 1));
        let agreed = Agreed { person: other.mother, purpose: "financial_enquiry".into() };
        let cases = [
            (with(vec![for_stranger], vec![]), "may not apply"),
            (with(vec![wrong_kind], vec![]), "choose a person"),
            (with(vec![home.for_child("no_such_thing")], vec![]), "not a programme"),
            (with(flood, vec![]), "too many"),
            (with(one(), vec![given(whose, "bank_account", text)]), "too long"),
            (with(one(), vec![given(whose, "bank_account", Value::Integer(1))]), "bank_account:"),
            (
                with(one(), vec![given(whose, "bank_account", Value::Text("110-222-333333".into()))]),
                "BANK NUMBER HOLDER",
            ),
            (
                with(one(), vec![given(whose, "bank_account", Value::Text("999 110222333333 A".into()))]),
                "code list bank",
            ),
            (with(one(), vec![given(whose, "bank_account", Value::Text("088 1102 A".into()))]), "10 to 16 digits"),
            (with(one(), vec![given(whose, "bank_account", Value::Text("088 ••••333".into()))]), "hidden number"),
            (with(one(), vec![given(stranger, "bank_account", Value::Text("088 110222333333 A".into()))]), "not asked"),
            (with(one(), vec![given(whose, "religion", Value::Text("1".into()))]), "not asked"),
            (Content { consents: vec![agreed], ..with(one(), vec![]) }, "not a consent"),
            (Content { received_on: Some(future), ..with(one(), vec![]) }, "letter"),
        ];
        for (content, words) in cases {
            let fault = home.begin(&office, content).await.unwrap_err().to_string();
            assert!(fault.contains(words), "{fault} should say {words}");
            assert!(fault.len() < 400, "{}", fault.len());
        }
        let me = citizen(mother);
        let begin = |channel| Begin { person: mother, channel, content: with(one(), vec![]) };
        let refused = home.begin_as(&office, &me, &home.powers(), begin(Channel::Counter)).await;
        assert!(matches!(refused, Err(draft::Fault::Channel(_))));
        assert_eq!(count(&office, "select count(*) as n from application_draft").await, 0);
        // Somebody else's draft looks as if there were none.
        let draft = home.begin(&office, with(one(), vec![])).await.unwrap();
        let (them, theirs) = (citizen(other.mother), may(&[other.mother]));
        let answer = home.send_as(&office, &them, &theirs, draft.id, 1).await.unwrap_err().to_string();
        let none = home.send_as(&office, &them, &theirs, DraftId(Uuid::from_u128(5)), 1).await.unwrap_err().to_string();
        assert_eq!(answer, none);
        // An official says why, and a letter arrived on a day that has been.
        let letter = Content { received_on: Some(Date::constant(2026, 11, 19)), ..with(one(), vec![]) };
        let post = Begin { person: mother, channel: Channel::Post, content: letter };
        let office_may = [allowed(Action::KeyInForPerson, &[mother]), allowed(Action::KeyInForPerson, &[child])];
        let keyed = home.begin_as(&office, &official(), &office_may, post).await.unwrap();
        let silent = home.send_as(&office, &official(), &office_may, keyed.id, 1).await;
        assert!(matches!(silent, Err(apply::Fault::NoReason)));
        assert_eq!(count(&office, "select count(*) as n from application").await, 0);
        let mut content = keyed.content.clone();
        content.on_behalf = Some("she sent a letter".into());
        let input = Save { draft: keyed.id, revision: 1, content };
        transact!(office.db, draft::Fault, |tx| {
            draft::save(tx, &office.desk(), &official(), &office_may, setting(), input.clone()).await
        })
        .unwrap();
        home.send_as(&office, &official(), &office_may, keyed.id, 2).await.unwrap();
        let day = "select count(*) as n from benefit_case where channel = 'post' and applied_on = '2026-11-19'";
        assert_eq!(count(&office, day).await, 1, "the day of the letter is the day of the application");
    }
}

#[tokio::test]
async fn late_is_taken_and_noted_and_the_same_again_names_the_case_that_runs() {
    for office in Office::all(36).await {
        let home = home(&office, 1, Date::constant(2026, 8, 1)).await;
        let chosen = vec![home.for_child("child_allowance")];
        let done = home.apply(&office, chosen.clone()).await;
        assert_eq!(done.items[0].late, Some(Date::constant(2026, 9, 30)));
        assert!(steps(&office, done.items[0].case).await.contains(&"late".to_owned()));
        let again = home.apply(&office, chosen.clone()).await;
        assert_eq!(again.application, None);
        assert_eq!((again.items[0].case, again.items[0].existing), (done.items[0].case, true));
        // Taken back, nothing stands in the way of asking once more: another case for the same stretch.
        let take = async |who: &Who, may: &[Allowed], input: TakeBack| {
            transact!(office.db, withdraw::Fault, |tx| {
                withdraw::run(tx, &office.desk(), who, may, input.clone()).await
            })
        };
        let all = TakeBack { application: done.application.unwrap(), cases: None, reason: None };
        let other = family(&office, 2).await;
        let nosy = take(&citizen(other.mother), &may(&[other.mother]), all.clone()).await;
        assert!(matches!(nosy, Err(withdraw::Fault::NoApplication)));
        let foreign = TakeBack { cases: Some(vec![CaseId(Uuid::from_u128(3))]), ..all.clone() };
        let me = citizen(home.family.mother);
        assert!(matches!(take(&me, &home.powers(), foreign).await, Err(withdraw::Fault::NoCase(_))));
        assert_eq!(take(&me, &home.powers(), all.clone()).await.unwrap(), [done.items[0].case]);
        assert_eq!(take(&me, &home.powers(), all).await.unwrap(), []);
        assert_eq!(stage(&office, done.items[0].case).await.0, "withdrawn");
        let once_more = home.apply(&office, chosen).await;
        assert!(!once_more.items[0].existing && once_more.items[0].case != done.items[0].case);
        assert_eq!(count(&office, "select count(*) as n from benefit_case").await, 2);
    }
}

#[tokio::test]
async fn what_an_agency_says_is_not_overwritten_by_a_form() {
    for office in Office::all(37).await {
        let home = home(&office, 1, BORN).await;
        let otherwise = Given {
            subject: Subject::Person(home.child),
            item: "nationality".into(),
            value: Value::Code("foreign".into()),
        };
        let content =
            Content { chosen: vec![home.for_child("child_allowance")], answers: vec![otherwise], ..Content::default() };
        let draft = home.begin(&office, content).await.unwrap();
        let done = home.send(&office, &draft).await.unwrap();
        let fact = "select count(*) as n from person_fact where item = 'nationality' and source = 'self'";
        assert_eq!(count(&office, fact).await, 0);
        let mut tx = office.db.read().await.unwrap();
        let said = supply::statements(&mut tx, done.application.unwrap()).await.unwrap();
        let said = said.process(&machine(), Clone::clone);
        assert_eq!(said[0].value, Value::Code("foreign".into()));
        let against = said[0].against.as_ref().unwrap();
        assert_eq!((&against.value, said[0].fact), (&Value::Code("korean".into()), None));
        let row =
            tx.one("select kind, detail from task where case_id = $1", params![done.items[0].case]).await.unwrap();
        assert_eq!(row.get::<String>("kind").unwrap(), "contradiction");
        let both = row.json::<casework::investigate::answer::Contradiction>("detail").unwrap();
        assert_eq!((both.held.value, both.said.value), (Value::Code("korean".into()), Value::Code("foreign".into())));
    }
}

/// Takes every message out of the outbox and lets open cases follow.
async fn follow_all(office: &Office, day: Date) -> Vec<Message> {
    let mut seen = Vec::new();
    loop {
        let message = transact!(office.db, follow::Fault, |tx| {
            let desk = office.desk_on(day);
            let message = tx.take_message(desk.now).await?;
            if let Some(message) = &message {
                follow::handle(tx, &desk, message).await?;
            }
            Ok(message)
        })
        .unwrap();
        match message {
            Some(message) => seen.push(message),
            None => return seen,
        }
    }
}

fn teller() -> Teller {
    Teller { source: "mois".into(), register_number: None }
}

#[tokio::test]
async fn open_cases_move_with_the_family() {
    for office in Office::all(41).await {
        let home = home(&office, 1, BORN).await;
        let done = home.apply(&office, vec![home.for_child("child_allowance")]).await;
        let case = done.items[0].case;
        assert_eq!(stage(&office, case).await.1.as_deref(), Some("kr-11-680"));
        let (mother, father) = (home.family.mother, home.family.father);
        let input = moved::Input {
            person: mother,
            movers: moved::Movers::Household(home.family.household),
            address: Address::new("kr-26", "해운대로 1", "48000"),
            from: Date::constant(2026, 11, 20),
            teller: teller(),
        };
        transact!(office.db, register::Fault, |tx| {
            let may = allowed(Action::RegisterEvent, &[mother, father, home.child]);
            moved::run(tx, &office.desk(), &official(), &may, input.clone()).await
        })
        .unwrap();
        for message in follow_all(&office, TODAY).await {
            // Delivered twice does no harm.
            transact!(office.db, follow::Fault, |tx| follow::handle(tx, &office.desk(), &message).await).unwrap();
        }
        assert_eq!(stage(&office, case).await.1.as_deref(), Some("kr-26"));
        let moves = steps(&office, case).await.iter().filter(|s| *s == "transferred").count();
        assert_eq!(moves, 1);
        let told = "select count(*) as n from case_step where kind = 'transferred' and detail like '%kr-26%'";
        assert_eq!(count(&office, told).await, 0, "a step does not say where to");
    }
}

async fn dies(office: &Office, person: PersonId, on: Date) -> Told {
    let input = death::Input { person: PersonRef::Id(person), on, teller: teller() };
    transact!(office.db, register::Fault, |tx| {
        let may = allowed(Action::RegisterEvent, &[person]);
        death::run(tx, &office.desk(), &official(), &may, input.clone()).await
    })
    .unwrap()
}

fn caseworker() -> Who {
    who(Role::Caseworker)
}

pub(crate) fn working(persons: &[PersonId]) -> Allowed {
    use guard::{Decision, Policies, Purpose, Relation, Request, Resource};
    let policies = Policies::built_in().unwrap();
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let resource = Resource::people(persons.iter().map(|p| (*p, relation)));
    let (who, purpose) = (caseworker(), Purpose::new(PurposeKind::Casework, "the case waits"));
    let now = kernel::Instant::start_of(TODAY);
    let request = Request {
        look: Uuid::from_u128(9),
        now,
        who: &who,
        action: Action::WorkCase,
        resource: &resource,
        purpose: &purpose,
    };
    match policies.decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

#[tokio::test]
async fn the_applicant_dies_and_nothing_goes_on_by_itself() {
    for office in Office::all(42).await {
        let home = home(&office, 1, BORN).await;
        let (mother, father) = (home.family.mother, home.family.father);
        let done = home.apply(&office, vec![home.for_child("child_allowance")]).await;
        let case = done.items[0].case;
        let settle = async |after: follow::After, why: &str| {
            transact!(office.db, follow::Fault, |tx| {
                let may = [working(&[home.child])];
                follow::settle(tx, &office.desk(), &caseworker(), &may, case, after.clone(), why).await
            })
        };
        let early = settle(follow::After::CarryOn(father), "too early").await;
        assert!(matches!(early, Err(follow::Fault::NobodyDied)));
        dies(&office, mother, Date::constant(2026, 11, 20)).await;
        for message in follow_all(&office, TODAY).await {
            transact!(office.db, follow::Fault, |tx| follow::handle(tx, &office.desk(), &message).await).unwrap();
        }
        assert_eq!(stage(&office, case).await.0, "official");
        let waits = "select count(*) as n from task where kind = 'applicant_died' and status = 'open'";
        assert_eq!(count(&office, waits).await, 1);
        let begin = home.begin(&office, Content::default()).await;
        assert!(matches!(begin, Err(draft::Fault::Dead)));
        let stranger = family(&office, 2).await.mother;
        assert!(matches!(settle(follow::After::CarryOn(stranger), "she asked").await, Err(follow::Fault::NotAnHeir)));
        assert!(matches!(settle(follow::After::CarryOn(mother), "she asked").await, Err(follow::Fault::NotAnHeir)));
        assert!(matches!(settle(follow::After::CarryOn(father), "").await, Err(follow::Fault::NoReason)));
        settle(follow::After::CarryOn(father), "the other parent goes on").await.unwrap();
        let (stage, _, applicant) = stage(&office, case).await;
        assert_eq!((stage.as_str(), applicant), ("received", father));
        assert_eq!(count(&office, waits).await, 0);
    }
}

#[tokio::test]
async fn nobody_claims_for_the_dead_but_what_is_for_the_dead() {
    for office in Office::all(43).await {
        let home = home(&office, 1, BORN).await;
        let done = home.apply(&office, vec![home.for_child("child_allowance")]).await;
        dies(&office, home.child, Date::constant(2026, 11, 20)).await;
        follow_all(&office, TODAY).await;
        assert_eq!(stage(&office, done.items[0].case).await.0, "official");
        let draft = Content { chosen: vec![home.for_child("parent_benefit")], ..Content::default() };
        let draft = home.begin(&office, draft).await.unwrap();
        let refused = home.send(&office, &draft).await;
        assert!(matches!(refused, Err(apply::Fault::SubjectDead { .. })), "{refused:?}");
        // A benefit for whoever holds the funeral is for the dead, whether or not the rules grant it.
        let funeral = home.apply(&office, vec![home.for_child("funeral_jangje")]).await;
        assert!(!funeral.items[0].existing);
    }
}

/// For the tests of papers: an application of this home with its cases.
pub(crate) async fn applied(office: &Office, home: &Home) -> ApplicationId {
    home.apply(office, vec![home.for_child("child_allowance")]).await.application.unwrap()
}
