//! What passes for an answer and what does not, as data.

use std::collections::BTreeSet;

use exchange::{Fault, FaultKind, Question, SubjectAsked, ValueKind, check_answer};
use kernel::{Date, RequestId};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::town::{NAME, NUMBER, asks, now, person};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn question() -> Question {
    Question {
        request_id: RequestId(ID.parse().unwrap()),
        agency: "tax".into(),
        subjects: vec![person()],
        items: vec![asks("income", ValueKind::Money), asks("rate", ValueKind::Decimal), asks("job", ValueKind::Code)],
        purpose: "benefit".into(),
        law: "art. 7".into(),
        case_reference: String::new(),
        reply_by: now(),
    }
}

fn right() -> Value {
    json!({
        "status": "answered", "request_id": ID, "answered_at": "2026-11-22T08:59:00Z",
        "subjects": [{ "key": "p1", "identifier": { "scheme": "resident", "value": "9001012000001" } }],
        "facts": [
            { "subject": "p1", "item": "income", "value": 100, "valid_from": "2026-01-01", "valid_to": "2026-06-01" },
            { "subject": "p1", "item": "income", "value": 120, "valid_from": "2026-06-01" }
        ],
        "no_entry": [{ "subject": "p1", "item": "rate" }],
        "unknown": [{ "subject": "p1", "item": "job" }]
    })
}

fn check(body: &Value) -> Result<exchange::Answer, Fault> {
    check_answer(&question(), &serde_json::to_vec(body).unwrap(), now())
}

#[test]
fn a_right_answer_passes_with_all_it_says() {
    let answer = check(&right()).unwrap();
    assert_eq!(answer.facts.len(), 2);
    assert_eq!(answer.facts[1].value, json!(120));
    assert_eq!((answer.facts[0].valid_to, answer.facts[1].valid_to), (Some(Date::constant(2026, 6, 1)), None));
    assert_eq!((answer.no_entry[0].item.as_str(), answer.unknown[0].item.as_str()), ("rate", "job"));
    assert_eq!(answer.answered_at, now().plus_seconds(-60));
    assert_eq!(answer.hash.len(), 64);
}

/// Where in the answer, what stands there instead, and what that is taken for.
#[test]
fn what_is_wrong_is_never_an_answer() {
    use FaultKind::*;
    let other_id = "01890a5d-ac96-774b-bcce-b302099a8058";
    let cases = [
        ("/status", json!("confirmed"), Schema),
        ("/status", json!("pending"), Schema),
        ("/request_id", json!(other_id), WrongQuestion),
        ("/request_id", json!(7), Schema),
        ("/answered_at", json!("2026-11-22T09:06:00Z"), FutureDated),
        ("/answered_at", json!("2027-11-22T09:00:00Z"), FutureDated),
        ("/answered_at", json!("2026-11-22T09:00:00"), Schema),
        ("/answered_at", json!("yesterday"), Schema),
        ("/subjects", json!([]), WrongSubject),
        ("/subjects/0/key", json!("p2"), WrongSubject),
        ("/subjects/0/identifier/value", json!("9001012000002"), WrongSubject),
        ("/subjects/0/identifier/value", json!(""), WrongSubject),
        ("/subjects/0/identifier/scheme", json!("passport"), WrongSubject),
        ("/subjects/0/identifier", Value::Null, WrongSubject),
        ("/facts/0/subject", json!("p2"), NotAsked),
        ("/facts/0/item", json!("debts"), NotAsked),
        ("/facts/0/value", json!("100"), Schema),
        ("/facts/0/value", json!(100.5), Schema),
        ("/facts/0/value", json!(1e30), Schema),
        ("/facts/0/value", json!(u64::MAX), Schema),
        ("/facts/0/value", Value::Null, Schema),
        ("/facts/0/value", json!([100]), Schema),
        ("/facts/0/value", json!({ "minor": 100 }), Schema),
        ("/facts/0/valid_to", json!("2026-07-01"), Contradictory),
        ("/facts/0/valid_to", Value::Null, Contradictory),
        ("/facts/0/valid_to", json!("2025-12-31"), Schema),
        ("/facts/0/valid_from", json!("2026-02-30"), Schema),
        ("/facts/0/valid_from", json!(20260101), Schema),
        ("/facts/1/valid_from", json!("2026-11-24"), FutureDated),
        ("/facts", json!([]), Incomplete),
        ("/no_entry", json!([]), Incomplete),
        ("/unknown", json!([]), Incomplete),
        ("/unknown/0/item", json!("income"), Contradictory),
        ("/unknown/0/item", json!("rate"), Contradictory),
        ("/unknown/0/item", json!("debts"), NotAsked),
    ];
    for (place, value, kind) in cases {
        let mut body = right();
        *body.pointer_mut(place).unwrap() = value.clone();
        let said = check(&body).map(|_| "an answer");
        assert_eq!(said.as_ref().map_err(|f| f.kind), Err(kind), "{place} = {value}: {said:?}");
    }
}

