//! `process.toml`, `[process]` of a programme, `holidays.csv`: how applications are worked on.

use std::ops::RangeInclusive;

use kernel::{Date, Words};
use rules::schema::{Entity, Type};

use super::context::{Context, key};
use crate::model::{
    Calendar, Consent, Counted, Form, OnHoliday, PartMonth, PaymentAccount, Process, Programme, Recovery, Stage,
};
use crate::read::fault::shown;
use crate::read::sheet::Sheet;
use crate::read::toml_doc::{Located, Table, document};

const STAGES: [(&str, Stage); 5] = [
    ("application", Stage::Application),
    ("investigation", Stage::Investigation),
    ("determination", Stage::Determination),
    ("decision", Stage::Decision),
    ("payment", Stage::Payment),
];

const PART_MONTHS: [(&str, PartMonth); 3] =
    [("whole", PartMonth::Whole), ("by_day", PartMonth::ByDay), ("nothing", PartMonth::Nothing)];

const ON_HOLIDAY: [(&str, OnHoliday); 2] = [("before", OnHoliday::Before), ("after", OnHoliday::After)];

const COUNTED: [(&str, Counted); 2] = [("days", Counted::Days), ("working_days", Counted::WorkingDays)];

const WEEKDAYS: [(&str, i8); 7] =
    [("monday", 1), ("tuesday", 2), ("wednesday", 3), ("thursday", 4), ("friday", 5), ("saturday", 6), ("sunday", 7)];

/// What takes away a number that the defaults give.
const NEVER: &str = "never";
/// Deadlines are at least a day and at most ten years; a longer one is a slip of the pen.
const DAYS: RangeInclusive<u32> = 1..=3650;

/// Reads the defaults, the consents and the calendar; all of them may be missing. Before the programmes, which build on
/// them; programmes that consents name are checked by [`bind_consents`].
pub(crate) fn read(cx: &mut Context<'_>) {
    holidays(cx);
    let Some(source) = cx.open_if_there("process.toml") else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        cx.content.calendar.weekend =
            root.texts("weekend").iter().filter_map(|day| cx.choice(day, &WEEKDAYS)).collect();
        for table in root.tables("consent") {
            consent(cx, &table);
            table.finish();
        }
        if let Some(table) = root.table("payment_account") {
            cx.content.payment_account = payment_account(cx, &table, Form::Cash);
            table.finish();
        }
        if let Some(table) = root.table("voucher_account") {
            cx.content.voucher_account = payment_account(cx, &table, Form::Voucher);
            table.finish();
        }
        if let Some(table) = root.table("defaults") {
            cx.content.process = process(cx, &table);
        }
    });
}

/// The process of one programme: the defaults with what its file says over them.
pub(crate) fn of_programme(cx: &Context<'_>, root: &Table<'_>) -> Process {
    root.table("process").map_or_else(|| cx.content.process.clone(), |table| process(cx, &table))
}

