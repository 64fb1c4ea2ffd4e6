//! Which rule a request goes by: who is told of it, who may decide, and how much care it asks for.

pub mod condition;
pub mod demands;
pub mod explain;
pub mod hours;
pub mod levels;
pub mod pattern;
pub mod risk;
pub mod routes;
mod terms;
pub mod truth;

#[cfg(test)]
mod tests;
