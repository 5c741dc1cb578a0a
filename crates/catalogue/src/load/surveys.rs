//! `surveys/*.toml`: which families are asked when how it went. Instruments and protocols are known by then.

use kernel::Lang;
use rules::schema::Origin;

use super::context::Context;
use crate::model::{After, AnswerKind, Choice, Instrument, Survey, SurveyMeasure, SurveyPoint, SurveyWave};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::toml_doc::{Located, Table, document};

/// A message to a phone has no more characters than this, its link apart.
const MOST_CHARACTERS: usize = 300;
/// Fewer than this would tell of single families.
const FEWEST: u32 = 3;
/// School age is the last at which anybody is asked.
const MONTHS: u32 = 84;
const DAYS: u32 = 2_600;

/// Reads all surveys.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("surveys", ".toml") {
        document(&source, faults, |root| survey(cx, root));
    }
}

fn survey(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let id = root.need_text("id");
    let reader = Reader { cx, complete: &complete };
    let waves: Vec<SurveyWave> = root.tables("wave").iter().filter_map(|t| reader.wave(t)).collect();
    let measures = root.tables("measure").iter().filter_map(|t| reader.measure(t, &waves)).collect();
    for wave in &waves {
        for other in wave.unless.iter().filter(|u| waves.iter().all(|w| w.id != **u)) {
            let known = || waves.iter().map(|w| w.id.as_str());
            let message = format!("there is no wave \"{other}\"");
            cx.faults.error(
                "unknown-wave",
                &root.place("wave"),
                message,
                one_of(known()),
                did_you_mean(other, known()),
            );
        }
    }
    if let Some(twice) = twice(waves.iter().map(|w| w.id.as_str())) {
        cx.twice("wave", &twice, &root.place("wave"));
    }
    let below = root.count("suppress_below").unwrap_or(0);
    if below < FEWEST {
        let message = format!("answers of fewer than {below} families would be told, and tell of single ones");
        let expected = format!("suppress_below = {FEWEST} or more");
        cx.faults.error("out-of-range", &root.place("suppress_below"), message, expected, "");
    }
    let survey = Survey {
        name: root.need_words("name", &complete),
        law: root.need_text("law").map(|t| t.it).unwrap_or_default(),
        suppress_below: below,
        measures,
        sources: cx.checked_sources([root.ids("sources"), root.ids("source")].concat()),
        confidence: root.text("confidence").and_then(|c| cx.confidence(&c)),
        id: id.as_ref().map(|t| t.it.clone()).unwrap_or_default(),
        waves,
    };
    root.finish();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    if let Some(twice) = twice(survey.measures.iter().map(|m| m.id.as_str())) {
        cx.twice("measure", &twice, &root.place("measure"));
    }
    if !cx.content.surveys.add(&id.it, survey) {
        cx.twice("survey", &id.it, &id.at);
    }
}

fn twice<'a>(ids: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = std::collections::HashSet::new();
    ids.filter(|id| !seen.insert(*id)).map(str::to_owned).next()
}

struct Reader<'a, 'c> {
    cx: &'a Context<'c>,
    complete: &'a [Lang],
}

impl Reader<'_, '_> {
    fn fault(&self, code: &'static str, at: &Origin, message: String, expected: &str) {
        self.cx.faults.error(code, at, message, expected, "");
    }

    fn id(&self, table: &Table<'_>) -> Option<String> {
        let id = table.need_text("id")?;
        self.cx.check_id(&id.it, &id.at);
        Some(id.it)
    }

    fn wave(&self, table: &Table<'_>) -> Option<SurveyWave> {
        let id = self.id(table);
        let visits = self.visits(table);
        let after = table.need_text("after").and_then(|word| {
            let words = [("visit", 0), ("birth", 1), ("exit", 2)];
            self.cx.choice(&word, &words).map(|which| match which {
                0 => SurveyPoint::Visit(visits.clone()),
                1 => SurveyPoint::Birth,
                _ => SurveyPoint::Exit,
            })
        });
        if after.as_ref().is_some_and(|a| matches!(a, SurveyPoint::Visit(_)) != table.has("visits")) {
            let message = "it is not said after which visits".to_owned();
            self.fault(
                "missing-key",
                &table.place("visits"),
                message,
                "visits = [\"…\"] where, and only where, after = \"visit\"",
            );
        }
        let opens = self.after(table, ("opens_days", "opens_months"));
        let closes = self.after(table, ("closes_days", "closes_months"));
        if let (Some(opens), Some(closes)) = (opens, closes)
            && rough(closes) < rough(opens)
        {
            self.fault(
                "order",
                &table.place("after"),
                "it closes before it opens".to_owned(),
                "closes_… not below opens_…",
            );
        }
        let instrument = table.need_text("instrument");
        instrument.iter().for_each(|named| self.instrument(named));
        let message = table.need_words("message", self.complete);
        if self.complete.iter().any(|lang| message.get(*lang).chars().count() > MOST_CHARACTERS) {
            let expected = format!("at most {MOST_CHARACTERS} characters");
            self.fault("too-long", &table.place("message"), "the message is too long".to_owned(), &expected);
        }
        let wave = SurveyWave {
            id: id.unwrap_or_default(),
            name: table.need_words("name", self.complete),
            instrument: instrument.map(|t| t.it).unwrap_or_default(),
            after: after?,
            opens: opens?,
            closes: closes?,
            unless: table.texts("unless").into_iter().map(|t| t.it).collect(),
            message,
            illustrative: table.flag("illustrative"),
        };
        table.finish();
        Some(wave)
    }

