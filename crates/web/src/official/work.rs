//! The worklist: open tasks by legal day, told by words and shapes; several alike settled or given together.

use casework::case::TaskKind;
use casework::case::worklist::{Filter, Scope};
use kernel::Date;
use maud::{Markup, html};
use text::Text;

use crate::assets;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::icon;
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// Which list an official goes through: it travels from page to page, so that the next case is the next of this list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The official's own tasks, or the office's.
    pub scope: Scope,
    /// Narrowed to.
    pub filter: Filter,
    /// Behind which line.
    pub after: String,
}

impl Way {
    /// From the fields of an address or form. What cannot be read counts as not said.
    pub fn of(form: &Form) -> Way {
        Way {
            scope: if form.get("scope") == "mine" { Scope::Mine } else { Scope::Office },
            filter: Filter {
                kind: form.get("kind").parse().ok(),
                programme: Some(form.get("programme").to_owned()).filter(|p| !p.is_empty()),
            },
            after: form.get("after").chars().take(80).collect(),
        }
    }

    /// The fields again.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let scope = if self.scope == Scope::Mine { "mine" } else { "office" };
        let mut fields = vec![("scope", scope.to_owned())];
        fields.extend(self.filter.kind.map(|k| ("kind", k.word().to_owned())));
        fields.extend(self.filter.programme.clone().map(|p| ("programme", p)));
        fields.extend(Some(("after", self.after.clone())).filter(|(_, a)| !a.is_empty()));
        fields
    }

    /// `path` with the way in its query.
    pub fn link(&self, path: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.fields()).finish();
        format!("{path}?{query}")
    }

    /// The same list behind another line.
    #[must_use]
    pub fn behind(&self, after: impl Into<String>) -> Way {
        Way { after: after.into(), ..self.clone() }
    }

    /// As hidden fields of a form.
    pub fn hidden(&self) -> Markup {
        html! { @for (name, value) in self.fields() { (field::hidden(name, &value)) } }
    }
}

/// One task in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The task.
    pub task: String,
    /// Its case, with the way.
    pub href: String,
    /// Whom it is about.
    pub name: String,
    /// What to do.
    pub kind: TaskKind,
    /// The legal day, and days until then (negative: it has passed).
    pub due: Option<(Date, i64)>,
    /// The programme's name.
    pub programme: String,
    /// What the rules say, where everything is known.
    pub says: Option<String>,
    /// Who has it.
    pub has: Has,
    /// Whether the viewer may take it.
    pub takes: bool,
    /// Whether it can be ticked.
    pub ticks: bool,
}

/// Who has a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// Nobody yet.
    Nobody,
    /// The viewer.
    Me,
    /// Somebody else.
    Other(String),
}

/// The list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Which.
    pub way: Way,
    /// Programmes to choose from.
    pub programmes: Vec<(String, String)>,
    /// The lines.
    pub lines: Vec<Line>,
    /// Where it goes on.
    pub next: Option<String>,
    /// What was just done.
    pub done: Option<String>,
    /// A team lead: officials to whom ticked tasks can be given.
    pub officials: Option<Vec<(String, String)>>,
    /// Whether ticked tasks can be settled together.
    pub together: bool,
    /// Whether complaints are theirs to answer.
    pub answers_complaints: bool,
}

/// The key of the message that names what is to do.
pub fn kind_key(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Contradiction => "work-kind-contradiction",
        TaskKind::Gap => "work-kind-gap",
        TaskKind::Decide => "work-kind-decide",
        TaskKind::Approve => "work-kind-approve",
        TaskKind::Hearing => "work-kind-hearing",
        TaskKind::Objection => "work-kind-objection",
        TaskKind::Trouble => "work-kind-trouble",
        TaskKind::ApplicantDied => "work-kind-died",
        TaskKind::Report => "work-kind-report",
        TaskKind::OrderRefused => "work-kind-order-refused",
        TaskKind::AccountHolder => "work-kind-account-holder",
    }
}

/// From how many days before the legal day on a task counts as near.
const NEAR: i64 = 3;

/// How near the legal day is: a triangle and words when it has passed, a clock and words when it is near, words alone else.
pub fn nearness(t: Text, due: Option<(Date, i64)>) -> Markup {
    let Some((_, days)) = due else { return html! { span.tag { (t.t("work-no-day")) } } };
    match days {
        ..0 => {
            html! { span.tag.tag--error { (icon::alert()) (t.with("work-days-late", &[("count", (-days).into())])) } }
        }
        0 => html! { span.tag.tag--open { (icon::clock()) (t.t("work-today")) } },
        1..=NEAR => {
            html! { span.tag.tag--open { (icon::clock()) (t.with("work-days-left", &[("count", days.into())])) } }
        }
        _ => html! { span.tag { (t.with("work-days-left", &[("count", days.into())])) } },
    }
}

