//! Whether the pack's conditions hold for a household or a member.

use catalogue::model::population::{Is, Of, Test, What};

use crate::chance::whole;
use crate::house::{Cell, House};

impl House {
    /// Whether all conditions hold; of the household where no member is meant.
    pub(crate) fn holds(&self, when: &[Test], member: Option<usize>) -> bool {
        when.iter().all(|test| self.test(test, member) != test.not)
    }

    fn test(&self, test: &Test, member: Option<usize>) -> bool {
        let one = |m: usize| test.is.has(self.value(test.what, Some(m)));
        match test.of {
            Of::Own => test.is.has(self.value(test.what, member)),
            Of::Household => test.is.has(self.value(test.what, None)),
            Of::Head => one(0),
            Of::Some => (0..self.members.len()).any(one),
            Of::Spouse => self.of(member).and_then(|p| p.spouse).is_some_and(one),
            Of::Parent => self.of(member).is_some_and(|p| p.parents.iter().flatten().any(|m| one(*m))),
            Of::Child => member.is_some_and(|m| self.children(m).any(one)),
        }
    }

    fn of(&self, member: Option<usize>) -> Option<&crate::house::Person> {
        self.members.get(member?)
    }

    /// What a condition looks at; nothing where a fact is silent or not known.
    pub(crate) fn value(&self, what: What, member: Option<usize>) -> Option<i64> {
        let person = || self.of(member);
        let count = |n: usize| i64::try_from(n).ok();
        match what {
            What::Age => person().map(|p| p.age),
            What::Months => person().map(|p| p.months),
            What::Role => person().map(|p| p.role),
            What::Woman => person().map(|p| i64::from(p.woman)),
            What::Spouses => person().map(|p| i64::from(p.spouse.is_some())),
            What::Children => member.and_then(|m| count(self.children(m).count())),
            What::Parents => person().and_then(|p| count(p.parents.iter().flatten().count())),
            What::Size => count(self.members.len()),
            What::Kind => count(self.kind),
            What::Place => count(self.place),
            What::Variable(n) => self.variables.get(n).map(|(value, _)| whole(*value)),
            What::Fact(n) => match self.cell(n, member) {
                Cell::Is(value) => Some(value),
                Cell::Silent | Cell::Unknown => None,
            },
        }
    }
}

/// Whether a value is one of those meant; what is not there is none of them.
pub(crate) trait Has {
    fn has(&self, value: Option<i64>) -> bool;
}

impl Has for Is {
    fn has(&self, value: Option<i64>) -> bool {
        match (self, value) {
            (_, None) => false,
            (Is::Between(least, most), Some(n)) => *least <= n && n <= *most,
            (Is::OneOf(all), Some(n)) => all.binary_search(&n).is_ok(),
        }
    }
}