/// Whatever arrives: what passes holds exactly what was asked, of the kind asked, once for each day, and nothing later
/// than today.
fn holds(answer: &exchange::Answer) {
    let asked: BTreeSet<_> = question().items.into_iter().map(|i| (i.subject, i.item)).collect();
    let stated: BTreeSet<_> = answer.facts.iter().map(|f| (f.subject.clone(), f.item.clone())).collect();
    let others = answer.no_entry.iter().chain(&answer.unknown).map(|i| (i.subject.clone(), i.item.clone()));
    let others: Vec<_> = others.collect();
    assert_eq!(stated.len() + others.len(), asked.len());
    assert_eq!(stated.into_iter().chain(others).collect::<BTreeSet<_>>(), asked);
    for fact in &answer.facts {
        let kind = question().items.into_iter().find(|i| i.item == fact.item).unwrap().kind;
        assert!(fact.kind == kind && kind.fits(&fact.value));
        assert!(fact.valid_from <= now().plus_seconds(86_400).date(0));
        for other in answer.facts.iter().filter(|o| !std::ptr::eq(*o, fact) && o.item == fact.item) {
            let span = |f: &exchange::AnsweredFact| kernel::Period { from: f.valid_from, until: f.valid_to };
            assert!(!span(fact).overlaps(&span(other)));
        }
    }
    assert!(answer.answered_at <= now().plus_seconds(300));
}

/// Every place in a JSON document.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| places(v, &format!("{at}/{k}"), found)),
        Value::Array(all) => all.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Parts of the answer take each other's place, so that what comes out is nearly right.
    #[test]
    fn no_shuffled_answer_passes_that_is_none(moves in prop::collection::vec((any::<Index>(), any::<Index>()), 1..5)) {
        let mut body = right();
        for (from, to) in moves {
            let mut all = Vec::new();
            places(&body, "", &mut all);
            let part = body.pointer(from.get::<String>(&all)).unwrap().clone();
            let place = to.get::<String>(&all);
            *body.pointer_mut(place).unwrap() = part;
        }
        if let Ok(answer) = check(&body) {
            holds(&answer);
        }
    }

    /// Bytes change on the way.
    #[test]
    fn no_damaged_answer_passes_that_is_none(hits in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)) {
        let mut body = right().to_string().into_bytes();
        for (place, byte) in hits {
            let at = place.index(body.len());
            body[at] = byte;
        }
        if let Ok(answer) = check_answer(&question(), &body, now()) {
            holds(&answer);
        }
    }
}

#[test]
fn strict_json_and_nothing_else() {
    let text = right().to_string();
    let cases = [
        ("empty", String::new()),
        ("half", text[..text.len() / 2].to_owned()),
        ("twice", format!("{text}{text}")),
        ("a name twice", text.replacen("\"facts\":", "\"facts\":[],\"facts\":", 1)),
        ("a value twice", text.replacen("\"value\":100", "\"value\":100,\"value\":900", 1)),
        ("an unknown name", text.replacen("\"facts\":", "\"version\":2,\"facts\":", 1)),
        ("a list", format!("[{text}]")),
        ("markup", "<answer/>".to_owned()),
        ("deep", "[".repeat(100_000)),
        ("deep within", text.replacen("100", &"[".repeat(100_000), 1)),
    ];
    for (name, body) in cases {
        let fault = check_answer(&question(), body.as_bytes(), now()).expect_err(name);
        assert_eq!(fault.kind, FaultKind::Schema, "{name}: {fault}");
    }
    let not_text = [text.as_bytes(), &[0xff]].concat();
    assert_eq!(check_answer(&question(), &not_text, now()).expect_err("no UTF-8").kind, FaultKind::Schema);
}

#[test]
fn words_of_a_fault_hold_no_value_of_the_person() {
    let mut body = right();
    body["subjects"][0]["identifier"]["value"] = json!("1234567-7654321");
    body["facts"][0]["value"] = json!("a most secret value");
    let words = format!("{:?}", check(&body).expect_err("wrong"));
    body["subjects"] = right()["subjects"].clone();
    let more = format!("{:?}", check(&body).expect_err("wrong"));
    body["facts"][0]["valid_from"] = json!("a most secret value");
    let most = format!("{:?}", check(&body).expect_err("wrong"));
    for words in [words, more, most] {
        assert!(!words.contains("1234567") && !words.contains("secret"), "{words}");
    }
}

