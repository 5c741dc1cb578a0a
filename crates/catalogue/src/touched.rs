//! Which programmes a changed fact touches: an index that follows from the rules themselves.

use std::collections::BTreeSet;

use kernel::Date;
use rules::Household;
use rules::combine::{Combined, Rule, Side};
use rules::outcome::Explanation;
use rules::schema::Entity;

use crate::load::limit_programme;
use crate::pack::Pack;

impl Pack {
    /// The programmes whose results, offers or cases may be others when these items of a household or its people change:
    /// those whose rules read one, by themselves or through a definition or another programme; those whose claim asks for
    /// one; and all that combination rules tie to these. Any other says the very same. `None`: all of them, for the items
    /// on which membership and age rest.
    pub fn touched(&self, items: &[(Entity, String)]) -> Option<BTreeSet<String>> {
        let roles = &self.schema().roles;
        let roles = [&roles.birth_date, &roles.death_date, &roles.due_date];
        if items.iter().any(|(_, item)| roles.iter().any(|r| r.as_deref() == Some(item.as_str()))) {
            return None;
        }
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for (entity, item) in items {
            touched.extend(self.program().programmes_of(*entity, item).iter().map(ToString::to_string));
        }
        for programme in self.programmes().iter() {
            let claims = programme.versions.iter().filter_map(|v| v.claim.as_ref());
            let mut evidence = claims.flat_map(|c| &c.evidence);
            if evidence.any(|asked| items.iter().any(|(_, item)| item == asked)) {
                touched.insert(programme.id.clone());
            }
        }
        // What a rule ties together is worked out together; one pass more than there are rules cannot be needed.
        for _ in 0..=self.rules().len() {
            let before = touched.len();
            for rule in self.rules() {
                let tied = tied(rule);
                if tied.iter().any(|p| touched.contains(p)) || self.reads(rule, items) {
                    touched.extend(tied);
                }
            }
            if touched.len() == before {
                break;
            }
        }
        Some(touched)
    }

    /// Whether a fact on one side of a rule may be another now. What a definition rests on is not looked up: it may.
    fn reads(&self, rule: &Rule, items: &[(Entity, String)]) -> bool {
        rule.a.iter().chain(&rule.b).any(|side| match side {
            Side::Programme(_) => false,
            Side::Fact { entity, item } => {
                self.item(*entity, item).is_none() || items.iter().any(|(e, i)| e == entity && i == item)
            }
        })
    }

    /// Everything worked out for one household, as [`Pack::evaluate_today`] does, for these programmes alone. They are closed
    /// under the combination rules, as [`Pack::touched`] gives them.
    pub fn evaluate_touched(
        &self,
        household: &Household,
        on: Date,
        touched: &BTreeSet<String>,
    ) -> (Explanation, Combined) {
        let explanation = self.program().explain_only(household, on, on, &|id| touched.contains(id));
        self.combined(household, on, explanation)
    }
}

/// The programmes that a rule ties together; the limit of a ceiling among them, which is worked out like one.
fn tied(rule: &Rule) -> Vec<String> {
    let sides = rule.a.iter().chain(&rule.b).filter_map(|side| match side {
        Side::Programme(id) => Some(id.clone()),
        Side::Fact { .. } => None,
    });
    let limit = (!rule.members.is_empty()).then(|| limit_programme(&rule.id));
    sides.chain(rule.members.iter().cloned()).chain(limit).collect()
}
