//! The national identifier that officials type: its scheme, its shape, its check digit and its name, as the pack says.

use kernel::Words;

/// A scheme of identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierScheme {
    /// The scheme as the registry keeps it beside every number.
    pub scheme: String,
    /// The shape: `0` stands for a digit, everything else for itself and may be left out.
    pub shape: String,
    /// How the last digit follows from the others, when it does for every number in use.
    pub check: Option<Check>,
    /// What people call it.
    pub name: Words,
}

/// How a check digit is worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `(11 - sum of digit times weight mod 11) mod 10`.
    WeightedMod11(Vec<u32>),
    /// Sum of digit times weight mod 11 with the first weights for which that is a digit; a number for which none of them
    /// gives one is never issued.
    Mod11Rounds(Vec<Vec<u32>>),
}

/// The rule names a pack may give.
pub const CHECKS: [&str; 3] = ["none", "weighted_mod_11", "mod_11_rounds"];

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Other or more or fewer characters than the scheme has.
    #[error("does not have the shape of an identifier")]
    Shape,
    /// The check digit does not fit the others: a digit was mistyped.
    #[error("has a wrong check digit: a digit was mistyped")]
    Check,
}

impl IdentifierScheme {
    /// How many digits a number has.
    pub fn digits(&self) -> usize {
        self.shape.chars().filter(|c| *c == '0').count()
    }

    /// Whether a number can be one of this scheme. Separators may be typed or left out.
    pub fn accepts(&self, number: &str) -> Result<(), Wrong> {
        let mut typed = number.trim().chars().peekable();
        let mut digits = Vec::new();
        for place in self.shape.chars() {
            match typed.peek() {
                Some(c) if place == '0' => {
                    digits.push(c.to_digit(10).ok_or(Wrong::Shape)?);
                    typed.next();
                }
                Some(c) if *c == place => {
                    typed.next();
                }
                _ if place == '0' => return Err(Wrong::Shape),
                _ => {}
            }
        }
        if typed.next().is_some() {
            return Err(Wrong::Shape);
        }
        let (Some(check), Some((last, others))) = (&self.check, digits.split_last()) else { return Ok(()) };
        if check.digit(others) == Some(*last) { Ok(()) } else { Err(Wrong::Check) }
    }

    /// The number with its last digit, which follows from the others; `None` where no number begins like this. A scheme
    /// without a check digit ends in 0.
    pub fn completed(&self, others: &str) -> Option<String> {
        let digits: Vec<u32> = others.chars().filter_map(|c| c.to_digit(10)).collect();
        let last = self.check.as_ref().map_or(Some(0), |check| check.digit(&digits))?;
        Some(format!("{others}{last}"))
    }
}

impl Check {
    /// The digit that follows from the others; `None` where no number with them is issued.
    fn digit(&self, others: &[u32]) -> Option<u32> {
        let rest = |weights: &[u32]| others.iter().zip(weights).map(|(d, w)| d * (w % 11)).sum::<u32>() % 11;
        match self {
            Check::WeightedMod11(weights) => Some((11 - rest(weights)) % 10),
            Check::Mod11Rounds(rounds) => rounds.iter().map(|weights| rest(weights)).find(|rest| *rest < 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(check: Option<Check>) -> IdentifierScheme {
        IdentifierScheme { scheme: "n".into(), shape: "000000-0000000".into(), check, name: Words::default() }
    }

    #[test]
    fn a_number_has_the_shape_with_or_without_its_separators() {
        let plain = scheme(None);
        for good in ["990821-2000002", "9908212000002", " 990821-2000002 "] {
            assert_eq!(plain.accepts(good), Ok(()), "{good}");
        }
        for bad in
            ["", "990821", "990821-200000", "990821-20000022", "99082-12000002", "990821 2000002", "九90821-2000002"]
        {
            assert_eq!(plain.accepts(bad), Err(Wrong::Shape), "{bad}");
        }
    }

    #[test]
    fn a_mistyped_digit_is_found_where_the_scheme_has_a_check_digit() {
        let checked = scheme(Some(Check::WeightedMod11(vec![2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])));
        // 9*2+9*3+0*4+8*5+2*6+1*7+2*8+0+0+0+0+0*5 = 120; 120 mod 11 = 10; (11-10) mod 10 = 1.
        assert_eq!(checked.accepts("990821-2000001"), Ok(()));
        assert_eq!(checked.accepts("990821-2000002"), Err(Wrong::Check));
        assert_eq!(checked.accepts("990822-2000001"), Err(Wrong::Check));
        assert_eq!(checked.completed("990821-200000").as_deref(), Some("990821-2000001"));
    }

    #[test]
    fn a_second_round_is_taken_where_the_first_gives_no_digit() {
        let rounds = vec![(1..=11).collect(), vec![3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]];
        let twice = IdentifierScheme { shape: "000000000000".into(), ..scheme(Some(Check::Mod11Rounds(rounds))) };
        // 9+2*5+3*0+4*3+5*0+6*2+7*4+8*0+9*0+10*1+11*7 = 158; 158 mod 11 = 4.
        assert_eq!(twice.accepts("950302400174"), Ok(()));
        assert_eq!(twice.accepts("950302400175"), Err(Wrong::Check));
        // First round 9+2*5+4*3+6*2+7*4+10*6 = 131; 131 mod 11 = 10. Second 3*9+4*5+6*3+8*2+9*4+6 = 123; 123 mod 11 = 2.
        assert_eq!(twice.completed("95030240060").as_deref(), Some("950302400602"));
        let none = (0..10_000).filter(|n| twice.completed(&format!("9503024{n:04}")).is_none()).count();
        assert!((50..120).contains(&none), "one number in 121 is never issued, not {none} in 10,000");
    }
}
