//! Safe handles over the host, and the only Rust with unsafe code.
//!
//! No safe code can break what is here: a handle with a lifetime ends with the
//! call from the host that it was made in; one that can be kept knows when what
//! it points to is gone; a request, what is remembered of it and what is kept
//! for a worker carry the plugin as a type; what changes a request takes it as
//! `&mut`, so nothing borrowed from it is alive meanwhile. Every call from the
//! host enters through [`guard::guard`], so no panic crosses into C.

mod action;
mod buffer;
mod config;
mod copy;
mod event;
pub(crate) mod ffi;
mod filter;
mod guard;
mod handles;
mod headers;
mod owned;
mod pattern;
mod plugin;
mod register;
mod request;
mod script;
mod setup;
mod socket;
mod waker;

pub(crate) use action::{ActionKind, action_entry, inner_action};
pub(crate) use buffer::{Buffer, BufferSlice};
pub(crate) use config::{Action, ConfigValue};
pub(crate) use copy::{CopyEnd, RequestCopy, RunningCopy};
pub(crate) use event::{IoWatcher, Job, Ready, Timer};
pub(crate) use filter::{BodyFilter, FilterIo};
pub(crate) use guard::panic_point;
pub(crate) use handles::{Level, Server, Worker};
pub(crate) use pattern::Pattern;
pub(crate) use plugin::{ActionEntry, Plugin};
pub(crate) use register::{free, init};
pub(crate) use request::{Flow, ResponseState, Target, VRequest};
pub(crate) use script::{
    Answer, AnswerData, AnswerSignal, AnswerValue, CallSlot, Code, Command, CommandKind,
    PendingCall, ScriptKind, ScriptServers, ServerList,
};
pub(crate) use setup::{SetupEntry, SetupKind, setup_entry};
pub(crate) use socket::{Connected, SockAddr, Socket};
pub(crate) use waker::Waker;
