//! What was before the town began: births of the last months, and what nurses made of them. Through the same use cases as anywhere, each on its own
//! day, so that districts have something to tell, families their visits behind them, and surveys their time.

use catalogue::Pack;
use catalogue::model::{AnswerKind, Instrument, Point, Protocol, Question, Score};
use guard::{Action, Allowed, Purpose, PurposeKind, Relation, Resource, Who};
use jiff::ToSpan as _;
use kernel::{Date, EnrolmentId, Instant, PersonId, ReferralId, SubmissionId};
use referral::model::{Act, Outcome, Reason, Shares};
use referral::{change, request};
use registry::change::{Kind, Notice};
use store::{StoreError, transact};
use visit::instrument::{Answer, Answers};
use visit::model::{EndingWord, Enrolment, LeftWhy, Measured, Visit};
use visit::roll::{self, History};
use visit::schedule::{Planned, schedule};
use visit::submit::{About, Fault};
use visit::{Desk, assess, assign, enrol, follow, record, tier};

use super::draw::Dice;
use super::people::{Household, Person, household};
use super::recipe::{PastOffice, Place, Recipe};
use super::settle::{SettleError, Settled};
use super::visits::{Visiting, told};

/// On the day after so many the register tells the office of a birth; then the office asks, and the nurse first comes to know the family.
const TOLD: i64 = 2;
const ASKED: i64 = 4;
const KNOWN: i64 = 5;
/// After so many days without an answer a family is asked no more.
const ASKED_NO_MORE: i64 = 30;
/// Kilograms and centimetres by whole months of age, near the medians of the WHO standards.
const GROWN: [(f64, f64); 13] = [
    (3.3, 49.5),
    (4.3, 54.0),
    (5.3, 57.5),
    (6.1, 60.5),
    (6.7, 63.0),
    (7.2, 65.0),
    (7.6, 66.5),
    (7.9, 68.2),
    (8.2, 69.7),
    (8.5, 71.0),
    (8.8, 72.4),
    (9.1, 73.7),
    (9.3, 75.0),
];

/// The first day of the month so many before that of `today`.
fn beginning(today: Date, months: u32) -> Date {
    today.first_of_month().saturating_sub(i64::from(months).months())
}

/// Households in which a child was born in the last months: so many in each month and office, and none in the present one.
pub(super) fn households(recipe: &Recipe, pack: &Pack, today: Date) -> Vec<Household> {
    let Some(past) = &recipe.past else { return Vec::new() };
    let Some(kind) = recipe.household.iter().find(|k| k.kind == past.kind) else { return Vec::new() };
    // Facts are drawn by age: a child of less than a year, whatever the kind says.
    let mut kind = kind.clone();
    if let Some(child) = kind.members.last_mut() {
        (child.age, child.count) = ((0, 0), Some((1, 1)));
    }
    let mut dice = Dice::new(recipe.seed.wrapping_add(1));
    let mut all = Vec::new();
    for office in &past.office {
        let here = |place: &&Place| pack.within(&place.id, &office.jurisdiction);
        let places: Vec<&Place> = recipe.place.iter().filter(here).collect();
        for month in 1..=past.months {
            let first = beginning(today, month);
            for _ in 0..office.births(recipe.people) {
                let mut drawn = household(recipe, &kind, &places, today, &mut dice);
                let day = dice.between(0, 27);
                if let Some(child) = drawn.members.last_mut() {
                    child.born = first.saturating_add(i64::from(day).days());
                }
                all.push(drawn);
            }
        }
    }
    all
}

/// The mother of a child that was born in a time, and its day of birth.
fn born_within(family: &Settled, from: Date, until: Date) -> Option<(PersonId, Date)> {
    let born = family.drawn.members.iter().map(|m| m.born).max().filter(|born| (from..until).contains(born))?;
    let parent = |m: &Person| matches!(m.role, super::Role::Head | super::Role::Spouse);
    let mut all = family.persons.iter().zip(&family.drawn.members);
    all.find(|(_, m)| m.female && parent(m)).map(|(id, _)| (*id, born))
}

