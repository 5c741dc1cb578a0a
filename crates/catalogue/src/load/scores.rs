//! `scores/*.toml`: how answers become points and points a level of need, each version a file.

use rules::schema::Origin;

use super::context::Context;
use crate::model::{AnswerKind, Band, Comparison, Instrument, Question, Safety, Score, Test, Weight};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::toml_doc::{Table, document};

/// Reads all scores; instruments and protocols are known by then.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("scores", ".toml") {
        document(&source, faults, |root| score(cx, root));
    }
}

fn score(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let id = root.need_text("id");
    let version = root.need_text("version").map(|t| t.it).unwrap_or_default();
    let from = root.date("from");
    if from.is_none() && !root.has("from") {
        cx.faults.error("missing-key", &root.place("from"), "\"from\" is missing", "from = 2026-01-01", "");
    }
    let named = root.need_text("instrument");
    let weights = root.tables("weight");
    let safety = root.tables("safety");
    let bands: Vec<Band> = root.tables("band").iter().map(|table| band(cx, table, &complete)).collect();
    if let Some(pair) = bands.windows(2).find(|pair| matches!(pair, [a, b] if a.at_least >= b.at_least)) {
        let points = pair.first().map_or(0, |b| b.at_least);
        let message = format!("the band after {points} points does not begin higher");
        cx.faults.error("order", &root.place("band"), message, "bands in rising order of at_least", "");
    }
    let instrument = named.as_ref().and_then(|named| {
        let known = || cx.content.instruments.iter().map(|i| i.id.as_str());
        let found = cx.content.instruments.iter().find(|i| i.id == named.it);
        if found.is_none() {
            let message = format!("there is no instrument \"{}\"", named.it);
            cx.faults.error(
                "unknown-instrument",
                &named.at,
                message,
                one_of(known()),
                did_you_mean(&named.it, known()),
            );
        }
        found.cloned()
    });
    let reader = Reader { cx, instrument: instrument.as_ref() };
    let score = Score {
        key: format!("{}@{version}", id.as_ref().map_or("", |t| t.it.as_str())),
        weights: weights.iter().filter_map(|t| reader.weight(t)).collect(),
        safety: safety.iter().filter_map(|t| reader.safety(t, &complete)).collect(),
        name: root.need_words("name", &complete),
        illustrative: root.flag("illustrative"),
        sources: cx.checked_sources([root.ids("sources"), root.ids("source")].concat()),
        confidence: root.text("confidence").and_then(|c| cx.confidence(&c)),
        id: id.as_ref().map(|t| t.it.clone()).unwrap_or_default(),
        version,
        from: from.unwrap_or_default(),
        instrument: named.map(|t| t.it).unwrap_or_default(),
        bands,
    };
    root.finish();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    let key = score.key.clone();
    if !cx.content.scores.add(&key, score) {
        cx.twice("version of a score", &key, &id.at);
    }
}

fn band(cx: &Context<'_>, table: &Table<'_>, complete: &[kernel::Lang]) -> Band {
    let protocol = table.text("protocol");
    if let Some(named) = &protocol
        && cx.content.protocols.iter().all(|p| p.id != named.it)
    {
        let known = || cx.content.protocols.iter().map(|p| p.id.as_str());
        let message = format!("there is no protocol \"{}\"", named.it);
        cx.faults.error("unknown-protocol", &named.at, message, one_of(known()), did_you_mean(&named.it, known()));
    }
    let tier = table.text("tier");
    if let Some(named) = tier.as_ref().filter(|t| t.it != NO_TIER) {
        let known = || cx.content.protocols.iter().flat_map(|p| p.rhythms.iter().map(|r| r.tier.as_str()));
        if known().all(|k| k != named.it) {
            let message = format!("no protocol has visits for the level \"{}\"", named.it);
            cx.faults.error("unknown-tier", &named.at, message, one_of(known()), did_you_mean(&named.it, known()));
        }
    }
    let band = Band {
        at_least: table.need_number("at_least").map_or(0, |n| n as i64),
        name: table.need_words("name", complete),
        decides: protocol.is_some() || tier.is_some(),
        protocol: protocol.map(|t| t.it),
        tier: tier.map(|t| t.it).filter(|t| t != NO_TIER),
    };
    table.finish();
    band
}

