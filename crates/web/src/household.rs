//! A household opened for a viewer: read, allowed, logged, and told in words. Both the family's own pages and the
//! official's one-screen household are made from it.

use casework::model::{Offer as CaseOffer, OfferStatus, Place, Subject};
use casework::read::{Entitlements, OfferShown};
use guard::{Action, Allowed, Denied, Receipt, Relation, Resource, Sealed, Tier};
use kernel::{HouseholdId, Lang, PersonId};
use registry::sight::{self, Earlier, Seen};
use registry::{AsOf, HouseholdRecord};
use rules::schema::Entity;

use crate::citizen::life_event_handlers as life_events;
use crate::citizen::offers::{Offer, State};
use crate::components::entitlement::{Combined, Effect, Entitlement, Fact};
use crate::explain::{Story, plain, shown, type_of};
use crate::viewer::{Trouble, Viewer};

/// How many events are shown.
const EVENTS: u32 = 50;

/// Everything a page about a household shows, opened.
pub(crate) struct Opened {
    pub(crate) record: HouseholdRecord,
    pub(crate) earlier: Earlier,
    pub(crate) about: Vec<(PersonId, Relation)>,
    pub(crate) entitlements: Option<Entitlements>,
    pub(crate) offers: Vec<OfferShown>,
    pub(crate) events: Vec<casework::model::LifeEvent>,
}

/// What is wanted beside the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Who is who, and facts.
    Record,
    /// Entitlements and offers too.
    Entitlements,
    /// Events too.
    Everything,
}

/// Opens a household as it stood; entitlements are those of today alone. Every look is decided and durable in the log before anything comes back; the looks of
/// one page share one write.
pub(crate) async fn open(v: &Viewer<'_>, id: HouseholdId, as_of: AsOf, want: Want) -> Result<Opened, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let desk = v.desk();
    let mut tx = v.state.db.read().await?;
    let (seen, entitled, offered, happened) = if want == Want::Record {
        (sight::household_with_past(&mut tx, &sight, id, as_of).await?.ok_or(Trouble::Absent)?, None, None, None)
    } else {
        let whole = casework::read::whole(&mut tx, &desk, &sight, id, EVENTS).await?.ok_or(Trouble::Absent)?;
        let events = Some(whole.events).filter(|_| want == Want::Everything);
        (whole.record, Some(whole.entitlements), Some(whole.offers), events)
    };
    drop(tx);
    let staff = v.who.role.is_staff();
    let seen = trimmed(v, seen);
    let about = seen.about.clone();
    let action = if staff { Action::ViewFacts } else { Action::ViewHousehold };
    let facts = seen.resource().at(Tier::Benefits).showing(["household", "facts"]);
    let of = |resource: Option<Resource>, what: &'static str| resource.map(|r| r.showing([what]));
    let others = [
        of(entitled.as_ref().map(|s| s.resource()), "entitlements"),
        of(offered.as_ref().map(|s| s.resource()), "offers"),
        of(happened.as_ref().map(|s| s.resource()), "events"),
    ];
    let mut looks = vec![(action, &facts)];
    looks.extend(others.iter().flatten().map(|resource| (Action::ViewEntitlements, resource)));
    let mut decided = v.state.guard.permit_together(v.who, &v.purpose, &looks).await?.into_iter();
    let (record, earlier) = opened(&mut decided, Some(seen.sealed))?.ok_or(Trouble::Absent)?;
    let entitlements = opened(&mut decided, entitled.map(|s| s.sealed));
    let offers = opened(&mut decided, offered.map(|s| s.sealed));
    let events = match opened(&mut decided, happened.map(|s| s.sealed)) {
        // Somebody who left may be closed to this viewer; the household's page stands without what happened then.
        Err(Trouble::Denied(guard::Denied::Refused(_))) => None,
        other => other?,
    };
    Ok(Opened {
        record,
        earlier,
        about,
        entitlements: entitlements?,
        offers: offers?.unwrap_or_default(),
        events: events.unwrap_or_default(),
    })
}

