//! What may be stored, for how long, and what a stored response answers.

mod conditions;
mod storable;
