//! What families do: they have children, accept offers, answer, object, move their accounts, die.

use casework::accept::{self, Given, Tap};
use casework::application::withdraw;
use casework::birth::{self, ParentRole};
use casework::case::{Case, Stage, give};
use casework::changed::{self, FactTold};
use casework::decide::{object, official};
use casework::household::PersonRef;
use casework::investigate::{Need, Whom};
use casework::model::{OfferContent, Subject};
use casework::moved;
use casework::register::{Teller, Told};
use guard::{Action, Role};
use jiff::ToSpan as _;
use kernel::{CaseId, DecisionId, OfferId, PersonId};
use payment::account::{self, Details, New};
use payment::model::Form;
use registry::household::MemberRole;
use registry::intake::{self, IntakeError, NewHousehold, NewMember, Stated};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use rules::schema::{Type, Value};
use store::params;

use crate::agency::entity;
use crate::small;
use crate::world::{FIRST, Family, Stop, World, found, who};

/// A couple enters the registry.
pub(crate) async fn settle(w: &mut World<'_>) -> Result<(), Stop> {
    let n = w.families.len() as u32 + 1;
    let fact = |item: &str, value: FactValue| Stated {
        item: item.into(),
        value,
        origin: Origin::new("mois", "Act 1", "a simulated run"),
        from: kernel::Date::constant(2025, 1, 1),
    };
    let person = |given: &str, sex, born, number: String| NewPerson {
        names: vec![Name::new(Script::Latn, "Han", given)],
        identifier: Some(Identifier::new("national", &number)),
        details: vec![Detail::Sex(sex), Detail::BirthDate(born)],
    };
    let korean = || vec![fact("nationality", FactValue::Code("korean".into()))];
    let member = |person, role, spouse| NewMember { person, role, parents: vec![], spouse, facts: korean() };
    let mother = person("Jiu", Sex::Female, kernel::Date::constant(1995, 3, 2), format!("950302-2{n:06}"));
    let father = person("Doyun", Sex::Male, kernel::Date::constant(1993, 7, 9), format!("930709-1{n:06}"));
    let new = NewHousehold {
        since: kernel::Date::constant(2024, 5, 1),
        address: Address::new("kr-11-680", "1 Main Street", "06000"),
        members: vec![member(mother, MemberRole::Head, Some(1)), member(father, MemberRole::Spouse, None)],
        facts: vec![],
    };
    let tools = w.tools();
    let mut tx = w.db().begin().await?;
    let origin = Origin::new("mois", "Act 1", "a simulated run");
    let pen = Pen::new(&*tools.ids, &tools.keys, tools.now, &origin);
    let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
    let taken: Result<_, IntakeError> = intake::run(&mut tx, pen, &check, &new).await;
    let (household, persons) = taken.map_err(|e| Stop::Broken(e.to_string()))?;
    tx.commit().await?;
    let [mother, father] = persons.as_slice() else { return Err(Stop::Broken("two were taken in".into())) };
    let family = Family { household, mother: *mother, father: *father, children: vec![], born: None, dead: vec![] };
    w.note(format!("family {household}"));
    w.families.push(family);
    Ok(())
}

/// One of the families.
fn any(w: &mut World<'_>) -> Option<(usize, Family)> {
    let n = w.dice.usize(..w.families.len().max(1));
    w.families.get(n).cloned().map(|family| (n, family))
}

