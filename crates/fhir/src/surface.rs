//! What is served, as one table: kinds, what can be done with each, and by what it can be searched.

/// How a search parameter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compares {
    /// A code, with or without its system; also an identifier or true and false.
    Token,
    /// A day or moment, with `eq`, `ne`, `lt`, `le`, `gt` or `ge` in front.
    Date,
    /// Another resource, with or without its kind.
    Reference,
    /// The beginning of a text, capitals or not.
    Text,
    /// A canonical address, with or without its version.
    Uri,
    /// Looked up in the registry, which forgives typing errors; not compared here.
    Registry,
}

impl Compares {
    /// FHIR's word for the type of a search parameter.
    pub const fn word(self) -> &'static str {
        match self {
            Compares::Token => "token",
            Compares::Date => "date",
            Compares::Reference => "reference",
            Compares::Text | Compares::Registry => "string",
            Compares::Uri => "uri",
        }
    }
}

/// A search parameter: its name, how it compares, and the elements it looks at.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name.
    pub name: &'static str,
    /// How it compares.
    pub compares: Compares,
    /// The elements, from the resource down, with points between.
    pub paths: &'static [&'static str],
}

/// What resources are made from, and so who may see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The registry of people.
    Registry,
    /// A family's file of visits.
    Family,
    /// A family's plan.
    Plan,
    /// Referrals.
    Referral,
    /// The pack: about nobody.
    Directory,
    /// Indicators of places: about nobody.
    Indicator,
    /// The staff of the caller's own agency.
    Staff,
    /// The disclosure log, for the person it is about.
    Log,
}

/// A kind of resource that is served.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// The kind.
    pub kind: &'static str,
    /// What it is made from.
    pub source: Source,
    /// Whether a new one can be sent.
    pub create: bool,
    /// Whether one can be changed: a correction or an answer, with `If-Match`.
    pub update: bool,
    /// Whether its versions are kept and can be read.
    pub history: bool,
    /// What it can be searched by, besides `_id` and `_lastUpdated`.
    pub params: &'static [Param],
    /// What it stands for here.
    pub note: &'static str,
}

