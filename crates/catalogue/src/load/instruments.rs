//! `instruments/*.json`: FHIR R4 questionnaires. Read is the part that is rendered and scored; anything else is a fault, so that
//! nobody believes a question to be asked that is not.

use std::collections::{HashMap, HashSet};

use kernel::{Lang, Words};

use super::context::Context;
use crate::model::{AnswerKind, AskedWhen, Choice, Comparison, Instrument, Question, Test};
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::yaml::{Keys, Node, Yaml, parse};

/// The standard extension by which FHIR carries words in another language.
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
/// The standard extension that says what a choice counts.
const ORDINAL: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";
/// Asked and shown only when the person is alone with the nurse.
const ALONE_ONLY: &str = "urn:hearth:alone-only";
/// May be answered by the person without a nurse.
const SELF_FILLED: &str = "urn:hearth:self-filled";
/// What FHIR allows beside what is read, and means nothing to whoever answers.
const UNREAD: [&str; 13] = [
    "meta",
    "text",
    "name",
    "date",
    "publisher",
    "subjectType",
    "code",
    "experimental",
    "contact",
    "useContext",
    "jurisdiction",
    "derivedFrom",
    "effectivePeriod",
];
/// How deep questions may lie within each other.
const DEEPEST: usize = 5;

/// Reads all questionnaires.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("instruments", ".json") {
        let Some(root) = parse(&source, faults) else { continue };
        let node = Node::root(&source, faults, &root);
        let lang = node.entries().iter().find(|(_, key)| *key == "language").and_then(|(n, _)| n.text());
        let lang = lang.and_then(|tag| tag.parse().ok()).unwrap_or(Lang::En);
        let reader = Reader { complete: cx.complete(), lang };
        let Some(instrument) = reader.questionnaire(node) else { continue };
        check(&instrument, node);
        let key = instrument.key.clone();
        if !cx.content.instruments.add(&key, instrument) {
            cx.twice("version of an instrument", &key, &node.at());
        }
    }
}

struct Reader {
    complete: Vec<Lang>,
    lang: Lang,
}

/// An extension: its address and its keys.
struct Extension<'a> {
    url: &'a str,
    keys: Keys<'a>,
    node: Node<'a>,
}

impl Reader {
    fn questionnaire(&self, node: Node<'_>) -> Option<Instrument> {
        let keys = node.keys();
        for key in UNREAD {
            keys.get(key);
        }
        if let Some(kind) = keys.need("resourceType").filter(|n| n.text() != Some("Questionnaire")) {
            kind.fault("bad-value", "this is no questionnaire", "Questionnaire", "");
        }
        keys.get("language");
        let text = |key| keys.need(key).and_then(|n| n.text()).unwrap_or_default().to_owned();
        let (id, version) = (text("id"), text("version"));
        keys.need("status");
        let mut instrument = Instrument {
            key: format!("{id}@{version}"),
            url: keys.get("url").and_then(|n| n.text()).unwrap_or_default().to_owned(),
            title: self.words(&keys, "title", "_title", node),
            purpose: if keys.get("description").is_some() {
                self.words(&keys, "description", "_description", node)
            } else {
                Words::default()
            },
            copyright: text("copyright"),
            alone_only: false,
            self_filled: false,
            items: keys.need("item").map(|n| self.questions(n, 0)).unwrap_or_default(),
            id,
            version,
        };
        for extension in extensions(keys.get("extension")) {
            let flag = extension.keys.get("valueBoolean").and_then(|n| n.text()) == Some("true");
            match extension.url {
                ALONE_ONLY => instrument.alone_only = flag,
                SELF_FILLED => instrument.self_filled = flag,
                other => unknown(&extension.node, other, &[ALONE_ONLY, SELF_FILLED]),
            }
            extension.keys.finish();
        }
        keys.finish();
        (!instrument.id.is_empty()).then_some(instrument)
    }

