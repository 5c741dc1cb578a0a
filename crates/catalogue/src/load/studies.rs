//! `studies/*.toml`: which families are followed for a study, and what is compared. Instruments, protocols, consents and surveys are
//! known by then.

use kernel::Lang;

use super::context::Context;
use crate::model::{AnswerKind, Covariate, CovariateSource, Instrument, Outcome, Study, Treated};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::toml_doc::{Located, Table, document};

/// Fewer than this would tell of single families.
const FEWEST: u32 = 3;
/// So many families in the smaller group for each covariate, or the weights follow chance.
const PER_COVARIATE: usize = 10;
/// School age is the last at which anybody is followed.
const DAYS: u32 = 2_600;

/// Reads all studies.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("studies", ".toml") {
        document(&source, faults, |root| study(cx, root));
    }
}

fn study(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let id = root.need_text("id");
    let reader = Reader { cx, complete: &complete };
    let baseline = root.need_text("baseline");
    let instrument = baseline.as_ref().and_then(|named| reader.instrument(named));
    let covariates: Vec<Covariate> =
        root.tables("covariate").iter().filter_map(|t| reader.covariate(t, instrument)).collect();
    let survey = root.need_text("survey");
    let outcomes: Vec<Outcome> =
        root.tables("outcome").iter().filter_map(|t| reader.outcome(t, survey.as_ref()?.it.as_str())).collect();
    let treated = root.table("treated").and_then(|t| reader.treated(&t));
    let consent = root.need_text("consent");
    consent.iter().for_each(|named| cx.check_consent(named));
    let study = Study {
        name: root.need_words("name", &complete),
        about: root.need_words("about", &complete),
        law: root.need_text("law").map(|t| t.it).unwrap_or_default(),
        least_group: reader.least(root, "least_group", covariates.len() * PER_COVARIATE),
        suppress_below: reader.least(root, "suppress_below", FEWEST as usize),
        alike: reader.least(root, "alike", FEWEST as usize),
        consent: consent.map(|t| t.it).unwrap_or_default(),
        baseline: baseline.map(|t| t.it).unwrap_or_default(),
        treated: treated.unwrap_or_else(|| {
            let message = "it is not said which families had what is studied".to_owned();
            cx.faults.error("missing-key", &root.place("treated"), message, "a table [treated]", "");
            Treated { protocol: String::new(), tiers: Vec::new(), within_days: 0, only_proposed: false }
        }),
        covariates,
        survey: survey.map(|t| t.it).unwrap_or_default(),
        outcomes,
        sources: cx.checked_sources([root.ids("sources"), root.ids("source")].concat()),
        confidence: root.text("confidence").and_then(|c| cx.confidence(&c)),
        id: id.as_ref().map(|t| t.it.clone()).unwrap_or_default(),
    };
    root.finish();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = study.covariates.iter().find(|c| !seen.insert(c.id.as_str())) {
        cx.twice("covariate", &twice.id, &root.place("covariate"));
    }
    if !cx.content.studies.add(&id.it, study) {
        cx.twice("study", &id.it, &id.at);
    }
}

struct Reader<'a, 'c> {
    cx: &'a Context<'c>,
    complete: &'a [Lang],
}

impl Reader<'_, '_> {
    /// A number that must not be below another.
    fn least(&self, table: &Table<'_>, key: &'static str, least: usize) -> u32 {
        let n = table.count(key).unwrap_or(0);
        if usize::try_from(n).is_ok_and(|n| n < least) {
            let message =
                format!("{key} = {n} is too few: single families would stand out, or the weights follow chance");
            self.cx.faults.error("out-of-range", &table.place(key), message, format!("{key} = {least} or more"), "");
        }
        n
    }

