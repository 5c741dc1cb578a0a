//! How a simulated agency behaves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One behaviour, good or bad.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behaviour {
    /// Answers at once.
    #[default]
    Prompt,
    /// Answers after a while.
    Slow {
        /// The while.
        millis: u64,
    },
    /// Says «not yet» until it was looked at again so often.
    Pending {
        /// How often.
        looks: u32,
    },
    /// Says «not yet» and pushes the answer to the callback address, perhaps several times.
    Callback {
        /// After this time.
        after_millis: u64,
        /// How often the same answer is pushed.
        times: u32,
    },
    /// Says «not yet» until the time for the answer is long over, then answers, pushing if it can.
    Late {
        /// So many seconds after the question's `reply_by`.
        seconds: u32,
    },
    /// Fails so many times, then works.
    Fails {
        /// How often.
        times: u32,
        /// With this HTTP status.
        status: u16,
    },
    /// Says «too many requests» so many times, then works.
    Throttled {
        /// How often.
        times: u32,
        /// When it wants to be asked again.
        retry_after_seconds: u32,
    },
    /// Fails now and then, by the seed.
    Flaky {
        /// In so many of a hundred calls.
        percent: u8,
    },
    /// Takes the call and never says anything.
    NeverAnswers,
    /// Sends its answer byte by byte.
    Drips {
        /// Pause between two bytes.
        millis: u64,
    },
    /// Sends half its answer and closes the connection.
    Truncated,
    /// Sends an endless answer.
    Oversized,
    /// Sends the caller elsewhere.
    Redirects {
        /// The address.
        to: String,
    },
    /// States another value than its register holds.
    Contradicts {
        /// The value; made up from the right one when absent (texts and codes then stay).
        #[serde(default)]
        value: Option<Value>,
    },
    /// Answers about somebody else.
    WrongPerson,
    /// Answers another question.
    WrongQuestion,
    /// Answers in a shape nobody agreed on.
    WrongSchema,
    /// Says more than was asked.
    NotAsked,
    /// Says less than was asked.
    Incomplete,
    /// Dates its answer in the future.
    FutureDated {
        /// So many days.
        days: u32,
    },
    /// Leaves its signature away.
    Unsigned,
    /// Signs something else.
    WronglySigned,
    /// Refuses.
    Refuses {
        /// Its code.
        code: String,
        /// Its words.
        words: String,
    },
}

/// Who plays what: a training or demonstration as data, by agency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scenario(pub BTreeMap<String, Part>);

/// What one agency plays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// How it behaves; prompt when absent.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// How it behaves where one item is asked or one service ordered.
    #[serde(default)]
    pub items: BTreeMap<String, Behaviour>,
}
