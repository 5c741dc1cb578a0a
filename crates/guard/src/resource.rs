//! What is asked for, and how it stands to the one who asks.

use kernel::PersonId;
use serde::{Deserialize, Serialize};

use crate::who::words;

words! {
    /// Everything the guard decides about.
    Action as "action" {
        /// Look for persons by name, identifier, birth date or address.
        SearchPerson = "search_person",
        /// See who a person is: names, birth date, contact; no address.
        ViewPerson = "view_person",
        /// See who lives in a household and who is whose kin.
        ViewHousehold = "view_household",
        /// See facts with their sources and history.
        ViewFacts = "view_facts",
        /// See where somebody lives, apart from everything else.
        ViewAddress = "view_address",
        /// See what a person or household may get and why.
        ViewEntitlements = "view_entitlements",
        /// See from whom somebody is protected, since when and by which order.
        ViewProtection = "view_protection",
        /// Record that somebody's whereabouts are protected.
        ProtectPerson = "protect_person",
        /// End such a protection.
        EndProtection = "end_protection",
        /// Record a life event.
        RegisterEvent = "register_event",
        /// Change a person's names, contact, address or facts.
        EditPerson = "edit_person",
        /// Enter answers for a person at the counter.
        KeyInForPerson = "key_in_for_person",
        /// Accept or refuse an offer.
        AcceptOffer = "accept_offer",
        /// Join two records of one human being, or part them again.
        MergePersons = "merge_persons",
        /// Import persons, households and facts from files.
        Import = "import",
        /// Read programmes, rules and parameters.
        ViewCatalogue = "view_catalogue",
        /// Try the rules on an invented household.
        TryHousehold = "try_household",
        /// Put a new version of a pack in force.
        ReloadPack = "reload_pack",
        /// Read the disclosure log.
        ViewLog = "view_log",
        /// Check the disclosure log for tampering.
        VerifyLog = "verify_log",
        /// Destroy the key of a year of the disclosure log that is over.
        EraseLog = "erase_log",
        /// See who looked at one's own record.
        ViewOwnTrail = "view_own_trail",
        /// Create, change, suspend accounts.
        ManageAccounts = "manage_accounts",
        /// See a person outside one's own cases and jurisdiction because life or health is in danger.
        BreakGlass = "break_glass",
        /// Deliver data or events from another agency's machine.
        AgencyPush = "agency_push",
        /// See a case: its steps, questions, determinations, decisions and papers.
        ViewCase = "view_case",
        /// Work on a case: settle contradictions, note a visit, prepare a decision.
        WorkCase = "work_case",
        /// Sign or send back a decision another prepared; review an objection.
        ApproveDecision = "approve_decision",
        /// Answer a complaint about how somebody was treated, or take it in hand.
        AnswerComplaint = "answer_complaint",
        /// Give cases to officials and note their absence.
        AssignCases = "assign_cases",
        /// Object to a decision.
        ObjectDecision = "object_decision",
        /// Report a change, complain, or say how it went.
        ReportChange = "report_change",
        /// Send a family on to another service; take that back, close it.
        Refer = "refer",
        /// See a referral: who was sent where, and what came of it.
        ViewReferral = "view_referral",
        /// Answer a referral for the service that was asked.
        AnswerReferral = "answer_referral",
        /// Refuse a referral for oneself or one's child.
        RefuseReferral = "refuse_referral",
        /// See payments, accounts and recoveries.
        ViewPayment = "view_payment",
        /// Say to which account money goes.
        ChangeAccount = "change_account",
        /// Spread out, waive or book the recovery of what was paid too much.
        ManageRecovery = "manage_recovery",
        /// Use one stage of the process for a case of a body of its own.
        RunStage = "run_stage",
        /// Prepare payment runs and read what banks send back.
        ManageRun = "manage_run",
        /// Sign a payment run.
        ReleaseRun = "release_run",
        /// See figures of offices: load, time, satisfaction.
        ViewFigures = "view_figures",
        /// Let a machine read everybody, under pseudonyms, to work rules out over the whole population.
        TakeSnapshot = "take_snapshot",
        /// Settle groups of findings of a look at everybody: propose, sign. Names are shown by other actions.
        WorkFindings = "work_findings",
        /// Change a copy of the rules and compare it with those in force over a population of pseudonyms.
        WriteScenario = "write_scenario",
        /// Make somebody else's scenario the next version of the pack.
        PublishScenario = "publish_scenario",
        /// See a family's visits: schedule, records, growth, level of need.
        ViewVisits = "view_visits",
        /// Record a visit or an assessment, decide on the level of need.
        RecordVisit = "record_visit",
        /// See what a person told alone, and what cannot wait.
        ViewKept = "view_kept",
        /// Take a family in, give it to a nurse, end its visits.
        ManageVisits = "manage_visits",
        /// See a family's plan, or the part of it one takes part in.
        ViewPlan = "view_plan",
        /// Lead a family's case: its steps and its plan.
        WorkPlan = "work_plan",
        /// Say for an agency that takes part what became of its actions.
        AnswerPlan = "answer_plan",
        /// Agree to one's plan, and to who takes part; take that back.
        AgreePlan = "agree_plan",
        /// Ask for visits oneself, and answer the questions at registration.
        JoinVisits = "join_visits",
        /// Answer a survey one was asked for, or refuse to be asked.
        AnswerSurvey = "answer_survey",
        /// See what families said in surveys, as figures of groups.
        ViewSurveys = "view_surveys",
        /// See the groups of an office: where and when they meet.
        ViewGroups = "view_groups",
        /// Open and close groups, set their sessions.
        ManageGroups = "manage_groups",
        /// See who takes part in a group.
        ViewGroup = "view_group",
        /// Ask somebody into a group, note who came.
        WorkGroup = "work_group",
        /// Join or leave a group one was asked into, say how it was.
        JoinGroup = "join_group",
        /// Take the families of a study out of the house, de-identified, for researchers.
        ExportStudy = "export_study",
        /// See indicators of home visiting, as figures of places.
        ViewIndicators = "view_indicators",
        /// See a team's caseload, training and supervision, or one's own.
        ViewTeam = "view_team",
        /// Write down training and supervision of a team, plan its courses.
        ManageTeam = "manage_team",
        /// See what the two of a supervision wrote about it.
        ViewReflection = "view_reflection",
        /// Write something about a supervision, for the two of it alone.
        WriteReflection = "write_reflection",
    }
}