/// Opens what there is to open with the next decision.
fn opened<T>(
    decided: &mut impl Iterator<Item = Result<(Allowed, Receipt), Denied>>,
    sealed: Option<Sealed<T>>,
) -> Result<Option<T>, Trouble> {
    let Some((sealed, decision)) = sealed.and_then(|sealed| Some((sealed, decided.next()?))) else { return Ok(None) };
    let (allowed, receipt) = decision?;
    Ok(Some(guard::disclose(allowed, receipt, sealed).map_err(Denied::from)?.into_inner()))
}

/// Takes out of a record what is shown nowhere without an open case: facts of the most sensitive kind; and for a family the
/// facts of other adults, who tell each other what they like.
pub(crate) fn trimmed(v: &Viewer<'_>, seen: Seen<(HouseholdRecord, Earlier)>) -> Seen<(HouseholdRecord, Earlier)> {
    let staff = v.who.role.is_staff();
    let own: Vec<PersonId> = seen.about.iter().filter(|(_, r)| r.own || r.ward).map(|(p, _)| *p).collect();
    let plain = |entity, item: &str| v.pack.item(entity, item).map_or(2, |i| i.tier) < 3;
    seen.map(|(mut record, mut earlier)| {
        let mine = |person| staff || own.contains(&person);
        record.facts.retain(|f| plain(Entity::Household, &f.item));
        earlier.household.retain(|f| plain(Entity::Household, &f.item));
        for (person, facts) in &mut earlier.members {
            facts.retain(|f| mine(*person) && plain(Entity::Person, &f.item));
        }
        for member in &mut record.members {
            let mine = mine(member.person.id);
            member.person.facts.retain(|f| mine && plain(Entity::Person, &f.item));
            if !mine {
                member.person.phone = None;
                member.person.email = None;
                member.person.pregnancies.clear();
            }
        }
        (record, earlier)
    })
}

/// A member's name; empty for a stranger.
pub(crate) fn name(record: &HouseholdRecord, person: PersonId, lang: Lang) -> String {
    record.member(person).map(|m| m.person.name(lang).to_owned()).unwrap_or_default()
}

impl Opened {
    /// How a member stands to the viewer.
    pub(crate) fn stands(&self, member: PersonId) -> Option<Relation> {
        self.about.iter().find(|(p, _)| *p == member).map(|(_, relation)| *relation)
    }

    /// Every result with its subject, in the pack's order.
    pub(crate) fn explained(&self, v: &Viewer<'_>, lang: Lang) -> Vec<(Option<Subject>, Entitlement)> {
        let Some(entitlements) = &self.entitlements else { return Vec::new() };
        let evaluation = &entitlements.evaluation;
        let names: Vec<String> = evaluation.persons.iter().map(|p| name(&self.record, *p, lang)).collect();
        let story = Story { pack: &v.pack, names: &names };
        let results = evaluation.explanation.results.iter();
        let all = story.all(&evaluation.explanation, &evaluation.combined);
        results
            .filter(|r| v.pack.programmes().get(&r.programme).is_some())
            .map(|r| evaluation.subject(&r.subject))
            .zip(all)
            .collect()
    }

    /// The offers with their words; reasons come from today's results where the offer still says the same.
    pub(crate) fn offers(
        &self,
        v: &Viewer<'_>,
        lang: Lang,
        explained: &[(Option<Subject>, Entitlement)],
    ) -> Vec<Offer> {
        self.offers.iter().map(|o| self.offer(v, lang, o, explained)).collect()
    }