    /// Something that must be one of the known.
    fn known<'k>(&self, what: &str, named: &Located<String>, known: impl Iterator<Item = &'k str> + Clone) {
        if known.clone().all(|k| k != named.it) {
            let message = format!("there is no {what} \"{}\"", named.it);
            let hint = did_you_mean(&named.it, known.clone());
            self.cx.faults.error("unknown-name", &named.at, message, one_of(known), hint);
        }
    }

    /// The latest version of the baseline. What is told alone is no baseline: it stays under seal.
    fn instrument(&self, named: &Located<String>) -> Option<&Instrument> {
        let all = &self.cx.content.instruments;
        let open = || all.iter().filter(|i| !i.alone_only);
        self.known("instrument that is not asked alone", named, open().map(|i| i.id.as_str()));
        open().filter(|i| i.id == named.it).max_by(|a, b| a.version.cmp(&b.version))
    }

    fn treated(&self, table: &Table<'_>) -> Option<Treated> {
        let protocols = &self.cx.content.protocols;
        let protocol = table.need_text("protocol");
        protocol.iter().for_each(|p| self.known("protocol", p, protocols.iter().map(|p| p.id.as_str())));
        let tiers = table.texts("tiers");
        let named = |id: &str| protocol.as_ref().is_some_and(|p| p.it == id);
        let rhythms = protocols.iter().filter(|p| named(&p.id)).flat_map(|p| p.rhythms.iter().map(|r| r.tier.as_str()));
        tiers.iter().for_each(|t| self.known("level of need of the protocol", t, rhythms.clone()));
        let within_days = table.count("within_days").unwrap_or(0);
        if within_days > DAYS {
            let message = format!("{within_days} days are longer than anybody is visited");
            self.cx.faults.error(
                "out-of-range",
                &table.place("within_days"),
                message,
                format!("within_days up to {DAYS}"),
                "",
            );
        }
        let only_proposed = table.flag("only_proposed");
        table.finish();
        Some(Treated {
            protocol: protocol?.it,
            tiers: tiers.into_iter().map(|t| t.it).collect(),
            within_days,
            only_proposed,
        })
    }

    fn covariate(&self, table: &Table<'_>, baseline: Option<&Instrument>) -> Option<Covariate> {
        let id = table.need_text("id")?;
        self.cx.check_id(&id.it, &id.at);
        let item = table.text("item");
        let sources = [("points", CovariateSource::Points), ("entry_week", CovariateSource::EntryWeek)];
        let mut from: Vec<CovariateSource> =
            sources.into_iter().filter(|(key, _)| table.flag(key)).map(|(_, source)| source).collect();
        if let (Some(item), Some(instrument)) = (&item, baseline) {
            let counts = |kind: &AnswerKind| {
                !matches!(
                    kind,
                    AnswerKind::Text
                        | AnswerKind::Date
                        | AnswerKind::Group
                        | AnswerKind::Display
                        | AnswerKind::Choice { many: true, .. }
                )
            };
            let known = instrument.questions().into_iter().filter(|q| counts(&q.kind)).map(|q| q.id.as_str());
            self.known("question of the baseline that counts", item, known);
            from.push(CovariateSource::Item(item.it.clone()));
        }
        if from.len() != 1 {
            let message = format!("\"{}\" comes from nowhere, or from several places", id.it);
            let expected = "one of item = \"…\", points = true, entry_week = true";
            self.cx.faults.error("one-source", &id.at, message, expected, "");
        }
        let bands = table.whole_numbers("bands");
        if bands.windows(2).any(|two| matches!(two, [a, b] if a >= b)) {
            let message = "the bands are not in their order".to_owned();
            self.cx.faults.error("order", &table.place("bands"), message, "lower bounds, the lowest first", "");
        }
        let quasi = table.flag("known_to_others");
        let name = table.need_words("name", self.complete);
        table.finish();
        Some(Covariate { id: id.it, name, from: from.pop()?, bands, quasi })
    }

    fn outcome(&self, table: &Table<'_>, survey: &str) -> Option<Outcome> {
        let (wave, measure) = (table.need_text("wave"), table.need_text("measure"));
        let surveys = &self.cx.content.surveys;
        match surveys.get(survey) {
            Some(found) => {
                wave.iter().for_each(|w| self.known("wave", w, found.waves.iter().map(|w| w.id.as_str())));
                measure.iter().for_each(|m| self.known("measure", m, found.measures.iter().map(|m| m.id.as_str())));
            }
            None => {
                let known = || surveys.iter().map(|s| s.id.as_str());
                let message = format!("there is no survey \"{survey}\"");
                let hint = did_you_mean(survey, known());
                self.cx.faults.error("unknown-name", &table.place("wave"), message, one_of(known()), hint);
            }
        }
        table.finish();
        Some(Outcome { wave: wave?.it, measure: measure?.it })
    }
}
