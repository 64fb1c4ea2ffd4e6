//! What people see of P0's settings: all that is known, the forms, the preview of a change, and its card.

pub mod card;
mod controls;
pub mod forms;
mod lines;
pub mod overview;
pub mod preview;
pub mod said;
