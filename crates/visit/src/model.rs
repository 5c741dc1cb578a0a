//! What is kept of a family under a protocol.

use std::fmt;

use kernel::{AccountId, Date, EnrolmentId, Instant, PersonId, PregnancyId, SubmissionId, TierDecisionId};
use serde::{Deserialize, Serialize};

use crate::growth::{self, Posture};
use crate::instrument::{Answers, Counted};
use crate::schedule::{Child, Ending, Family, Made};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $value,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$value,)*];

            /// The word in the database, in forms and in message keys.
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.word()) }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let known = || $name::ALL.iter().map(|v| v.word()).collect::<Vec<_>>().join(", ");
                $name::ALL.iter().copied().find(|v| v.word() == text).ok_or_else(|| format!("{text:?}: expected one of {}", known()))
            }
        }
    };
}

words! {
    /// Where a family comes from.
    Source {
        /// The registry told of a pregnancy or a birth; the family is still to be asked.
        Registry = "registry",
        /// Somebody of the health centre entered it.
        Office = "office",
        /// The mother herself.
        Own = "own",
    }
}

words! {
    /// Why a family is no longer visited.
    LeftWhy {
        /// It moved to another district.
        Moved = "moved",
        /// It wanted no more visits.
        Declined = "declined",
        /// The protocol came to its end.
        Graduated = "graduated",
    }
}

words! {
    /// What a submission is.
    SubmissionKind {
        /// Answers to an instrument.
        Assessment = "assessment",
        /// A visit, made or tried.
        Visit = "visit",
    }
}

words! {
    /// Why a submission was kept and not taken into the file.
    Refusal {
        /// The family is not, or no longer, in the sender's hands.
        NotYours = "not_yours",
        /// The family moved to another district before that day.
        Moved = "moved",
        /// The family left before that day.
        Left = "left",
        /// The form is of a version that is not known here.
        OldForm = "old_form",
        /// The family's protocol has no such visit (any more).
        NoSuchVisit = "no_such_visit",
        /// The day lies before the family came under the protocol.
        TooEarly = "too_early",
    }
}

words! {
    /// How a safety alert stands.
    AlertStatus {
        /// Nobody has it.
        Open = "open",
        /// Somebody sees to it.
        Taken = "taken",
        /// It was seen to.
        Closed = "closed",
    }
}

/// What the registry knows of a family that a schedule needs, as of the last change there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// The day birth is or was expected.
    pub due: Option<Date>,
    /// The day the pregnancy was lost.
    pub lost: Option<Date>,
    /// The children of this pregnancy.
    pub children: Vec<ChildDates>,
}

/// A child of the family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildDates {
    /// The child.
    pub person: PersonId,
    /// Day of birth.
    pub born: Date,
    /// Girl, boy, or not known: then there are no growth scores.
    pub female: Option<bool>,
    /// The day it left hospital; a nurse enters it.
    pub discharged: Option<Date>,
    /// Day of death.
    pub died: Option<Date>,
}

/// A family under a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Its id.
    pub id: EnrolmentId,
    /// The mother, or whoever stands in her place.
    pub person: PersonId,
    /// The protocol as `id@version`. It changes by a decision on need alone.
    pub protocol: String,
    /// Where the family comes from.
    pub source: Source,
    /// The day it came under this protocol.
    pub entered_on: Date,
    /// When it agreed; nobody visits before.
    pub consented_at: Option<Instant>,
    /// The pregnancy it began with.
    pub pregnancy: Option<PregnancyId>,
    /// The agency whose nurses visit.
    pub organisation: String,
    /// The district.
    pub place: String,
    /// The nurse as last written down; `None`: still to be given to one. Whose family it is on a day says [`Enrolment::nurse_on`].
    pub nurse: Option<AccountId>,
    /// Who takes the family over, and from which day on.
    pub next: Option<(AccountId, Date)>,
    /// Who makes its next visit in place of its nurse. The family stays its nurse's.
    pub cover: Option<StandIn>,
    /// The last day, and why it was the last.
    pub left: Option<(Date, LeftWhy)>,
    /// What the schedule goes by.
    pub dates: Dates,
    /// Grows with each change.
    pub revision: i64,
}

