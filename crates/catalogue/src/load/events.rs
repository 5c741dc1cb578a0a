//! `events/*.toml`: life events and their services.

use kernel::Lang;

use super::context::Context;
use super::programmes::{FORMS, check_claimant};
use crate::model::{EventClaimant, LifeEvent, Service};
use crate::read::toml_doc::{Table, document};

const CLASSES: [&str; 5] = ["general", "income_tested", "information", "municipal", "nationwide"];

/// Reads all events.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("events", ".toml") {
        document(&source, faults, |root| event(cx, root));
    }
}

fn event(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let id = root.need_text("id");
    let name = root.need_words("name", &complete);
    let law = root.text("law").map(|t| t.it).unwrap_or_default();
    let help_line = root.text("help_line").map(|t| t.it);
    let _sources = cx.checked_sources([root.ids("source"), root.ids("sources")].concat());
    let who = root.tables("who").iter().filter_map(|t| claimant(cx, t)).collect();
    let services: Vec<Service> = root.tables("service").iter().filter_map(|t| service(cx, t, &complete)).collect();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    let event = LifeEvent { id: id.it.clone(), name, law, help_line, who, services };
    if !cx.content.events.add(&id.it, event) {
        cx.twice("event", &id.it, &id.at);
    }
}

fn claimant(cx: &Context<'_>, table: &Table<'_>) -> Option<EventClaimant> {
    let claimant = table.need_text("claimant");
    let channels = table.texts("channels");
    channels.iter().for_each(|channel| cx.check_code("channel", channel, "channel", "unknown-channel"));
    table.finish();
    let claimant = claimant?;
    check_claimant(cx, &claimant);
    Some(EventClaimant { claimant: claimant.it, channels: channels.into_iter().map(|t| t.it).collect() })
}

fn service(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> Option<Service> {
    let no = table.count("no");
    let programme = table.text("programme");
    if let Some(programme) = &programme {
        cx.check_programme(programme);
    }
    let classes = CLASSES.map(|c| (c, c));
    let class = table.need_text("class").and_then(|t| cx.choice(&t, &classes)).unwrap_or_default();
    let owner = table.need_text("owner");
    let processed_by = table.text("processed_by");
    owner.iter().chain(&processed_by).for_each(|agency| cx.check_agency(agency));
    let service = Service {
        no: no.unwrap_or(0),
        programme: programme.map(|t| t.it),
        class: class.to_owned(),
        owner: owner.map(|t| t.it).unwrap_or_default(),
        processed_by: processed_by.map(|t| t.it),
        name: table.need_words("name", complete),
        who: table.words("who", complete),
        evidence: table.words("evidence", complete),
        instead_of_paper: table.words("instead_of_paper", complete),
        apply_from: table.words("apply_from", complete),
        apply_until: table.words("apply_until", complete),
        form: table.text("form").and_then(|t| cx.choice(&t, &FORMS)),
        sources: cx.checked_sources([table.ids("source"), table.ids("sources")].concat()),
        confidence: table.text("confidence").and_then(|c| cx.confidence(&c)),
    };
    table.finish();
    no.map(|_| service)
}