    /// The words under `key`, and their translations under `_key`.
    fn words(&self, keys: &Keys<'_>, key: &'static str, beside: &'static str, at: Node<'_>) -> Words {
        let mut all: Vec<(Lang, String)> = Vec::new();
        if let Some(text) = keys.need(key).and_then(|n| n.text()) {
            all.push((self.lang, text.to_owned()));
        }
        if let Some(beside) = keys.get(beside) {
            let inner = beside.keys();
            for extension in extensions(inner.get("extension")) {
                if extension.url != TRANSLATION {
                    unknown(&extension.node, extension.url, &[TRANSLATION]);
                    continue;
                }
                let parts = extensions(extension.keys.get("extension"));
                let part = |url: &str, value: &'static str| {
                    parts.iter().find(|p| p.url == url).and_then(|p| p.keys.get(value)).and_then(|n| n.text())
                };
                let (tag, text) = (part("lang", "valueCode"), part("content", "valueString"));
                match tag.map(str::parse::<Lang>).zip(text) {
                    Some((Ok(lang), text)) => all.push((lang, text.to_owned())),
                    _ => extension.node.fault(
                        "bad-translation",
                        "this translation has no language or no words",
                        "extensions \"lang\" with valueCode ko, en, kk or ru, and \"content\" with valueString",
                        "",
                    ),
                }
            }
            inner.finish();
        }
        let words: Words = all.into_iter().collect();
        let lacking: Vec<&str> = self.complete.iter().filter(|l| !words.has(**l)).map(|l| l.tag()).collect();
        if !lacking.is_empty() {
            let message = format!("\"{key}\" is missing in {}", lacking.join(", "));
            at.fault(
                "missing-language",
                message,
                "words in every language of the pack",
                format!("add to \"_{key}\" the extension {TRANSLATION}"),
            );
        }
        words
    }

    fn questions(&self, list: Node<'_>, depth: usize) -> Vec<Question> {
        if depth > DEEPEST {
            list.fault("too-deep", "questions lie too deep within each other", format!("at most {DEEPEST} levels"), "");
            return Vec::new();
        }
        list.list().into_iter().filter_map(|node| self.item(node, depth)).collect()
    }

    fn item(&self, node: Node<'_>, depth: usize) -> Option<Question> {
        let keys = node.keys();
        for key in ["code", "definition", "prefix"] {
            keys.get(key);
        }
        let id = keys.need("linkId").and_then(|n| n.text()).unwrap_or_default().to_owned();
        let many = keys.get("repeats").and_then(|n| n.text()) == Some("true");
        let options = keys.get("answerOption").map(|n| self.options(n)).unwrap_or_default();
        let kind = keys.need("type").and_then(|n| answer_kind(n, options, many));
        let text = self.words(&keys, "text", "_text", node);
        let when = keys.get("enableWhen").map(conditions).unwrap_or_default();
        let behaviour = keys.get("enableBehavior").and_then(|n| n.text());
        if when.len() > 1 && behaviour.is_none() {
            node.fault("missing-key", "several conditions and no \"enableBehavior\"", "all or any", "");
        }
        let question = Question {
            text,
            required: keys.get("required").and_then(|n| n.text()) == Some("true"),
            when,
            all: behaviour != Some("any"),
            items: keys.get("item").map(|n| self.questions(n, depth + 1)).unwrap_or_default(),
            kind: kind?,
            id,
        };
        keys.finish();
        Some(question)
    }

    fn options(&self, list: Node<'_>) -> Vec<Choice> {
        let option = |node: Node<'_>| {
            let keys = node.keys();
            let coding = keys.need("valueCoding")?;
            let inner = coding.keys();
            inner.get("system");
            let code = inner.need("code").and_then(|n| n.text())?.to_owned();
            let text = self.words(&inner, "display", "_display", coding);
            let mut ordinal = None;
            let there = extensions(keys.get("extension")).into_iter().chain(extensions(inner.get("extension")));
            for extension in there {
                if extension.url != ORDINAL {
                    unknown(&extension.node, extension.url, &[ORDINAL]);
                    continue;
                }
                let value = extension.keys.need("valueDecimal").and_then(|n| n.text());
                ordinal = value.and_then(|v| v.parse::<i64>().ok());
                if ordinal.is_none() {
                    extension.node.fault(
                        "bad-value",
                        "the value of a choice is no whole number",
                        "valueDecimal: 2",
                        "",
                    );
                }
            }
            inner.finish();
            keys.finish();
            Some(Choice { code, text, ordinal })
        };
        list.list().into_iter().filter_map(option).collect()
    }
}

fn extensions<'a>(list: Option<Node<'a>>) -> Vec<Extension<'a>> {
    let entries = list.map(|n| n.list()).unwrap_or_default();
    let one = |node: Node<'a>| {
        let keys = node.keys();
        let url = keys.need("url").and_then(|n| n.text()).unwrap_or_default();
        Extension { url, keys, node }
    };
    entries.into_iter().map(one).collect()
}

fn unknown(node: &Node<'_>, url: &str, known: &[&str]) {
    let hint = did_you_mean(url, known.iter().copied());
    let message = format!("nothing reads the extension \"{}\" here", shown(url));
    node.fault("unknown-extension", message, one_of(known.iter().copied()), hint);
}

fn answer_kind(node: Node<'_>, options: Vec<Choice>, many: bool) -> Option<AnswerKind> {
    const KINDS: [&str; 9] = ["group", "display", "boolean", "integer", "decimal", "date", "string", "text", "choice"];
    let kind = match node.text()? {
        "group" => AnswerKind::Group,
        "display" => AnswerKind::Display,
        "boolean" => AnswerKind::Boolean,
        "integer" => AnswerKind::Integer,
        "decimal" => AnswerKind::Decimal,
        "date" => AnswerKind::Date,
        "string" | "text" => AnswerKind::Text,
        "choice" if options.is_empty() => {
            node.fault("no-options", "there is nothing to choose from", "answerOption with valueCoding", "");
            return None;
        }
        "choice" => AnswerKind::Choice { options, many },
        other => {
            let message = format!("\"{}\" is no type of question that is asked here", shown(other));
            node.fault("bad-value", message, one_of(KINDS), did_you_mean(other, KINDS));
            return None;
        }
    };
    if many && !matches!(kind, AnswerKind::Choice { .. }) {
        node.fault("bad-value", "only a choice can be answered more than once", "\"repeats\" with type choice", "");
    }
    Some(kind)
}