/// An office with its people.
struct Office<'a> {
    how: &'a PastOffice,
    lead: Who,
    nurses: Vec<Who>,
}

/// A family in a nurse's hands.
struct Hands<'a> {
    id: EnrolmentId,
    person: PersonId,
    nurse: &'a Who,
    records: Allowed,
    troubled: bool,
}

impl Visiting<'_> {
    /// What the offices of the recipe did before today; says how many families they knew. The accounts must be open, and nobody has worked on what
    /// the registry told yet.
    ///
    /// # Errors
    /// The recipe names what the pack does not have, or the database.
    pub async fn remember(&self, settled: &[Settled]) -> Result<usize, SettleError> {
        let Some(past) = &self.recipe.past else { return Ok(0) };
        let mut dice = Dice::new(self.recipe.seed.wrapping_add(2));
        let today = self.runtime.state.today();
        let from = beginning(today, past.months);
        let mut known = 0;
        for how in past.office.iter().filter(|o| o.births(self.recipe.people) > 0) {
            let at =
                |role| self.recipe.staff.iter().filter(move |s| s.role == role && s.jurisdiction == how.jurisdiction);
            let Some(lead) = at(guard::Role::VisitSupervisor).next() else { continue };
            let mut office = Office { how, lead: self.who(lead).await?, nurses: Vec::new() };
            for nurse in at(guard::Role::Nurse) {
                office.nurses.push(self.who(nurse).await?);
            }
            let here = |f: &&Settled| self.pack.within(&f.drawn.place, &how.jurisdiction);
            for family in settled.iter().filter(here) {
                let Some((mother, born)) = born_within(family, from, today.saturating_sub(TOLD.days())) else {
                    continue;
                };
                known += usize::from(self.family(&office, mother, born, known, &mut dice).await?);
            }
        }
        Ok(known)
    }

    /// The desk at noon of a day.
    fn desk_on(&self, day: Date) -> Desk<'_> {
        let state = &self.runtime.state;
        let noon = 12 - i64::from(self.pack.manifest().utc_offset_hours);
        Desk {
            pack: self.pack,
            keys: &self.runtime.keys,
            ids: &*state.ids,
            now: Instant::start_of(day).plus_seconds(noon * 3_600),
        }
    }

    async fn history(&self, person: PersonId) -> Result<Option<History>, StoreError> {
        let mut tx = self.runtime.state.db.read().await?;
        Ok(roll::histories(&mut tx, person).await?.pop())
    }

    /// One family, from the day the register told of its birth until yesterday; `false`: no protocol takes it in.
    async fn family(
        &self,
        office: &Office<'_>,
        person: PersonId,
        born: Date,
        number: usize,
        dice: &mut Dice,
    ) -> Result<bool, SettleError> {
        let (db, today) = (&self.runtime.state.db, self.runtime.state.today());
        let notice = Notice { households: vec![], persons: vec![person], kinds: vec![Kind::Kin], items: vec![] };
        let desk = self.desk_on(later(born, TOLD));
        transact!(db, StoreError, |tx| follow::registry_changed(tx, &desk, &notice).await)?;
        let Some(History { enrolment: e, .. }) = self.history(person).await? else { return Ok(false) };
        let fate = dice.between(1, 100);
        let (agreed, asked_no_more) = (later(born, ASKED), later(born, ASKED_NO_MORE));
        let manages = self.allowed(&office.lead, Action::ManageVisits, &e).await?;
        if fate > office.how.in_time + office.how.late {
            if asked_no_more < today {
                self.end(office, &manages, e.id, asked_no_more, LeftWhy::Declined).await?;
            }
            return Ok(true);
        }
        let Some(nurse) = office.nurses.get(number % office.nurses.len().max(1)) else { return Ok(true) };
        if later(born, KNOWN) >= today {
            return Ok(true);
        }
        let desk = self.desk_on(agreed);
        transact!(db, enrol::Fault, |tx| enrol::run(tx, &desk, &office.lead, &manages, person, true).await)
            .map_err(told)?;
        let whose = Some(nurse.account);
        transact!(db, assign::Fault, |tx| assign::give(tx, &desk, &office.lead, &manages, e.id, whose).await)
            .map_err(told)?;
        let records = self.allowed(nurse, Action::RecordVisit, &e).await?;
        let troubled = dice.between(1, 100) <= office.how.troubled;
        let hands = Hands { id: e.id, person, nurse, records, troubled };
        self.decided(&hands, later(born, KNOWN), dice).await?;
        let Some(History { enrolment: e, tiers, .. }) = self.history(person).await? else { return Ok(true) };
        let protocol = self.pack.protocols().get(&e.protocol).ok_or_else(|| told(&e.protocol))?;
        let late = fate > office.how.in_time;
        let steps = schedule(protocol, &e.family(&tiers, &[]), today).map_err(told)?;
        let visits = self.visited(&hands, protocol, &e, steps, (late, today), dice).await?;
        if let Some(visit) = visits.first().filter(|_| dice.between(1, 100) <= office.how.sent_on) {
            self.sent_on(&hands, &e, *visit, dice).await?;
        }
        self.asked(office, &hands, born, &visits, dice).await?;
        let end = match protocol.ends {
            Point::BirthDays(days) => born.saturating_add(i64::from(days).days()),
            Point::BirthMonths(months) => born.saturating_add(i64::from(months).months()),
            Point::PregnancyWeek(_) | Point::DischargeDays(_) => today,
        };
        if end < today {
            self.end(office, &manages, e.id, end, LeftWhy::Graduated).await?;
        }
        Ok(true)
    }

    async fn end(
        &self,
        office: &Office<'_>,
        manages: &Allowed,
        id: EnrolmentId,
        on: Date,
        why: LeftWhy,
    ) -> Result<(), SettleError> {
        let (db, desk) = (&self.runtime.state.db, self.desk_on(on));
        transact!(db, assign::Fault, |tx| assign::end(tx, &desk, &office.lead, manages, id, (on, why)).await)
            .map_err(told)
    }

    /// The questions at registration, and the decision where they lead to more than every family gets.
    async fn decided(&self, h: &Hands<'_>, on: Date, dice: &mut Dice) -> Result<(), SettleError> {
        let Some(instrument) = self.pack.self_filled().into_iter().next() else { return Ok(()) };
        let Some(rule) = self.pack.score_on(&instrument.id, on) else { return Ok(()) };
        let answers = answers(instrument, Some(rule), h.troubled, dice);
        let about = self.assess(h, instrument, answers.clone(), on).await?;
        let Some(band) = visit::instrument::score(rule, instrument, &answers).band.filter(|b| b.decides) else {
            return Ok(());
        };
        let Some(History { enrolment: e, .. }) = self.history(h.person).await? else { return Ok(()) };
        let own = e.protocol.split('@').next().unwrap_or_default();
        let protocol = self.pack.protocol_on(band.protocol.as_deref().unwrap_or(own), on);
        let more = |p: &Protocol| band.tier.as_ref().is_some_and(|tier| p.rhythms.iter().any(|r| r.tier == *tier));
        if protocol.is_none_or(|p| p.id == own && !more(p)) {
            return Ok(());
        }
        let input = tier::Input {
            enrolment: h.id,
            submission: Some(about.id),
            protocol: band.protocol.clone(),
            tier: band.tier.clone(),
            from: on,
            reason: None,
        };
        let (db, desk) = (&self.runtime.state.db, self.desk_on(on));
        transact!(db, tier::Fault, |tx| tier::run(tx, &desk, h.nurse, &h.records, &input).await).map_err(told)?;
        Ok(())
    }

    fn about_on(&self, h: &Hands<'_>, on: Date) -> About {
        let desk = self.desk_on(on);
        About { id: SubmissionId::new(desk.ids, desk.now), enrolment: h.id, on, replaces: None }
    }

    async fn assess(&self, h: &Hands<'_>, i: &Instrument, answers: Answers, on: Date) -> Result<About, SettleError> {
        let about = self.about_on(h, on);
        let input = assess::Input { about, instrument: i.key.clone(), answers, alone: false };
        let (db, desk) = (&self.runtime.state.db, self.desk_on(on));
        transact!(db, Fault, |tx| assess::run(tx, &desk, h.nurse, Some(&h.records), &input).await).map_err(told)?;
        Ok(about)
    }

    /// The visits whose time came before today, nine of ten of them made; gives their days.
    async fn visited(
        &self,
        h: &Hands<'_>,
        protocol: &Protocol,
        e: &Enrolment,
        steps: Vec<Planned>,
        (late, today): (bool, Date),
        dice: &mut Dice,
    ) -> Result<Vec<Date>, SettleError> {
        let mut open_from = later(e.entered_on, KNOWN - TOLD);
        let mut days: Vec<Date> = Vec::new();
        for step in steps {
            let mut on = step.window.target.saturating_add(i64::from(dice.between(0, 2)).days());
            on = on.min(step.window.closes).max(step.window.opens);
            if late && days.is_empty() {
                on = later(step.window.closes, i64::from(dice.between(3, 14)));
            }
            let made = days.is_empty() || dice.happens(0.9);
            if on < open_from || on >= today || !made {
                continue;
            }
            open_from = later(on, 1);
            days.push(on);
            self.visit(h, protocol, e, &step, on, dice).await?;
        }
        Ok(days)
    }

    /// On a day the nurse sends the family on; nine of ten services help, and she looks at the end.
    async fn sent_on(&self, h: &Hands<'_>, e: &Enrolment, on: Date, dice: &mut Dice) -> Result<(), SettleError> {
        let all = self.pack.services_for(None, &e.place);
        let open: Vec<_> = all.into_iter().filter(|s| !s.sensitive && !s.discreet).collect();
        let Some((service, need)) = dice.one(&open).and_then(|s| Some((s, s.needs.first()?))) else { return Ok(()) };
        let (state, helps) = (&self.runtime.state, dice.happens(0.9));
        let lang: kernel::Lang = self.recipe.country_language.parse().map_err(told)?;
        let (answered, ended, closed) = (later(on, 2), later(on, 20), later(on, 22));
        let id = ReferralId::new(&*state.ids, self.desk_on(on).now);
        let input = request::Input {
            id,
            person: h.person,
            service: service.id.clone(),
            need: need.clone(),
            reason: service.name.get(lang).to_owned(),
            contact: None,
            shares: Shares { name: true, birth_date: false },
            agreed_by: Some(h.person),
            instead_of: None,
        };
        let refers = self.allowed(h.nurse, Action::Refer, e).await?;
        self.seen_by(h.nurse, async |sight| {
            let desk = self.referral_desk(on);
            transact!(state.db, request::Fault, |tx| request::run(tx, &desk, sight, &refers, &input).await)
        })
        .await
        .map_err(told)?;
        let partner = Who { role: guard::Role::AgencySystem, organisation: service.agency.clone(), ..h.nurse.clone() };
        let answers = self.answers(&partner, h.person).await?;
        let words = input.reason.clone();
        let end = match helps {
            true => Act::Complete { outcome: Outcome::Met, words: words.clone() },
            false => Act::Decline { reason: Reason::Full, words: words.clone() },
        };
        let steps = [
            (answered, &partner, &answers, Act::Accept),
            (ended, &partner, &answers, end),
            (closed, h.nurse, &refers, Act::Close { words, next: None }),
        ];
        let today = state.today();
        for (day, who, allowed, act) in steps.iter().filter(|(day, ..)| *day < today) {
            let desk = self.referral_desk(*day);
            transact!(state.db, change::Fault, |tx| change::run(tx, &desk, who, allowed, id, None, act).await)
                .map_err(told)?;
        }
        Ok(())
    }

    fn referral_desk(&self, day: Date) -> referral::Desk<'_> {
        let desk = self.desk_on(day);
        referral::Desk { pack: desk.pack, ids: desk.ids, now: desk.now }
    }

    async fn answers(&self, partner: &Who, person: PersonId) -> Result<Allowed, SettleError> {
        let relation = Relation { open_case: true, ..Relation::default() };
        let resource = Resource::person(person, relation).showing(["referral"]);
        let purpose = Purpose::new(PurposeKind::DataExchange, "demonstration");
        self.runtime.state.guard.permit(partner, Action::AnswerReferral, &resource, &purpose).await.map_err(told)
    }

    /// The family is asked how it went, when it is time; some answer on the next day.
    async fn asked(
        &self,
        office: &Office<'_>,
        h: &Hands<'_>,
        born: Date,
        visits: &[Date],
        dice: &mut Dice,
    ) -> Result<(), SettleError> {
        let (db, today) = (&self.runtime.state.db, self.runtime.state.today());
        // A few days after each visit, and every fortnight: waves are open for longer.
        let fortnights = (1..).map(|n| later(born, 14 * n)).take_while(|day| *day < today);
        let mut days: Vec<Date> = visits.iter().map(|day| later(*day, 2)).chain(fortnights).collect();
        days.sort_unstable();
        for day in days.into_iter().filter(|day| later(*day, 1) < today) {
            let desk = self.desk_on(day);
            let asked = transact!(db, StoreError, |tx| survey::invite::ask(tx, &desk, h.id).await)?;
            for it in asked {
                transact!(db, StoreError, |tx| survey::deliver::sent(tx, &it, desk.now).await)?;
                let Some(instrument) = self.pack.instruments().get(&it.instrument) else { continue };
                if dice.between(1, 100) > office.how.answered {
                    continue;
                }
                let said = pleased(instrument, dice);
                let mother =
                    Who { role: guard::Role::Citizen, person: Some(h.person), jurisdiction: None, ..h.nurse.clone() };
                let relation = Relation { own: true, ..Relation::default() };
                let resource = Resource::person(h.person, relation).showing(["survey"]);
                let guard = &self.runtime.state.guard;
                let purpose = Purpose::own_affairs();
                let allowed = guard.permit(&mother, Action::AnswerSurvey, &resource, &purpose).await.map_err(told)?;
                let desk = self.desk_on(later(day, 1));
                transact!(db, survey::answer::Fault, |tx| survey::answer::run(tx, &desk, &allowed, it.id, &said).await)
                    .map_err(told)?;
            }
        }
        Ok(())
    }

    async fn visit(
        &self,
        h: &Hands<'_>,
        protocol: &Protocol,
        e: &Enrolment,
        step: &Planned,
        on: Date,
        dice: &mut Dice,
    ) -> Result<(), SettleError> {
        let id = step.visit.split('/').next().unwrap_or_default();
        let named = protocol.visits.iter().find(|v| v.id == id).map(|v| v.forms.as_slice()).unwrap_or_default();
        let mut forms = Vec::new();
        for instrument in named.iter().filter_map(|form| self.pack.instrument(form)).filter(|i| !i.alone_only) {
            let rule = self.pack.score_on(&instrument.id, on);
            let answers = answers(instrument, rule, h.troubled, dice);
            if rule.is_some() {
                self.assess(h, instrument, answers, on).await?;
            } else {
                forms.push((instrument.key.clone(), answers));
            }
        }
        let children = e.dates.children.iter().filter(|c| c.born < on);
        let discharged = children.clone().map(|c| (c.person, later(c.born, TOLD).min(on)));
        let visit = Visit {
            visit: step.visit.clone(),
            ending: EndingWord::Done,
            minutes: Some(50 + 5 * dice.between(0, 8)),
            topics: step.topics.clone(),
            next_steps: None,
            note: None,
            why: None,
            discharged: discharged.collect(),
            measured: children.map(|c| grown(c.person, c.born, on, dice)).collect(),
            forms,
        };
        let (db, desk, about) = (&self.runtime.state.db, self.desk_on(on), self.about_on(h, on));
        transact!(db, Fault, |tx| record::run(tx, &desk, h.nurse, Some(&h.records), about, &visit).await)
            .map_err(told)?;
        Ok(())
    }
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// What a child of this age weighs and measures, a little more or less.
fn grown(child: PersonId, born: Date, on: Date, dice: &mut Dice) -> Measured {
    let days = usize::try_from((on - born).get_days()).unwrap_or(0);
    let (weight, length) = GROWN.get(days / 30).or(GROWN.last()).copied().unwrap_or_default();
    let mut about =
        |value: f64, part: f64| (value * (1.0 + part * dice.normal().clamp(-2.0, 2.0)) * 10.0).round() / 10.0;
    Measured {
        child,
        weight_kg: Some(about(weight, 0.06)),
        length_cm: Some(about(length, 0.02)),
        standing: None,
        head_cm: None,
        arm_cm: None,
        oedema: false,
        milestones: Vec::new(),
    }
}

