//! `services/*.toml`: the services directory.

use std::ops::RangeInclusive;

use kernel::Lang;

use super::context::Context;
use crate::model::{Clocks, HelpService, NEED};
use crate::read::toml_doc::{Table, document};

/// Nobody waits longer than two years for an answer.
const DAYS: RangeInclusive<u32> = 1..=730;

/// Reads all services.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("services", ".toml") {
        document(&source, faults, |root| file(cx, root));
    }
}

fn file(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let usual = match root.table("clocks") {
        Some(table) => clocks(cx, &table, None),
        None => {
            let expected = "[clocks] receive = 2, answer = 5, finish = 60, close = 5, remind = 1, expire = 14";
            cx.faults.error("missing-key", &root.place("clocks"), "\"clocks\" is missing", expected, "");
            Clocks::default()
        }
    };
    for table in root.tables("service") {
        service(cx, &table, &complete, usual);
    }
}

/// The clocks of a table; those it does not name are `usual`, and without `usual` all must be named.
fn clocks(cx: &Context<'_>, table: &Table<'_>, usual: Option<Clocks>) -> Clocks {
    let day = |key: &'static str, usual: Option<u32>, within: RangeInclusive<u32>| {
        let days = table.count(key).or(usual);
        match days {
            Some(days) if within.contains(&days) => days,
            Some(days) => {
                let expected = format!("{} to {} days", within.start(), within.end());
                cx.faults.error("out-of-range", &table.place(key), format!("{days} is no \"{key}\""), expected, "");
                1
            }
            None => {
                let expected = format!("{key} = 5");
                cx.faults.error("missing-key", &table.at, format!("\"{key}\" is missing here"), expected, "");
                1
            }
        }
    };
    let made = Clocks {
        receive: day("receive", usual.map(|u| u.receive), DAYS),
        answer: day("answer", usual.map(|u| u.answer), DAYS),
        finish: day("finish", usual.map(|u| u.finish), DAYS),
        close: day("close", usual.map(|u| u.close), DAYS),
        remind: day("remind", usual.map(|u| u.remind), 0..=30),
        expire: day("expire", usual.map(|u| u.expire), DAYS),
    };
    table.finish();
    made
}

fn service(cx: &mut Context<'_>, table: &Table<'_>, complete: &[Lang], usual: Clocks) {
    let id = table.need_text("id");
    let agency = table.need_text("agency");
    agency.iter().for_each(|a| cx.check_agency(a));
    let place = table.need_text("place");
    place.iter().for_each(|p| cx.check_place(p));
    let needs = table.texts("needs");
    needs.iter().for_each(|need| cx.check_code(NEED, need, "need", "unknown-need"));
    if needs.is_empty() {
        let message = "the service helps with nothing";
        cx.faults.error("missing-key", &table.at, message, "needs = [\"…\"], codes of the list \"need\"", "");
    }
    let contact = table.need_text("contact");
    let (sensitive, discreet) = (table.flag("sensitive"), table.flag("discreet"));
    let sources = cx.checked_sources([table.ids("source"), table.ids("sources")].concat());
    let illustrative = table.flag("illustrative");
    if sources.is_empty() && !illustrative {
        let hint = "say where the contact is published, or that it is made up";
        let expected = "source = \"…\" or illustrative = true";
        cx.faults.error("missing-key", &table.at, "neither source nor illustrative", expected, hint);
    }
    let service = HelpService {
        name: table.need_words("name", complete),
        agency: agency.map(|t| t.it).unwrap_or_default(),
        place: place.map(|t| t.it).unwrap_or_default(),
        needs: needs.into_iter().map(|t| t.it).collect(),
        contact: contact.map(|t| t.it).unwrap_or_default(),
        sensitive,
        discreet,
        clocks: table.table("clocks").map_or(usual, |t| clocks(cx, &t, Some(usual))),
        illustrative,
        sources,
        confidence: table.text("confidence").and_then(|c| cx.confidence(&c)),
        id: id.as_ref().map(|t| t.it.clone()).unwrap_or_default(),
    };
    table.finish();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    if !cx.content.services.add(&id.it, service) {
        cx.twice("service", &id.it, &id.at);
    }
}