fn process(cx: &Context<'_>, table: &Table<'_>) -> Process {
    let complete = cx.complete();
    let mut it = cx.content.process.clone();
    put(&mut it.law, table.text("law").map(|t| t.it));
    put(&mut it.stages, stages(cx, table));
    put(&mut it.automatic, table.maybe_flag("automatic"));
    put(&mut it.four_eyes_over, or_never(table, "four_eyes_over", |key| table.sum(key, cx.content.manifest.currency)));
    put(&mut it.four_eyes_on_denial, table.maybe_flag("four_eyes_on_denial"));
    put(&mut it.decision_days, number(cx, table, "decision_days", DAYS));
    let days = |key| or_never(table, key, |key| number(cx, table, key, DAYS));
    put(&mut it.decision_days_extended, days("decision_days_extended"));
    put(&mut it.reply_days, number(cx, table, "reply_days", DAYS));
    put(&mut it.reply_counted, table.text("reply_counted").and_then(|t| cx.choice(&t, &COUNTED)));
    put(&mut it.hearing_days, number(cx, table, "hearing_days", DAYS));
    put(&mut it.supplement_days, number(cx, table, "supplement_days", DAYS));
    put(&mut it.objection_days, number(cx, table, "objection_days", DAYS));
    put(&mut it.review_days, number(cx, table, "review_days", DAYS));
    put(&mut it.second_review_days, days("second_review_days"));
    put(&mut it.first_review, reviewer(cx, table, "first_review", "objection_to"));
    put(&mut it.second_review, reviewer(cx, table, "second_review", "second_objection_to"));
    put(&mut it.first_month, table.text("first_month").and_then(|t| cx.choice(&t, &PART_MONTHS)));
    put(&mut it.last_month, table.text("last_month").and_then(|t| cx.choice(&t, &PART_MONTHS)));
    let pay_day = or_never(table, "pay_day", |key| number(cx, table, key, 1..=28));
    put(&mut it.pay_day, pay_day.map(|day| day.and_then(|d| u8::try_from(d).ok())));
    put(&mut it.pay_on_holiday, table.text("pay_on_holiday").and_then(|t| cx.choice(&t, &ON_HOLIDAY)));
    put(&mut it.pay_within_days, number(cx, table, "pay_within_days", 0..=365));
    put(&mut it.reminder_days, number(cx, table, "reminder_days", DAYS));
    if let Some(recovery) = table.table("recovery") {
        read_recovery(cx, &recovery, &mut it.recovery);
    }
    let words = |key| table.words(key, &complete).map(Some);
    put(&mut it.objection_to, words("objection_to"));
    put(&mut it.second_objection_to, words("second_objection_to"));
    put(&mut it.note, words("note"));
    for id in table.texts("consents") {
        cx.check_consent(&id);
        it.consents.push(id.it);
    }
    let sources = cx.checked_sources([table.ids("sources"), table.ids("source")].concat());
    put(&mut it.sources, (!sources.is_empty()).then_some(sources));
    put(&mut it.confidence, table.text("confidence").map(|c| cx.confidence(&c)));
    illustrative(cx, table, &mut it.illustrative);
    check_extension(cx, table, &it);
    if table.has("second_review") && it.second_review_days.is_none() {
        let message = "there is no second objection that an agency could review";
        let expected = "\"second_review_days\", or no \"second_review\"";
        cx.faults.error("bad-value", &table.place("second_review"), message, expected, "");
    }
    table.finish();
    it
}

/// The agency that reviews objections, where it is not the usual one. The notice then has to name it in words, too: those it
/// would else inherit name another office.
fn reviewer(cx: &Context<'_>, table: &Table<'_>, key: &'static str, words: &'static str) -> Option<Option<String>> {
    let agency = table.text(key)?;
    cx.check_agency(&agency);
    if !table.has(words) {
        let message = format!("\"{key}\" names who reviews, and \"{words}\" does not say it to the family here");
        let hint = "every notice tells to which office one may object";
        cx.faults.error("missing-key", &agency.at, message, format!("\"{words}\" beside it, in each language"), hint);
    }
    Some(Some(agency.it))
}

/// The keys whose values are the authors' own, beside those of the defaults.
fn illustrative(cx: &Context<'_>, table: &Table<'_>, into: &mut Vec<String>) {
    let keys: Vec<String> = match serde_json::to_value(Process::default()) {
        Ok(serde_json::Value::Object(keys)) => keys.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let choices: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), key.as_str())).collect();
    for key in table.texts("illustrative") {
        let Some(key) = cx.choice(&key, &choices) else { continue };
        if !into.iter().any(|k| k == key) {
            into.push(key.to_owned());
        }
    }
}

fn put<T>(field: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *field = said;
    }
}

