//! From the ledger to P0: one worker, one call, one answer, written down.

pub mod answer;
pub mod carrier;
pub mod outcome;
pub mod permission_api;
pub mod retry;
mod settings_answer;
pub mod settings_api;
pub mod settings_worker;
pub mod worker;
