//! From a case as casework reads it to what the page shows, in the words of the viewer's language.

use std::collections::BTreeMap;

use casework::case::extend;
use casework::case::view::CaseView;
use casework::case::{Step, StepKind, Task, TaskKind, TaskStatus};
use casework::decide::object::{Kind as ObjectionKind, Status as ObjectionStatus};
use casework::decide::way;
use casework::decide::{Content, Decision, DecisionStatus, official};
use casework::determine::{self, Determined, Slice};
use casework::evidence::{Paper as KeptPaper, Scan};
use casework::investigate::answer::Contradiction as Both;
use casework::investigate::{Need, RequestStatus, Whom};
use casework::model::{Prefilled, Subject};
use guard::Role;
use kernel::{AccountId, Date, Instant, Money, Period, PersonId};
use rules::outcome::Answer;
use rules::schema::{Per, Value};
use text::Text;

use super::work_acts::{Acts, Contradiction, Hearing, Holder};
use super::work_case::{Asked, Decided, Fact, Objection, Paper, Reason, Says, Step as ShownStep};
use crate::changed::{self, Teller};
use crate::citizen::cases::agency;
use crate::citizen::question::{Kind, Question};
use crate::components::entitlement::source;
use crate::components::list::Mark;
use crate::components::value::{per_words, say};
use crate::explain::{Story, plain, shown, type_of};
use crate::household::entity;
use crate::viewer::Viewer;

/// A case opened, with names.
pub(crate) struct Opened<'a> {
    pub(crate) v: &'a Viewer<'a>,
    pub(crate) t: Text,
    pub(crate) view: &'a CaseView,
    /// Names of the people concerned.
    pub(crate) names: &'a BTreeMap<PersonId, String>,
    /// Names of officials.
    pub(crate) staff: &'a BTreeMap<AccountId, String>,
    /// How what the case pays stands; `None`: it pays nothing.
    pub(crate) paid: Option<payment::model::Standing>,
}

/// The key of the message that names a stage.
pub(crate) fn stage_key(stage: casework::case::Stage) -> &'static str {
    use casework::case::Stage;
    match stage {
        Stage::Received => "work-stage-received",
        Stage::Investigating => "work-stage-investigating",
        Stage::AwaitingPerson => "work-stage-awaiting",
        Stage::Official => "work-stage-official",
        Stage::Approval => "work-stage-approval",
        Stage::Hearing => "work-stage-hearing",
        Stage::Decided => "work-stage-decided",
        Stage::Withdrawn => "work-stage-withdrawn",
        Stage::Void => "work-stage-void",
    }
}

fn step_key(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Received => "work-step-received",
        StepKind::Asked => "work-step-asked",
        StepKind::Answered => "work-step-answered",
        StepKind::AskedPerson => "work-step-asked-person",
        StepKind::PersonGave => "work-step-person-gave",
        StepKind::Settled => "work-step-settled",
        StepKind::Noted => "work-step-noted",
        StepKind::Reserved => "work-step-reserved",
        StepKind::Determined => "work-step-determined",
        StepKind::Prepared => "work-step-prepared",
        StepKind::HearingOpened => "work-step-hearing",
        StepKind::Heard => "work-step-heard",
        StepKind::Decided => "work-step-decided",
        StepKind::SentBack => "work-step-sent-back",
        StepKind::Objected => "work-step-objected",
        StepKind::Reviewed => "work-step-reviewed",
        StepKind::Reopened => "work-step-reopened",
        StepKind::Confirmed => "work-step-confirmed",
        StepKind::TakenBack => "work-step-taken_back",
        StepKind::Extended => "work-step-extended",
        StepKind::Transferred => "work-step-transferred",
        StepKind::Assigned => "work-step-assigned",
        StepKind::Withdrawn => "work-step-withdrawn",
        StepKind::Voided => "work-step-voided",
        StepKind::Late => "work-step-late",
    }
}

