//! Requests of *what may I get?*: nothing is written anywhere, and the log has nothing to tell.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use catalogue::Pack;
use catalogue::model::Level;
use kernel::{Date, Words};
use rules::combine::Combined;
use rules::outcome::{Answer, Explanation, FactRef, NearestChange, Subject};
use rules::schema::Entity;
use rules::{Household, HouseholdBuilder};
use text::Text;

use super::check::{self, MOST_PEOPLE};
use super::question::{Kind, Question, read};
use crate::components::frame::Frame;
use crate::explain::Story;
use crate::form::{Form, parse_date};
use crate::state::AppState;

/// The most questions asked on one page: a tired parent answers a few.
const MOST_QUESTIONS: usize = 12;

/// The first page.
pub(crate) async fn start(f: Frame) -> Response {
    check::start(&f).into_response()
}

/// Where do you live?
pub(crate) async fn place(State(state): State<AppState>, f: Frame, form: Form) -> Response {
    let f = f.of_form("/check/place", &form);
    check::place(&f, &form, &places(&state.packs.current(), f.t)).into_response()
}

/// Provinces with their districts; a province without districts stands for itself.
pub(crate) fn places(pack: &Pack, t: Text) -> Vec<(String, Vec<(String, String)>)> {
    let lang = t.lang();
    let of = |level| pack.jurisdictions().iter().filter(move |j| j.level == level);
    of(Level::Province)
        .map(|province| {
            let inside = |j: &&catalogue::model::Jurisdiction| j.parent.as_deref() == Some(province.id.as_str());
            let option = |j: &catalogue::model::Jurisdiction| (j.id.clone(), j.name.get(lang).to_owned());
            let mut districts: Vec<_> = of(Level::District).filter(inside).map(option).collect();
            if districts.is_empty() {
                districts.push(option(province));
            }
            (province.name.get(lang).to_owned(), districts)
        })
        .collect()
}

/// Who lives with you? Also adds and removes a person, and goes on when everything fits.
pub(crate) async fn people(State(state): State<AppState>, f: Frame, mut form: Form) -> Response {
    let f = f.of_form("/check/people", &form);
    let pack = state.packs.current();
    if pack.jurisdictions().get(form.get("place")).is_none() {
        if form.has("place") && !form.has("lang") {
            form.refuse("place", f.t.t("error-choose"));
        }
        return check::place(&f, &form, &places(&pack, f.t)).into_response();
    }
    let count = people_count(&form);
    match form.get("do") {
        "next" => {}
        "add" => return check::people(&f, &form, (count + 1).min(MOST_PEOPLE)).into_response(),
        _ => {
            let dropped = form.get("drop").parse().ok().filter(|n| (1..count).contains(n));
            let count = dropped.map_or(count, |n| drop_person(&mut form, n, count));
            return check::people(&f, &form, count).into_response();
        }
    }
    form.retain(|name| !matches!(name, "do" | "drop"));
    form.set("count", count.to_string());
    check_people(f.t, &mut form, count, state.today());
    if !form.is_fine() {
        return check::people(&f, &form, count).into_response();
    }
    ask(&state, &f.clone().of_form("/check/more", &form), form)
}

fn people_count(form: &Form) -> usize {
    form.get("count").parse().unwrap_or(1).clamp(1, MOST_PEOPLE)
}

/// Takes a person out and moves those behind one place forward; gives the new count.
fn drop_person(form: &mut Form, gone: usize, count: usize) -> usize {
    let renamed: Vec<(String, String)> = form
        .pairs()
        .iter()
        .filter(|(name, _)| name != "drop" && name != "count")
        .filter_map(|(name, value)| {
            let person = name.strip_prefix('m').and_then(|rest| rest.split_once('-'));
            match person.and_then(|(n, field)| Some((n.parse::<usize>().ok()?, field))) {
                Some((n, _)) if n == gone => None,
                Some((n, field)) if n > gone => Some((format!("m{}-{field}", n - 1), value.clone())),
                _ => Some((name.clone(), value.clone())),
            }
        })
        .collect();
    *form = Form::of(renamed);
    form.set("count", (count - 1).to_string());
    count - 1
}

