//! One child on one day.

use jiff::civil::Date;

use super::Sex;
use super::tables::{Lms, Standard};

/// From this day of age on a child is measured standing (24 months of 30.4375 days, rounded up).
const STANDING: u32 = 731;

/// What lying down adds to standing, in centimetres, by WHO's comparison of both.
const LYING_ADDS: f64 = 0.7;

/// Without an age, whoever is shorter than this is taken for under two, in centimetres.
const SHORT: f64 = 87.0;

/// A pregnancy to term, in days.
const TERM: i32 = 280;

/// Birth before this day of pregnancy is premature (37 weeks).
const PREMATURE: i32 = 259;

/// How length or height was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posture {
    /// Length, on the back.
    Lying,
    /// Height.
    Standing,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Girl or boy.
    pub sex: Sex,
    /// Whole days since birth (or since the day birth was expected, see [`corrected_age`]).
    pub age_days: Option<u32>,
    /// Kilograms.
    pub weight_kg: Option<f64>,
    /// Length or height in centimetres, as read.
    pub length_cm: Option<f64>,
    /// How length or height was taken; left out: as the age has it.
    pub posture: Option<Posture>,
    /// Head circumference in centimetres.
    pub head_cm: Option<f64>,
    /// Mid-upper-arm circumference in centimetres.
    pub arm_cm: Option<f64>,
    /// Swelling of both feet: the weight is then water, and no score with weight in it is given.
    pub oedema: bool,
}

/// A z-score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Standard deviations from the median.
    pub z: f64,
    /// Whether it lies where measurements can be (WHO's flags). An implausible one is measured again, and is in no statistics.
    pub plausible: bool,
}

impl Score {
    /// To two decimals, as WHO publishes it; halves go away from zero.
    pub fn rounded(self) -> f64 {
        (self.z * 100.0).round() / 100.0
    }
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unscored {
    /// Nothing was measured.
    NotMeasured,
    /// It goes by age, and the age is not known.
    AgeUnknown,
    /// The standards end with the 1,856th day, and begin for the arm with the 91st.
    AgeOutside,
    /// Shorter or longer than the table of weights goes.
    LengthOutside,
    /// The weight is partly water.
    Oedema,
}

/// All scores of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Length or height in centimetres as the age wants it: lying under two years, standing from two.
    pub length_cm: Option<f64>,
    /// Body-mass index.
    pub bmi: Option<f64>,
    /// Weight by age: low is *underweight*.
    pub weight_for_age: Result<Score, Unscored>,
    /// Length or height by age: low is *stunted*.
    pub length_for_age: Result<Score, Unscored>,
    /// Weight by length or height: low is *wasted*.
    pub weight_for_length: Result<Score, Unscored>,
    /// Body-mass index by age.
    pub bmi_for_age: Result<Score, Unscored>,
    /// Head circumference by age.
    pub head_for_age: Result<Score, Unscored>,
    /// Arm circumference by age.
    pub arm_for_age: Result<Score, Unscored>,
}

/// Scores one measurement.
pub fn score(of: &Measurement) -> Scores {
    let real = |y: Option<f64>| y.filter(|y| y.is_finite() && *y > 0.0);
    let length = real(of.length_cm).map(|cm| wanted(of, cm));
    let measured = real(of.weight_kg);
    let weight = if of.oedema { Err(Unscored::Oedema) } else { measured.ok_or(Unscored::NotMeasured) };
    let bmi = measured.zip(length).map(|(kg, cm)| kg / (cm / 100.0).powi(2));
    let by_age = |standard: Standard, y: Result<f64, Unscored>| {
        let y = y?;
        let age = of.age_days.ok_or(Unscored::AgeUnknown)?;
        let lms = standard.at(of.sex, f64::from(age)).ok_or(Unscored::AgeOutside)?;
        Ok(scored(standard, lms, y))
    };
    let some = |y: Option<f64>| y.ok_or(Unscored::NotMeasured);
    Scores {
        length_cm: length,
        bmi,
        weight_for_age: by_age(Standard::WeightForAge, weight),
        length_for_age: by_age(Standard::LengthForAge, some(length)),
        weight_for_length: weight.and_then(|kg| by_length(of, kg, some(length)?)),
        bmi_for_age: weight.and_then(|_| by_age(Standard::BmiForAge, some(bmi))),
        head_for_age: by_age(Standard::HeadForAge, some(real(of.head_cm))),
        arm_for_age: by_age(Standard::ArmForAge, some(real(of.arm_cm))),
    }
}

/// Length as the age wants it measured.
fn wanted(of: &Measurement, cm: f64) -> f64 {
    match (of.age_days, of.posture) {
        (Some(age), Some(Posture::Standing)) if age < STANDING => cm + LYING_ADDS,
        (Some(age), Some(Posture::Lying)) if age >= STANDING => cm - LYING_ADDS,
        _ => cm,
    }
}

fn by_length(of: &Measurement, kg: f64, cm: f64) -> Result<Score, Unscored> {
    let young = match (of.age_days, of.posture) {
        (Some(age), _) => age < STANDING,
        (None, Some(posture)) => posture == Posture::Lying,
        (None, None) => cm < SHORT,
    };
    if of.age_days.is_some_and(|age| age > Standard::WeightForAge.span().1) {
        return Err(Unscored::AgeOutside);
    }
    let standard = if young { Standard::WeightForLength } else { Standard::WeightForHeight };
    let lms = standard.at(of.sex, cm).ok_or(Unscored::LengthOutside)?;
    Ok(scored(standard, lms, kg))
}

fn scored(standard: Standard, lms: Lms, y: f64) -> Score {
    let on_curve = lms.score(y);
    let z = match on_curve {
        z if !standard.is_stretched() || z.abs() <= 3.0 => z,
        z => {
            let side = z.signum();
            let (third, second) = (lms.value(3.0 * side), lms.value(2.0 * side));
            side * 3.0 + (y - third) / (third - second).abs()
        }
    };
    let (low, high) = standard.plausible();
    Score { z, plausible: z >= low && z <= high }
}

/// The age in days that a premature child is looked at with: from the day birth was expected, until two years after birth.
///
/// `gestation_days` is the length of the pregnancy, where known. Born at 32 weeks, a child of 100 days has 44. `None` before birth, and
/// before the day birth was expected, when the standards do not apply.
pub fn corrected_age(born: Date, gestation_days: Option<i32>, on: Date) -> Option<u32> {
    let age = born.until(on).ok()?.get_days();
    let early = gestation_days.filter(|g| *g < PREMATURE).map_or(0, |g| TERM - g);
    let age = if age < STANDING as i32 { age - early } else { age };
    u32::try_from(age).ok()
}

/// The lines of a growth chart: for every day of age (or tenth of a centimetre) the measurements with these scores.
///
/// A row is the day or the centimetres, and then a value for each of `scores`. Scores beyond ±3 are not on the published chart.
pub fn lines(standard: Standard, sex: Sex, scores: &[f64], every: u32) -> Vec<(f64, Vec<f64>)> {
    let (first, last) = standard.span();
    let step = usize::try_from(every.max(1)).unwrap_or(1);
    (first..=last)
        .step_by(step)
        .filter_map(|n| {
            let at = if standard.by_centimetre() { f64::from(n) / 10.0 } else { f64::from(n) };
            let lms = standard.at(sex, at)?;
            Some((at, scores.iter().map(|z| lms.value(z.clamp(-3.0, 3.0))).collect()))
        })
        .collect()
}
