//! Two plugins, each with an action, a filter and scripts of its own.

use std::rc::Rc;
use std::sync::Arc;

use crate::host::{
    ActionEntry, ActionKind, Answer, AnswerSignal, BodyFilter, CallSlot, Command, ConfigValue,
    FilterIo, Flow, PendingCall, Plugin, ScriptKind, Server, VRequest, Worker, action_entry,
};

macro_rules! plugin {
    ($plugin:ident, $worker:ident, $request:ident, $action:ident, $filter:ident, $scripts:ident) => {
        pub struct $plugin;
        pub struct $worker(pub Rc<str>);
        pub struct $request(pub String);
        pub struct $action;
        pub struct $filter;
        pub struct $scripts;

        impl Plugin for $plugin {
            const NAME: &'static std::ffi::CStr = c"plugin";
            type Shared = ();
            type Worker = $worker;
            type Request = $request;
            fn share(_: Server<'_>) {}
            fn start_worker(_: &Arc<()>, _: Worker) -> $worker {
                $worker("".into())
            }
            fn stop_worker(_: &$worker) {}
            fn actions() -> Vec<ActionEntry<Self>> {
                vec![action_entry::<$action>()]
            }
        }

        impl ActionKind for $action {
            const NAME: &'static std::ffi::CStr = c"plugin.action";
            type Plugin = $plugin;
            type Context = ();
            fn configure(_: Server<'_>, _: Option<ConfigValue<'_>>) -> Result<Self, String> {
                Ok(Self)
            }
            fn run(&self, _: &mut VRequest<'_, $plugin>, _: &mut Option<Box<()>>) -> Flow {
                Flow::GoOn
            }
            fn panicked(&self, _: &mut VRequest<'_, $plugin>) -> Flow {
                Flow::GoOn
            }
        }

        impl BodyFilter for $filter {
            type Plugin = $plugin;
            fn handle(
                &mut self,
                _: Option<&mut VRequest<'_, $plugin>>,
                _: &mut FilterIo<'_>,
            ) -> Flow {
                Flow::GoOn
            }
        }

        impl ScriptKind for $scripts {
            type Plugin = $plugin;
            fn start(_: AnswerSignal, _: &$worker) -> Self {
                Self
            }

            fn connect(_servers: &[u8]) -> Result<(), String> {
                Ok(())
            }

            fn whereabouts(
                &self,
                _servers: &[u8],
                _key: &[u8],
            ) -> Result<(String, Option<String>), String> {
                Err("there are no servers here".into())
            }

            fn submit(&self, _: &Command<'_>, _: Option<CallSlot<'_>>) -> Result<(), String> {
                Ok(())
            }
            fn next(&self) -> Option<(PendingCall, Answer)> {
                None
            }

            fn failed(&self, _what: &[u8], _error: &[u8]) {}
        }
    };
}

plugin!(Mine, MyWorker, MyRequest, MyAction, MyFilter, MyScripts);
plugin!(
    Other,
    OtherWorker,
    OtherRequest,
    OtherAction,
    OtherFilter,
    OtherScripts
);