fn check_people(t: Text, form: &mut Form, count: usize, today: Date) {
    for n in 0..count {
        let born_field = format!("m{n}-born");
        let born = form.date(t, &born_field);
        if born.is_some_and(|born| born > today) {
            form.refuse(&born_field, t.t("error-date-future"));
        }
        let due_field = format!("m{n}-due");
        let due = form.date_if_any(t, &due_field);
        if due.is_some_and(|due| due < today || (due - today).get_days() > 300) {
            form.refuse(&due_field, t.t("error-date-far"));
        }
        let relation = format!("m{n}-rel");
        if n > 0 && !check::RELATIONS.iter().any(|(code, _)| *code == form.get(&relation)) {
            form.refuse(&relation, t.t("error-choose"));
        }
    }
}

/// The questions that matter, or the result when there are none.
pub(crate) async fn more(State(state): State<AppState>, f: Frame, form: Form) -> Response {
    let f = f.of_form("/check/more", &form);
    ask(&state, &f, form)
}

fn ask(state: &AppState, f: &Frame, mut form: Form) -> Response {
    let pack = state.packs.current();
    let today = state.today();
    let (explanation, _) = evaluate(&pack, f.t, &mut form, today);
    let questions = questions(&pack, f.t, &form, &explanation);
    if questions.is_empty() {
        return answer(&pack, f, &mut form, today);
    }
    check::more(f, &form, &questions).into_response()
}

/// The result; back to the questions when an answer cannot be read.
pub(crate) async fn result(State(state): State<AppState>, f: Frame, mut form: Form) -> Response {
    let f = f.of_form("/check/result", &form);
    let pack = state.packs.current();
    answer(&pack, &f, &mut form, state.today())
}

fn answer(pack: &Pack, f: &Frame, form: &mut Form, today: Date) -> Response {
    let (explanation, combined) = evaluate(pack, f.t, form, today);
    if !form.is_fine() {
        let wrong: Vec<Question> = form
            .errors()
            .iter()
            .filter_map(|(field, _)| question(pack, f.t, form, &fact_of(field)?, Vec::new()))
            .collect();
        return check::more(f, form, &wrong).into_response();
    }
    let questions = questions(pack, f.t, form, &explanation).len();
    let names = names(f.t, form);
    let all = Story { pack, names: &names }.all(&explanation, &combined);
    check::result(f, form, &check::Result { on: today, all, questions }).into_response()
}

/// What each person is called: we ask for no names.
fn names(t: Text, form: &Form) -> Vec<String> {
    (0..people_count(form))
        .map(|n| {
            let born = parse_date(form.get(&format!("m{n}-born"))).map(|d| t.date(d)).unwrap_or_default();
            let key = match form.get(&format!("m{n}-rel")) {
                _ if n == 0 => return t.t("relation-self").into_owned(),
                "spouse" => return t.t("check-name-spouse").into_owned(),
                "child" => "check-name-child",
                "parent" => "check-name-parent",
                _ => "check-name-other",
            };
            t.with(key, &[("date", born.into())]).into_owned()
        })
        .collect()
}

/// Everything worked out. No register was asked here, so a register's silence is no answer: where it alone makes a *no* and
/// the person could be asked, the fact counts as unknown.
fn evaluate(pack: &Pack, t: Text, form: &mut Form, today: Date) -> (Explanation, Combined) {
    let mut open: Vec<FactRef> = Vec::new();
    loop {
        let household = build(pack, t, form, &open);
        let (explanation, combined) = pack.evaluate(&household, today, None);
        let silent = silences(pack, t, form, &explanation, &open);
        if silent.is_empty() {
            return (explanation, combined);
        }
        open.extend(silent);
    }
}

