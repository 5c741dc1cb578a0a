//! A loaded pack: words and law beside the compiled rules.

use std::path::Path;

use kernel::{Currency, Date, Words};
use rules::Program;
use rules::combine::Rule;
use rules::schema::{Entity, Fault, Schema};

use crate::cases::{self, Case};
use crate::load::{self, Content};
use crate::model::measures::Measures;
use crate::model::population::Population;
use crate::model::{
    AccountFault, Agency, Calendar, CaseSteps, Code, CodeList, Combination, Consent, Definition, GivenAccount,
    GroupKind, HelpService, ImmunisationDose, Indicators, Instrument, Item, Jurisdiction, LeftOut, Level, LifeEvent,
    Manifest, Milestone, Parameter, PaymentAccount, Process, Programme, Protocol, Register, Score, Shape, SourceRef,
    Spot, Study, Survey, Version, Visiting, Workforce,
};
use crate::read::fault::Faults;
use crate::read::files::Files;

/// Everything one version of a pack says.
pub struct Pack {
    content: Content,
    cases: Vec<Case>,
    program: Program,
    rules: Vec<Rule>,
    files: Files,
    hash: String,
}

/// A pack that was accepted, and what somebody should look at.
pub struct Loaded {
    /// The pack.
    pub pack: Pack,
    /// Faults of severity warning.
    pub warnings: Vec<Fault>,
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pack({} {})", self.content.manifest.id, self.hash)
    }
}

impl Pack {
    /// Reads the folder and checks everything; on any error all faults found, warnings among them.
    pub fn load(dir: &Path) -> Result<Loaded, Vec<Fault>> {
        Pack::from_files(Files::read(dir)?)
    }

    /// The same from bytes.
    pub fn from_files(files: Files) -> Result<Loaded, Vec<Fault>> {
        let faults = Faults::default();
        let Some(content) = load::content(&files, &faults) else { return Err(faults.sorted()) };
        let cases = cases::read(&files, &content, &faults);
        let program = match rules::compile(&content.schema) {
            Ok(compiled) => {
                faults.extend(load::placed(&files, compiled.warnings));
                Some(compiled.program)
            }
            Err(found) => {
                faults.extend(load::placed(&files, found));
                None
            }
        };
        let Some(program) = program.filter(|_| !faults.refuse()) else { return Err(faults.sorted()) };
        let rules = content.combinations.iter().map(|c| c.rule.clone()).collect();
        let hash = files.hash();
        Ok(Loaded { pack: Pack { content, cases, program, rules, files, hash }, warnings: faults.sorted() })
    }

