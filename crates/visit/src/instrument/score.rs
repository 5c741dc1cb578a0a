//! From answers to points, from points to a level of need, and what cannot wait.

use catalogue::model::{Band, Instrument, Safety, Score};
use serde::{Deserialize, Serialize};

use super::answers::{Answers, asked, holds};

/// What came of the answers.
#[derive(Clone, Debug)]
pub struct Scored<'a> {
    /// The sum.
    pub points: i64,
    /// What counted, in the order of the score.
    pub counted: Vec<Counted>,
    /// Questions that would have counted and were skipped.
    pub skipped: Vec<String>,
    /// What follows from so many points.
    pub band: Option<&'a Band>,
    /// What cannot wait.
    pub safety: Vec<&'a Safety>,
}

/// One answer that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The question.
    pub item: String,
    /// Its points.
    pub points: i64,
}

/// Scores answers that were accepted.
pub fn score<'a>(score: &'a Score, instrument: &Instrument, answers: &Answers) -> Scored<'a> {
    let asked = asked(instrument, answers);
    let question = |id: &str| asked.iter().find(|q| q.id == id).copied();
    let (mut counted, mut skipped) = (Vec::new(), Vec::new());
    for weight in &score.weights {
        let Some(question) = question(&weight.item) else { continue };
        let Some(answer) = answers.get(&weight.item) else {
            if !skipped.contains(&weight.item) {
                skipped.push(weight.item.clone());
            }
            continue;
        };
        let points = match &weight.when {
            None => answer.ordinal(question).unwrap_or(0),
            Some(test) if holds(test, Some(question), Some(answer)) => weight.points,
            Some(_) => 0,
        };
        if points != 0 {
            counted.push(Counted { item: weight.item.clone(), points });
        }
    }
    let points = counted.iter().map(|c| c.points).sum();
    let urgent = |safety: &&Safety| match &safety.item {
        Some(item) => question(item).is_some_and(|q| holds(&safety.when, Some(q), answers.get(item))),
        None => match &safety.when {
            catalogue::model::Test::Compares(how, than) => how.holds(points as f64, *than),
            _ => false,
        },
    };
    let safety = score.safety.iter().filter(urgent).collect();
    Scored { points, counted, skipped, band: score.band(points), safety }
}
