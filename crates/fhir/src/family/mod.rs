//! A family under a visit protocol: EpisodeOfCare and Consent, Appointment, Encounter and Observation, QuestionnaireResponse,
//! RiskAssessment, CareTeam, ImmunizationRecommendation, Provenance.
//!
//! Everything is made of the file that nurse and supervisor see; what is told alone is not in it. A visit or assessment and its
//! corrections are one resource in several versions: its id is that of the first submission, its version the place in the row.

mod appointment;
mod encounter;
mod episode;
mod questionnaire;
pub mod sent;

use kernel::SubmissionId;
use serde_json::json;
use visit::model::Submission;
use visit::read::{Content, File};

use crate::datatype::{at, hl7, reference};
use crate::{Country, Resource};

/// One submission and its corrections, the first in front.
pub(crate) struct Thread<'a> {
    versions: Vec<&'a (Submission, Content)>,
}

impl<'a> Thread<'a> {
    /// The id of the first.
    pub(crate) fn id(&self) -> SubmissionId {
        self.versions.first().map_or(SubmissionId(uuid::Uuid::nil()), |(s, _)| s.id)
    }

    /// Each version with its number.
    pub(crate) fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Submission, &'a Content)> + '_ {
        self.versions.iter().enumerate().map(|(n, (s, content))| (n + 1, s, content))
    }
}

/// The submissions of a file as threads, in the order in which they began.
pub(crate) fn threads(file: &File) -> Vec<Thread<'_>> {
    let begins = |s: &Submission| s.replaces.is_none_or(|old| file.submission(old).is_none());
    let mut all = Vec::new();
    for first in file.submissions.iter().filter(|(s, _)| begins(s)) {
        let mut versions = vec![first];
        let mut next = first.0.replaced_by;
        while let Some(found) =
            next.and_then(|id| file.submission(id)).filter(|_| versions.len() <= file.submissions.len())
        {
            versions.push(found);
            next = found.0.replaced_by;
        }
        all.push(Thread { versions });
    }
    all
}

/// The submission that a correction of this resource replaces: the newest of its thread, with its version. `None`: not in this file.
pub fn newest(file: &File, id: SubmissionId) -> Option<(SubmissionId, usize)> {
    let thread = threads(file).into_iter().find(|t| t.id() == id)?;
    thread.versions.last().map(|(s, _)| (s.id, thread.versions.len()))
}

/// Every resource of a family as it stands, and nothing of what was corrected.
pub fn current(file: &File, country: &Country<'_>) -> Vec<Resource> {
    let mut all = vec![episode::episode(file, country)];
    all.extend(episode::consent(file, country));
    all.push(episode::team(file, country));
    all.extend(appointment::all(file, country));
    for thread in threads(file) {
        if let Some((number, submission, content)) = thread.numbered().next_back() {
            all.extend(submitted(file, &thread, number, submission, content, country));
        }
        all.extend(thread.numbered().map(|(number, s, content)| provenance(thread.id(), number, s, content)));
    }
    all.extend(file.tiers.iter().map(|tier| episode::need(file, tier, country)));
    all.extend(file.enrolment.dates.children.iter().filter_map(|child| episode::immunisations(file, child, country)));
    all
}

/// What a mother sees of her own visits: that they run, and what is planned.
pub fn own(
    enrolment: &visit::model::Enrolment,
    planned: &[visit::schedule::Planned],
    country: &Country<'_>,
) -> Vec<Resource> {
    let file = File {
        enrolment: enrolment.clone(),
        names: Default::default(),
        schedule: planned.to_vec(),
        fidelity: Default::default(),
        tiers: Vec::new(),
        submissions: Vec::new(),
        impossible: None,
    };
    let mut all = vec![episode::episode(&file, country)];
    all.extend(episode::consent(&file, country));
    all.extend(appointment::all(&file, country));
    all
}

/// Every version of one visit or assessment, the newest first.
pub fn history(file: &File, kind: &str, id: &str, country: &Country<'_>) -> Vec<Resource> {
    let all = threads(file);
    let versions = all.iter().flat_map(|thread| {
        let made = move |(number, s, content)| submitted(file, thread, number, s, content, country);
        thread.numbered().rev().flat_map(made)
    });
    versions.filter(|r| r.kind() == kind && r.id() == id).collect()
}

/// The resources of one version of a submission.
fn submitted(
    file: &File,
    thread: &Thread<'_>,
    number: usize,
    submission: &Submission,
    content: &Content,
    country: &Country<'_>,
) -> Vec<Resource> {
    let made = Made { file, id: thread.id(), number, submission, country };
    match content {
        Content::Assessment(assessment) => vec![questionnaire::assessment(&made, assessment)],
        Content::Visit(it) => encounter::all(&made, it),
    }
}

/// One version of a submission, where resources are made of it.
pub(crate) struct Made<'a> {
    pub(crate) file: &'a File,
    /// The id of the thread.
    pub(crate) id: SubmissionId,
    /// The version.
    pub(crate) number: usize,
    pub(crate) submission: &'a Submission,
    pub(crate) country: &'a Country<'a>,
}

impl Made<'_> {
    /// A resource as this version.
    pub(crate) fn version(&self, content: serde_json::Value) -> Resource {
        Resource::new(content).versioned(self.number, self.submission.received_at)
    }
}

/// Who sent what, and when it was received.
fn provenance(id: SubmissionId, number: usize, submission: &Submission, content: &Content) -> Resource {
    let kind = match content {
        Content::Visit(_) => "Encounter",
        Content::Assessment(_) => "QuestionnaireResponse",
    };
    Resource::new(json!({
        "resourceType": "Provenance",
        "id": submission.id.to_string(),
        "target": [{ "reference": format!("{kind}/{id}/_history/{number}") }],
        "occurredDateTime": submission.made_on.to_string(),
        "recorded": at(Some(submission.received_at)),
        "activity": crate::datatype::concept(&hl7("v3-DataOperation"), if number == 1 { "CREATE" } else { "UPDATE" }, ""),
        "agent": [{
            "type": crate::datatype::concept(&hl7("provenance-participant-type"), "author", "Author"),
            "who": reference("Practitioner", submission.account),
        }],
    }))
}