const fn param(name: &'static str, compares: Compares, paths: &'static [&'static str]) -> Param {
    Param { name, compares, paths }
}

const PATIENT: Param = param("patient", Compares::Reference, &["subject", "patient"]);
const SUBJECT: Param = param("subject", Compares::Reference, &["subject"]);
const STATUS: Param = param("status", Compares::Token, &["status"]);
const IDENTIFIER: Param = param("identifier", Compares::Token, &["identifier"]);
const NAME: Param = param("name", Compares::Text, &["name"]);
const URL: Param = param("url", Compares::Uri, &["url"]);
const VERSION: Param = param("version", Compares::Token, &["version"]);

const fn read_only(kind: &'static str, source: Source, params: &'static [Param], note: &'static str) -> Served {
    Served { kind, source, create: false, update: false, history: false, params, note }
}

/// Everything that is served.
pub const SURFACE: &[Served] = &[
    Served {
        create: true,
        ..read_only(
            "Patient",
            Source::Registry,
            &[
                param("identifier", Compares::Registry, &[]),
                param("name", Compares::Registry, &[]),
                param("birthdate", Compares::Registry, &[]),
            ],
            "A person of the registry; mother and child are both. Address and telecom come with _elements=address,telecom, as a look of \
             their own, and never of somebody protected.",
        )
    },
    read_only("RelatedPerson", Source::Registry, &[PATIENT], "Kin, by id alone. Search with patient."),
    read_only(
        "Group",
        Source::Registry,
        &[param("member", Compares::Reference, &["member.entity"])],
        "A household. Search with member.",
    ),
    read_only(
        "EpisodeOfCare",
        Source::Family,
        &[
            PATIENT,
            STATUS,
            IDENTIFIER,
            param("type", Compares::Token, &["type"]),
            param("care-manager", Compares::Reference, &["careManager"]),
            param("date", Compares::Date, &["period"]),
        ],
        "A family under a visit protocol.",
    ),
    read_only(
        "Appointment",
        Source::Family,
        &[
            param("patient", Compares::Reference, &["participant.actor"]),
            param("actor", Compares::Reference, &["participant.actor"]),
            STATUS,
            IDENTIFIER,
            // R4's date looks at start; a window is all that a visit still to be agreed has.
            param("date", Compares::Date, &["start", "requestedPeriod"]),
        ],
        "A planned visit: its window in requestedPeriod, why then in comment.",
    ),
    Served {
        create: true,
        update: true,
        history: true,
        ..read_only(
            "Encounter",
            Source::Family,
            &[
                PATIENT,
                SUBJECT,
                STATUS,
                IDENTIFIER,
                param("date", Compares::Date, &["period"]),
                param("episode-of-care", Compares::Reference, &["episodeOfCare"]),
                param("participant", Compares::Reference, &["participant.individual"]),
                param("type", Compares::Token, &["type"]),
            ],
            "A visit made or tried. With its Observations and QuestionnaireResponses it is one submission: send them in one transaction. An \
             update is a correction; the versions before stay.",
        )
    },
    Served {
        create: true,
        ..read_only(
            "Observation",
            Source::Family,
            &[
                PATIENT,
                SUBJECT,
                param("code", Compares::Token, &["code"]),
                param("category", Compares::Token, &["category"]),
                param("date", Compares::Date, &["effectiveDateTime"]),
                param("encounter", Compares::Reference, &["encounter"]),
            ],
            "A measurement, a WHO z-score, or a milestone of a child. Created with its Encounter, in one transaction.",
        )
    },
    Served {
        create: true,
        update: true,
        history: true,
        ..read_only(
            "QuestionnaireResponse",
            Source::Family,
            &[
                PATIENT,
                SUBJECT,
                STATUS,
                IDENTIFIER,
                param("questionnaire", Compares::Uri, &["questionnaire"]),
                param("encounter", Compares::Reference, &["encounter"]),
                param("authored", Compares::Date, &["authored"]),
            ],
            "Answers to an instrument. What is asked alone is neither taken nor given here; answers that a rule of safety looks at are masked.",
        )
    },
    read_only(
        "RiskAssessment",
        Source::Family,
        &[
            PATIENT,
            SUBJECT,
            param("date", Compares::Date, &["occurrenceDateTime"]),
            param("method", Compares::Token, &["method"]),
        ],
        "A decision on a family's level of need, with rule, points and reason.",
    ),
    read_only(
        "CareTeam",
        Source::Family,
        &[PATIENT, SUBJECT, STATUS, param("participant", Compares::Reference, &["participant.member"])],
        "Who visits a family.",
    ),
    read_only(
        "ImmunizationRecommendation",
        Source::Family,
        &[PATIENT, param("date", Compares::Date, &["date"])],
        "Doses whose time it is today, by the calendar of the country.",
    ),
    read_only(
        "Provenance",
        Source::Family,
        &[param("target", Compares::Reference, &["target"]), param("recorded", Compares::Date, &["recorded"])],
        "Who sent a version of a visit or assessment: the day it is about, and when it was received.",
    ),
    read_only(
        "Consent",
        Source::Plan,
        &[PATIENT, STATUS, param("date", Compares::Date, &["dateTime"])],
        "The family's yes to visits, and to each agency that takes part in its plan.",
    ),
    read_only(
        "CarePlan",
        Source::Plan,
        &[
            PATIENT,
            SUBJECT,
            STATUS,
            IDENTIFIER,
            param("date", Compares::Date, &["period"]),
            param("goal", Compares::Reference, &["goal"]),
        ],
        "The family plan over several agencies; an agency reads its own part.",
    ),
    read_only(
        "Goal",
        Source::Plan,
        &[PATIENT, SUBJECT, param("lifecycle-status", Compares::Token, &["lifecycleStatus"])],
        "What the family wants, in its own words.",
    ),
    Served {
        create: true,
        ..read_only(
            "ServiceRequest",
            Source::Referral,
            &[
                PATIENT,
                SUBJECT,
                STATUS,
                IDENTIFIER,
                param("code", Compares::Token, &["code"]),
                param("performer", Compares::Reference, &["performer"]),
                param("authored", Compares::Date, &["authoredOn"]),
            ],
            "A family sent on to a service of the directory. Its Task has the same id.",
        )
    },
    Served {
        update: true,
        history: true,
        ..read_only(
            "Task",
            Source::Referral,
            &[
                param("patient", Compares::Reference, &["for"]),
                STATUS,
                IDENTIFIER,
                param("business-status", Compares::Token, &["businessStatus"]),
                param("focus", Compares::Reference, &["focus"]),
                param("owner", Compares::Reference, &["owner"]),
                param("requester", Compares::Reference, &["requester"]),
                param("authored-on", Compares::Date, &["authoredOn"]),
                param("modified", Compares::Date, &["lastModified"]),
            ],
            "What becomes of a referral. The service answers by an update; the referrer closes the loop with businessStatus closed.",
        )
    },
    read_only(
        "Organization",
        Source::Directory,
        &[NAME, IDENTIFIER, param("type", Compares::Token, &["type"])],
        "An agency.",
    ),
    read_only(
        "Location",
        Source::Directory,
        &[NAME, IDENTIFIER, param("partof", Compares::Reference, &["partOf"])],
        "A place of the country.",
    ),
    read_only(
        "HealthcareService",
        Source::Directory,
        &[
            NAME,
            IDENTIFIER,
            param("coverage-area", Compares::Reference, &["coverageArea"]),
            param("organization", Compares::Reference, &["providedBy"]),
            param("service-category", Compares::Token, &["serviceProvisionCode"]),
        ],
        "A service families can be sent to, with the days it has promised.",
    ),
    read_only(
        "Questionnaire",
        Source::Directory,
        &[URL, VERSION, STATUS, param("title", Compares::Text, &["title"])],
        "An instrument, in each of its versions.",
    ),
    read_only(
        "PlanDefinition",
        Source::Directory,
        &[URL, VERSION, STATUS, param("title", Compares::Text, &["title"])],
        "A visit protocol, in each of its versions.",
    ),
    read_only(
        "Measure",
        Source::Directory,
        &[URL, VERSION, STATUS, param("title", Compares::Text, &["title"])],
        "An indicator of home visiting: what is counted, and over what.",
    ),
    read_only(
        "MeasureReport",
        Source::Indicator,
        &[
            param("subject", Compares::Reference, &["subject"]),
            param("measure", Compares::Uri, &["measure"]),
            param("period", Compares::Date, &["period"]),
            param("date", Compares::Date, &["date"]),
            STATUS,
        ],
        "What an indicator says of a place in a period that is over. Without subject: of the caller's own place. Small numbers are masked.",
    ),
    read_only("Practitioner", Source::Staff, &[NAME], "Somebody of the caller's own agency."),
    read_only(
        "PractitionerRole",
        Source::Staff,
        &[
            param("practitioner", Compares::Reference, &["practitioner"]),
            param("role", Compares::Token, &["code"]),
            param("location", Compares::Reference, &["location"]),
            param("organization", Compares::Reference, &["organization"]),
        ],
        "What somebody of the caller's own agency does, and where.",
    ),
    read_only(
        "AuditEvent",
        Source::Log,
        &[
            param("patient", Compares::Reference, &["entity.what"]),
            param("date", Compares::Date, &["recorded"]),
            param("action", Compares::Token, &["action"]),
        ],
        "Who looked at one's own record: the office and its function.",
    ),
];

/// The kind of this name.
pub fn served(kind: &str) -> Option<&'static Served> {
    SURFACE.iter().find(|s| s.kind == kind)
}