impl Action {
    /// Whether the action is about a person's record (as against the catalogue, the log, accounts).
    pub const fn is_about_persons(self) -> bool {
        !matches!(
            self,
            Action::Import
                | Action::ViewCatalogue
                | Action::TryHousehold
                | Action::ReloadPack
                | Action::ViewLog
                | Action::VerifyLog
                | Action::EraseLog
                | Action::ManageAccounts
                | Action::ManageRun
                | Action::ReleaseRun
                | Action::WriteScenario
                | Action::PublishScenario
                | Action::ViewFigures
                | Action::TakeSnapshot
                | Action::WorkFindings
                | Action::ViewSurveys
                | Action::ExportStudy
                | Action::ViewIndicators
                | Action::ViewGroups
                | Action::ManageGroups
                | Action::ViewTeam
                | Action::ManageTeam
        )
    }

    /// Whether the action changes something.
    pub const fn is_change(self) -> bool {
        matches!(
            self,
            Action::RegisterEvent
                | Action::ProtectPerson
                | Action::EndProtection
                | Action::EditPerson
                | Action::KeyInForPerson
                | Action::AcceptOffer
                | Action::MergePersons
                | Action::Import
                | Action::ReloadPack
                | Action::EraseLog
                | Action::ManageAccounts
                | Action::AgencyPush
                | Action::WorkCase
                | Action::ApproveDecision
                | Action::AnswerComplaint
                | Action::AssignCases
                | Action::ObjectDecision
                | Action::ReportChange
                | Action::Refer
                | Action::AnswerReferral
                | Action::RefuseReferral
                | Action::ChangeAccount
                | Action::ManageRecovery
                | Action::RunStage
                | Action::ManageRun
                | Action::ReleaseRun
                | Action::RecordVisit
                | Action::ManageVisits
                | Action::JoinVisits
                | Action::WorkPlan
                | Action::AnswerPlan
                | Action::AgreePlan
                | Action::AnswerSurvey
                | Action::ManageTeam
                | Action::WriteReflection
                | Action::ManageGroups
                | Action::WorkGroup
                | Action::JoinGroup
        )
    }
}

/// How one person's record stands to the one who asks, now. Worked out by the registry inside the same transaction
/// that reads the record, so that no stale relation opens anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// It is the viewer's own record.
    pub own: bool,
    /// The person lives in the viewer's household.
    pub own_household: bool,
    /// The person is a child the viewer may act for by law.
    pub ward: bool,
    /// The person is a relative of the viewer (an official never handles relatives).
    pub kin: bool,
    /// The person works for the viewer's organisation.
    pub colleague: bool,
    /// The person lives in the viewer's jurisdiction.
    pub in_jurisdiction: bool,
    /// The viewer is assigned to an open case of the person.
    pub open_case: bool,
    /// The person moved away from the viewer's jurisdiction and the hand-over time still runs.
    pub prior_jurisdiction: bool,
    /// The viewer is, or stands on the side of, somebody the person is protected from.
    pub perpetrator_side: bool,
    /// The person's address is protected.
    pub protected: bool,
    /// The viewer acts for the person under a mandate that holds for every programme of what is asked. Set by casework, which
    /// knows the programmes; never by the registry, so that a mandate opens nothing else.
    pub mandated: bool,
    /// What is asked for is a closed case of the person that the viewer's own office handled.
    pub closed_case: bool,
}

