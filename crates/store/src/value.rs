//! Values on their way into a statement. A null keeps its kind, because PostgreSQL wants to know the type of a null.

use kernel::{Date, Instant};
use uuid::Uuid;

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Integers, instants (µs), money (minor units).
    Int(Option<i64>),
    /// Text and JSON.
    Text(Option<String>),
    /// Truth: integer 0/1 on SQLite.
    Bool(Option<bool>),
    /// Ids.
    Uuid(Option<Uuid>),
    /// Civil dates: ISO text on SQLite, `date` on PostgreSQL.
    Date(Option<Date>),
    /// Ciphertexts, tags.
    Bytes(Option<Vec<u8>>),
}

/// Anything that can be bound.
pub trait ToValue {
    /// The value to bind.
    fn to_value(&self) -> Value;
    /// The null of the same kind.
    fn null() -> Value
    where
        Self: Sized;
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or_else(T::null, ToValue::to_value)
    }
    fn null() -> Value {
        T::null()
    }
}

impl<T: ToValue> ToValue for &T {
    fn to_value(&self) -> Value {
        (*self).to_value()
    }
    fn null() -> Value {
        T::null()
    }
}

macro_rules! to_value {
    ($($ty:ty => $variant:ident, $it:ident => $make:expr;)*) => {$(
        impl ToValue for $ty {
            fn to_value(&self) -> Value { let $it = self; Value::$variant(Some($make)) }
            fn null() -> Value { Value::$variant(None) }
        }
    )*};
}

to_value! {
    i64 => Int, it => *it;
    i32 => Int, it => i64::from(*it);
    u32 => Int, it => i64::from(*it);
    u8 => Int, it => i64::from(*it);
    bool => Bool, it => *it;
    String => Text, it => it.clone();
    Uuid => Uuid, it => *it;
    Date => Date, it => *it;
    Instant => Int, it => it.micros();
    Vec<u8> => Bytes, it => it.clone();
    kernel::Lang => Text, it => it.tag().to_owned();
}

impl ToValue for &str {
    fn to_value(&self) -> Value {
        Value::Text(Some((*self).to_owned()))
    }
    fn null() -> Value {
        Value::Text(None)
    }
}

impl ToValue for &[u8] {
    fn to_value(&self) -> Value {
        Value::Bytes(Some(self.to_vec()))
    }
    fn null() -> Value {
        Value::Bytes(None)
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl ToValue for kernel::$id {
            fn to_value(&self) -> Value { Value::Uuid(Some(self.0)) }
            fn null() -> Value { Value::Uuid(None) }
        }
        impl crate::FromColumn for kernel::$id {
            fn from_column(row: &crate::Row, column: &str) -> Result<Option<Self>, crate::StoreError> {
                Ok(Uuid::from_column(row, column)?.map(kernel::$id))
            }
        }
    )*};
}

ids!(
    PersonId,
    HouseholdId,
    AddressId,
    FactId,
    PregnancyId,
    EventId,
    OfferId,
    ApplicationId,
    AccountId,
    SessionId,
    JobId,
    MessageId,
    CaseId,
    ImportId,
    DuplicateId,
    DraftId,
    MandateId,
    EvidenceId,
    ConsentId,
    StepId,
    RequestId,
    TaskId,
    DeterminationId,
    DecisionId,
    ObjectionId,
    ReportId,
    GrievanceId,
    LetterId,
    EntitlementId,
    PayAccountId,
    RunId,
    JournalId,
    RecoveryId,
    OrderId,
    RequalificationId,
    FindingId,
    RequalificationActId,
    ScenarioId,
    ComparisonId,
    EnrolmentId,
    SubmissionId,
    TierDecisionId,
    AlertId,
    ReferralId,
    FamilyCaseId,
    FamilyActId,
    InvitationId,
    GroupId,
    GroupSessionId,
    HandoverId,
    TrainingId,
    CohortId,
    SupervisionId,
    ReflectionId
);