/// Facts by which a register's silence alone makes a *no*, not yet counted as unknown.
fn silences(pack: &Pack, t: Text, form: &Form, explanation: &Explanation, open: &[FactRef]) -> Vec<FactRef> {
    let mut found: Vec<FactRef> = Vec::new();
    for result in explanation.results.iter().filter(|r| r.answer == Answer::No) {
        let Some(NearestChange::Fact { fact, .. }) = &result.nearest else { continue };
        let assumed = result.conditions.iter().flat_map(|c| &c.facts).any(|f| f.fact == *fact && f.assumed_absent);
        let may_be_asked = question(pack, t, form, fact, Vec::new()).is_some();
        if assumed && may_be_asked && !open.contains(fact) && !found.contains(fact) {
            found.push(fact.clone());
        }
    }
    found
}

/// The household as far as it was told. An answer that cannot be read is refused in the form and left out.
fn build(pack: &Pack, t: Text, form: &mut Form, open: &[FactRef]) -> Household {
    let mut builder = pack.program().household();
    let roles = &pack.schema().roles;
    let mut members = Vec::new();
    for n in 0..people_count(form) {
        let Ok(member) = builder.member(&format!("m{n}")) else { continue };
        members.push((member, form.get(&format!("m{n}-rel")).to_owned()));
        for (role, field) in [(&roles.birth_date, "born"), (&roles.due_date, "due")] {
            if let (Some(item), Some(date)) = (role, parse_date(form.get(&format!("m{n}-{field}")))) {
                // The roles are declared as dates of a person when the pack is loaded.
                let _ = builder.person_fact(member, item, Some(rules::schema::Value::Date(date)), None);
            }
        }
    }
    relate(&mut builder, &members);
    for fact in open {
        // What was counted as unknown was a fact of a member or the household before.
        let _ = match fact.subject {
            Subject::Household => builder.household_fact(&fact.item, None, None),
            Subject::Person(n) => builder.person_fact(n, &fact.item, None, None),
        };
    }
    let place = form.get("place").to_owned();
    let own: Vec<(String, FactRef)> =
        form.pairs().iter().filter_map(|(name, _)| Some((name.clone(), fact_of(name)?))).collect();
    for (field, fact) in &own {
        let Some(asked) = question(pack, t, form, fact, Vec::new()) else { continue };
        let Some(value) = read(t, form, field, &asked.kind) else { continue };
        let put = match fact.subject {
            Subject::Household => builder.household_fact(&fact.item, Some(value), None),
            Subject::Person(n) if n < members.len() => builder.person_fact(n, &fact.item, Some(value), None),
            Subject::Person(_) => Ok(()),
        };
        if put.is_err() {
            form.refuse(field, t.t("error-choose"));
        }
    }
    let told: Vec<&str> =
        own.iter().filter(|(_, f)| f.subject == Subject::Household).map(|(_, f)| f.item.as_str()).collect();
    for (item, value) in attributes(pack, &place) {
        if !told.contains(&item.as_str()) {
            let _ = builder.household_fact(&item, Some(value), None);
        }
    }
    builder.build()
}

/// What everybody in a place has: the nearest place wins.
fn attributes(pack: &Pack, place: &str) -> BTreeMap<String, rules::schema::Value> {
    let mut found = BTreeMap::new();
    for around in pack.ancestors(place) {
        for (item, value) in &around.attributes {
            found.entry(item.clone()).or_insert_with(|| value.clone());
        }
    }
    found
}

/// Kinship from what was said of each: the first person answers.
fn relate(builder: &mut HouseholdBuilder, members: &[(usize, String)]) {
    let Some((first, _)) = members.first() else { return };
    let spouse = members.iter().find(|(_, relation)| relation == "spouse").map(|(member, _)| *member);
    // A pair can only be refused when it is one person or no member, and it is neither.
    if let Some(spouse) = spouse {
        let _ = builder.spouses(*first, spouse);
    }
    for (member, relation) in members.iter().skip(1) {
        match relation.as_str() {
            "child" => {
                for parent in [Some(*first), spouse].into_iter().flatten() {
                    let _ = builder.parent(*member, parent);
                }
            }
            "parent" => {
                let _ = builder.parent(*first, *member);
            }
            _ => {}
        }
    }
}