/// Sums over time in words: `1 December 2026 to 30 November 2027: ₩100,000 a month`.
pub(crate) fn sums(v: &Viewer<'_>, t: Text, slices: &[Slice], per: Option<Per>) -> Vec<String> {
    let line = |s: &Slice| {
        let period = t.period(Period { from: s.from, until: s.until });
        match per {
            Some(per) => format!("{period}: {}", per_words(t, &t.money(Money::new(s.minor, v.pack.currency())), per)),
            None => period,
        }
    };
    slices.iter().map(line).collect()
}

impl Opened<'_> {
    fn words(&self, key: &str) -> String {
        self.t.t(key).into_owned()
    }

    fn story(&self) -> Story<'_> {
        Story { pack: &self.v.pack, names: &[] }
    }

    fn official(&self, account: AccountId) -> String {
        let unknown = || account.to_string().chars().take(8).collect();
        self.staff.get(&account).cloned().unwrap_or_else(unknown)
    }

    pub(crate) fn moment(&self, at: Instant) -> String {
        self.t.moment(at, self.v.offset())
    }

    /// Which fact, and of whom.
    fn what(&self, subject: Subject, item: &str) -> String {
        let lang = self.t.lang();
        let name = self.v.pack.name_of(entity(subject), item).map_or(item, |w| w.get(lang));
        match subject.person().and_then(|p| self.names.get(&p)) {
            Some(whose) => self.t.with("fact-of", &[("name", whose.into()), ("fact", name.into())]).into_owned(),
            None => name.to_owned(),
        }
    }

    fn value(&self, subject: Subject, item: &str, value: &Value) -> String {
        let ty = type_of(&self.v.pack, entity(subject), item);
        say(self.t, &shown(&self.v.pack, ty.as_ref(), Some(value)))
    }

    fn agency(&self, id: &str) -> String {
        self.story().agency(id).get(self.t.lang()).to_owned()
    }

    fn source_of(&self, code: &str) -> String {
        source(self.t, &self.story().source(code))
    }

    fn recorded(&self, at: Option<&str>) -> Option<String> {
        let day: Date = at?.get(..10)?.parse().ok()?;
        Some(self.t.with("work-recorded-on", &[("date", self.t.date(day).into())]).into_owned())
    }

    fn since(&self, from: Option<Date>) -> Option<String> {
        from.map(|day| self.t.with("since", &[("date", self.t.date(day).into())]).into_owned())
    }

    fn when(&self, from: Option<Date>, recorded: Option<&str>) -> String {
        self.since(from).into_iter().chain(self.recorded(recorded)).collect::<Vec<_>>().join(", ")
    }

    fn fact(&self, f: &Prefilled) -> Fact {
        let owner = || self.v.pack.item(entity(f.subject), &f.item).and_then(|i| i.owner.clone()).unwrap_or_default();
        Fact {
            what: self.what(f.subject, &f.item),
            value: self.value(f.subject, &f.item, &f.value),
            source: match &f.source {
                Some(code) => self.source_of(code),
                None if owner().is_empty() => self.t.t("source-nobody").into_owned(),
                None => self.t.with("source-silence", &[("agency", self.agency(&owner()).into())]).into_owned(),
            },
            when: self.when(f.valid_from, f.recorded.as_deref()),
        }
    }

    /// What the rules say: today, or of a closed case when it was last determined.
    pub(crate) fn says(&self) -> Option<Says> {
        let last = self.view.determinations.last().map(|d| &d.determined);
        let d = self.view.now.as_ref().or(last)?;
        let lang = self.t.lang();
        let touches = d.touches.iter().filter_map(|touch| self.v.pack.combinations().get(&touch.rule));
        let looks = d.official_looks && self.view.now.is_some();
        let look = touches.map(|rule| rule.words.get(lang)).collect::<Vec<_>>().join(" ");
        let look = if look.is_empty() { self.words("work-official-looks") } else { look };
        Some(Says {
            now: self.view.now.is_some(),
            answer: d.answer,
            law: d.law.clone(),
            reasons: d.reasons.iter().map(|r| self.reason(d, r)).collect(),
            sums: sums(self.v, self.t, &d.slices, d.amount.map(|a| a.per)),
            missing: self.view.needs.iter().map(|n| self.need(n)).collect(),
            excluded: d.excluded.as_ref().map(|e| {
                let rule = self.v.pack.combinations().get(&e.rule);
                rule.map_or_else(|| e.rule.clone(), |r| format!("{} ({})", r.words.get(lang), r.law))
            }),
            look: d.error.clone().or_else(|| looks.then_some(look)),
            changes: self.view.changes.now.as_ref().map(|c| self.changed(c)).unwrap_or_default(),
        })
    }

    fn reason(&self, d: &Determined, r: &casework::determine::Reason) -> Reason {
        let lang = self.t.lang();
        let version = self.v.pack.version(&self.view.case.programme, d.version);
        let written = version.and_then(|v| v.conditions.iter().find(|c| c.id == r.id));
        let story = self.story();
        let of = match self.view.case.subject {
            Subject::Household(_) => rules::outcome::Subject::Household,
            Subject::Person(_) => rules::outcome::Subject::Person(0),
        };
        Reason {
            words: written.map_or_else(|| r.id.clone(), |c| c.words.get(lang).to_owned()),
            law: r.law.clone(),
            holds: r.holds,
            error: r.error.is_some(),
            steps: r
                .steps
                .iter()
                .map(|s| {
                    let value = story.step_value(&s.name, &of, s.value.as_ref());
                    (story.step_name(&s.name, &of).get(lang).to_owned(), say(self.t, &value))
                })
                .collect(),
            facts: r.facts.iter().map(|f| self.fact(f)).collect(),
        }
    }

    fn need(&self, n: &Need) -> String {
        let whom = match &n.whom {
            Whom::Agency(agency) => self.t.with("missing-owner", &[("agency", self.agency(agency).into())]),
            Whom::Person => self.t.t("work-only-family"),
        };
        format!("{} {whom}", self.what(n.subject, &n.item))
    }

    fn changed(&self, c: &determine::Changed) -> changed::Shown {
        let name = |person: PersonId| self.names.get(&person).cloned();
        let (pack, programme) = (&self.v.pack, self.view.case.programme.as_str());
        Teller { pack, t: self.t, programme, currency: pack.currency(), name: &name, places: true }.tell(c)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        let t = self.t;
        let now = self.v.now;
        self.view
            .requests
            .iter()
            .rev()
            .map(|r| {
                let late = r.status.is_open() && r.reply_by < now;
                let (mark, key) = match r.status {
                    RequestStatus::Waiting | RequestStatus::Pending if late => (Mark::Fault, "work-asked-late"),
                    RequestStatus::Waiting => (Mark::Open, "work-asked-waiting"),
                    RequestStatus::Pending => (Mark::Open, "work-asked-pending"),
                    RequestStatus::Answered => (Mark::Yes, "work-asked-answered"),
                    RequestStatus::TimedOut => (Mark::Fault, "work-asked-timed-out"),
                    RequestStatus::Refused => (Mark::No, "work-asked-refused"),
                    RequestStatus::Cancelled => (Mark::No, "work-asked-cancelled"),
                };
                let mut when = vec![t.with("work-asked-at", &[("when", self.moment(r.asked_at).into())]).into_owned()];
                when.push(match r.ended_at {
                    Some(at) => t.with("work-asked-ended", &[("when", self.moment(at).into())]).into_owned(),
                    None => t.with("work-asked-until", &[("when", self.moment(r.reply_by).into())]).into_owned(),
                });
                if r.attempts > 1 {
                    when.push(t.with("work-asked-times", &[("count", i64::from(r.attempts).into())]).into_owned());
                }
                Asked {
                    agency: self.agency(&r.agency),
                    what: r.items.iter().map(|(subject, item)| self.what(*subject, item)).collect(),
                    state: (mark, self.words(key)),
                    when,
                    problem: r.problem.clone().filter(|p| !p.is_empty()),
                }
            })
            .collect()
    }

    pub(crate) fn papers(&self, papers: &[KeptPaper]) -> Vec<Paper> {
        let mine = papers.iter().filter(|p| p.case.is_none_or(|c| c == self.view.case.id) && p.removed_at.is_none());
        mine.map(|p| {
            let kind = match p.media {
                casework::evidence::Media::Pdf => "PDF",
                casework::evidence::Media::Jpeg => "JPEG",
                casework::evidence::Media::Png => "PNG",
            };
            let size = self.t.number((p.size / 1024).max(1));
            let original = p.note.original.as_ref().map(|o| o.words.clone());
            Paper {
                id: p.id.to_string(),
                href: matches!(p.scan, Scan::None | Scan::Clean)
                    .then(|| format!("/work/case/{}/paper/{}", self.view.case.id, p.id)),
                what: self.what(Subject::Person(p.person), &p.item),
                about: format!("{kind} · {size} KB · {}", self.moment(p.received_at)),
                note: p.note.words.clone().or(original),
            }
        })
        .collect()
    }

    fn decided(&self, d: &Decision) -> Decided {
        let t = self.t;
        let (mark, key) = match d.status {
            DecisionStatus::Proposed => (Mark::Open, "work-decision-proposed"),
            DecisionStatus::Hearing => (Mark::Open, "work-decision-hearing"),
            DecisionStatus::InForce => (Mark::Yes, "work-decision-in-force"),
            DecisionStatus::Superseded => (Mark::No, "work-decision-superseded"),
            DecisionStatus::Dropped => (Mark::No, "work-decision-dropped"),
        };
        let mut by = Vec::new();
        if d.automatic {
            by.push(self.words("work-by-machine"));
        }
        by.extend(d.prepared_by.map(|a| t.with("work-prepared-by", &[("name", self.official(a).into())]).into_owned()));
        by.extend(d.decided_by.map(|a| t.with("work-decided-by", &[("name", self.official(a).into())]).into_owned()));
        by.push(self.moment(d.decided_at.unwrap_or(d.prepared_at)));
        let judgement = &d.content.judgement;
        let overriding = judgement.overriding.as_ref().map(|o| format!("{} ({})", o.reason, o.law));
        Decided {
            lead: self.lead(d),
            state: (mark, self.words(key)),
            sums: if d.content.granted { self.content_sums(&d.content) } else { Vec::new() },
            by,
            words: overriding.into_iter().chain(judgement.words.clone()).collect(),
            object_by: d.object_by.map(|day| t.with("work-object-by", &[("date", t.date(day).into())]).into_owned()),
            file: d.decided_at.map(|_| format!("/work/case/{}/decision/{}", self.view.case.id, d.id)),
        }
    }

    fn content_sums(&self, content: &Content) -> Vec<String> {
        sums(self.v, self.t, &content.slices, content.per)
    }

    /// The first words of the notice in the viewer's language, or in any.
    pub(crate) fn lead(&self, d: &Decision) -> String {
        let notice = d.notices.get(&self.t.lang()).or_else(|| d.notices.values().next());
        notice.map(|n| n.lead.clone()).unwrap_or_default()
    }

    /// The decision in force, and the others, the newest first.
    pub(crate) fn decisions(&self) -> (Option<Decided>, Vec<Decided>) {
        let (holds, others): (Vec<_>, Vec<_>) =
            self.view.decisions.iter().rev().partition(|d| d.status == DecisionStatus::InForce);
        (holds.first().map(|d| self.decided(d)), others.into_iter().map(|d| self.decided(d)).collect())
    }

    /// Whether the viewer took no part and belongs to the office that reviews at this level.
    fn may_review(&self, o: &casework::decide::object::Objection) -> bool {
        let about = self.view.decisions.iter().find(|d| d.id == o.decision);
        let (desk, case, all) = (self.v.desk(), &self.view.case, &self.view.objections);
        about.is_some_and(|d| way::may_review(&desk, self.v.who, case, d, (o, all)).is_ok())
    }

    /// Whom an objection waits for.
    fn reviewed_by(&self, o: &casework::decide::object::Objection) -> String {
        let desk = self.v.desk();
        let office = way::office(&desk, &self.view.case, o.level);
        if o.level == 1 && office == self.view.case.agency {
            return self.words("work-review-by-another");
        }
        let office = agency(self.v, office);
        self.t.with("work-fault-office-above", &[("office", office.get(self.t.lang()).into())]).into_owned()
    }

    pub(crate) fn objections(&self) -> Vec<Objection> {
        let t = self.t;
        let one = |o: &casework::decide::object::Objection| {
            let title = match o.kind {
                ObjectionKind::Objection => "work-objection-on",
                ObjectionKind::CourtOrder => "work-order-on",
            };
            let (mark, key) = match o.status {
                ObjectionStatus::Open => (Mark::Open, "work-objection-open"),
                ObjectionStatus::Granted => (Mark::Yes, "work-objection-granted"),
                ObjectionStatus::Rejected => (Mark::No, "work-objection-rejected"),
                ObjectionStatus::Withdrawn => (Mark::No, "work-objection-withdrawn"),
            };
            Objection {
                title: t.with(title, &[("date", t.date(o.received_on).into())]).into_owned(),
                above: o.level > 1,
                reason: o.reason.clone(),
                state: (mark, self.words(key)),
                outcome: o.outcome_reason.clone(),
            }
        };
        self.view.objections.iter().rev().map(one).collect()
    }

    pub(crate) fn steps(&self) -> Vec<ShownStep> {
        let one = |s: &Step| ShownStep {
            when: self.moment(s.at),
            words: self.words(step_key(s.kind)),
            who: s.account.map_or_else(|| self.words("work-machine"), |a| self.official(a)),
            detail: self.detail(s),
        };
        self.view.steps.iter().rev().map(one).collect()
    }

    /// What a step says in words: notes and reasons as written, agencies and items by their names.
    fn detail(&self, s: &Step) -> Vec<String> {
        let text = |key: &str| s.detail.get(key).and_then(|v| v.as_str()).filter(|v| !v.is_empty());
        let mut lines = Vec::new();
        lines.extend(text("agency").map(|a| self.agency(a)));
        lines.extend(text("how").and_then(|h| h.parse().ok()).map(|h| self.words(super::work_acts::how_key(h))));
        let items = s.detail.get("items").and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str());
        let item = text("item").into_iter().chain(items).map(|i| self.name_of(i)).collect::<Vec<_>>().join(", ");
        lines.extend(Some(item).filter(|i| !i.is_empty()));
        for key in ["note", "words", "why", "reason"] {
            lines.extend(text(key).map(str::to_owned));
        }
        let given = s.detail.get("to").and_then(|v| v.as_str()).and_then(|v| v.parse().ok());
        lines.extend(given.map(|a| self.official(a)));
        lines
    }

    /// An item's name, whomever it is about.
    fn name_of(&self, item: &str) -> String {
        use rules::schema::Entity;
        let known = [Entity::Person, Entity::Household].into_iter().find_map(|e| self.v.pack.name_of(e, item));
        known.map_or_else(|| item.to_owned(), |w| w.get(self.t.lang()).to_owned())
    }

    /// The field in which an official enters the value of an item.
    pub(crate) fn question(&self, subject: Subject, item: &str, field: String) -> Option<Question> {
        let found = self.v.pack.item(entity(subject), item)?;
        Some(Question {
            field,
            ask: self.v.pack.name_of(entity(subject), item).cloned().unwrap_or_else(|| plain(item)),
            whose: subject.person().and_then(|p| self.names.get(&p).cloned()),
            kind: Kind::of_item(&self.v.pack, found, ""),
            decides: Vec::new(),
        })
    }

    pub(crate) fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.view.tasks.iter().filter(|t| t.status == TaskStatus::Open)
    }

    /// The contradictions to settle, in the order of the page.
    pub(crate) fn both(&self) -> Vec<(&Task, Both)> {
        let read = |t: &Task| serde_json::from_value::<Both>(t.detail.clone()).ok();
        let open = self.open_tasks().filter(|t| t.kind == TaskKind::Contradiction);
        open.filter_map(|t| read(t).map(|both| (t, both))).collect()
    }

    fn contradiction(&self, n: usize, task: &Task, both: &Both) -> Contradiction {
        let (held, said) = (&both.held, &both.said);
        Contradiction {
            task: task.id.to_string(),
            what: self.what(both.subject, &both.item),
            held: (
                self.value(both.subject, &both.item, &held.value),
                self.source_of(&held.source),
                self.when(held.valid_from, held.recorded.as_deref()),
            ),
            said: (
                self.value(both.subject, &both.item, &said.value),
                self.agency(&both.agency),
                self.when(said.from, None),
            ),
            finding: self.question(both.subject, &both.item, format!("finding-{n}")),
        }
    }

    /// What is wanted still and nobody but an official can find out now: fields in a form of this name.
    pub(crate) fn questions(&self, form: &str) -> Vec<Question> {
        let fields = self.view.needs.iter().enumerate();
        fields.filter_map(|(n, need)| self.question(need.subject, &need.item, format!("{form}-{n}"))).collect()
    }

    /// What this viewer can do now.
    pub(crate) fn acts(&self, officials: Option<Vec<(String, String)>>) -> Acts {
        use casework::case::Stage;
        let (case, me) = (&self.view.case, self.v.who.account);
        let theirs = official::theirs(&self.v.desk(), self.v.who, case);
        let works = theirs && self.v.who.role == Role::Caseworker;
        let approves = theirs && self.v.who.role == Role::Approver;
        // An objection may be for an office that neither decides nor answers for the programme.
        let reviews = |o: &casework::decide::object::Objection| self.v.who.role == Role::Approver && self.may_review(o);
        let task = |kind: TaskKind| self.open_tasks().find(|t| t.kind == kind);
        let first = self.open_tasks().next();
        let now = self.view.now.as_ref();
        let certain = now.is_some_and(|d| matches!(d.answer, Answer::Yes | Answer::No));
        let proposed = self.view.decisions.iter().find(|d| d.status == DecisionStatus::Proposed);
        let heard = self.view.decisions.iter().find(|d| d.status == DecisionStatus::Hearing);
        let holds = self.view.decisions.iter().find(|d| d.status == DecisionStatus::InForce);
        let objection = self.view.objections.iter().find(|o| o.status == ObjectionStatus::Open);
        let mine = proposed.is_some_and(|d| d.prepared_by == Some(me));
        let stopped = task(TaskKind::ApplicantDied).is_some();
        let before = matches!(case.stage, Stage::Official | Stage::Investigating | Stage::AwaitingPerson);
        Acts {
            revision: case.revision,
            take: first
                .filter(|t| works && t.assigned_to != Some(me) && t.barred != Some(me))
                .map(|t| t.id.to_string()),
            give: officials.and_then(|list| Some((first?.id.to_string(), list))),
            decide: (works && case.stage == Stage::Official && certain && !stopped).then(|| self.result()),
            otherwise: works && before && !stopped,
            sign: proposed
                .filter(|_| approves && !mine && case.stage == Stage::Approval)
                .map(|d| (d.id.to_string(), self.lead(d))),
            prepared_it: mine && case.stage == Stage::Approval,
            hearing: heard.filter(|_| works && case.stage == Stage::Hearing).map(|d| self.hearing(d)),
            review: objection.filter(|o| reviews(o)).map(|o| o.id.to_string()),
            review_by_another: objection.filter(|o| !reviews(o)).map(|o| self.reviewed_by(o)),
            court: holds.filter(|_| approves).map(|d| d.id.to_string()),
            contradictions: self
                .both()
                .iter()
                .enumerate()
                .filter(|_| works)
                .map(|(n, (task, both))| self.contradiction(n, task, both))
                .collect(),
            gap: task(TaskKind::Gap).filter(|_| works).map(|t| (t.id.to_string(), self.questions("gap"))),
            note: (works && !case.stage.is_closed()).then(|| self.questions("note")),
            withdraw: works && !case.stage.is_closed(),
            longer: if works && !case.stage.is_closed() {
                extend::left(&self.v.desk(), case, &self.view.steps).unwrap_or(0)
            } else {
                0
            },
            died: (works && stopped).then(|| self.heirs()),
            hold: approves && self.paid == Some(payment::model::Standing::Active),
            flow: approves && self.paid == Some(payment::model::Standing::Suspended),
            holders: self
                .open_tasks()
                .filter(|t| works && t.kind == TaskKind::AccountHolder)
                .filter_map(|t| self.holder(t))
                .collect(),
            others: self
                .open_tasks()
                .filter(|t| works && matches!(t.kind, TaskKind::Report | TaskKind::OrderRefused))
                .map(|t| (t.id.to_string(), self.told(t)))
                .collect(),
        }
    }

    fn heirs(&self) -> Vec<(String, String)> {
        let alive = self.names.iter().filter(|(p, _)| **p != self.view.case.applicant);
        alive.map(|(p, name)| (p.to_string(), name.clone())).collect()
    }

    /// The two names of an account that is looked at.
    fn holder(&self, task: &Task) -> Option<Holder> {
        let it: casework::follow::holder::Differs = serde_json::from_value(task.detail.clone()).ok()?;
        Some(Holder { task: task.id.to_string(), account: it.masked, holder: it.holder, names: it.names })
    }

    /// What a task that asks for a look says.
    fn told(&self, task: &Task) -> String {
        let words = task.detail.get("words").and_then(|w| w.as_str()).unwrap_or_default();
        let kind = self.words(super::work::kind_key(task.kind));
        if words.is_empty() { kind } else { format!("{kind}: “{words}”") }
    }

    /// What deciding as the rules say comes to, and whether somebody else must agree.
    fn result(&self) -> String {
        let Some(d) = &self.view.now else { return String::new() };
        let holds = self.view.decisions.iter().find(|x| x.status == DecisionStatus::InForce);
        let content = casework::decide::model::compose(
            &self.v.pack,
            &self.view.case.programme,
            self.view.case.subject,
            d,
            casework::decide::Judgement::default(),
            holds.map(|h| &h.content),
        );
        let key = match content.kind {
            casework::decide::DecisionKind::Grant => "work-will-grant",
            casework::decide::DecisionKind::Refuse => "work-will-refuse",
            casework::decide::DecisionKind::Change => "work-will-change",
            casework::decide::DecisionKind::Stop => "work-will-stop",
        };
        let process = self.v.pack.process(&self.view.case.programme);
        let mut words = vec![self.words(key)];
        if content.is_worse() && process.hearing_days > 0 {
            words.push(self.words("work-hears-first"));
        } else if content.needs_second(process) {
            words.push(self.words("work-second-signs"));
        }
        words.join(" ")
    }

    fn hearing(&self, d: &Decision) -> Hearing {
        let steps = &self.view.steps;
        let opened = steps.iter().rposition(|s| s.kind == StepKind::HearingOpened).unwrap_or(0);
        let text = |s: &Step, key: &str| s.detail.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let until: Option<Date> = steps.get(opened).and_then(|s| text(s, "until")?.parse().ok());
        let said: Vec<String> =
            steps.iter().skip(opened).filter(|s| s.kind == StepKind::Heard).filter_map(|s| text(s, "words")).collect();
        Hearing {
            decision: d.id.to_string(),
            plan: self.lead(d),
            over: !said.is_empty() || until.is_none_or(|day| day < self.v.today()),
            until: until.map(|day| self.t.date(day)),
            said,
        }
    }
}
