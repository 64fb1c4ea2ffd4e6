//! P0's just-in-time settings: which lengths people may pick, how long a grant may last, and what else P0's settings API
//! changes. P0 has no way to read them, so what is known of them is kept here with how it is known.

pub mod author;
pub mod change;
pub mod command;
pub mod control;
pub mod effects;
pub mod known;
pub mod length;
pub mod lengths;
pub mod mirror;
mod needed;
pub mod proposal;
pub mod refusal;
pub mod told;
pub mod typed;
pub mod wanted;