impl Relation {
    /// The relation to a query or thing that touches nobody: inside every jurisdiction and case, nobody's relative.
    pub const NOBODY: Relation = Relation {
        own: false,
        own_household: false,
        ward: false,
        kin: false,
        colleague: false,
        in_jurisdiction: true,
        open_case: true,
        prior_jurisdiction: false,
        perpetrator_side: false,
        protected: false,
        mandated: false,
        closed_case: false,
    };

    /// The stricter of the two on every point: what opens must hold for both, what closes holds if it does for either.
    pub const fn strictest(self, other: Relation) -> Relation {
        Relation {
            own: self.own && other.own,
            // One's own record is of one's own household too: a family looks at itself together.
            own_household: (self.own_household || self.own) && (other.own_household || other.own),
            ward: self.ward && other.ward,
            kin: self.kin || other.kin,
            colleague: self.colleague || other.colleague,
            in_jurisdiction: self.in_jurisdiction && other.in_jurisdiction,
            open_case: self.open_case && other.open_case,
            prior_jurisdiction: self.prior_jurisdiction && other.prior_jurisdiction,
            perpetrator_side: self.perpetrator_side || other.perpetrator_side,
            protected: self.protected || other.protected,
            mandated: self.mandated && other.mandated,
            closed_case: self.closed_case && other.closed_case,
        }
    }
}

/// How sensitive the information is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Tier {
    /// Nothing personal.
    Public = 0,
    /// Names, contact, who lives together.
    Contact = 1,
    /// Income, benefits, entitlements.
    Benefits = 2,
    /// Health, disability, violence, abuse.
    Sensitive = 3,
}

impl Tier {
    /// The tier with this number.
    pub const fn from_number(n: u8) -> Option<Tier> {
        match n {
            0 => Some(Tier::Public),
            1 => Some(Tier::Contact),
            2 => Some(Tier::Benefits),
            3 => Some(Tier::Sensitive),
            _ => None,
        }
    }
}

/// What is asked for: about whom, how each of them stands to the viewer, and what would be shown.
///
/// Every person whose data would be shown must be named with their relation; [`crate::Guard::reveal`] refuses a
/// [`crate::Sealed`] that holds anybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    about: Vec<(PersonId, Relation)>,
    /// How sensitive what would be shown is.
    pub tier: Tier,
    /// The groups of items that would be shown or changed, as words for the trail: `name`, `income`, `household`.
    pub items: Vec<String>,
    /// How many rows would be shown.
    pub rows: u32,
    /// What was typed into the search, normalised. The log keeps a keyed hash of it, never the words.
    pub query: Option<String>,
}

impl Resource {
    /// Something without personal data: the catalogue, the log, accounts.
    pub fn thing(name: impl Into<String>) -> Self {
        Resource { about: Vec::new(), tier: Tier::Public, items: vec![name.into()], rows: 0, query: None }
    }

    /// One person's record.
    pub fn person(person: PersonId, relation: Relation) -> Self {
        Resource::people([(person, relation)])
    }

    /// The records of several people, such as a household. The strictest relation decides.
    pub fn people(about: impl IntoIterator<Item = (PersonId, Relation)>) -> Self {
        let about: Vec<_> = about.into_iter().collect();
        let rows = u32::try_from(about.len()).unwrap_or(u32::MAX);
        Resource { about, tier: Tier::Benefits, items: Vec::new(), rows, query: None }
    }

    /// A search for `query` and the people it found. The rows must already be those the viewer may list
    /// ([`crate::Guard::may_list`]).
    pub fn search(query: impl Into<String>, found: impl IntoIterator<Item = (PersonId, Relation)>) -> Self {
        let mut resource = Resource::people(found);
        resource.tier = Tier::Contact;
        resource.query = Some(query.into());
        resource.items.push("search".to_owned());
        resource
    }

    /// The same at another sensitivity.
    #[must_use]
    pub fn at(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// The same, naming the groups of items shown.
    #[must_use]
    pub fn showing<I: Into<String>>(mut self, items: impl IntoIterator<Item = I>) -> Self {
        self.items.extend(items.into_iter().map(Into::into));
        self
    }

    /// The people this is about, each with their relation.
    pub fn about(&self) -> &[(PersonId, Relation)] {
        &self.about
    }

    /// The relation that decides: the strictest over all the people.
    pub fn relation(&self) -> Relation {
        self.about.iter().map(|(_, r)| *r).reduce(Relation::strictest).unwrap_or(Relation::NOBODY)
    }

    /// Whether `person` is one of those this is about.
    pub fn covers(&self, person: PersonId) -> bool {
        self.about.iter().any(|(p, _)| *p == person)
    }
}
