//! The published tables, read once.

use std::sync::OnceLock;

use super::Sex;

/// One standard: what is measured against what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Weight in kilograms by age.
    WeightForAge,
    /// Length (under two years) or height in centimetres by age.
    LengthForAge,
    /// Body-mass index in kilograms a square metre by age.
    BmiForAge,
    /// Head circumference in centimetres by age.
    HeadForAge,
    /// Mid-upper-arm circumference in centimetres by age, from the 91st day.
    ArmForAge,
    /// Weight in kilograms by length, 45 to 110 cm, under two years.
    WeightForLength,
    /// Weight in kilograms by height, 65 to 120 cm, from two years.
    WeightForHeight,
}

impl Standard {
    /// All of them.
    pub const ALL: [Standard; 7] = [
        Standard::WeightForAge,
        Standard::LengthForAge,
        Standard::BmiForAge,
        Standard::HeadForAge,
        Standard::ArmForAge,
        Standard::WeightForLength,
        Standard::WeightForHeight,
    ];

    fn text(self) -> &'static str {
        match self {
            Standard::WeightForAge => include_str!("../../data/growth/weight_for_age.csv"),
            Standard::LengthForAge => include_str!("../../data/growth/length_height_for_age.csv"),
            Standard::BmiForAge => include_str!("../../data/growth/bmi_for_age.csv"),
            Standard::HeadForAge => include_str!("../../data/growth/head_circumference_for_age.csv"),
            Standard::ArmForAge => include_str!("../../data/growth/arm_circumference_for_age.csv"),
            Standard::WeightForLength => include_str!("../../data/growth/weight_for_length.csv"),
            Standard::WeightForHeight => include_str!("../../data/growth/weight_for_height.csv"),
        }
    }

    /// Whether it goes by centimetres and not by days.
    pub fn by_centimetre(self) -> bool {
        matches!(self, Standard::WeightForLength | Standard::WeightForHeight)
    }

    /// Whether scores beyond ±3 go on in steps of the last standard deviation. Length and head stay on the curve.
    pub(super) fn is_stretched(self) -> bool {
        !matches!(self, Standard::LengthForAge | Standard::HeadForAge)
    }

    /// The score beyond which a measurement is taken for a mistake (WHO's flags): lower and upper.
    pub(super) fn plausible(self) -> (f64, f64) {
        match self {
            Standard::WeightForAge => (-6.0, 5.0),
            Standard::LengthForAge => (-6.0, 6.0),
            _ => (-5.0, 5.0),
        }
    }

    fn table(self) -> &'static Table {
        macro_rules! once {
            () => {{
                static TABLE: OnceLock<Table> = OnceLock::new();
                &TABLE
            }};
        }
        let slot = match self {
            Standard::WeightForAge => once!(),
            Standard::LengthForAge => once!(),
            Standard::BmiForAge => once!(),
            Standard::HeadForAge => once!(),
            Standard::ArmForAge => once!(),
            Standard::WeightForLength => once!(),
            Standard::WeightForHeight => once!(),
        };
        slot.get_or_init(|| Table::read(self.text(), if self.by_centimetre() { 10.0 } else { 1.0 }))
    }

    /// L, M and S at a day of age or a length in centimetres, which may lie between two tenths; `None` outside the table.
    pub(super) fn at(self, sex: Sex, at: f64) -> Option<Lms> {
        self.table().at(sex, if self.by_centimetre() { at * 10.0 } else { at })
    }

    /// First and last day, or first and last tenth of a centimetre.
    pub(super) fn span(self) -> (u32, u32) {
        let table = self.table();
        let rows = u32::try_from(table.girls.len()).unwrap_or(0);
        (table.first, table.first + rows.saturating_sub(1))
    }
}

/// Skewness, median and spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lms {
    pub(super) l: f64,
    pub(super) m: f64,
    pub(super) s: f64,
}

impl Lms {
    /// The measurement that has this score.
    pub(super) fn value(self, z: f64) -> f64 {
        if self.l == 0.0 {
            self.m * (self.s * z).exp()
        } else {
            self.m * (1.0 + self.l * self.s * z).powf(1.0 / self.l)
        }
    }

    /// The score of a measurement, on the curve.
    pub(super) fn score(self, y: f64) -> f64 {
        if self.l == 0.0 { (y / self.m).ln() / self.s } else { ((y / self.m).powf(self.l) - 1.0) / (self.s * self.l) }
    }
}

/// A row for every whole step from the first on, for girls and for boys.
#[derive(Debug)]
struct Table {
    first: u32,
    girls: Vec<Lms>,
    boys: Vec<Lms>,
}

impl Table {
    /// Reads `sex,at,l,m,s`; rows of the one sex stand together and in order, as published.
    fn read(text: &str, steps: f64) -> Table {
        let mut table = Table { first: u32::MAX, girls: Vec::new(), boys: Vec::new() };
        for line in text.lines().skip(1) {
            let mut fields = line.split(',');
            let boy = fields.next() == Some("M");
            let mut number = || fields.next().and_then(|f| f.trim().parse::<f64>().ok());
            let (Some(at), Some(l), Some(m), Some(s)) = (number(), number(), number(), number()) else { continue };
            table.first = table.first.min((at * steps).round() as u32);
            if boy { &mut table.boys } else { &mut table.girls }.push(Lms { l, m, s });
        }
        table
    }

    fn at(&self, sex: Sex, step: f64) -> Option<Lms> {
        let rows = if sex == Sex::Male { &self.boys } else { &self.girls };
        // A length of 45.7 cm times ten is 457.00000000000006: what is a tenth to nine digits is that tenth.
        let step = if (step - step.round()).abs() < 1e-6 { step.round() } else { step };
        let from = step.floor() - f64::from(self.first);
        if from < 0.0 {
            return None;
        }
        let low = *rows.get(from as usize)?;
        let part = step - step.floor();
        if part == 0.0 {
            return Some(low);
        }
        let high = *rows.get(from as usize + 1)?;
        let between = |a: f64, b: f64| a + part * (b - a);
        Some(Lms { l: between(low.l, high.l), m: between(low.m, high.m), s: between(low.s, high.s) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_row_is_read() {
        let rows: Vec<usize> = Standard::ALL.iter().map(|s| s.table().girls.len() + s.table().boys.len()).collect();
        assert_eq!(rows, [3714, 3714, 3714, 3714, 3532, 1302, 1102]);
        assert_eq!(Standard::ArmForAge.span(), (91, 1856));
        assert_eq!(Standard::WeightForLength.span(), (450, 1100));
    }
}