    /// SHA-256 over all files, hex: the version of the pack.
    pub fn content_hash(&self) -> &str {
        &self.hash
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    /// The worked cases.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The bytes it was loaded from.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// `pack.toml`.
    pub fn manifest(&self) -> &Manifest {
        &self.content.manifest
    }

    /// The currency of all money.
    pub fn currency(&self) -> Currency {
        self.content.manifest.currency
    }

    /// The compiled rules.
    pub fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules were compiled from.
    pub fn schema(&self) -> &Schema {
        &self.content.schema
    }

    /// Agencies.
    pub fn agencies(&self) -> &Register<Agency> {
        &self.content.agencies
    }

    /// Places.
    pub fn jurisdictions(&self) -> &Register<Jurisdiction> {
        &self.content.jurisdictions
    }

    /// The place and all around it, from the place itself to the root.
    pub fn ancestors(&self, id: &str) -> Vec<&Jurisdiction> {
        self.content.around(id)
    }

    /// Whether a place is `around` or lies in it; false for a place the pack does not know.
    pub fn within(&self, place: &str, around: &str) -> bool {
        self.ancestors(place).iter().any(|j| j.id == around)
    }

    /// The district a place lies in, or the place itself where it lies in none.
    pub fn district<'a>(&'a self, place: &'a str) -> &'a str {
        let around = self.ancestors(place);
        around.iter().find(|j| j.level == Level::District).map_or(place, |j| j.id.as_str())
    }

    /// What its country's people are like; `None`: no synthetic people can be drawn.
    pub fn population(&self) -> Option<&Population> {
        self.content.population.as_ref()
    }

    /// What a change of the rules is measured by; `None`: the pack does not say.
    pub fn measures(&self) -> Option<&Measures> {
        self.content.measures.as_ref()
    }

    /// Code lists.
    pub fn code_lists(&self) -> &Register<CodeList> {
        &self.content.code_lists
    }

    /// One code of a list.
    pub fn code(&self, list: &str, code: &str) -> Option<&Code> {
        self.content.code_lists.get(list)?.codes.iter().find(|c| c.id == code)
    }

    /// All items of the data dictionary.
    pub fn items(&self) -> &Register<Item> {
        &self.content.items
    }

    /// One item.
    pub fn item(&self, entity: Entity, id: &str) -> Option<&Item> {
        self.content.items.get(&load::key(entity, id))
    }

    /// All definitions.
    pub fn definitions(&self) -> &Register<Definition> {
        &self.content.definitions
    }

    /// One definition.
    pub fn definition(&self, entity: Entity, id: &str) -> Option<&Definition> {
        self.content.definitions.get(&load::key(entity, id))
    }

    /// The name of an item or definition.
    pub fn name_of(&self, entity: Entity, id: &str) -> Option<&Words> {
        let item = self.item(entity, id).map(|i| &i.name);
        item.or_else(|| self.definition(entity, id).map(|d| &d.name))
    }

    /// Parameter tables.
    pub fn parameters(&self) -> &Register<Parameter> {
        &self.content.parameters
    }

    /// Programmes, in the same order as in the rules.
    pub fn programmes(&self) -> &Register<Programme> {
        &self.content.programmes
    }

    /// One version of a programme, by the index that results carry.
    pub fn version(&self, programme: &str, version: usize) -> Option<&Version> {
        self.content.programmes.get(programme)?.versions.get(version)
    }

    /// Combination rules.
    pub fn combinations(&self) -> &Register<Combination> {
        &self.content.combinations
    }

    /// Life events.
    pub fn events(&self) -> &Register<LifeEvent> {
        &self.content.events
    }

    /// Questionnaires in all their versions, by `id@version`.
    pub fn instruments(&self) -> &Register<Instrument> {
        &self.content.instruments
    }

    /// The latest version of a questionnaire; versions sort as text.
    pub fn instrument(&self, id: &str) -> Option<&Instrument> {
        self.content.instruments.iter().filter(|i| i.id == id).max_by(|a, b| a.version.cmp(&b.version))
    }

    /// What a person may answer alone, in all versions and in the order of their keys; not what surveys ask.
    pub fn self_filled(&self) -> Vec<&Instrument> {
        let surveyed = |id: &str| self.surveys().iter().any(|s| s.waves.iter().any(|w| w.instrument == id));
        let own = |i: &&Instrument| i.self_filled && !i.alone_only && !surveyed(&i.id);
        let mut all: Vec<&Instrument> = self.content.instruments.iter().filter(own).collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    }

    /// The country's calendar of immunisations.
    pub fn immunisations(&self) -> &Register<ImmunisationDose> {
        &self.content.immunisations
    }

    /// What most children can do at an age.
    pub fn milestones(&self) -> &Register<Milestone> {
        &self.content.milestones
    }

    /// Scores in all their versions, by `id@version`.
    pub fn scores(&self) -> &Register<Score> {
        &self.content.scores
    }

    /// The score of a questionnaire for answers given on a day.
    pub fn score_on(&self, instrument: &str, day: Date) -> Option<&Score> {
        let fits = |s: &&Score| s.instrument == instrument && s.from <= day;
        self.content.scores.iter().filter(fits).max_by_key(|s| s.from)
    }

    /// Visit protocols in all their versions, by `id@version`.
    pub fn protocols(&self) -> &Register<Protocol> {
        &self.content.protocols
    }

    /// The version of a protocol for a family that enters on the day: the latest that is in force then.
    pub fn protocol_on(&self, id: &str, day: Date) -> Option<&Protocol> {
        self.protocols().iter().filter(|p| p.id == id && p.from <= day).max_by_key(|p| p.from)
    }

    /// The protocol every family enters under on a day; `None`: the pack has none.
    pub fn universal_protocol(&self, day: Date) -> Option<&Protocol> {
        self.protocols().iter().filter(|p| p.universal && p.from <= day).max_by_key(|p| p.from)
    }

    /// The working week of those who visit; `None`: the pack has none, and no week is planned.
    pub fn visiting(&self) -> Option<&Visiting> {
        self.content.visiting.as_ref()
    }

    /// Where a place lies: its own point, or that of the nearest place around it that has one.
    pub fn point(&self, place: &str) -> Option<Spot> {
        self.content.around(place).iter().find_map(|p| self.content.points.get(&p.id)).copied()
    }

    /// Case management in steps; `None`: the pack has none.
    pub fn case_steps(&self) -> Option<&CaseSteps> {
        self.content.case_steps.as_ref()
    }

    /// The services directory.
    pub fn services(&self) -> &Register<HelpService> {
        &self.content.services
    }

    /// The services that help with this need for people at this place, the nearest first: those of the place itself, then
    /// of each place around it. Without a need, whatever serves the place.
    pub fn services_for(&self, need: Option<&str>, place: &str) -> Vec<&HelpService> {
        let around = self.content.around(place);
        let near = |s: &HelpService| around.iter().position(|p| p.id == s.place);
        let helps = |s: &&HelpService| need.is_none_or(|need| s.needs.iter().any(|n| n == need));
        let mut found: Vec<_> = self.services().iter().filter(helps).filter_map(|s| Some((near(s)?, s))).collect();
        found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        found.into_iter().map(|(_, s)| s).collect()
    }

    /// Surveys of families under visit protocols.
    pub fn surveys(&self) -> &Register<Survey> {
        &self.content.surveys
    }

    /// Studies of what visits did for families that agreed to be followed.
    pub fn studies(&self) -> &Register<Study> {
        &self.content.studies
    }

    /// Kinds of mothers' groups.
    pub fn groups(&self) -> &Register<GroupKind> {
        &self.content.groups
    }

    /// What is asked of and for visiting nurses; `None`: the pack says nothing.
    pub fn workforce(&self) -> Option<&Workforce> {
        self.content.workforce.as_ref()
    }

    /// What is counted of home visiting; `None`: the pack says nothing.
    pub fn indicators(&self) -> Option<&Indicators> {
        self.content.indicators.as_ref()
    }

    /// Outlines of places for maps.
    pub fn shapes(&self) -> &Register<Shape> {
        &self.content.shapes
    }

    /// What the authors read.
    pub fn sources(&self) -> &Register<SourceRef> {
        &self.content.sources
    }

    /// Programmes known and not computable.
    pub fn left_out(&self) -> &Register<LeftOut> {
        &self.content.left_out
    }

    /// How applications for the programme are worked on; the pack's defaults for one that says nothing, and for one that
    /// the pack does not know.
    pub fn process(&self, programme: &str) -> &Process {
        self.content.processes.get(programme).unwrap_or(&self.content.process)
    }

    /// Public holidays in order of time.
    pub fn holidays(&self) -> &[Date] {
        self.content.calendar.holidays()
    }

    /// Weekends and public holidays.
    pub fn calendar(&self) -> &Calendar {
        &self.content.calendar
    }

    /// Whether a national identifier can be one: a number of the pack's own scheme has its shape and its check digit; any other
    /// scheme is taken as it is. Says what is wrong and what was expected, never the number.
    pub fn identifier_fits(&self, scheme: &str, number: &str) -> Result<(), String> {
        match self.manifest().identifier.as_ref().filter(|own| own.scheme == scheme) {
            Some(own) => {
                own.accepts(number).map_err(|wrong| format!("{wrong}: expected a number such as {}", own.shape))
            }
            None => Ok(()),
        }
    }

    /// The item that says where money goes; `None`: the pack has none, and an account is entered for payments alone.
    pub fn payment_account(&self) -> Option<&PaymentAccount> {
        self.content.payment_account.as_ref()
    }

    /// The item that says onto which card or account a voucher is loaded; `None`: the pack has none.
    pub fn voucher_account(&self) -> Option<&PaymentAccount> {
        self.content.voucher_account.as_ref()
    }

    /// Both, where the pack has them.
    pub fn accounts(&self) -> impl Iterator<Item = &PaymentAccount> {
        self.payment_account().into_iter().chain(self.voucher_account())
    }

    /// The rule of the item, when the item of this entity is an account that money or vouchers go to.
    pub fn account_item(&self, entity: Entity, item: &str) -> Option<&PaymentAccount> {
        self.accounts().find(|rule| entity == Entity::Person && rule.item == item)
    }

    /// Takes `BANK NUMBER HOLDER` apart and holds it against the pack.
    pub fn account(&self, rule: &PaymentAccount, text: &str) -> Result<GivenAccount, AccountFault> {
        rule.read(text, |bank| self.code(&rule.banks, bank).is_some())
    }

    /// The consent that has to stand before an agency is asked, if there is one.
    pub fn consent_for(&self, agency: &str) -> Option<&Consent> {
        self.content.consents.iter().find(|c| c.covers.iter().any(|covered| covered == agency))
    }

    /// The consent that opens agencies and that a yes to an item of a person is.
    pub fn opening_consent(&self, item: &str) -> Option<&Consent> {
        self.consent_by(item).filter(|c| !c.covers.is_empty())
    }

    /// The consent that a yes to an item of a person is.
    pub fn consent_by(&self, item: &str) -> Option<&Consent> {
        self.content.consents.iter().find(|c| c.item.as_deref() == Some(item))
    }

    /// What people agree to.
    pub fn consents(&self) -> &Register<Consent> {
        &self.content.consents
    }
}
