//! What a draft of an application holds. Types and pure checks.

use kernel::{AccountId, ApplicationId, Date, DraftId, HouseholdId, Instant, OfferId, PersonId, words};
use rules::schema::Value;
use serde::{Deserialize, Serialize};

use crate::accept::Given;
use crate::case::Channel;
use crate::model::Subject;

/// How many programmes one application may name.
pub const MOST_CHOSEN: usize = crate::accept::MOST;
/// How many answers a draft may hold.
pub const MOST_ANSWERS: usize = 400;
/// How many consents a draft may hold.
pub const MOST_CONSENTS: usize = 100;
/// How many drafts one person may have open.
pub const MOST_DRAFTS: usize = 20;
/// Characters of one answer, reason or note.
pub const MOST_TEXT: usize = 2_000;
/// Characters of an id of the pack.
const MOST_ID: usize = 100;
/// Characters of a reason, at least.
const LEAST_REASON: usize = 3;

/// What the server is set to; nothing of it is in the pack.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The age at which parents stop acting for a child.
    pub adult_age: u8,
    /// Whether an agency (its id in the pack) answers questions by machine.
    pub connected: &'a (dyn Fn(&str) -> bool + Sync),
}

/// A programme somebody wants, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The programme.
    pub programme: String,
    /// Whose entitlement it would be.
    pub subject: Subject,
    /// The offer it was chosen from, if it was not found by search. An open offer for the same is taken in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
}

/// A consent ticked in a draft; it is given when the draft is sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Agreed {
    /// Who agrees.
    pub person: PersonId,
    /// To what: a consent of the pack.
    pub purpose: String,
}

/// Everything a draft says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The programmes.
    pub chosen: Vec<Chosen>,
    /// The answers, one an item and subject, for all programmes.
    pub answers: Vec<Given>,
    /// The consents.
    pub consents: Vec<Agreed>,
    /// Why an official writes for the person.
    pub on_behalf: Option<String>,
    /// The day a letter arrived, when it is keyed in later; only for applications by post.
    pub received_on: Option<Date>,
}

words! {
    /// What became of a draft.
    DraftStatus as "draft status" {
        /// May be changed and sent.
        Open = "open",
        /// Is an application now.
        Sent = "sent",
        /// Thrown away.
        Discarded = "discarded",
    }
}

/// A draft as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// In whose name the application will be.
    pub person: PersonId,
    /// The household it is about.
    pub household: HouseholdId,
    /// The account that began it.
    pub account: AccountId,
    /// How it comes.
    pub channel: Channel,
    /// What it says.
    pub content: Content,
    /// 1, 2, 3 …: a form carries the revision it showed.
    pub revision: u32,
    /// What became of it.
    pub status: DraftStatus,
    /// The application it became.
    pub application: Option<ApplicationId>,
    /// When it was begun.
    pub made_at: Instant,
    /// When it was last saved.
    pub saved_at: Instant,
}

/// More than a draft can carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Size {
    /// Too many of something.
    #[error("{count} {what} are too many: at most {most} go into one application")]
    Many {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A text too long.
    #[error("the text for {what} is too long: at most {most} characters")]
    Long {
        /// For what.
        what: String,
        /// How many characters are allowed.
        most: usize,
    },
}

impl Content {
    /// Whether it is small enough to be kept.
    pub fn check_size(&self) -> Result<(), Size> {
        let counts = [
            ("programmes", self.chosen.len(), MOST_CHOSEN),
            ("answers", self.answers.len(), MOST_ANSWERS),
            ("consents", self.consents.len(), MOST_CONSENTS),
        ];
        if let Some((what, count, most)) = counts.into_iter().find(|(_, count, most)| count > most) {
            return Err(Size::Many { what, count, most });
        }
        let programmes = self.chosen.iter().map(|c| c.programme.as_str());
        let ids = programmes.chain(self.answers.iter().map(|a| a.item.as_str()));
        for id in ids.chain(self.consents.iter().map(|c| c.purpose.as_str())) {
            if id.chars().nth(MOST_ID).is_some() {
                return Err(Size::Long { what: start(id), most: MOST_ID });
            }
        }
        for answer in &self.answers {
            short(&answer.item, &answer.value)?;
        }
        match &self.on_behalf {
            Some(reason) if long(reason) => Err(Size::Long { what: "the reason".to_owned(), most: MOST_TEXT }),
            _ => Ok(()),
        }
    }

    /// The same with everything once: a later answer to the same question replaces an earlier one in its place.
    #[must_use]
    pub fn once(mut self) -> Content {
        let mut answers: Vec<Given> = Vec::new();
        for given in self.answers {
            match answers.iter_mut().find(|a| a.subject == given.subject && a.item == given.item) {
                Some(earlier) => earlier.value = given.value,
                None => answers.push(given),
            }
        }
        self.answers = answers;
        let mut chosen: Vec<Chosen> = Vec::new();
        for one in self.chosen {
            if !chosen.iter().any(|c| c.programme == one.programme && c.subject == one.subject) {
                chosen.push(one);
            }
        }
        self.chosen = chosen;
        self.consents.sort();
        self.consents.dedup();
        self
    }
}

/// Whether an answer is short enough.
pub(crate) fn short(item: &str, value: &Value) -> Result<(), Size> {
    let text = match value {
        Value::Text(text) | Value::Code(text) | Value::Decimal(text) => text.as_str(),
        _ => "",
    };
    if long(text) { Err(Size::Long { what: start(item), most: MOST_TEXT }) } else { Ok(()) }
}

/// The beginning of a word that somebody sent, for a message.
pub(crate) fn start(text: &str) -> String {
    text.chars().take(60).collect()
}

fn long(text: &str) -> bool {
    text.chars().nth(MOST_TEXT).is_some()
}

/// A reason worth the name: trimmed, three characters or more, not a novel.
pub(crate) fn reason(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let count = text.chars().take(MOST_TEXT + 1).count();
    (LEAST_REASON..=MOST_TEXT).contains(&count).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn given(item: &str, value: Value) -> Given {
        Given { subject: Subject::Person(PersonId(Uuid::from_u128(1))), item: item.into(), value }
    }

    #[test]
    fn a_question_answered_twice_has_the_later_answer() {
        let answers = vec![given("a", Value::Integer(1)), given("b", Value::Integer(2)), given("a", Value::Integer(3))];
        let content = Content { answers, ..Content::default() }.once();
        assert_eq!(content.answers, [given("a", Value::Integer(3)), given("b", Value::Integer(2))]);
    }

    #[test]
    fn nobody_fills_the_database_with_one_form() {
        let novel = Content { answers: vec![given("a", Value::Text("가".repeat(10_000_000)))], ..Content::default() };
        assert!(matches!(novel.check_size(), Err(Size::Long { .. })));
        let flood = vec![given("a", Value::Integer(1)); MOST_ANSWERS + 1];
        assert!(matches!(Content { answers: flood, ..Content::default() }.check_size(), Err(Size::Many { .. })));
        let fits = Content { answers: vec![given("a", Value::Text("가".repeat(MOST_TEXT)))], ..Content::default() };
        assert_eq!(fits.check_size(), Ok(()));
        assert_eq!(reason(Some("  x ")), None);
        assert_eq!(reason(Some(" she asked ")).as_deref(), Some("she asked"));
    }
}