/// A visit that a colleague makes in place of a family's nurse.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StandIn {
    /// The colleague.
    pub nurse: AccountId,
    /// The day.
    pub on: Date,
    /// The visit, as the protocol names it.
    pub visit: String,
}

/// For so many days after the visit a colleague may still write it down; then the file is closed to her.
pub const STAND_IN_DAYS: i32 = 3;

impl Enrolment {
    /// Who reads the file and makes the visit in place of the family's nurse, on a day.
    pub fn stand_in(&self, day: Date) -> Option<&StandIn> {
        self.cover.as_ref().filter(|c| self.left.is_none() && (day - c.on).get_days() <= STAND_IN_DAYS)
    }

    /// Whose family it is on a day: from the day of a handover on the next nurse's and nobody else's.
    pub fn nurse_on(&self, day: Date) -> Option<AccountId> {
        match self.next {
            Some((next, from)) if day >= from => Some(next),
            _ => self.nurse,
        }
    }
}

/// A decision on a family's level of need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierDecision {
    /// Its id.
    pub id: TierDecisionId,
    /// From when on.
    pub from: Date,
    /// The protocol that follows, as `id@version`.
    pub protocol: String,
    /// The level within it; `None`: no more than every family.
    pub tier: Option<String>,
    /// What it rests on.
    pub grounds: Grounds,
    /// Who decided.
    pub account: AccountId,
    /// When.
    pub recorded_at: Instant,
}

/// What a decision on need rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// The assessment it was made on; `None`: none was there.
    pub submission: Option<SubmissionId>,
    /// The instrument and the rule, as `id@version`.
    pub rule: Option<(String, String)>,
    /// The points of what was asked openly. What was asked alone counts for the nurse who decides and stands in no sum.
    pub points: Option<i64>,
    /// What counted.
    pub counted: Vec<Counted>,
    /// What was skipped.
    pub skipped: Vec<String>,
    /// What the rule proposed: protocol id and level.
    pub proposed: Option<(Option<String>, Option<String>)>,
    /// Whether the nurse decided otherwise than the rule.
    pub overridden: bool,
    /// Her reason.
    pub reason: Option<String>,
}

/// What is kept of an assessment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The instrument as `id@version`.
    pub instrument: String,
    /// The answers to what was asked.
    pub answers: Answers,
    /// The score, if there is a rule: the rule as `id@version`.
    pub rule: Option<String>,
    /// Points.
    pub points: Option<i64>,
    /// What counted.
    #[serde(default)]
    pub counted: Vec<Counted>,
    /// What was skipped.
    #[serde(default)]
    pub skipped: Vec<String>,
}

/// What was measured of a child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The child.
    pub child: PersonId,
    /// Kilograms.
    pub weight_kg: Option<f64>,
    /// Centimetres.
    pub length_cm: Option<f64>,
    /// Whether standing; `None`: as the age has it.
    pub standing: Option<bool>,
    /// Head circumference in centimetres.
    pub head_cm: Option<f64>,
    /// Arm circumference in centimetres.
    pub arm_cm: Option<f64>,
    /// Swelling of both feet.
    #[serde(default)]
    pub oedema: bool,
    /// Milestones seen, by id of the pack.
    #[serde(default)]
    pub milestones: Vec<String>,
}

impl Measured {
    /// Whether anything was measured.
    pub fn is_empty(&self) -> bool {
        [self.weight_kg, self.length_cm, self.head_cm, self.arm_cm].iter().all(Option::is_none)
    }

