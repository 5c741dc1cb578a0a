//! Planted bugs: each a sabotage of the driver or of the run's own database that a checker must find.

use store::params;

use crate::world::{Stop, World};

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug { $($(#[$doc])* $name,)* }

        impl Bug {
            /// All of them.
            pub(crate) const ALL: &'static [Bug] = &[$(Bug::$name,)*];

            /// Its name.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Bug::$name => $word,)* }
            }
        }
    };
}

bugs! {
    /// A message is taken out and nobody handles it.
    LostMessage = "message_lost",
    /// An act is repeated under a fresh key after its answer got lost.
    FreshKey = "retry_with_a_fresh_key",
    /// A question is sent again under a fresh number.
    AgencyFreshKey = "question_sent_again_under_a_fresh_number",
    /// A reply is applied to a question that had ended.
    LateReply = "late_reply_applied",
    /// An answer about the wrong person is taken.
    WrongPersonTaken = "wrong_answer_taken",
    /// A run is released a second time.
    ReleasedTwice = "run_released_twice",
    /// The bank's file names one payment twice, under two references.
    OtherReference = "paid_under_another_reference",
    /// A confirmation is booked a second time.
    ConfirmedTwice = "confirmed_twice",
    /// A journal loses one of its postings.
    PostingLost = "posting_lost",
    /// An acknowledged application is deleted.
    ApplicationLost = "application_lost",
    /// What was applied for is overwritten.
    ApplicationChanged = "application_changed",
    /// A second case is opened for one application.
    CaseTwice = "case_opened_twice",
    /// A question that ended is open again.
    QuestionReopened = "ended_question_reopened",
    /// A question that ended is deleted.
    QuestionLost = "question_lost",
    /// A task is closed without an act.
    TaskClosed = "task_closed_without_act",
    /// A decision is changed after it came into force.
    DecisionChanged = "decision_changed_in_force",
    /// The facts a decision rests on are overwritten.
    FactsOverwritten = "frozen_facts_overwritten",
    /// An instalment is worked out a second time.
    InstalmentTwice = "instalment_worked_out_twice",
    /// A message of a decision that was handled is handled again with its memory gone.
    HandledTwice = "message_handled_twice",
    /// A waiting case loses its task.
    TaskLost = "task_lost",
    /// A decision loses its notice in one language.
    NoticeLost = "notice_lost",
    /// A visit that was taken is deleted.
    VisitLost = "visit_lost",
    /// What a nurse sent is overwritten by a correction.
    VisitOverwritten = "visit_overwritten",
    /// Two decisions of one case are in force.
    TwoInForce = "two_decisions_in_force",
}

/// Does what the bug does to the database, once, as soon as there is something to do it to.
pub(crate) async fn strike(w: &mut World<'_>) -> Result<(), Stop> {
    let Some(bug) = w.bug.filter(|_| !w.bug_done) else { return Ok(()) };
    let sql: &[&'static str] = match bug {
        Bug::ConfirmedTwice => &[
            "insert into journal (journal_id, kind, reference, run_id, account_id, day, at)
                select cast(x'ff' || substr(journal_id, 2) as blob), kind, reference || ' again', run_id, account_id, day, at
                from journal where kind = 'bank' limit 1",
            "insert into posting (journal_id, line, account, programme, agency, currency, minor)
                select j.journal_id, line, p.account, programme, agency, currency, minor from posting p
                join journal j on j.journal_id = cast(x'ff' || substr(p.journal_id, 2) as blob) and j.kind = 'bank'",
        ],
        Bug::PostingLost => &["delete from posting where (journal_id, line) in (select journal_id, line from posting limit 1)"],
        Bug::ApplicationLost => {
            &["delete from application where application_id in (select application_id from application limit 1)"]
        }
        Bug::ApplicationChanged => &[
            "update application_item set answers = '[]', content = content || ' ' where offer_id in (select offer_id from application_item limit 1)",
        ],
        Bug::CaseTwice => &["insert into benefit_case (subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, opened_at, changed_at)
            select subject_id, randomblob(16), subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key || ' again', channel, agency, jurisdiction, 'received', 1, applied_on, due_on, opened_at, changed_at from benefit_case limit 1"],
        Bug::QuestionReopened => &["update agency_request set status = 'waiting', ended_at = null where request_id in
            (select request_id from agency_request where status = 'answered' limit 1)"],
        Bug::QuestionLost => &["delete from agency_request where request_id in
            (select request_id from agency_request where status = 'answered' limit 1)"],
        Bug::TaskClosed => &["update task set status = 'done', closed_at = opened_at + 77, closed_by = randomblob(16) where task_id in
            (select task_id from task where status = 'open' limit 1)"],
        Bug::TaskLost => &["delete from task where task_id in (select task_id from task where status = 'open' limit 1)"],
        Bug::DecisionChanged => &["update decision set content = replace(content, '100000', '900000') where decision_id in
            (select decision_id from decision where decided_at is not null and content like '%100000%' limit 1)"],
        Bug::FactsOverwritten => &["update frozen_facts set content = replace(content, '\"value\":0', '\"value\":7') where content like '%\"value\":0%'"],
        Bug::InstalmentTwice => &["update entitlement set next_period = (select min(period) from instalment i where i.entitlement_id = entitlement.entitlement_id),
            next_due = (select min(due_on) from instalment i where i.entitlement_id = entitlement.entitlement_id)
            where entitlement_id in (select entitlement_id from instalment where status = 'run' limit 1)",
            "update instalment set part = part + 40 where entitlement_id in (select entitlement_id from instalment where status = 'run' limit 1)"],
        Bug::HandledTwice => &["delete from entitlement_decision where decision_id in (select decision_id from entitlement_decision limit 1)"],
        Bug::NoticeLost => &["update decision set notice = json_remove(notice, '$.en') where status in ('proposed', 'hearing', 'in_force')"],
        Bug::VisitLost => &["delete from visit_submission where submission_id in (select submission_id from visit_submission limit 1)"],
        Bug::VisitOverwritten => &["update visit_submission set content = replace(content, '40', '45') where content like '%40%'"],
        Bug::TwoInForce => &["update decision set status = 'in_force' where status = 'superseded'"],
        _ => return Ok(()),
    };
    let mut tx = w.db().begin().await?;
    let mut touched = 0;
    for sql in sql {
        touched += tx.execute(sql, params![]).await?;
    }
    tx.commit().await?;
    w.bug_done = touched > 0;
    if touched > 0 {
        w.note(format!("SABOTAGE {}", bug.word()));
    }
    Ok(())
}