/// The field of a fact: `h-item` or `m2-item`.
fn field_of(fact: &FactRef) -> String {
    match fact.subject {
        Subject::Household => format!("h-{}", fact.item),
        Subject::Person(n) => format!("m{n}-{}", fact.item),
    }
}

/// The fact of a field; `None` for the fixed fields.
fn fact_of(field: &str) -> Option<FactRef> {
    let (whose, item) = field.split_once('-')?;
    let subject = match whose {
        "h" => Subject::Household,
        _ => Subject::Person(whose.strip_prefix('m')?.parse().ok()?),
    };
    let fixed = matches!(item, "rel" | "born" | "due") && subject != Subject::Household;
    (!fixed).then(|| FactRef { subject, item: item.to_owned() })
}

fn question(pack: &Pack, t: Text, form: &Form, fact: &FactRef, decides: Vec<Words>) -> Option<Question> {
    let entity = match fact.subject {
        Subject::Household => Entity::Household,
        Subject::Person(_) => Entity::Person,
    };
    let item = pack.item(entity, &fact.item)?;
    let ask = item.ask.clone()?;
    let codes = |list: &str| {
        let list = pack.code_lists().get(list);
        list.map(|l| l.codes.iter().map(|c| (c.id.clone(), c.name.clone())).collect()).unwrap_or_default()
    };
    let whose = match fact.subject {
        Subject::Household => None,
        Subject::Person(n) => Some(names(t, form).get(n)?.clone()),
    };
    Some(Question { field: field_of(fact), ask, whose, kind: Kind::of(&item.ty, pack.currency(), codes), decides })
}

/// The questions that could settle something, those that decide most programmes first; answered ones are left out.
fn questions(pack: &Pack, t: Text, form: &Form, explanation: &Explanation) -> Vec<Question> {
    let mut wanted: BTreeMap<&FactRef, Vec<Words>> = BTreeMap::new();
    for result in explanation.results.iter().filter(|r| matches!(r.answer, Answer::CannotTell | Answer::Yes)) {
        let Some(programme) = pack.programmes().get(&result.programme) else { continue };
        let amount = result.amount.as_ref().map_or(&[][..], |a| &a.missing);
        for fact in result.missing.iter().chain(amount) {
            let decides = wanted.entry(fact).or_default();
            if !decides.contains(&programme.name) {
                decides.push(programme.name.clone());
            }
        }
    }
    let mut list: Vec<Question> = wanted
        .into_iter()
        .filter(|(fact, _)| form.get(&field_of(fact)).is_empty())
        .filter_map(|(fact, decides)| question(pack, t, form, fact, decides))
        .collect();
    list.sort_by_key(|q| std::cmp::Reverse(q.decides.len()));
    list.truncate(MOST_QUESTIONS);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_taken_out_takes_their_answers_along_and_the_others_move_up() {
        let mut form = Form::of([
            ("count", "3"),
            ("m0-born", "a"),
            ("m1-born", "b"),
            ("m2-born", "c"),
            ("m2-wage", "5"),
            ("h-rent", "1"),
        ]);
        assert_eq!(drop_person(&mut form, 1, 3), 2);
        assert_eq!(
            (form.get("m0-born"), form.get("m1-born"), form.get("m1-wage"), form.get("h-rent")),
            ("a", "c", "5", "1")
        );
        assert!(!form.has("m2-born"));
    }

    #[test]
    fn fields_and_facts_are_each_other_s_inverse() {
        for fact in [
            FactRef { subject: Subject::Household, item: "monthly_rent".to_owned() },
            FactRef { subject: Subject::Person(3), item: "wage".to_owned() },
        ] {
            assert_eq!(fact_of(&field_of(&fact)), Some(fact));
        }
        for field in ["m0-born", "m1-rel", "m2-due", "place", "count", "mx-wage", "lang"] {
            assert_eq!(fact_of(field), None, "{field}");
        }
    }
}