/// Answers as families give them: of those in trouble more that counts, and never what cannot wait.
fn answers(instrument: &Instrument, rule: Option<&Score>, troubled: bool, dice: &mut Dice) -> Answers {
    let mut all = Answers::new();
    for question in instrument.questions() {
        let urgent = |rule: &&Score| rule.safety.iter().any(|s| s.item.as_deref() == Some(&question.id));
        let urgent = rule.as_ref().is_some_and(urgent);
        if let Some(answer) = answer(question, rule, urgent, troubled, dice) {
            all.insert(question.id.clone(), answer);
        }
    }
    all
}

/// What a family says that is content, more or less.
fn pleased(instrument: &Instrument, dice: &mut Dice) -> Answers {
    let mut all = Answers::new();
    for question in instrument.questions() {
        let AnswerKind::Choice { options, many: false } = &question.kind else { continue };
        let from_best = usize::try_from(dice.between(0, 3)).unwrap_or(0).min(options.len().saturating_sub(1));
        if let Some(option) = options.iter().rev().nth(from_best) {
            all.insert(question.id.clone(), Answer::Text(option.code.clone()));
        }
    }
    all
}

fn answer(q: &Question, rule: Option<&Score>, urgent: bool, troubled: bool, dice: &mut Dice) -> Option<Answer> {
    match &q.kind {
        AnswerKind::Boolean => {
            let weight = rule.and_then(|r| r.weights.iter().find(|w| w.item == q.id)).map(|w| w.points);
            let chance = match weight {
                Some(points) if points < 0 => 0.6,
                Some(_) if troubled => 0.4,
                Some(_) => 0.04,
                None => 0.08,
            };
            let yes = dice.happens(chance);
            Some(Answer::Flag(yes && !urgent))
        }
        AnswerKind::Choice { options, many: false } => {
            let last = u32::try_from(options.len()).unwrap_or(1).saturating_sub(1).min(2);
            let counts = options.iter().any(|o| o.ordinal.is_some());
            let at = match (counts, troubled) {
                (true, true) => dice.between(1.min(last), last),
                (true, false) => u32::from(dice.happens(0.25)),
                (false, _) if dice.happens(0.55) => 0,
                (false, _) => dice.between(0, last),
            };
            let at = if urgent { 0 } else { usize::try_from(at).unwrap_or(0) };
            options.get(at).map(|o| Answer::Text(o.code.clone()))
        }
        _ => None,
    }
}