/// Twins share a birth date; a newborn has no number yet.
#[test]
fn somebody_without_a_number_is_known_by_birth_date_and_name_together() {
    let mut asked = question();
    let born = Date::constant(2026, 11, 20);
    asked.subjects =
        vec![SubjectAsked { identifier: None, birth_date: Some(born), name: Some("김 하늘".into()), ..person() }];
    asked.check().unwrap();
    let cases = [
        (json!({ "key": "p1", "birth_date": "2026-11-20", "name": "김하늘" }), true),
        // The same letters, decomposed.
        (json!({ "key": "p1", "birth_date": "2026-11-20", "name": "\u{1100}\u{1175}\u{11b7} 하늘" }), true),
        (json!({ "key": "p1", "birth_date": "2026-11-20", "name": "김바다" }), false),
        (json!({ "key": "p1", "birth_date": "2026-11-21", "name": "김하늘" }), false),
        (json!({ "key": "p1", "birth_date": "2026-11-20" }), false),
        (json!({ "key": "p1", "name": "김하늘" }), false),
        (json!({ "key": "p1" }), false),
    ];
    for (subject, passes) in cases {
        let mut body = right();
        body["subjects"] = json!([subject]);
        let said = check_answer(&asked, &serde_json::to_vec(&body).unwrap(), now());
        assert_eq!(said.is_ok(), passes, "{subject}");
        assert!(said.err().is_none_or(|f| f.kind == FaultKind::WrongSubject), "{subject}");
    }
}

#[test]
fn a_number_that_belongs_to_somebody_born_on_another_day_is_somebody_else() {
    let mut body = right();
    body["subjects"][0]["birth_date"] = json!("1991-01-01");
    assert_eq!(check(&body).expect_err("another").kind, FaultKind::WrongSubject);
    body["subjects"][0]["birth_date"] = json!("1990-01-01");
    body["subjects"][0]["name"] = json!("A Name After Marriage");
    check(&body).expect("names change");
}

#[test]
fn values_are_of_their_kind() {
    use ValueKind::*;
    let cases = [
        (Boolean, json!(true), true),
        (Boolean, json!("true"), false),
        (Boolean, json!(1), false),
        (Integer, json!(-3), true),
        (Integer, json!(i64::MAX), true),
        (Integer, json!(3.0), false),
        (Money, json!(0), true),
        (Decimal, json!("-12.50"), true),
        (Decimal, json!("12,50"), false),
        (Decimal, json!("1e5"), false),
        (Decimal, json!(".5"), false),
        (Decimal, json!("5."), false),
        (Decimal, json!("-"), false),
        (Decimal, json!("1".repeat(35)), false),
        (Decimal, json!(12.5), false),
        (Date, json!("2024-02-29"), true),
        (Date, json!("2023-02-29"), false),
        (Date, json!("2024-02-29T00:00"), false),
        (Date, json!("20240229"), false),
        (Text, json!("two words"), true),
        (Text, json!(" "), false),
        (Text, json!("line\nbreak"), false),
        (Text, json!("x".repeat(5_000)), false),
        (Code, json!("employed"), true),
        (Code, json!(7), false),
    ];
    for (kind, value, fits) in cases {
        assert_eq!(kind.fits(&value), fits, "{kind:?} {value}");
    }
}

#[test]
fn questions_whose_answers_could_not_be_checked_are_not_asked() {
    let change = |f: fn(&mut Question)| {
        let mut q = question();
        f(&mut q);
        q.check().map_err(|e| e.to_string())
    };
    assert_eq!(change(|_| {}), Ok(()));
    type Change = fn(&mut Question);
    let cases: [(Change, &str); 8] = [
        (|q| q.items.clear(), "asks for nothing"),
        (|q| q.items.push(q.items[0].clone()), "asked twice"),
        (|q| q.items[0].subject = "p9".into(), "no subject of it"),
        (|q| q.subjects.push(q.subjects[0].clone()), "have the key"),
        (|q| q.subjects.push(SubjectAsked { key: "p2".into(), ..person() }), "must not hear of it"),
        (|q| q.subjects[0] = SubjectAsked { identifier: None, name: None, ..person() }, "somebody else"),
        (|q| q.law.clear(), "names no law"),
        (|q| q.purpose = " ".into(), "names no purpose"),
    ];
    for (f, words) in cases {
        let said = change(f).expect_err(words);
        assert!(said.contains(words), "{said}");
        assert!(!said.contains(NAME) && !said.contains(NUMBER), "{said}");
    }
}
