//! `indicators.toml`: what is counted of home visiting. May be missing. Instruments and protocols are known by then.

use std::collections::HashSet;

use kernel::Lang;

use super::context::Context;
use super::measures::{self, of_household, times_a_year};
use crate::model::{
    AnswerKind, Better, Cadence, CareLevel, Costs, Incomes, Indicator, Indicators, Instrument, Measure, PlacePart,
    Question, Shape, Unit,
};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::sheet::Sheet;
use crate::read::toml_doc::{Located, Table, document};

/// Fewer than this would tell of single families.
const FEWEST: u32 = 3;
/// A year after the end nothing is written down any more.
const SETTLE: u32 = 366;
/// Two bits for each are kept with a visit.
const MOST_ASKED: usize = 32;
/// What is asked of answers and topics, and how many months a child can have.
const MONTHS: u32 = 84;
const DAYS: u32 = 1_000;

/// Reads it.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("indicators.toml") else { return };
    let complete = cx.complete();
    cx.content.indicators = document(&source, cx.faults, |root| Reader { cx, complete: &complete }.all(root));
}

/// `map.csv`: outlines of places. May be missing. Places are known by then.
pub(crate) fn shapes(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("map.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["place", "points"]);
    sheet.may_have(&["illustrative"]);
    sheet.finish();
    for line in sheet.lines() {
        let place = line.located("place");
        cx.check_place(&place);
        let points = line.get("points").split_whitespace().map(point).collect::<Option<Vec<_>>>();
        let Some(points) = points.filter(|p| (3..=500).contains(&p.len())) else {
            line.bad("points", "this is no outline", "3 to 500 corners such as \"0,0 4,0 4,4\", each from 0 to 10000");
            continue;
        };
        let shape = Shape { place: place.it.clone(), points, illustrative: line.get("illustrative") == "true" };
        if !cx.content.shapes.add(&place.it, shape) {
            cx.twice("place", &place.it, &place.at);
        }
    }
}

fn point(text: &str) -> Option<(i32, i32)> {
    let (x, y) = text.split_once(',')?;
    let part = |text: &str| text.parse().ok().filter(|n| (0..=10_000).contains(n));
    Some((part(x)?, part(y)?))
}

struct Reader<'a, 'c> {
    cx: &'a Context<'c>,
    complete: &'a [Lang],
}

impl Reader<'_, '_> {
    fn all(&self, root: &Table<'_>) -> Indicators {
        let levels = root.tables("level");
        let levels: Vec<CareLevel> = levels.iter().map(|t| self.level(t)).collect();
        let incomes = root.table("income").and_then(|t| self.incomes(&t));
        let costs = root.table("costs").map(|t| self.costs(&t));
        let tables = root.tables("indicator");
        let all: Vec<Indicator> = tables.iter().filter_map(|t| self.indicator(t, &levels, costs.as_ref())).collect();
        self.once(root, "level", levels.iter().map(|l| l.id.as_str()));
        self.once(root, "indicator", all.iter().map(|i| i.id.as_str()));
        let asked = |i: &&Indicator| {
            matches!(i.measure, Measure::Answered { .. } | Measure::Screened { .. } | Measure::Topic { .. })
        };
        if all.iter().filter(asked).count() > MOST_ASKED {
            let expected = format!("at most {MOST_ASKED} with measure = \"answered\", \"screened\" or \"topic\"");
            self.cx.faults.error("too-many", &root.place("indicator"), "too many indicators of answers", expected, "");
        }
        let below = root.count("suppress_below").unwrap_or(0);
        if below < FEWEST {
            let message = format!("figures of fewer than {below} families would be told, and tell of single ones");
            let expected = format!("suppress_below = {FEWEST} or more");
            self.cx.faults.error("out-of-range", &root.place("suppress_below"), message, expected, "");
        }
        let read = Indicators {
            law: root.need_text("law").map(|t| t.it).unwrap_or_default(),
            suppress_below: below,
            settle_days: self.number(root, "settle_days", SETTLE),
            sources: self.cx.checked_sources(root.ids("sources")),
            parts: self.parts(root),
            levels,
            incomes,
            costs,
            all,
        };
        root.finish();
        read
    }

    fn once<'i>(&self, root: &Table<'_>, what: &'static str, ids: impl Iterator<Item = &'i str>) {
        let mut seen = HashSet::new();
        for id in ids.filter(|id| !id.is_empty() && !seen.insert(*id)) {
            self.cx.twice(what, id, &root.place(what));
        }
    }

    fn fault(&self, code: &'static str, table: &Table<'_>, key: &str, message: String, expected: &str) {
        self.cx.faults.error(code, &table.place(key), message, expected, "");
    }

    /// One of the known, or a fault with what is known.
    fn known<'k>(&self, named: &Located<String>, what: &str, known: impl Iterator<Item = &'k str> + Clone) -> bool {
        let found = known.clone().any(|k| k == named.it);
        if !found {
            let message = format!("there is no {what} \"{}\"", named.it);
            let hint = did_you_mean(&named.it, known.clone());
            self.cx.faults.error("unknown-id", &named.at, message, one_of(known), hint);
        }
        found
    }

    /// A number from 1 to `most` that must be there.
    fn number(&self, table: &Table<'_>, key: &'static str, most: u32) -> u32 {
        let found = table.count(key).filter(|n| (1..=most).contains(n));
        if found.is_none() {
            let message = format!("{key} is missing or out of range");
            self.fault("out-of-range", table, key, message, &format!("{key} = 1 to {most}"));
        }
        found.unwrap_or(1)
    }

    fn id(&self, table: &Table<'_>) -> String {
        let id = table.need_text("id");
        id.iter().for_each(|id| self.cx.check_id(&id.it, &id.at));
        id.map(|t| t.it).unwrap_or_default()
    }

    fn level(&self, table: &Table<'_>) -> CareLevel {
        let protocol = table.need_text("protocol");
        let tier = table.text("tier");
        let protocols = &self.cx.content.protocols;
        if let Some(named) = &protocol
            && self.known(named, "protocol", protocols.iter().map(|p| p.id.as_str()))
            && let Some(tier) = &tier
        {
            let of = protocols.iter().filter(|p| p.id == named.it);
            self.known(tier, "level of need", of.flat_map(|p| p.rhythms.iter().map(|r| r.tier.as_str())));
        }
        let read = CareLevel {
            id: self.id(table),
            name: table.need_words("name", self.complete),
            protocol: protocol.map(|t| t.it).unwrap_or_default(),
            tier: tier.map(|t| t.it),
        };
        table.finish();
        read
    }

    fn parts(&self, root: &Table<'_>) -> Vec<PlacePart> {
        let part = |t: &Table<'_>| {
            let item = t.need_text("item");
            item.iter().for_each(|item| self.cx.check_item(item));
            let read = PlacePart {
                id: self.id(t),
                name: t.need_words("name", self.complete),
                item: item.map(|t| t.it).unwrap_or_default(),
                is: t.need_text("is").map(|t| t.it).unwrap_or_default(),
            };
            t.finish();
            read
        };
        let all: Vec<PlacePart> = root.tables("part").iter().map(part).collect();
        self.once(root, "part", all.iter().map(|p| p.id.as_str()));
        all
    }

    fn incomes(&self, table: &Table<'_>) -> Option<Incomes> {
        let fits = |ty: &rules::schema::Type| times_a_year(ty).is_some();
        let value = table.need_text("value").and_then(|t| of_household(self.cx, &t, "money a month or a year", fits));
        let currency = self.cx.content.manifest.currency;
        let bounds = ["first", "second", "third", "fourth"].map(|key| table.sum(key, currency));
        let rising = |all: &[Option<i64>]| all.iter().all(Option::is_some) && all.is_sorted_by(|a, b| a < b);
        if !rising(&bounds) {
            let message = "the fifths need their four upper bounds, each above the one before".to_owned();
            self.fault(
                "order",
                table,
                "first",
                message,
                "first, second, third, fourth: rising sums a year of one person alone",
            );
        }
        let scale = measures::scale(self.cx, table);
        let (sources, illustrative) = (self.cx.checked_sources(table.ids("sources")), table.flag("illustrative"));
        table.finish();
        let (value, ty) = value?;
        let [first, second, third, fourth] = bounds;
        let bounds = [first?, second?, third?, fourth?];
        Some(Incomes { value, times_a_year: times_a_year(&ty)?, bounds, scale, sources, illustrative })
    }

    fn costs(&self, table: &Table<'_>) -> Costs {
        let currency = self.cx.content.manifest.currency;
        let sum = |key: &'static str| {
            let found = table.sum(key, currency);
            if found.is_none() && !table.has(key) {
                self.fault("missing-key", table, key, format!("{key} is missing"), "a sum in the currency's own unit");
            }
            found.unwrap_or(0)
        };
        let benefit = table.sum("benefit_low", currency).zip(table.sum("benefit_high", currency));
        let halves = table.has("benefit_low") != table.has("benefit_high");
        if halves || benefit.is_some_and(|(low, high)| low > high) {
            let message = "a benefit needs its lowest and its highest value".to_owned();
            self.fault("order", table, "benefit_low", message, "benefit_low, not above benefit_high, or neither");
        }
        let read = Costs {
            hour: sum("hour"),
            each: sum("each"),
            extra_minutes: table.count("extra_minutes").unwrap_or(0).min(600),
            usual_minutes: self.number(table, "usual_minutes", 600),
            benefit,
            note: table.need_words("note", self.complete),
            sources: self.cx.checked_sources(table.ids("sources")),
            illustrative: table.flag("illustrative"),
        };
        table.finish();
        read
    }

    fn indicator(&self, table: &Table<'_>, levels: &[CareLevel], costs: Option<&Costs>) -> Option<Indicator> {
        let id = self.id(table);
        let measure = self.measure(table, levels);
        let unit = table.need_text("unit").and_then(|word| self.cx.choice(&word, &Unit::ALL));
        let per = table.need_text("per").and_then(|word| self.cx.choice(&word, &Cadence::ALL));
        let better = [("higher", Better::Higher), ("lower", Better::Lower)];
        let assumed = measure.as_ref().is_some_and(Measure::is_assumed);
        let worth = matches!(measure, Some(Measure::BenefitForCost { .. }));
        if (assumed && costs.is_none()) || (worth && costs.is_some_and(|c| c.benefit.is_none())) {
            let message = "nothing is said about what a visit costs, or what it is worth".to_owned();
            self.fault("missing-key", table, "measure", message, "a table [costs], with benefit_low and benefit_high");
        }
        if let (Some(measure), Some(unit)) = (&measure, unit) {
            let fits = match measure {
                Measure::CostPerVisit | Measure::CostPerFamily => unit == Unit::Money,
                Measure::FamiliesPerNurse { .. } | Measure::BenefitForCost { .. } => unit == Unit::Mean,
                _ => matches!(unit, Unit::Percent | Unit::PerThousand),
            };
            if !fits {
                let message = "this measure is not written in this unit".to_owned();
                let expected = "money for costs, mean for ratios, percent or per_thousand for shares";
                self.fault("bad-value", table, "unit", message, expected);
            }
        }
        let read = Indicator {
            id,
            name: table.need_words("name", self.complete),
            numerator: table.need_words("numerator", self.complete),
            denominator: table.need_words("denominator", self.complete),
            better: table.text("better").and_then(|word| self.cx.choice(&word, &better)),
            sources: self.cx.checked_sources(table.ids("sources")),
            illustrative: table.flag("illustrative"),
            measure: measure?,
            unit: unit?,
            per: per?,
        };
        table.finish();
        Some(read)
    }

    fn measure(&self, table: &Table<'_>, levels: &[CareLevel]) -> Option<Measure> {
        let word = table.need_text("measure")?;
        const WORDS: [&str; 16] = [
            "visited_after_birth",
            "first_visit_on_time",
            "dose_reached",
            "at_level",
            "moved_up",
            "moved_down",
            "answered",
            "screened",
            "topic",
            "referral_completed",
            "families_per_nurse",
            "died",
            "cost_per_visit",
            "cost_per_family",
            "benefit_for_cost_low",
            "benefit_for_cost_high",
        ];
        let within = || self.number(table, "within_days", DAYS);
        Some(match word.it.as_str() {
            "visited_after_birth" => Measure::VisitedAfterBirth { within_days: within() },
            "first_visit_on_time" => Measure::FirstVisitOnTime { within_days: within() },
            "dose_reached" => Measure::DoseReached,
            "at_level" => Measure::AtLevel { level: self.place(table, levels)? },
            "moved_up" => Measure::Moved { up: true },
            "moved_down" => Measure::Moved { up: false },
            "answered" => self.answered(table)?,
            "screened" => self.screened(table)?,
            "topic" => self.topic(table)?,
            "referral_completed" => Measure::ReferralCompleted { within_days: within() },
            "families_per_nurse" if table.has("level") => {
                Measure::FamiliesPerNurse { from_level: self.place(table, levels)? }
            }
            "families_per_nurse" => Measure::FamiliesPerNurse { from_level: 0 },
            "died" => Measure::Died { before_months: self.number(table, "before_months", MONTHS) },
            "cost_per_visit" => Measure::CostPerVisit,
            "cost_per_family" => Measure::CostPerFamily,
            "benefit_for_cost_low" => Measure::BenefitForCost { high: false, from_level: self.place(table, levels)? },
            "benefit_for_cost_high" => Measure::BenefitForCost { high: true, from_level: self.place(table, levels)? },
            _ => {
                self.known(&word, "measure", WORDS.into_iter());
                return None;
            }
        })
    }

    fn place(&self, table: &Table<'_>, levels: &[CareLevel]) -> Option<usize> {
        let named = table.need_text("level")?;
        self.known(&named, "level", levels.iter().map(|l| l.id.as_str()));
        levels.iter().position(|l| l.id == named.it)
    }

    /// The latest version of an instrument that is asked openly: what is told alone is counted nowhere.
    fn instrument(&self, table: &Table<'_>) -> Option<&Instrument> {
        let named = table.need_text("instrument")?;
        let open = || self.cx.content.instruments.iter().filter(|i| !i.alone_only);
        self.known(&named, "open instrument", open().map(|i| i.id.as_str()));
        open().filter(|i| i.id == named.it).max_by(|a, b| a.version.cmp(&b.version))
    }

    fn answered(&self, table: &Table<'_>) -> Option<Measure> {
        let instrument = self.instrument(table)?;
        let named = table.need_text("question")?;
        let Some(question) = instrument.question(&named.it) else {
            let message = format!("{} has no question \"{}\"", instrument.key, named.it);
            self.fault("unknown-question", table, "question", message, "the link id of one of its questions");
            return None;
        };
        let codes = table.texts("codes");
        for code in codes.iter().filter(|code| !can_be(question, &code.it)) {
            let message = format!("\"{}\" is no answer to \"{}\"", code.it, named.it);
            self.cx.faults.error("unknown-answer", &code.at, message, "the code of a choice, true or false", "");
        }
        if codes.is_empty() {
            self.fault("missing-key", table, "codes", "no answer counts".to_owned(), "codes = [\"…\"]");
        }
        let months = (table.count("from_months"), table.count("to_months"));
        let months = match months {
            (None, None) => None,
            (from, Some(to)) if from.unwrap_or(0) < to && to <= MONTHS => Some((from.unwrap_or(0), to)),
            _ => {
                let expected = format!("from_months below to_months, which is at most {MONTHS}, or neither");
                self.fault("order", table, "to_months", "this is no span of ages".to_owned(), &expected);
                None
            }
        };
        let codes = codes.into_iter().map(|t| t.it).collect();
        Some(Measure::Answered { instrument: instrument.id.clone(), question: named.it, codes, months })
    }

    fn screened(&self, table: &Table<'_>) -> Option<Measure> {
        let instrument = self.instrument(table)?;
        if self.cx.content.scores.iter().all(|s| s.instrument != instrument.id) {
            let message = format!("no score counts the answers to {}", instrument.id);
            self.fault("unknown-id", table, "instrument", message, "an instrument that a file of scores/ counts");
        }
        let when = table.need_text("when")?;
        let before_birth = self.cx.choice(&when, &[("before_birth", true), ("after_birth", false)])?;
        let at_least = i64::from(self.number(table, "at_least", 1_000));
        Some(Measure::Screened { instrument: instrument.id.clone(), at_least, before_birth })
    }

    fn topic(&self, table: &Table<'_>) -> Option<Measure> {
        let named = table.need_text("topic")?;
        let protocols = &self.cx.content.protocols;
        self.known(&named, "topic", protocols.iter().flat_map(|p| p.topics.iter().map(|t| t.id.as_str())));
        Some(Measure::Topic { topic: named.it })
    }
}

/// Whether a question can be answered so.
fn can_be(question: &Question, code: &str) -> bool {
    match &question.kind {
        AnswerKind::Boolean => matches!(code, "true" | "false"),
        AnswerKind::Choice { options, .. } => options.iter().any(|o| o.code == code),
        _ => false,
    }
}
