//! Neither secrets nor people in logs and Debug output.

use std::io::Write;
use std::sync::{Arc, Mutex};

use exchange::Outcome;
use exchange::simulate::Behaviour;
use tracing_subscriber::fmt::MakeWriter;

use crate::town::{INCOME, NAME, NUMBER, SECRET, TAX, Town};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;
    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

#[tokio::test]
async fn logs_at_the_finest_level_name_agencies_and_outcomes_and_nobody() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(lines.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let town = Town::new().await;
    let mut shown = String::new();
    for behaviour in [Behaviour::Prompt, Behaviour::WrongPerson, Behaviour::Truncated, Behaviour::WrongSchema] {
        town.behave(behaviour);
        let question = town.question();
        let outcome = town.ask(&question).await;
        shown += &format!("{question:?} {:?} {outcome:?}", question.subjects);
        if let Outcome::Answered(answer) = outcome {
            shown += &format!("{:?}", answer.facts);
        }
    }
    town.simulation.revoke_tokens();
    town.behave(Behaviour::Prompt);
    town.ask_fresh().await;
    shown += &format!("{:?} {:?}", town.exchange, town.exchange.health());
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("agency called") && logged.contains(TAX) && logged.contains("outcome=\"answered\""));
    let digits = NUMBER.replace('-', "");
    let income = INCOME.to_string();
    let words = ["s3cret", SECRET, NUMBER, &digits, NAME, "Sae-byeok", &income, "Bearer ", "Basic "];
    for (place, text) in [("log", &logged), ("Debug", &shown)] {
        for word in words {
            let line = text.lines().find(|l| l.contains(word));
            assert_eq!(line, None, "{word:?} in the {place}");
        }
    }
}
