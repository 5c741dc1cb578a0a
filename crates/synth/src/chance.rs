//! Chance that can be repeated: a stream for each household and purpose.

use catalogue::model::population::About;

/// What a stream is for. Streams of one household are independent of one another, so that a new purpose does not change the others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For {
    Shapes,
    Scores,
    Household,
    Fed,
    Received,
    Errors,
    Double,
    Key,
}

/// The stream of a number.
pub(crate) fn stream(seed: u64, purpose: For, n: u64) -> fastrand::Rng {
    let purpose = (purpose as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93);
    fastrand::Rng::with_seed(mix(mix(seed ^ purpose).wrapping_add(n)))
}

/// A pseudonym of 16 bytes that no real key made.
pub(crate) fn pseudonym(seed: u64, n: u64) -> [u8; 16] {
    let mut rng = stream(seed, For::Key, n);
    ((u128::from(rng.u64(..)) << 64) | u128::from(rng.u64(..))).to_be_bytes()
}

/// Scatters a number over all 64 bits (the finaliser of SplitMix64).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A normal deviate (Box and Muller).
pub(crate) fn normal(rng: &mut fastrand::Rng) -> f64 {
    let u = 1.0 - rng.f64();
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}

/// Full years about a mean, within the limits.
pub(crate) fn years(rng: &mut fastrand::Rng, about: &About) -> i64 {
    for _ in 0..20 {
        let drawn = about.mean + about.spread * normal(rng);
        if drawn >= about.least && drawn <= about.most {
            return whole(drawn);
        }
    }
    whole(about.mean)
}

/// The nearest whole number; what is too large for one is the largest.
#[allow(clippy::cast_possible_truncation)] // saturates
pub(crate) fn whole(n: f64) -> i64 {
    n.round() as i64
}

/// A whole number as a real one.
#[allow(clippy::cast_precision_loss)] // counts and sums of money lie far below 2^53
pub(crate) fn real(n: i64) -> f64 {
    n as f64
}