/// `None`: nothing said; `Some(None)`: never.
fn or_never<T>(
    table: &Table<'_>,
    key: &'static str,
    read: impl FnOnce(&'static str) -> Option<T>,
) -> Option<Option<T>> {
    if table.says(key, NEVER) { Some(None) } else { read(key).map(Some) }
}

/// A whole number within bounds.
fn number(cx: &Context<'_>, table: &Table<'_>, key: &'static str, bounds: RangeInclusive<u32>) -> Option<u32> {
    let found = table.count(key)?;
    if bounds.contains(&found) {
        return Some(found);
    }
    let message = format!("\"{key}\" is {found}");
    let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
    let hint = match key {
        "pay_day" => "28 is in every month; a later day is not",
        "set_off_percent" => "100 is the whole payment",
        _ => "",
    };
    cx.faults.error("bad-value", &table.place(key), message, expected, hint);
    None
}

/// The stages in their order, each once.
fn stages(cx: &Context<'_>, table: &Table<'_>) -> Option<Vec<Stage>> {
    let mut out = Vec::new();
    for text in table.texts("stages") {
        let Some(stage) = cx.choice(&text, &STAGES) else { continue };
        if out.last().is_some_and(|before| stage <= *before) {
            let message = format!("\"{}\" stands here out of its turn", shown(&text.it));
            let expected = STAGES.map(|(word, _)| word).join(", ");
            cx.faults.error("bad-value", &text.at, message, expected, "each stage once, in this order");
            continue;
        }
        out.push(stage);
    }
    if out.is_empty() && table.has("stages") {
        let message = "a programme without any stage cannot be worked on";
        cx.faults.error(
            "bad-value",
            &table.place("stages"),
            message,
            "at least one stage",
            "leave the line out for all",
        );
    }
    check_stages(cx, table, &out);
    (!out.is_empty()).then_some(out)
}

/// A case begins with an application, and a decision of ours rests on a determination of ours.
fn check_stages(cx: &Context<'_>, table: &Table<'_>, stages: &[Stage]) {
    let has = |stage| stages.contains(&stage);
    let (message, expected) = if stages.is_empty() {
        return;
    } else if !has(Stage::Application) {
        ("the process has no application, so no case would ever begin", "\"application\" first")
    } else if has(Stage::Decision) && !has(Stage::Determination) {
        ("the process decides without a determination to rest on", "\"determination\" before \"decision\"")
    } else {
        return;
    };
    let hint = "a ministry that brings its own stage leaves ours out and sends its result: docs/stages.md";
    cx.faults.error("bad-value", &table.place("stages"), message, expected, hint);
}

fn read_recovery(cx: &Context<'_>, table: &Table<'_>, recovery: &mut Recovery) {
    let percent = number(cx, table, "set_off_percent", 0..=100).and_then(|n| u8::try_from(n).ok());
    put(&mut recovery.set_off_percent, percent);
    put(&mut recovery.most_instalments, number(cx, table, "most_instalments", 1..=600));
    put(&mut recovery.waive_up_to_minor, table.sum("waive_up_to", cx.content.manifest.currency));
    table.finish();
}

/// The longer time for a decision is longer.
fn check_extension(cx: &Context<'_>, table: &Table<'_>, it: &Process) {
    let Some(extended) = it.decision_days_extended.filter(|days| *days < it.decision_days) else { return };
    let key = if table.has("decision_days_extended") { "decision_days_extended" } else { "decision_days" };
    let message = format!("the longer time, {extended} days, is shorter than the {} days it extends", it.decision_days);
    let expected = format!("{} days or more, or \"{NEVER}\"", it.decision_days);
    cx.faults.error("bad-value", &table.place(key), message, expected, "");
}

/// Which item says where money or a voucher goes, and what such an account looks like in this country.
fn payment_account(cx: &Context<'_>, table: &Table<'_>, form: Form) -> Option<PaymentAccount> {
    let item = table.need_text("item");
    let banks = table.need_text("banks");
    let digits = |key, otherwise| number(cx, table, key, 4..=34).unwrap_or(otherwise);
    let (least_digits, most_digits) = (digits("least_digits", 4), digits("most_digits", 34));
    let own_from_age = number(cx, table, "own_from_age", 0..=30).unwrap_or_default();
    let iban = table.text("iban");
    if let Some(text) = iban.as_ref().filter(|t| t.it.len() != 2 || !t.it.bytes().all(|b| b.is_ascii_uppercase())) {
        let message = format!("\"{}\" is no country of an IBAN", shown(&text.it));
        cx.faults.error("bad-value", &text.at, message, "two capital letters of ISO 3166, such as KZ", "");
    }
    let holder_is_payee = table.flag("holder_is_payee");
    let law = table.need_text("law").map(|t| t.it).unwrap_or_default();
    let sources = cx.checked_sources([table.ids("sources"), table.ids("source")].concat());
    let confidence = table.text("confidence").and_then(|c| cx.confidence(&c));
    if most_digits < least_digits {
        let message = format!("\"most_digits\" is {most_digits}, fewer than \"least_digits\"");
        cx.faults.error("bad-value", &table.place("most_digits"), message, format!("{least_digits} or more"), "");
    }
    let (item, banks) = (item?, banks?);
    cx.check_code_list(&banks);
    cx.check_item(&item);
    let known = cx.content.items.get(&key(Entity::Person, &item.it));
    if known.is_some_and(|i| i.ty != Type::Text || i.owner.is_some() || i.ask.is_none()) {
        let message = format!("\"{}\" cannot be the account money goes to", shown(&item.it));
        let expected = "an item of a person, of type text, owned by self, with the question put to the person";
        cx.faults.error("bad-value", &item.at, message, expected, "");
    }
    Some(PaymentAccount {
        form,
        item: item.it,
        banks: banks.it,
        least_digits,
        most_digits,
        iban: iban.map(|t| t.it),
        own_from_age,
        holder_is_payee,
        law,
        sources,
        confidence,
    })
}

fn consent(cx: &mut Context<'_>, table: &Table<'_>) {
    let complete = cx.complete();
    let id = table.need_text("id");
    let law = table.need_text("law").map(|t| t.it).unwrap_or_default();
    let words = table.need_words("words", &complete);
    let all_members = table.flag("all_members");
    let programmes = table.texts("programmes");
    let item = table.text("item");
    if let Some(item) = &item {
        cx.check_item(item);
    }
    let covers = table.texts("covers");
    covers.iter().for_each(|agency| cx.check_agency(agency));
    if let (Some(agency), None) = (covers.first(), &item) {
        let message = "a consent that opens an agency has no item by which it is asked for";
        let hint = "name an item of a person, of type boolean, owned by self: item = \"…_consent\"";
        cx.faults.error("missing-key", &agency.at, message, "item", hint);
    }
    let from_age = number(cx, table, "from_age", 0..=120).and_then(|n| u8::try_from(n).ok());
    if let (Some(agency), true, None) = (covers.first(), all_members, from_age) {
        let message = "a consent of all grown members that opens an agency does not say from which age they are grown";
        cx.faults.error("missing-key", &agency.at, message, "from_age = 19", "");
    }
    let sources = cx.checked_sources([table.ids("sources"), table.ids("source")].concat());
    let confidence = table.text("confidence").and_then(|c| cx.confidence(&c));
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    let ids = programmes.iter().map(|p| p.it.clone()).collect();
    let item = item.map(|t| t.it);
    let covers = covers.into_iter().map(|agency| agency.it).collect();
    let id_of = id.it.clone();
    let consent =
        Consent { id: id_of, law, words, all_members, programmes: ids, item, covers, from_age, sources, confidence };
    if !cx.content.consents.add(&id.it, consent) {
        return cx.twice("consent", &id.it, &id.at);
    }
    cx.named_by_consents.extend(programmes);
}

/// Checks the programmes that consents name, and gives each programme's process the consents it needs, in the order of the
/// file. A programme that is left out needs none.
pub(crate) fn bind_consents(cx: &mut Context<'_>, found: Vec<(String, Process)>) {
    let named: Vec<Located<String>> = std::mem::take(&mut cx.named_by_consents);
    named.iter().for_each(|id| cx.check_programme(id));
    for (id, mut process) in found {
        let Some(programme) = cx.content.programmes.get(&id) else { continue };
        let own = std::mem::take(&mut process.consents);
        let needed = cx.content.consents.iter().filter(|c| own.contains(&c.id) || needs(programme, c));
        process.consents = needed.map(|c| c.id.clone()).collect();
        cx.content.processes.add(&id, process);
    }
}

fn needs(programme: &Programme, consent: &Consent) -> bool {
    let asks = |item: &String| programme.versions.iter().flat_map(|v| &v.claim).any(|c| c.evidence.contains(item));
    consent.programmes.contains(&programme.id) || consent.item.as_ref().is_some_and(asks)
}

/// `holidays.csv`: `date,name_…,source,confidence`
fn holidays(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("holidays.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["date", "source"]);
    sheet.words_columns("name", &complete, true);
    sheet.may_have(&["confidence"]);
    sheet.finish();
    for line in sheet.lines() {
        let name: Words = line.words("name", &complete);
        let _sources = cx.checked_sources(line.ids("source"));
        let _confidence = cx.confidence(&line.located("confidence"));
        let Some(day) = line.need("date").and_then(|_| line.date("date")) else { continue };
        if cx.content.calendar.add(day, name) {
            continue;
        }
        cx.twice("holiday", &day.to_string(), &line.place("date"));
    }
}

impl Calendar {
    /// Adds a holiday; `false` when the day is one already.
    fn add(&mut self, day: Date, name: Words) -> bool {
        let Err(place) = self.holidays.binary_search(&day) else { return false };
        self.holidays.insert(place, day);
        self.names.insert(day, name);
        true
    }
}