/// A child is born and told of, by the register, often twice.
pub(crate) async fn birth(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((n, family)) = any(w) else { return Ok(()) };
    let earliest = w.today().saturating_sub(w.dice.i64(0..20).days());
    let (born, of) = family.born.unwrap_or((earliest, w.dice.u32(1..3)));
    if family.children.len() >= of as usize || !family.dead.is_empty() {
        return Ok(());
    }
    if let Some(family) = w.families.get_mut(n) {
        family.born = Some((born, of));
    }
    let which = family.children.len() as u32 + 1;
    let number = format!("{}-{n}-{which}", born.year());
    let input = birth::Input {
        names: vec![Name::new(Script::Latn, "Han", "Haneul")],
        sex: Some(Sex::Female),
        birth_date: born,
        identifier: None,
        parents: vec![
            (PersonRef::Id(family.father), ParentRole::Father),
            (PersonRef::Id(family.mother), ParentRole::Mother),
        ],
        number: which,
        of,
        order: None,
        place: None,
        registered_at: None,
        registered_on: Some(born),
        facts: vec![("nationality".into(), Value::Code("korean".into()))],
        teller: Teller { source: "court_administration".into(), register_number: Some(number.clone()) },
    };
    w.note(format!("birth {number}"));
    let allowed = w.allowed(Role::CounterOfficial, Action::RegisterEvent, &[family.mother, family.father])?;
    let (clerk, mut child) = (who(Role::CounterOfficial, 1), None);
    for _ in 0..w.dice.u8(1..3) {
        let said = w
            .once("a birth", false, async |tx, tools| {
                birth::run(tx, &tools.desk(), &clerk, &allowed, input.clone()).await
            })
            .await?;
        for told in said.unwrap_or_default() {
            let person = match told {
                Told::Registered(r) => r.person,
                Told::Already { person, .. } => person,
            };
            if child.is_some_and(|c| c != person) {
                return found("I1 told once", format!("birth {number} made two children"));
            }
            child = Some(person);
        }
    }
    if let Some(child) = child {
        w.told.births.insert(number, child);
        if let Some(family) = w.families.get_mut(n).filter(|f| !f.children.contains(&child)) {
            family.children.push(child);
        }
    }
    Ok(())
}

/// A plain value of an item, as a person would give it.
pub(crate) fn plain(w: &mut World<'_>, subject: Subject, item: &str) -> Option<Value> {
    let pack = w.shared.pack.clone();
    let known = pack.item(entity(subject), item)?;
    Some(match &known.ty {
        Type::Boolean => Value::Boolean(w.dice.u8(..3) == 0),
        Type::Integer(_) => Value::Integer(if w.dice.u8(..4) == 0 { 120 } else { 0 }),
        Type::Money(_) => Value::Money(w.dice.i64(0..4) * 500_000),
        Type::Decimal(_) | Type::Ratio => Value::Decimal("0".into()),
        Type::Date => Value::Date(FIRST),
        Type::Text if pack.voucher_account().is_some_and(|rule| rule.item == item) => {
            Value::Text("bc 9410-1234-5678-9012 Han".into())
        }
        Type::Text => Value::Text("004 110-123-456789 Han".into()),
        Type::Code(list) => Value::Code(pack.code_lists().get(list)?.codes.first()?.id.clone()),
    })
}

/// A family accepts some of its offers with one tap, often two.
pub(crate) async fn accept(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((_, family)) = any(w) else { return Ok(()) };
    let mut tx = w.db().read().await?;
    let sql = "select offer_id, revision, subject_id, programme, content from offer
        where household_id = $1 and status in ('open', 'refused', 'accepted') order by programme, offer_id";
    let rows = tx.all(sql, params![family.household]).await?;
    drop(tx);
    let mut offers = Vec::new();
    for row in &rows {
        let programme: String = row.get("programme")?;
        if small::PROGRAMMES.contains(&programme.as_str()) {
            let content: OfferContent = row.json("content")?;
            offers.push((row.get::<OfferId>("offer_id")?, row.get::<u32>("revision")?, programme, content));
        }
    }
    w.dice.shuffle(&mut offers);
    let mut taps = Vec::new();
    for (offer, revision, programme, content) in offers.into_iter().take(w.dice.usize(1..4)) {
        let mut answers = Vec::new();
        for needed in &content.needed {
            if w.dice.u8(..4) > 0 {
                let value = plain(w, needed.subject, &needed.item);
                answers.extend(value.map(|value| Given { subject: needed.subject, item: needed.item.clone(), value }));
            }
        }
        let revision = if w.dice.u8(..15) == 0 { revision + 1 } else { revision };
        w.note(format!("tap on {programme} {offer}"));
        taps.push(Tap { offer, revision, answers });
    }
    if taps.is_empty() {
        return Ok(());
    }
    let input = accept::Input { applicant: family.mother, on_behalf: None, taps };
    let citizen = who(Role::Citizen, 100);
    let may = [w.allowed(Role::CounterOfficial, Action::AcceptOffer, &family.everybody())?];
    let mut first: Option<accept::Done> = None;
    for _ in 0..w.dice.u8(1..3) {
        let said = w
            .once("acceptance", false, async |tx, tools| {
                accept::run(tx, &tools.desk(), &citizen, &may, input.clone()).await
            })
            .await?;
        for done in said.unwrap_or_default() {
            let mut items = done.items.clone();
            items.sort();
            if let Some(before) = &first {
                let mut was = before.items.clone();
                was.sort();
                if was != items || done.application.is_some() {
                    return found("I1 told once", format!("a second tap answered otherwise: {was:?}, then {items:?}"));
                }
            } else {
                first = Some(done);
            }
        }
    }
    for (_, application) in first.map(|f| f.items).unwrap_or_default() {
        if !w.told.applications.contains_key(&application) {
            let hash = crate::check::application_hash(w, application).await?;
            w.told.applications.insert(application, hash);
        }
    }
    Ok(())
}