/// What the keys of a page do: key and the message that says it.
pub type Keys = &'static [(&'static str, &'static str)];

/// The list of keys, and the small script that makes them work alone. Without it they are the browser's access keys.
pub fn keys(t: Text, keys: Keys) -> Markup {
    html! {
        details.keys {
            summary { (t.t("work-keys")) }
            p.small data-keys-plain="" { (t.t("work-keys-plain")) }
            p.small data-keys-single="" hidden { (t.t("work-keys-single")) }
            dl.keys-list { @for (key, words) in keys { div { dt { kbd { (key) } } dd { (t.t(words)) } } } }
            button.btn.btn--second.btn--small type="button" hidden data-keys-toggle="" data-on=(t.t("work-keys-on")) data-off=(t.t("work-keys-off")) {}
        }
        script src=(assets::keys_path()) defer {}
    }
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, list: &List) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("work-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            @if let Some(done) = &list.done { (notice(Tone::Done, done, html! {})) }
            h1 { (t.t("work-title")) }
            p.lead { (t.t("work-lead")) }
            @if list.officials.is_some() { p { a href="/work/office" { (t.t("work-office-link")) } } }
            @if list.answers_complaints {
                p { a href="/work/referrals" { (t.t("referral-title")) } }
                p { a href="/work/plans" { (t.t("plan-shared")) } }
                p { a href="/work/complaints" { (t.t("grievance-link")) } }
                p { a href="/requalify" { (t.t("requal-link")) } }
            }
            (narrowing(t, list))
            @if list.lines.is_empty() {
                p { (t.t(if list.next.is_some() { "work-none-here" } else { "work-none" })) }
            } @else { (lines(t, form, list)) }
            @if let Some(next) = &list.next {
                p { a.btn.btn--second href=(list.way.behind(next).link("/work")) accesskey="n" data-key="n" { (t.t("work-more")) } }
            }
            @if !list.way.after.is_empty() { p { a href=(list.way.behind("").link("/work")) { (t.t("work-first-page")) } } }
            (keys(t, &[("J", "work-key-down"), ("K", "work-key-up"), ("N", "work-key-more")]))
        },
    )
}

fn narrowing(t: Text, list: &List) -> Markup {
    let filter = &list.way.filter;
    let chosen = Form::of([
        ("kind", filter.kind.map(|k| k.word().to_owned()).unwrap_or_default()),
        ("programme", filter.programme.clone().unwrap_or_default()),
    ]);
    let mine = list.way.scope == Scope::Mine;
    let other = |scope| Way { scope, after: String::new(), ..list.way.clone() }.link("/work");
    let kinds: Vec<(String, String)> =
        TaskKind::ALL.iter().map(|k| (k.word().to_owned(), t.t(kind_key(*k)).into_owned())).collect();
    html! {
        nav aria-label=(t.t("work-whose")) { ul.jump {
            li { a href=(other(Scope::Office)) aria-current=[(!mine).then_some("page")] { (t.t("work-office")) } }
            li { a href=(other(Scope::Mine)) aria-current=[mine.then_some("page")] { (t.t("work-mine")) } }
        } }
        form.inline-form method="get" action="/work" {
            (field::hidden("scope", if mine { "mine" } else { "office" }))
            (field::select(&chosen, "kind", &t.t("work-kind"), "", &t.t("work-all"), &kinds))
            (field::select(&chosen, "programme", &t.t("work-programme"), "", &t.t("work-all"), &list.programmes))
            button.btn.btn--second.btn--small type="submit" { (t.t("show")) }
        }
    }
}

