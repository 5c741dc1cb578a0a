//! What a determination still wants, and who can say it. Pure.

use std::collections::BTreeSet;

use catalogue::Pack;
use kernel::{Date, PersonId};
use rules::outcome::Answer;
use rules::schema::Entity;
use serde::{Deserialize, Serialize};

use crate::application::consent;
use crate::determine::{Basis, Determined};
use crate::evaluate::{Evidence, evidence};
use crate::household::PLACE;
use crate::model::{Prefilled, Subject};
use crate::snapshot::Snapshot;

/// Who can say it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "agency")]
pub enum Whom {
    /// The agency that holds it, by the data dictionary.
    Agency(String),
    /// Only the family itself.
    Person,
}

/// Why it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The answer or the sum hangs on it and it is not known.
    Missing,
    /// The family said it, and an agency holds it.
    Unverified,
    /// It is older than the data dictionary allows.
    Stale,
    /// The claim asks for it.
    Claim,
}

/// One fact wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// Who can say it.
    pub whom: Whom,
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// Why.
    pub why: Why,
}

/// Facts an agency confirmed lately, or an official settled: not asked again.
pub type Confirmed = BTreeSet<(Subject, String)>;

/// Everything wanted before this determination can be decided, each fact once. `applicant`: of the case.
pub fn needs(
    pack: &Pack,
    basis: &Basis,
    applicant: PersonId,
    determined: &Determined,
    confirmed: &Confirmed,
) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let mut add = |subject: Subject, item: &str, why: Why| {
        if !needs.iter().any(|n| n.subject == subject && n.item == item) {
            needs.push(Need { whom: whom(pack, subject, item), subject, item: item.to_owned(), why });
        }
    };
    for needed in &determined.missing {
        add(needed.subject, &needed.item, Why::Missing);
    }
    // A no that is certain needs no more proof of what would have been a yes.
    if determined.answer != Answer::Error {
        for fact in determined.reasons.iter().flat_map(|r| &r.facts) {
            if confirmed.contains(&(fact.subject, fact.item.clone())) {
                continue;
            }
            if let Some(why) = doubt(pack, fact, basis.on) {
                add(fact.subject, &fact.item, why);
            }
        }
    }
    if let (Some(facts), Answer::Yes | Answer::CannotTell) = (basis.now(), determined.answer) {
        for (subject, item) in wanting_evidence(pack, basis, applicant, determined, facts) {
            add(subject, &item, Why::Claim);
        }
    }
    if let Some(facts) = basis.now() {
        needs = agreed_to(pack, facts, applicant, needs);
    }
    needs.sort();
    needs.dedup_by(|a, b| a.subject == b.subject && a.item == b.item);
    needs
}

/// What only a consent opens waits until everybody concerned has agreed: instead, whoever has not is asked to.
fn agreed_to(pack: &Pack, facts: &Snapshot, applicant: PersonId, needs: Vec<Need>) -> Vec<Need> {
    let mut open = Vec::new();
    for need in needs {
        let consent = match &need.whom {
            Whom::Agency(agency) => pack.consent_for(agency),
            Whom::Person => None,
        };
        let lacking = consent.map_or(Vec::new(), |c| consent::lacking(c, pack, facts, applicant));
        match consent.and_then(|c| c.item.as_ref()).filter(|_| !lacking.is_empty()) {
            None => open.push(need),
            Some(item) => open.extend(lacking.into_iter().map(|person| Need {
                whom: Whom::Person,
                subject: Subject::Person(person),
                item: item.clone(),
                why: Why::Claim,
            })),
        }
    }
    open
}

/// Who can say an item: the agency that owns it; the family, where nobody does.
pub fn whom(pack: &Pack, subject: Subject, item: &str) -> Whom {
    let known = pack.item(entity(subject), item);
    match known.and_then(|i| i.owner.as_ref()) {
        Some(owner) => Whom::Agency(owner.clone()),
        None => Whom::Person,
    }
}

fn entity(subject: Subject) -> Entity {
    match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}

/// Why a known fact is not good enough; `None`: it is.
fn doubt(pack: &Pack, fact: &Prefilled, today: Date) -> Option<Why> {
    let item = pack.item(entity(fact.subject), &fact.item)?;
    let owner = item.owner.as_ref()?;
    match fact.source.as_deref() {
        Some("self") => Some(Why::Unverified),
        Some(PLACE) | None => None,
        Some(source) => {
            let most = i32::try_from(item.freshness_days?).unwrap_or(i32::MAX);
            let recorded: Date = fact.recorded.as_deref()?.get(..10)?.parse().ok()?;
            let old = (today - recorded).get_days() > most;
            (old && source == owner).then_some(Why::Stale)
        }
    }
}

/// Items the claim asks for that nobody has given yet, with whom they are asked of.
fn wanting_evidence(
    pack: &Pack,
    basis: &Basis,
    applicant: PersonId,
    determined: &Determined,
    facts: &Snapshot,
) -> Vec<(Subject, String)> {
    let claim = pack.version(&basis.programme, determined.version).and_then(|v| v.claim.as_ref());
    let items = claim.map_or(&[][..], |c| &c.evidence).iter();
    let asked = items.filter_map(|item| match evidence(pack, facts, basis.subject, item, Some(applicant)) {
        Evidence::Asked(whose) => Some((whose, item.clone())),
        Evidence::Known(_) => None,
    });
    asked.collect()
}