/// All cases that are open, or all.
pub(crate) async fn cases(w: &mut World<'_>, open: bool) -> Result<Vec<Case>, Stop> {
    let mut tx = w.db().read().await?;
    let mut cases = Vec::new();
    for row in tx.all("select case_id from benefit_case order by opened_at, case_id", &[]).await? {
        let id: CaseId = row.get("case_id")?;
        cases.extend(casework::case::view::bare(&mut tx, id).await?.filter(|c| !open || !c.stage.is_closed()));
    }
    Ok(cases)
}

/// What the family was last asked in a case.
async fn asked(w: &mut World<'_>, case: &Case) -> Result<Vec<(Subject, String)>, Stop> {
    #[derive(serde::Deserialize)]
    struct Asked {
        needs: Vec<Need>,
    }
    let mut tx = w.db().read().await?;
    let sql =
        "select detail from case_step where case_id = $1 and kind = 'asked_person' order by at desc, step_id desc";
    let Some(row) = tx.maybe(sql, params![case.id]).await? else { return Ok(Vec::new()) };
    let asked: Asked = row.json("detail")?;
    Ok(asked.needs.into_iter().filter(|n| n.whom == Whom::Person).map(|n| (n.subject, n.item)).collect())
}

/// A family gives what it is asked for, or says something of its own accord.
pub(crate) async fn give(w: &mut World<'_>) -> Result<(), Stop> {
    let open = cases(w, true).await?;
    let Some(case) = w.pick(&open) else { return Ok(()) };
    let mut wanted = asked(w, &case).await?;
    if wanted.is_empty() || (case.stage != Stage::AwaitingPerson && w.dice.bool()) {
        let subject = case.subject.person().unwrap_or(case.applicant);
        wanted = vec![(Subject::Person(subject), "days_abroad".to_owned())];
    }
    say(w, &case, wanted).await
}

/// Every family gives what it is asked for; says how many cases wait for one.
pub(crate) async fn give_all(w: &mut World<'_>) -> Result<usize, Stop> {
    let waiting: Vec<Case> = cases(w, true).await?.into_iter().filter(|c| c.stage == Stage::AwaitingPerson).collect();
    for case in &waiting {
        let wanted = asked(w, case).await?;
        if wanted.is_empty() {
            return found("I6 legal day", format!("case {} waits for the family, which was asked nothing", case.id));
        }
        say(w, case, wanted).await?;
    }
    Ok(waiting.len())
}

async fn say(w: &mut World<'_>, case: &Case, wanted: Vec<(Subject, String)>) -> Result<(), Stop> {
    let mut answers = Vec::new();
    for (subject, item) in wanted {
        let value = plain(w, subject, &item);
        answers.extend(value.map(|value| give::Answer { subject, item: item.clone(), value }));
    }
    let everybody = everybody(w, case);
    let may = w.allowed(Role::CounterOfficial, Action::AcceptOffer, &everybody)?;
    let citizen = who(Role::Citizen, 100);
    w.note(format!("the family says {:?} in {}", answers.iter().map(|a| a.item.as_str()).collect::<Vec<_>>(), case.id));
    let said = w
        .once("giving", true, async |tx, tools| give::run(tx, &tools.desk(), &citizen, &may, case.id, &answers).await)
        .await?;
    if said.is_ok() {
        *w.told.acts.entry("person_gave").or_default() += 1;
    }
    Ok(())
}

