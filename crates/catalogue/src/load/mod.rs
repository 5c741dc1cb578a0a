//! From the files of a pack to the schema of the rules and the words of the catalogue, with every fault on the way.

mod combinations;
mod context;
mod decisions;
mod definitions;
mod directory;
mod events;
mod groups;
mod growing;
mod indicators;
mod instruments;
mod items;
mod manifest;
mod measures;
mod parameters;
mod placed;
mod places;
mod population;
mod process;
mod programmes;
mod protocols;
mod scores;
mod steps;
mod strays;
mod studies;
mod surveys;
mod visiting;
mod workforce;

pub(crate) use combinations::limit_programme;
pub(crate) use context::{Context, key};
pub(crate) use decisions::{FoundTable, tables};
pub(crate) use placed::placed;

use rules::schema::{Expr, Schema};

use crate::model::measures::Measures;
use crate::model::population::Population;
use crate::model::{
    Agency, Calendar, CaseSteps, CodeList, Combination, Consent, Definition, GroupKind, HelpService, ImmunisationDose,
    Indicators, Instrument, Item, Jurisdiction, LeftOut, LifeEvent, Manifest, Milestone, Parameter, PaymentAccount,
    Process, Programme, Protocol, Register, Score, Shape, SourceRef, Spot, Study, Survey, Visiting, Workforce,
};
use crate::read::fault::Faults;
use crate::read::files::Files;

/// Everything a pack says, before the rules are compiled.
pub(crate) struct Content {
    pub(crate) manifest: Manifest,
    pub(crate) sources: Register<SourceRef>,
    pub(crate) agencies: Register<Agency>,
    pub(crate) code_lists: Register<CodeList>,
    /// Keyed `person.id` and `household.id`.
    pub(crate) items: Register<Item>,
    pub(crate) jurisdictions: Register<Jurisdiction>,
    pub(crate) parameters: Register<Parameter>,
    /// Keyed `person.id` and `household.id`.
    pub(crate) definitions: Register<Definition>,
    pub(crate) programmes: Register<Programme>,
    pub(crate) combinations: Register<Combination>,
    pub(crate) events: Register<LifeEvent>,
    /// Keyed `id@version`.
    pub(crate) protocols: Register<Protocol>,
    /// Keyed `id@version`.
    pub(crate) instruments: Register<Instrument>,
    /// Keyed `id@version`.
    pub(crate) scores: Register<Score>,
    pub(crate) immunisations: Register<ImmunisationDose>,
    pub(crate) milestones: Register<Milestone>,
    pub(crate) services: Register<HelpService>,
    pub(crate) case_steps: Option<CaseSteps>,
    pub(crate) surveys: Register<Survey>,
    pub(crate) studies: Register<Study>,
    pub(crate) groups: Register<GroupKind>,
    pub(crate) workforce: Option<Workforce>,
    pub(crate) indicators: Option<Indicators>,
    pub(crate) shapes: Register<Shape>,
    pub(crate) left_out: Register<LeftOut>,
    /// What holds for a programme that says nothing.
    pub(crate) process: Process,
    /// One for each programme.
    pub(crate) processes: Register<Process>,
    pub(crate) consents: Register<Consent>,
    pub(crate) payment_account: Option<PaymentAccount>,
    pub(crate) voucher_account: Option<PaymentAccount>,
    pub(crate) calendar: Calendar,
    pub(crate) population: Option<Population>,
    pub(crate) measures: Option<Measures>,
    pub(crate) visiting: Option<Visiting>,
    /// Keyed by the place.
    pub(crate) points: Register<Spot>,
    pub(crate) schema: Schema,
}

impl Content {
    /// The place and all around it, from the place itself to the root.
    pub(crate) fn around(&self, id: &str) -> Vec<&Jurisdiction> {
        let mut out = Vec::new();
        let mut at = self.jurisdictions.get(id);
        while let Some(place) = at.filter(|_| out.len() <= self.jurisdictions.len()) {
            out.push(place);
            at = place.parent.as_deref().and_then(|parent| self.jurisdictions.get(parent));
        }
        out
    }
}

/// Reads all files but the worked cases. `None` when even `pack.toml` cannot be read.
pub(crate) fn content(files: &Files, faults: &Faults) -> Option<Content> {
    let (manifest, roles) = manifest::read(files, faults)?;
    let mut cx = Context::new(files, faults, manifest, roles);
    places::sources(&mut cx);
    places::agencies(&mut cx);
    places::code_lists(&mut cx);
    items::read(&mut cx);
    items::check_roles(&cx);
    places::jurisdictions(&mut cx);
    parameters::read(&mut cx);
    definitions::read(&mut cx);
    places::left_out(&mut cx);
    process::read(&mut cx);
    let processes = programmes::read(&mut cx);
    process::bind_consents(&mut cx, processes);
    let limits: Vec<(String, Expr)> = combinations::read(&mut cx);
    combinations::add_limits(&mut cx, limits);
    events::read(&mut cx);
    growing::read(&mut cx);
    instruments::read(&mut cx);
    protocols::read(&mut cx);
    scores::read(&mut cx);
    directory::read(&mut cx);
    steps::read(&mut cx);
    surveys::read(&mut cx);
    studies::read(&mut cx);
    groups::read(&mut cx);
    workforce::read(&mut cx);
    indicators::read(&mut cx);
    indicators::shapes(&mut cx);
    population::read(&mut cx);
    measures::read(&mut cx);
    visiting::read(&mut cx);
    strays::warn(&cx);
    Some(cx.into_content())
}