    /// The z-scores, of a child whose sex is known.
    pub fn scores(&self, child: &ChildDates, due: Option<Date>, on: Date) -> Option<growth::Scores> {
        let sex = if child.female? { growth::Sex::Female } else { growth::Sex::Male };
        let gestation = due.map(|due| 280 + (child.born - due).get_days());
        Some(growth::score(&growth::Measurement {
            sex,
            age_days: growth::corrected_age(child.born, gestation, on),
            weight_kg: self.weight_kg,
            length_cm: self.length_cm,
            posture: self.standing.map(|standing| if standing { Posture::Standing } else { Posture::Lying }),
            head_cm: self.head_cm,
            arm_cm: self.arm_cm,
            oedema: self.oedema,
        }))
    }
}

/// What is kept of a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The visit of the schedule, as `Planned::visit` names it.
    pub visit: String,
    /// How it ended.
    pub ending: EndingWord,
    /// Minutes in the home.
    pub minutes: Option<u32>,
    /// Topics talked about.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What the family wants to do next, in its own words.
    pub next_steps: Option<String>,
    /// The nurse's note.
    pub note: Option<String>,
    /// Why it did not take place.
    pub why: Option<String>,
    /// Days on which children left hospital, as told at this visit.
    #[serde(default)]
    pub discharged: Vec<(PersonId, Date)>,
    /// What was measured.
    #[serde(default)]
    pub measured: Vec<Measured>,
    /// Answers to the forms of the visit: instrument as `id@version`.
    #[serde(default)]
    pub forms: Vec<(String, Answers)>,
}

words! {
    /// How a visit ended, as a word.
    EndingWord {
        /// It took place.
        Done = "done",
        /// Nobody opened.
        NoAccess = "no_access",
        /// The family did not want it.
        Refused = "refused",
        /// The nurse could not come.
        NurseAway = "nurse_away",
    }
}

impl From<EndingWord> for Ending {
    fn from(word: EndingWord) -> Ending {
        match word {
            EndingWord::Done => Ending::Done,
            EndingWord::NoAccess => Ending::NoAccess,
            EndingWord::Refused => Ending::Refused,
            EndingWord::NurseAway => Ending::NurseAway,
        }
    }
}

/// A submission without its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// Assessment or visit.
    pub kind: SubmissionKind,
    /// The instrument, or the visit of the schedule.
    pub subject: String,
    /// The day it is about.
    pub made_on: Date,
    /// How a visit ended.
    pub ending: Option<EndingWord>,
    /// Why it was kept and not taken in.
    pub refused: Option<Refusal>,
    /// What it corrects.
    pub replaces: Option<SubmissionId>,
    /// What corrected it.
    pub replaced_by: Option<SubmissionId>,
    /// Who sent it.
    pub account: AccountId,
    /// When.
    pub received_at: Instant,
}

impl Submission {
    /// Whether it counts: taken in, and not replaced by a correction.
    pub fn counts(&self) -> bool {
        self.refused.is_none() && self.replaced_by.is_none()
    }
}

impl Enrolment {
    /// The family as the schedule wants it.
    pub fn family(&self, tiers: &[TierDecision], submissions: &[Submission]) -> Family {
        let made = submissions.iter().filter(|s| s.enrolment == self.id && s.counts());
        let made = made.filter_map(|s| {
            Some(Made { visit: s.subject.clone(), on: s.made_on, ending: s.ending.map(Ending::from)? })
        });
        Family {
            entered: self.entered_on,
            due: self.dates.due,
            lost: self.dates.lost,
            children: self
                .dates
                .children
                .iter()
                .map(|c| Child { born: c.born, discharged: c.discharged, died: c.died })
                .collect(),
            tiers: tiers.iter().map(|t| (t.from, t.tier.clone())).collect(),
            left: self.left.map(|(day, _)| day),
            made: made.collect(),
        }
    }

    /// Everybody whose data it holds: the mother, then the children.
    pub fn people(&self) -> Vec<PersonId> {
        std::iter::once(self.person).chain(self.dates.children.iter().map(|c| c.person)).collect()
    }
}