/// Everybody of the family of a case.
pub(crate) fn everybody(w: &World<'_>, case: &Case) -> Vec<PersonId> {
    let mut all: Vec<PersonId> =
        w.families.iter().filter(|f| f.household == case.household).flat_map(Family::everybody).collect();
    all.extend(case.subject.person().filter(|p| !all.contains(p)));
    all
}

/// An agency tells of a change, for better or worse.
pub(crate) async fn change(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((_, family)) = any(w) else { return Ok(()) };
    let Some(person) = w.pick(&family.children) else { return Ok(()) };
    let from = w.today().saturating_sub(w.dice.i64(0..40).days());
    let days = if w.dice.bool() { 120 } else { 0 };
    let fact = FactTold {
        subject: Subject::Person(person),
        item: "days_abroad".into(),
        value: Value::Integer(days),
        from,
        until: None,
    };
    w.number += 1;
    let number = format!("change-{}", w.number);
    let teller = Teller { source: "moj".into(), register_number: Some(number) };
    let input = changed::Input { person, facts: vec![fact], teller, ground: changed::Ground::default() };
    let allowed = w.allowed(Role::CounterOfficial, Action::RegisterEvent, &family.everybody())?;
    let clerk = who(Role::CounterOfficial, 1);
    w.note(format!("{days} days abroad since {from}"));
    w.once("a change", false, async |tx, tools| changed::run(tx, &tools.desk(), &clerk, &allowed, input.clone()).await)
        .await?
        .map(drop)
        .or(Ok(()))
}

/// A child or the applicant dies.
pub(crate) async fn death(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((n, family)) = any(w) else { return Ok(()) };
    let living: Vec<PersonId> = family.everybody().into_iter().filter(|p| !family.dead.contains(p)).collect();
    let Some(person) = w.pick(&living).filter(|p| *p != family.father) else { return Ok(()) };
    let on = w.today().saturating_sub(w.dice.i64(0..10).days());
    let input = casework::death::Input {
        person: PersonRef::Id(person),
        on,
        teller: Teller { source: "court_administration".into(), register_number: None },
    };
    let allowed = w.allowed(Role::CounterOfficial, Action::RegisterEvent, &[person])?;
    let clerk = who(Role::CounterOfficial, 1);
    w.note(format!("death of {person} on {on}"));
    let said = w
        .once("a death", false, async |tx, tools| {
            casework::death::run(tx, &tools.desk(), &clerk, &allowed, input.clone()).await
        })
        .await?;
    if let (Ok(_), Some(family)) = (said, w.families.get_mut(n)) {
        family.dead.push(person);
    }
    Ok(())
}

/// A family moves, to another district or back; what is under way goes with it.
pub(crate) async fn moves(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((_, family)) = any(w) else { return Ok(()) };
    let to = if w.dice.bool() { "kr-47-730" } else { "kr-11-680" };
    let from = w.today().saturating_sub(w.dice.i64(0..20).days());
    w.number += 1;
    let teller = Teller { source: "mois".into(), register_number: Some(format!("move-{}", w.number)) };
    let input = moved::Input {
        person: family.mother,
        movers: moved::Movers::Household(family.household),
        address: Address::new(to, "2 Main Street", "06000"),
        from,
        teller,
    };
    let allowed = w.allowed(Role::CounterOfficial, Action::RegisterEvent, &family.everybody())?;
    let clerk = who(Role::CounterOfficial, 1);
    w.note(format!("{} moves to {to} from {from} on", family.household));
    let said = w
        .once("a move", false, async |tx, tools| moved::run(tx, &tools.desk(), &clerk, &allowed, input.clone()).await)
        .await?;
    if said.is_ok() {
        *w.told.acts.entry("moved").or_default() += 1;
    }
    Ok(())
}

