//! What a change of an amount does to a period that was worked out already: arrears, less, or money to come back. Pure.
//!
//! For every period holds: what instalments say, less what is claimed back, is what is due.

use kernel::RecoveryId;

/// One instalment of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) part: u32,
    pub(crate) minor: i64,
    /// What of it cannot be taken back any more: all of it once it left the house, else what was kept back for a recovery.
    pub(crate) fixed: i64,
    /// Whether it may be raised: it never left the house.
    pub(crate) may_rise: bool,
}

/// What a recovery claims for the period, and what of the whole recovery has not come back yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) recovery: RecoveryId,
    /// For this period.
    pub(crate) minor: i64,
    /// Of the whole recovery: still asked for and not reserved by a run.
    pub(crate) free: i64,
    /// Of the whole recovery: waived.
    pub(crate) waived: i64,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The instalment is worth this much now.
    Set { part: u32, minor: i64 },
    /// A supplement.
    Add { part: u32, minor: i64 },
    /// So much was paid too much.
    Claim { minor: i64 },
    /// So much is not claimed any more: of what is still asked for, and of what was waived.
    Unclaim { recovery: RecoveryId, free: i64, waived: i64 },
}

/// What must be done so that `due` is what stands.
pub(crate) fn settle(due: i64, parts: &[Part], claims: &[Claim]) -> Vec<Act> {
    let stands = parts.iter().map(|p| p.minor).sum::<i64>() - claims.iter().map(|c| c.minor).sum::<i64>();
    match due - stands {
        0 => Vec::new(),
        more if more > 0 => rise(more, parts, claims),
        less => fall(-less, parts),
    }
}

fn rise(mut more: i64, parts: &[Part], claims: &[Claim]) -> Vec<Act> {
    let mut acts = Vec::new();
    for claim in claims {
        let free = more.min(claim.minor).min(claim.free).max(0);
        let waived = (more - free).min(claim.minor - free).min(claim.waived).max(0);
        if free + waived > 0 {
            acts.push(Act::Unclaim { recovery: claim.recovery, free, waived });
            more -= free + waived;
        }
    }
    if more > 0 {
        acts.push(match parts.iter().rev().find(|p| p.may_rise) {
            Some(p) => Act::Set { part: p.part, minor: p.minor + more },
            None => Act::Add { part: parts.iter().map(|p| p.part + 1).max().unwrap_or(0), minor: more },
        });
    }
    acts
}

fn fall(mut less: i64, parts: &[Part]) -> Vec<Act> {
    let mut acts = Vec::new();
    for part in parts.iter().rev() {
        let by = less.min(part.minor - part.fixed).max(0);
        if by > 0 {
            acts.push(Act::Set { part: part.part, minor: part.minor - by });
            less -= by;
        }
    }
    if less > 0 {
        acts.push(Act::Claim { minor: less });
    }
    acts
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const R: RecoveryId = RecoveryId(Uuid::from_u128(1));
    const SENT: Part = Part { part: 0, minor: 100, fixed: 100, may_rise: false };
    const WAITS: Part = Part { part: 0, minor: 100, fixed: 0, may_rise: true };

    #[test]
    fn what_waits_changes_and_what_was_sent_is_supplemented_or_claimed() {
        assert_eq!(settle(100, &[SENT], &[]), []);
        assert_eq!(settle(120, &[WAITS], &[]), [Act::Set { part: 0, minor: 120 }]);
        assert_eq!(settle(0, &[WAITS], &[]), [Act::Set { part: 0, minor: 0 }]);
        assert_eq!(settle(120, &[SENT], &[]), [Act::Add { part: 1, minor: 20 }]);
        assert_eq!(settle(120, &[], &[]), [Act::Add { part: 0, minor: 120 }]);
        assert_eq!(settle(80, &[SENT], &[]), [Act::Claim { minor: 20 }]);
        let supplement = Part { part: 1, minor: 20, fixed: 0, may_rise: true };
        assert_eq!(settle(90, &[SENT, supplement], &[]), [Act::Set { part: 1, minor: 0 }, Act::Claim { minor: 10 }]);
    }

    #[test]
    fn what_came_back_falls_to_what_was_kept_back_and_never_rises() {
        let returned = Part { part: 0, minor: 100, fixed: 10, may_rise: false };
        assert_eq!(settle(0, &[returned], &[]), [Act::Set { part: 0, minor: 10 }, Act::Claim { minor: 10 }]);
        assert_eq!(settle(130, &[returned], &[]), [Act::Add { part: 1, minor: 30 }]);
    }

    #[test]
    fn a_claim_is_taken_back_before_anything_is_paid_again() {
        let claim = |free, waived| Claim { recovery: R, minor: 20, free, waived };
        assert_eq!(settle(100, &[SENT], &[claim(20, 0)]), [Act::Unclaim { recovery: R, free: 20, waived: 0 }]);
        // 15 of it came back already: these are paid again, the rest is not asked for.
        assert_eq!(
            settle(100, &[SENT], &[claim(5, 0)]),
            [Act::Unclaim { recovery: R, free: 5, waived: 0 }, Act::Add { part: 1, minor: 15 }]
        );
        // What was waived stays with the family and is not paid a second time.
        assert_eq!(settle(100, &[SENT], &[claim(5, 15)]), [Act::Unclaim { recovery: R, free: 5, waived: 15 }]);
        assert_eq!(settle(70, &[SENT], &[claim(20, 0)]), [Act::Claim { minor: 10 }]);
    }
}
