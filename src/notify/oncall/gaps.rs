//! When nobody is on call.

use std::time::Duration;

use jiff::Timestamp;

/// The times of a range that are not covered, in their order. Whole minutes: no rota begins or ends between two.
pub(super) fn gaps(
    from: Timestamp,
    until: Timestamp,
    is_covered: impl Fn(Timestamp) -> bool,
) -> Vec<(Timestamp, Timestamp)> {
    let mut gaps: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut begun = None;
    let mut at = from;
    while at < until {
        match (is_covered(at), begun) {
            (false, None) => begun = Some(at),
            (true, Some(start)) => {
                gaps.push((start, at));
                begun = None;
            }
            _ => {}
        }
        let minute = at.as_second().div_euclid(60) * 60;
        at = Timestamp::from_second(minute).unwrap_or(at) + Duration::from_secs(60);
    }
    gaps.extend(begun.map(|start| (start, until)));
    gaps
}
