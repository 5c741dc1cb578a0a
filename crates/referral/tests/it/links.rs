//! A token is read back as it was made, and nothing else is.

use kernel::{Instant, ReferralId};
use proptest::prelude::*;
use referral::link::Link;
use uuid::Uuid;

use crate::desk::keys;

proptest! {
    #[test]
    fn a_token_is_read_back_and_no_changed_one_is(id: u128, revision: u32, seconds in 0i64..4_000_000_000, at: usize, with in "[0-9a-f.]") {
        let until = Instant::from_micros(0).plus_seconds(seconds);
        let link = Link { referral: ReferralId(Uuid::from_u128(id)), revision, until };
        let token = link.token(keys());
        prop_assert_eq!(Link::read(&token, keys()), Some(link));
        let at = at % token.len();
        let mut changed = token.clone();
        changed.replace_range(at..=at, &with);
        prop_assert!(changed == token || Link::read(&changed, keys()).is_none());
    }

    #[test]
    fn whatever_is_sent_is_no_link(text in ".{0,200}") {
        prop_assert_eq!(Link::read(&text, keys()), None);
    }
}
