//! From the ledger to P0: one worker, one call, one answer, written down.

pub mod answer;
pub mod outcome;
pub mod permission_api;
pub mod retry;
pub mod worker;