fn lines(t: Text, form: &Form, list: &List) -> Markup {
    let headings =
        ["work-person", "work-due", "work-kind", "work-programme", "work-has"].map(|key| t.t(key).into_owned());
    let ticked: Vec<&str> = form.all("task").collect();
    let rows: Vec<Vec<Markup>> = list
        .lines
        .iter()
        .map(|line| {
            vec![
                html! {
                    @if line.ticks {
                        label.tick for=(format!("f-task-{}", line.task)) {
                            input type="checkbox" id=(format!("f-task-{}", line.task)) name="task" value=(line.task) checked[ticked.contains(&line.task.as_str())];
                            span.hidden-visually { (t.with("work-tick", &[("name", (&line.name).into()), ("programme", (&line.programme).into())])) }
                        }
                    }
                    a href=(line.href) data-row="" { (line.name) }
                },
                html! {
                    (nearness(t, line.due))
                    @if let Some((day, _)) = line.due { div.small.soft.nowrap { (t.date(day)) } }
                },
                html! { (t.t(kind_key(line.kind))) @if let Some(says) = &line.says { div.small.soft { (says) } } },
                html! { (line.programme) },
                html! {
                    @match &line.has {
                        Has::Nobody => span.soft { (t.t("work-nobody")) },
                        Has::Me => strong { (t.t("work-me")) },
                        Has::Other(name) => (name),
                    }
                    @if line.takes {
                        " " button.btn.btn--second.btn--small type="submit" name="take" value=(line.task) {
                            (t.t("work-take")) span.hidden-visually { ": " (line.name) ", " (line.programme) }
                        }
                    }
                },
            ]
        })
        .collect();
    let ticks = list.lines.iter().any(|line| line.ticks);
    html! {
        form #f-task method="post" action="/work" {
            (list.way.hidden())
            (table(&t.t("work-title"), &headings, &rows))
            @if list.together && ticks {
                div.actions { button.btn type="submit" name="do" value="together" { (t.t("work-together")) } }
                p.small.soft { (t.t("work-together-hint")) }
            }
            @if let (Some(officials), true) = (&list.officials, ticks) { (giving(t, form, officials)) }
        }
    }
}

fn giving(t: Text, form: &Form, officials: &[(String, String)]) -> Markup {
    html! {
        div.inline-form {
            (field::select(form, "to", &t.t("work-give-to"), "", &t.t("work-nobody"), officials))
            button.btn.btn--second.btn--small type="submit" name="do" value="give" { (t.t("work-give")) }
        }
    }
}

/// A case that may be settled together with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// The case.
    pub case: String,
    /// The revision looked at.
    pub revision: u32,
    /// Whom it is about.
    pub name: String,
    /// The page of the case.
    pub href: String,
    /// The sums over time, in words.
    pub sums: Vec<String>,
    /// Why it must be decided on its own; `None`: it can be settled with the others.
    pub alone: Option<String>,
}

/// Several cases looked at together.
#[derive(Clone, Debug, PartialEq)]
pub struct Together {
    /// The list they come from.
    pub way: Way,
    /// The programme's name.
    pub programme: String,
    /// The cases.
    pub cases: Vec<Alike>,
}

/// What would be settled together, before anything is.
pub fn together(f: &Frame, form: &Form, c: &Together) -> Markup {
    let t = f.t;
    let headings = ["work-person", "work-sums", "state"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = c
        .cases
        .iter()
        .map(|one| {
            vec![
                html! { a href=(one.href) { (one.name) } },
                html! { @for sum in &one.sums { div { (sum) } } },
                html! {
                    @match &one.alone {
                        Some(why) => { span.tag.tag--error { (icon::alert()) (t.t("work-alone")) } div.small { (why) } }
                        None => span.tag.tag--yes { (icon::tick()) (t.t("work-alike")) },
                    }
                },
            ]
        })
        .collect();
    let fit: Vec<&Alike> = c.cases.iter().filter(|one| one.alone.is_none()).collect();
    let title = t.with("work-together-title", &[("programme", (&c.programme).into())]);
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (crate::components::frame::back(t, &c.way.link("/work")))
            (error_summary(t, form))
            h1 { (title) }
            p.lead { (t.t("work-together-lead")) }
            (table(&title, &headings, &rows))
            @if fit.is_empty() { p { (t.t("work-together-none")) } } @else {
                form method="post" action="/work/together" {
                    (c.way.hidden())
                    @for one in &fit { (field::hidden("case", &format!("{} {}", one.case, one.revision))) }
                    (field::line(form, "words", &t.t("work-words"), Look { hint: &t.t("work-words-hint"), ..Look::default() }))
                    div.actions { button.btn type="submit" { (t.with("work-together-go", &[("count", fit.len().into())])) } }
                }
            }
        },
    )
}

/// What became of one of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Whom it is about.
    pub name: String,
    /// The page of the case.
    pub href: String,
    /// In words.
    pub words: String,
    /// Whether it was done.
    pub done: bool,
}

/// What became of each.
pub fn settled(f: &Frame, way: &Way, all: &[Settled]) -> Markup {
    let t = f.t;
    let title = t.t("work-settled-title");
    let headings = ["work-person", "state"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            vec![
                html! { a href=(one.href) { (one.name) } },
                html! {
                    @if one.done { span.tag.tag--yes { (icon::tick()) (one.words) } }
                    @else { span.tag.tag--error { (icon::alert()) (t.t("work-not-done")) } div { (one.words) } }
                },
            ]
        })
        .collect();
    page(
        f,
        &title,
        Width::Wide,
        html! {
            h1 { (title) }
            (table(&title, &headings, &rows))
            div.actions { a.btn href=(way.link("/work")) { (t.t("work-back-to-list")) } }
        },
    )
}