/// The word for no more need than every family's.
const NO_TIER: &str = "none";

struct Reader<'a, 'c> {
    cx: &'a Context<'c>,
    instrument: Option<&'a Instrument>,
}

impl Reader<'_, '_> {
    /// The question a table names. With an unknown instrument nothing more is said.
    fn question(&self, table: &Table<'_>) -> Option<(String, Option<Question>)> {
        let named = table.text("item")?;
        let Some(instrument) = self.instrument else { return Some((named.it, None)) };
        let found = instrument.question(&named.it).cloned();
        if found.is_none() {
            let questions = instrument.questions();
            let known = || questions.iter().map(|q| q.id.as_str());
            let message = format!("the instrument has no question \"{}\"", named.it);
            self.cx.faults.error(
                "unknown-question",
                &named.at,
                message,
                one_of(known()),
                did_you_mean(&named.it, known()),
            );
        }
        Some((named.it, found))
    }

    /// `is`, `at_least`, `at_most` or `above`: exactly one, and one the question can be answered with.
    fn test(&self, table: &Table<'_>, question: Option<&Question>) -> Option<Test> {
        let compares = |key: &'static str, how| table.number(key).map(|n| Test::Compares(how, n));
        let is = table.text("is");
        let tests = [
            is.as_ref().map(|t| Test::Is(t.it.clone())),
            compares("at_least", Comparison::AtLeast),
            compares("at_most", Comparison::AtMost),
            compares("above", Comparison::Above),
        ];
        let mut named = tests.into_iter().flatten();
        let (first, second) = (named.next(), named.next());
        if second.is_some() {
            self.fault(&table.place("item"), "two conditions stand here", "one of is, at_least, at_most, above");
        }
        if let (Some(is), Some(question)) = (&is, question) {
            let fits = match &question.kind {
                AnswerKind::Boolean => matches!(is.it.as_str(), "true" | "false"),
                AnswerKind::Choice { options, .. } => options.iter().any(|o| o.code == is.it),
                _ => true,
            };
            if !fits {
                self.fault(
                    &is.at,
                    &format!("the question cannot be answered \"{}\"", is.it),
                    "an answer of the question",
                );
            }
        }
        first
    }

    fn fault(&self, at: &Origin, message: &str, expected: &str) {
        self.cx.faults.error("bad-value", at, message, expected, "");
    }

    fn weight(&self, table: &Table<'_>) -> Option<Weight> {
        let (item, question) = self.question(table)?;
        let when = self.test(table, question.as_ref());
        let points = table.number("points");
        match (&when, points, question.as_ref().map(|q| &q.kind)) {
            (None, None, Some(AnswerKind::Choice { options, .. })) if options.iter().all(|o| o.ordinal.is_some()) => {}
            (Some(_), Some(_), _) | (None, None, None) => {}
            _ => {
                let expected =
                    "is, at_least, at_most or above with points; neither where each choice has its ordinalValue";
                self.fault(&table.place("item"), "it is not said what counts how much", expected);
            }
        }
        let weight =
            Weight { item, when, points: points.map_or(0, |n| n as i64), illustrative: table.flag("illustrative") };
        table.finish();
        Some(weight)
    }

    fn safety(&self, table: &Table<'_>, complete: &[kernel::Lang]) -> Option<Safety> {
        let kind = table.need_text("kind");
        let question = self.question(table);
        let when = self.test(table, question.as_ref().and_then(|(_, q)| q.as_ref()));
        if when.is_none() {
            self.fault(&table.place("kind"), "it is not said when", "one of is, at_least, at_most, above");
        }
        let safety = Safety {
            kind: kind.map(|t| t.it).unwrap_or_default(),
            item: question.map(|(item, _)| item),
            when: when.unwrap_or(Test::Exists(true)),
            within_hours: table.count("within_hours").unwrap_or(24),
            action: table.need_words("action", complete),
        };
        table.finish();
        Some(safety)
    }
}