fn conditions(list: Node<'_>) -> Vec<AskedWhen> {
    list.list().into_iter().filter_map(condition).collect()
}

fn condition(node: Node<'_>) -> Option<AskedWhen> {
    let keys = node.keys();
    let question = keys.need("question").and_then(|n| n.text())?.to_owned();
    let operator = keys.need("operator")?;
    let mut answer = None;
    for key in ["answerBoolean", "answerInteger", "answerDecimal", "answerString", "answerDate"] {
        answer = answer.or_else(|| keys.get(key).and_then(|n| n.text()).map(str::to_owned));
    }
    if let Some(coding) = keys.get("answerCoding") {
        let inner = coding.keys();
        inner.get("system");
        inner.get("display");
        answer = inner.need("code").and_then(|n| n.text()).map(str::to_owned);
        inner.finish();
    }
    keys.finish();
    let Some(answer) = answer else {
        node.fault("missing-key", "the condition names no answer", "answerBoolean, answerInteger, answerCoding …", "");
        return None;
    };
    let number = || answer.parse::<f64>().ok().filter(|n| n.is_finite());
    let compares = |how| number().map(|n| Test::Compares(how, n));
    let test = match operator.text()? {
        "exists" => answer.parse().ok().map(Test::Exists),
        "=" => Some(Test::Is(answer.clone())),
        "!=" => Some(Test::IsNot(answer.clone())),
        ">" => compares(Comparison::Above),
        ">=" => compares(Comparison::AtLeast),
        "<" => compares(Comparison::Below),
        "<=" => compares(Comparison::AtMost),
        _ => None,
    };
    if test.is_none() {
        let expected = "exists with answerBoolean; = or !=; >, >=, <, <= with a number";
        operator.fault("bad-value", "operator and answer do not go together", expected, "");
    }
    Some(AskedWhen { question, test: test? })
}

/// What no single question can tell: ids given twice, conditions on questions that are not there or come later, on answers that
/// cannot be given.
fn check(instrument: &Instrument, node: Node<'_>) {
    let places = places(node);
    let at = |id: &str| places.get(id).copied().unwrap_or(node);
    let questions = instrument.questions();
    let mut seen: HashSet<&str> = HashSet::new();
    for question in &questions {
        let good =
            !question.id.is_empty() && question.id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if !good {
            at(&question.id).fault("bad-id", "this link id cannot be used", "letters, digits, _ . and -", "");
        }
        for condition in &question.when {
            let named = condition.question.as_str();
            let here = at(&question.id);
            let Some(on) = questions.iter().find(|q| q.id == named) else {
                let known = || questions.iter().map(|q| q.id.as_str());
                let message = format!("there is no question \"{}\"", shown(named));
                here.fault("unknown-question", message, one_of(known()), did_you_mean(named, known()));
                continue;
            };
            if !seen.contains(named) {
                let message = format!("it depends on \"{named}\", which is asked later");
                here.fault("asked-later", message, "a question that stands before it", "");
            }
            if let (Test::Is(code) | Test::IsNot(code), AnswerKind::Choice { options, .. }) =
                (&condition.test, &on.kind)
                && options.iter().all(|o| o.code != *code)
            {
                let known = || options.iter().map(|o| o.code.as_str());
                let message = format!("\"{named}\" cannot be answered \"{}\"", shown(code));
                here.fault("unknown-answer", message, one_of(known()), did_you_mean(code, known()));
            }
        }
        if !seen.insert(&question.id) {
            at(&question.id).fault(
                "duplicate-id",
                format!("the question \"{}\" stands twice", question.id),
                "every id once",
                "",
            );
        }
        if let AnswerKind::Choice { options, .. } = &question.kind {
            let mut codes = HashSet::new();
            for option in options.iter().filter(|o| !codes.insert(o.code.as_str())) {
                let message = format!("\"{}\" can be chosen twice", option.code);
                at(&question.id).fault("duplicate-id", message, "every code once", "");
            }
        }
    }
}

/// Where each question stands.
fn places(root: Node<'_>) -> HashMap<&str, Node<'_>> {
    fn walk<'a>(node: Node<'a>, out: &mut HashMap<&'a str, Node<'a>>) {
        let Yaml::Map(_) = node.yaml() else { return };
        for (value, key) in node.entries() {
            match key {
                "linkId" => drop(value.text().map(|id| out.insert(id, value))),
                "item" => value.list().into_iter().for_each(|item| walk(item, out)),
                _ => {}
            }
        }
    }
    let mut out = HashMap::new();
    walk(root, &mut out);
    out
}
