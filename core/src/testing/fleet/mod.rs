//! A fleet in a box: workers made of the core's own lookups, leases, pools, servers and near
//! caches, memcacheds that speak byte for byte, a network, backends, visitors and operators, in
//! virtual time. One seed decides everything.
//!
//! A [`Plan`] says what the fleet is and what happens to it; [`run`] lets that happen and gives
//! a [`Report`]: what did not hold, and figures over time. [`shrink`] makes the plan of a
//! history that is broken as short as it can be.
//!
//! From the bottom up: `queue` has what will happen, `traffic` who asks for what, `page` pages
//! as they are stored; `host` is a memcached, `network` what lies between it and a worker,
//! `backend` makes pages; `worker` has the core of one worker, `driving` carries out what that
//! decides, `sockets` its ends of connections; `client` is a visitor on his way, `asking` what he
//! asks and is answered, with `counting` and `nearby`, `ordering` what the backend is asked for
//! him, `making` what becomes of a page, `purging` operators who change what is stored; `faults` what befalls everybody; `checks` is
//! what must hold.

mod asking;
mod backend;
mod checks;
mod client;
mod counting;
mod driving;
mod faults;
mod figures;
mod host;
mod making;
mod nearby;
mod network;
mod ordering;
mod page;
mod plan;
mod purging;
mod queue;
mod settings;
mod shrink;
mod slab;
mod sockets;
mod text;
mod traffic;
mod worker;
mod world;

pub use figures::{Figures, Span};
pub use plan::{Operation, Plan};
pub use settings::{Defect, Options, Settings, Surroundings};
pub use shrink::shrink;
pub use traffic::{Arrival, Traffic, Wish};
pub use world::{Report, run};