/// What was applied for and not decided is taken back.
pub(crate) async fn take_back(w: &mut World<'_>) -> Result<(), Stop> {
    let open = cases(w, true).await?;
    let Some(case) = w.pick(&open) else { return Ok(()) };
    let may = [w.allowed(Role::CounterOfficial, Action::KeyInForPerson, &everybody(w, &case))?];
    let clerk = who(Role::CounterOfficial, 1);
    w.note(format!("the application of {} is taken back", case.id));
    let said = w
        .once("taking back", true, async |tx, tools| {
            let input = withdraw::Input {
                application: case.application,
                cases: Some(vec![case.id]),
                reason: Some("the family asked for it".into()),
            };
            withdraw::run(tx, &tools.desk(), &clerk, &may, input).await
        })
        .await?;
    if said.is_ok() {
        *w.told.acts.entry("withdrawn").or_default() += 1;
    }
    Ok(())
}

/// A decision in force is objected to, often twice.
pub(crate) async fn object(w: &mut World<'_>) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let rows = tx
        .all(
            "select d.decision_id, d.case_id, (select count(*) from objection o where o.case_id = d.case_id and o.status = 'rejected') as lost
                from decision d where d.status = 'in_force' order by d.decision_id",
            &[],
        )
        .await?;
    let mut all: Vec<(DecisionId, CaseId)> = Vec::new();
    for row in &rows {
        let one = (row.get("decision_id")?, row.get("case_id")?);
        // Who was told that it stands objects again more often than others do.
        let often = if row.get::<i64>("lost")? > 0 { 4 } else { 1 };
        all.extend(std::iter::repeat_n(one, often));
    }
    drop(tx);
    let Some((decision, case)) = w.pick(&all) else { return Ok(()) };
    let Some(case) = cases(w, false).await?.into_iter().find(|c| c.id == case) else { return Ok(()) };
    let may = w.allowed(Role::CounterOfficial, Action::ObjectDecision, &[official::of(&case)])?;
    let citizen = who(Role::Citizen, 100);
    w.note(format!("objection to {decision}"));
    let said = w
        .once("an objection", true, async |tx, tools| {
            object::raise(tx, &tools.desk(), &citizen, &may, decision, "the sum is too low").await
        })
        .await?;
    if said.is_ok() {
        *w.told.acts.entry("objected").or_default() += 1;
    }
    Ok(())
}

/// The family speaks before a worse decision.
pub(crate) async fn speak(w: &mut World<'_>) -> Result<(), Stop> {
    let hearings: Vec<Case> = cases(w, true).await?.into_iter().filter(|c| c.stage == Stage::Hearing).collect();
    let Some(case) = w.pick(&hearings) else { return Ok(()) };
    let may = w.allowed(Role::CounterOfficial, Action::ObjectDecision, &[official::of(&case)])?;
    let citizen = who(Role::Citizen, 100);
    w.note(format!("the family speaks in {}", case.id));
    let said = w
        .once("speaking", true, async |tx, tools| {
            official::hear(tx, &tools.desk(), &citizen, &may, case.id, "we come back in May").await
        })
        .await?;
    if said.is_ok() {
        *w.told.acts.entry("heard").or_default() += 1;
    }
    Ok(())
}

/// A person gets another account; both parents of the first have one from the beginning.
pub(crate) async fn account(w: &mut World<'_>, person: PersonId, form: Form) -> Result<(), Stop> {
    let (digits, bank) = if form == Form::Voucher { (16, "bc") } else { (12, "004") };
    let number = format!("{:0digits$}", w.dice.u64(..1_000_000_000_000));
    let details = Details { number, bank: bank.into(), holder: "Han".into() };
    let new = New::Own { form, details };
    w.note(format!("account of {person} for {form}"));
    w.once("an account", true, async |tx, tools| {
        let id = account::set(tx, &tools.pay(), person, &new, who(Role::Finance, 1).account).await?;
        account::verify(tx, &tools.pay(), person, id, "name check of the bank", None).await
    })
    .await?
    .map(drop)
    .or(Ok(()))
}

/// Somebody changes their account.
pub(crate) async fn other_account(w: &mut World<'_>) -> Result<(), Stop> {
    let Some((_, family)) = any(w) else { return Ok(()) };
    let form = if w.dice.bool() { Form::Cash } else { Form::Voucher };
    account(w, family.mother, form).await
}
