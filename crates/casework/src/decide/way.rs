//! The way of an objection through the offices: first to the one that decided, then, where the law knows it, to the one
//! above; after that only a court is left.

use guard::Who;
use kernel::{AccountId, Date, Lang};
use store::{StoreError, Tx};

use super::model::{Content, Decision};
use super::object::{self, Fault, Kind, Objection, Status};
use super::official;
use super::speak::Speech;
use crate::case::Case;
use crate::case::model::in_days;
use crate::desk::Desk;

/// The second look is the last that offices take.
pub(super) const LAST: u8 = 2;

/// The objection that is possible now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// 1: at the office that decided; 2: at the office above.
    pub level: u8,
    /// The last day to object; `None`: no notice set one.
    pub until: Option<Date>,
}

/// Which objection to a decision is open, whether or not its time is over; `None` when every look of offices is used up.
///
/// A decision that came of a review goes on from that review's level: else a family that was half right could begin again
/// at the first office without end, and so could the office. After a court's order the way begins anew, for carrying it out can go wrong too.
pub fn way(desk: &Desk<'_>, decision: &Decision, objections: &[Objection]) -> Option<Way> {
    let made = objections.iter().find(|o| Some(o.id) == decision.content.judgement.review);
    let came_of = made.map_or(0, used_up);
    let upheld = |o: &&Objection| o.decision == decision.id && o.status == Status::Rejected;
    let last = objections.iter().filter(upheld).max_by_key(|o| o.level);
    let used = came_of.max(last.map_or(0, |o| o.level));
    let process = desk.pack.process(&decision.content.programme);
    if used >= LAST || (used > 0 && process.second_review_days.is_none()) {
        return None;
    }
    let told = last.and_then(|o| o.closed_at).map(|at| desk.day_of(at));
    let until = told.map(|day| in_days(day, process.objection_days)).or(decision.object_by);
    Some(Way { level: used + 1, until })
}

/// The level an objection has used up; a court's order begins the way anew.
fn used_up(o: &Objection) -> u8 {
    if o.kind == Kind::Objection { o.level } else { 0 }
}

/// The level of an objection to a decision of this content, nobody having objected to it yet: what its notice tells.
pub(super) async fn level(tx: &mut Tx, content: &Content) -> Result<u8, StoreError> {
    let Some(review) = content.judgement.review else { return Ok(first()) };
    Ok(object::one(tx, review).await?.map_or(0, |o| used_up(&o)) + 1)
}

/// Where every way begins.
pub(super) fn first() -> u8 {
    1
}

/// The way that is open today.
pub(super) fn open_way(desk: &Desk<'_>, decision: &Decision, objections: &[Objection]) -> Result<Way, Fault> {
    if objections.iter().any(|o| o.decision == decision.id && o.status == Status::Open) {
        return Err(Fault::Already);
    }
    let way = way(desk, decision, objections).ok_or(Fault::Exhausted)?;
    match way.until.filter(|last| *last < desk.today()) {
        Some(last) => Err(Fault::TooLate(last)),
        None => Ok(way),
    }
}

/// Days for the review at a level.
pub(super) fn review_days(desk: &Desk<'_>, case: &Case, level: u8) -> u32 {
    let process = desk.pack.process(&case.programme);
    let second = process.second_review_days.filter(|_| level == LAST);
    second.unwrap_or(process.review_days)
}

/// The organisation that reviews at a level: the one the pack names, as a province between the town that decides and the
/// ministry; else the one that decides, then the one that answers for the programme. Where both are one, as in a national
/// fund, it is another person of it.
pub fn office<'a>(desk: &Desk<'a>, case: &'a Case, level: u8) -> &'a str {
    let responsible = || desk.pack.programmes().get(&case.programme).map(|p| p.agency.as_str());
    let usual = if level == LAST { responsible() } else { None };
    named(desk, &case.programme, level).or(usual).unwrap_or(&case.agency)
}

/// The organisation that the pack names for a level.
pub(super) fn named<'a>(desk: &Desk<'a>, programme: &str, level: u8) -> Option<&'a str> {
    let process = desk.pack.process(programme);
    if level == LAST { process.second_review.as_deref() } else { process.first_review.as_deref() }
}

/// The name of the office to which one objects at a level; `None`: no office is left, only a court.
pub fn office_name(desk: &Desk<'_>, lang: Lang, programme: &str, level: u8) -> Option<String> {
    Speech::new(desk.pack, lang).objection_office(programme, level)
}

/// Whether somebody may review an objection to a decision: nobody who took part, who looked at it before or who objected, and
/// only at the office whose turn it is. `objections` are those of the case.
pub fn may_review(
    desk: &Desk<'_>,
    who: &Who,
    case: &Case,
    decision: &Decision,
    (objection, objections): (&Objection, &[Objection]),
) -> Result<(), Fault> {
    if took_part(decision, objections).contains(&who.account) || objection.account == who.account {
        return Err(Fault::TookPart);
    }
    let office = office(desk, case, objection.level);
    let strict = objection.level > 1 || named(desk, &case.programme, objection.level).is_some();
    if strict && office != who.organisation {
        return Err(Fault::OtherOffice(office.to_owned()));
    }
    if !strict && !official::theirs(desk, who, case) {
        return Err(official::Fault::NotAllowed.into());
    }
    Ok(())
}

/// The accounts that must not review: who prepared or took the decision, and who looked at it before.
pub(super) fn took_part(decision: &Decision, objections: &[Objection]) -> Vec<AccountId> {
    let reviewed = objections.iter().filter(|o| o.decision == decision.id).filter_map(|o| o.reviewer);
    decision.prepared_by.into_iter().chain(decision.decided_by).chain(reviewed).collect()
}