    /// Visits of any protocol.
    fn visits(&self, table: &Table<'_>) -> Vec<String> {
        let protocols = &self.cx.content.protocols;
        let visits = || protocols.iter().flat_map(|p| p.visits.iter().map(|v| v.id.as_str()));
        let known = || visits().chain(protocols.iter().flat_map(|p| p.rhythms.iter().map(|r| r.id.as_str())));
        let named = table.texts("visits");
        for visit in named.iter().filter(|v| known().all(|k| k != v.it)) {
            let message = format!("no protocol has a visit \"{}\"", visit.it);
            let hint = did_you_mean(&visit.it, known());
            self.cx.faults.error("unknown-visit", &visit.at, message, one_of(known()), hint);
        }
        named.into_iter().map(|t| t.it).collect()
    }

    fn after(&self, table: &Table<'_>, (days, months): (&'static str, &'static str)) -> Option<After> {
        let found = match (table.count(days), table.count(months)) {
            (Some(n), None) if n <= DAYS => Some(After::Days(n)),
            (None, Some(n)) if n <= MONTHS => Some(After::Months(n)),
            _ => None,
        };
        if found.is_none() {
            let expected = format!("{days}, up to {DAYS}, or {months}, up to {MONTHS}");
            self.fault("one-day", &table.place("after"), "no day is named, or two are".to_owned(), &expected);
        }
        found
    }

    /// The latest version of what is asked must be one that people answer alone, and safely so on a shared phone.
    fn instrument(&self, named: &Located<String>) {
        let all = &self.cx.content.instruments;
        let Some(found) = all.iter().filter(|i| i.id == named.it).max_by(|a, b| a.version.cmp(&b.version)) else {
            let known = || all.iter().map(|i| i.id.as_str());
            let message = format!("there is no instrument \"{}\"", named.it);
            let hint = did_you_mean(&named.it, known());
            return self.cx.faults.error("unknown-instrument", &named.at, message, one_of(known()), hint);
        };
        if found.alone_only || !found.self_filled {
            let message = format!("\"{}\" is not for people to answer alone on their phone", named.it);
            self.fault(
                "not-alone",
                &named.at,
                message,
                "an instrument with urn:hearth:self-filled and without urn:hearth:alone-only",
            );
        }
    }

    /// Every instrument of the waves that has one of the questions must have them all, and count up to the highest.
    fn measure(&self, table: &Table<'_>, waves: &[SurveyWave]) -> Option<SurveyMeasure> {
        let id = self.id(table);
        let name = table.need_words("name", self.complete);
        let items = table.texts("items");
        let highest = table.count("highest").unwrap_or(0);
        let asked: Vec<&Instrument> =
            self.cx.content.instruments.iter().filter(|i| waves.iter().any(|w| w.instrument == i.id)).collect();
        let has = |i: &&&Instrument| items.iter().any(|item| i.question(&item.it).is_some());
        let having: Vec<&&Instrument> = asked.iter().filter(has).collect();
        for item in items.iter().filter(|item| having.iter().all(|i| i.question(&item.it).is_none())) {
            let message = format!("no instrument of a wave has the question \"{}\"", item.it);
            self.fault("unknown-question", &item.at, message, "link ids of one of them");
        }
        for instrument in having {
            let most: Option<i64> = items.iter().map(|item| most(instrument, &item.it)).sum();
            if most != Some(i64::from(highest)) {
                let message = format!(
                    "the questions of {} add up to {}",
                    instrument.key,
                    most.map_or_else(|| "nothing: one is no choice with values".to_owned(), |n| n.to_string())
                );
                self.fault(
                    "highest",
                    &table.place("highest"),
                    message,
                    &format!("highest = {highest}, of choices with ordinalValue"),
                );
            }
        }
        let measure = SurveyMeasure { id: id?, name, items: items.into_iter().map(|t| t.it).collect(), highest };
        table.finish();
        Some(measure)
    }
}

/// The most that one answer counts; `None` where it is no choice of values.
fn most(instrument: &Instrument, item: &str) -> Option<i64> {
    let AnswerKind::Choice { options, many: false } = &instrument.question(item)?.kind else { return None };
    let values: Option<Vec<i64>> = options.iter().map(|o: &Choice| o.ordinal).collect();
    values?.into_iter().max()
}

/// Days, near enough for comparison.
fn rough(after: After) -> u32 {
    match after {
        After::Days(n) => n,
        After::Months(n) => n * 30,
    }
}
