//! All of the host layer as it is meant to be used: this compiles.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use std::cell::RefCell;
    use std::io::IoSlice;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use crate::host::*;

    struct Third;

    struct PerWorker {
        worker: Worker,
        total: Arc<AtomicU64>,
        timer: Timer,
        job: Rc<Job>,
        waiting: RefCell<Vec<Waker>>,
    }

    impl Plugin for Third {
        const NAME: &'static std::ffi::CStr = c"third";
        type Shared = AtomicU64;
        type Worker = PerWorker;
        type Request = Vec<u8>;

        fn share(server: Server<'_>) -> AtomicU64 {
            server.log(Level::Warning, "once");
            AtomicU64::new(0)
        }

        fn start_worker(shared: &Arc<AtomicU64>, worker: Worker) -> PerWorker {
            let job = Rc::new(Job::new(&worker, || {}));
            let later = Rc::clone(&job);
            PerWorker {
                timer: Timer::new(&worker, move || later.later()),
                waiting: RefCell::default(),
                total: Arc::clone(shared),
                worker,
                job,
            }
        }

        fn stop_worker(worker: &PerWorker) {
            worker.timer.disarm();
        }

        fn actions() -> Vec<ActionEntry<Self>> {
            vec![action_entry::<Copying>()]
        }
    }

    struct Copying {
        key: Pattern,
        then: Option<Action>,
    }

    impl ActionKind for Copying {
        const NAME: &'static std::ffi::CStr = c"third.copy";
        type Plugin = Third;
        type Context = Vec<u8>;

        fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
            Ok(Self {
                key: Pattern::parse(server, c"%{req.path}").ok_or("no pattern")?,
                then: value.and_then(|value| value.action()),
            })
        }

        fn run(&self, vr: &mut VRequest<'_, Third>, context: &mut Option<Box<Vec<u8>>>) -> Flow {
            // What is kept for the worker outlives every change of the request.
            let Some(worker) = vr.worker() else {
                return Flow::GoOn;
            };
            worker.total.fetch_add(1, Ordering::Relaxed);
            let Some(key) = context.take() else {
                let mut key = Vec::new();
                self.key.eval(vr, &mut key);
                for (name, value) in vr.request_headers() {
                    if name.eq_ignore_ascii_case(b"Host") {
                        key.extend_from_slice(value);
                    }
                }
                worker.waiting.borrow_mut().extend(vr.waker());
                worker.timer.arm(Duration::from_millis(5));
                *context = Some(Box::new(key));
                return Flow::WaitForEvent;
            };
            let known = vr.state().is_some_and(|state| *state == *key);
            if !known {
                vr.set_state(key);
            }
            let names: Vec<_> = vr
                .response_headers()
                .map(|(name, _)| name.to_vec())
                .collect();
            for name in names {
                vr.remove_response_header(&name);
            }
            let mut buffer = Buffer::with_capacity(16);
            buffer.extend(b"body");
            if vr.handle_direct() && !vr.append_body(&buffer.slice(0..4)) {
                return Flow::Error;
            }
            if !vr.add_filter_out(Counting(0)) {
                vr.log(Level::Error, "too late");
            }
            if let Some(then) = &self.then {
                vr.enter(then);
            }
            Flow::GoOn
        }

        fn panicked(&self, vr: &mut VRequest<'_, Third>) -> Flow {
            vr.set_status(500);
            Flow::GoOn
        }
    }

    struct Counting(usize);

    impl BodyFilter for Counting {
        type Plugin = Third;

        fn handle(&mut self, vr: Option<&mut VRequest<'_, Third>>, io: &mut FilterIo<'_>) -> Flow {
            let mut input = io.input();
            while let Ok(Some(chunk)) = input.read() {
                self.0 += chunk.len();
                if let Some(worker) = vr.as_ref().and_then(|vr| vr.worker()) {
                    worker.worker.log(Level::Debug, "a chunk");
                }
            }
            io.forward_all();
            if io.input_closed() {
                io.close_output();
            }
            Flow::GoOn
        }
    }

    struct Scripts {
        signal: AnswerSignal,
        pending: RefCell<Vec<PendingCall>>,
    }

    impl ScriptKind for Scripts {
        type Plugin = Third;

        fn start(signal: AnswerSignal, _: &PerWorker) -> Self {
            let pending = RefCell::default();
            Self { signal, pending }
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

        fn submit(&self, _: &Command<'_>, slot: Option<CallSlot<'_>>) -> Result<(), String> {
            self.pending.borrow_mut().extend(slot.map(CallSlot::take));
            self.signal.raise();
            Ok(())
        }

        fn next(&self) -> Option<(PendingCall, Answer)> {
            let answer = Answer {
                code: Code::NotFound,
                error: String::new(),
                number: None,
                values: Vec::new(),
            };
            self.pending.borrow_mut().pop().map(|call| (call, answer))
        }

        fn failed(&self, _what: &[u8], _error: &[u8]) {}
    }

    fn connect(worker: &Worker, address: &SockAddr) -> std::io::Result<IoWatcher> {
        let (socket, connected) = Socket::connect(address)?;
        if connected == Connected::Now {
            socket.send(&[IoSlice::new(b"version\r\n")])?;
        }
        let log = worker.clone();
        let watcher = IoWatcher::new(worker, socket, move |ready| {
            if ready.readable {
                log.log(Level::Warning, "readable");
            }
        });
        watcher.set_interest(true, false);
        Ok(watcher)
    }

    const INIT: unsafe fn(*mut ffi::mmc_modules, *mut ffi::mmc_module) -> bool =
        init::<Third, Scripts>;
}

fn main() {}