    fn offer(&self, v: &Viewer<'_>, lang: Lang, o: &OfferShown, explained: &[(Option<Subject>, Entitlement)]) -> Offer {
        let c = &o.offer.content;
        let same = explained.iter().find(|(s, e)| *s == Some(o.offer.subject) && e.programme == o.offer.programme);
        let mut e = same.map_or_else(|| self.frozen(v, lang, &o.offer), |(_, e)| e.clone());
        e.answer = c.result;
        e.amount = c.amount.map(|a| (a.minor.map(|m| kernel::Money::new(m, a.currency)), a.per));
        (e.from, e.until, e.claim_closes) = (c.from, c.until, None);
        if e.combined.is_empty() {
            e.combined = self.choice(v, &o.offer);
        }
        Offer {
            id: o.offer.id.to_string(),
            state: state(o),
            revision: o.offer.revision,
            household_wide: o.offer.subject.person().is_none(),
            deadline: c.claim_closes,
            prefilled: c.answers.iter().map(|a| self.prefilled(v, lang, a)).collect(),
            needs: o.needed(&v.pack, v.who.person).map(|n| field(n.subject, &n.item)).collect(),
            services: life_events::of_programme(&v.pack, &o.offer.programme),
            entitlement: e,
        }
    }

    /// An offer in words without today's reasons.
    fn frozen(&self, v: &Viewer<'_>, lang: Lang, offer: &CaseOffer) -> Entitlement {
        let programme = v.pack.programmes().get(&offer.programme);
        let story = Story { pack: &v.pack, names: &[] };
        Entitlement {
            programme: offer.programme.clone(),
            name: programme.map_or_else(|| plain(&offer.programme), |p| p.name.clone()),
            summary: programme.map(|p| p.summary.clone()).unwrap_or_default(),
            agency: story.agency(&offer.content.decided_by),
            whose: offer.subject.person().map(|p| name(&self.record, p, lang)),
            answer: offer.content.result,
            amount: None,
            benefit: None,
            from: None,
            until: None,
            claim_closes: None,
            law: String::new(),
            note: None,
            conditions: Vec::new(),
            missing: Vec::new(),
            nearest: None,
            combined: Vec::new(),
        }
    }

    /// How the offer stood to others when it was made.
    fn choice(&self, v: &Viewer<'_>, offer: &CaseOffer) -> Vec<Combined> {
        let effect = match offer.content.choice.place {
            Place::Recommended => return Vec::new(),
            Place::Alternative => Effect::Dropped,
            Place::FamilyChooses => Effect::Choice,
            Place::OfficialLooks => Effect::Check,
        };
        let touches = offer.content.choice.touches.iter();
        touches
            .filter_map(|touch| {
                let rule = v.pack.combinations().get(&touch.rule)?;
                let other = touch.other.as_deref().and_then(|o| v.pack.programmes().get(o)).map(|p| p.name.clone());
                Some(Combined { effect, words: rule.words.clone(), law: rule.law.clone(), other, other_amount: None })
            })
            .collect()
    }

    fn prefilled(&self, v: &Viewer<'_>, lang: Lang, a: &casework::model::Prefilled) -> Fact {
        let entity = entity(a.subject);
        let story = Story { pack: &v.pack, names: &[] };
        let ty = type_of(&v.pack, entity, &a.item);
        let owner = || v.pack.item(entity, &a.item).and_then(|i| i.owner.clone()).unwrap_or_default();
        Fact {
            name: v.pack.name_of(entity, &a.item).cloned().unwrap_or_else(|| plain(&a.item)),
            whose: a.subject.person().map(|p| name(&self.record, p, lang)),
            value: shown(&v.pack, ty.as_ref(), Some(&a.value)),
            source: match &a.source {
                Some(source) => story.source(source),
                None => crate::components::entitlement::Source::Silence(story.agency(&owner())),
            },
            since: a.valid_from,
        }
    }
}

/// Whom an item is about.
pub(crate) fn entity(subject: Subject) -> Entity {
    match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}

/// The form field of something still needed.
pub(crate) fn field(subject: Subject, item: &str) -> String {
    format!("q-{}-{}-{item}", subject.kind(), subject.uuid())
}

fn state(o: &OfferShown) -> State {
    let when = o.offer.changed_at;
    match o.status {
        OfferStatus::Open => State::Open,
        OfferStatus::Accepted => State::Accepted(when),
        OfferStatus::Refused => State::Refused(when),
        OfferStatus::Expired => State::Expired,
        OfferStatus::Lapsed | OfferStatus::Withdrawn => State::Withdrawn,
    }
}
