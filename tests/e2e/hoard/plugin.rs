//! A plugin that keeps every handle for longer than what it points to, and uses
//! it then. All of this is safe code, so it must be harmless.

#[path = "../../../src/host/mod.rs"]
mod host;

use host::ffi::{mmc_module, mmc_modules};

/// # Safety
/// The host calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mod_memcached_init(
    modules: *mut mmc_modules,
    module: *mut mmc_module,
) -> i32 {
    // SAFETY: the host's own, says the caller.
    let first = unsafe { host::init::<hoard::Hoarder, hoard::Scripts>(modules, module) };
    // A second one is refused.
    let mut other = [0_usize; 6];
    // SAFETY: as above, with a module of its own.
    let second =
        unsafe { host::init::<hoard::Hoarder, hoard::Scripts>(modules, other.as_mut_ptr().cast()) };
    i32::from(first && !second)
}

/// # Safety
/// The host calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mod_memcached_free(
    modules: *mut mmc_modules,
    module: *mut mmc_module,
) -> i32 {
    // SAFETY: the host's own, says the caller.
    i32::from(unsafe { host::free(modules, module) })
}

mod hoard {
    #![forbid(unsafe_code)]

    use std::cell::RefCell;
    use std::io::IoSlice;
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use crate::host::*;

    /// What no thread of its own has.
    static SHARED: Mutex<Vec<(Option<Action>, Pattern)>> = Mutex::new(Vec::new());

    thread_local! {
        static OWN: RefCell<Hoard> = RefCell::default();
    }

    #[derive(Default)]
    struct Hoard {
        workers: Vec<Worker>,
        timers: Vec<Timer>,
        jobs: Vec<Job>,
        watchers: Vec<IoWatcher>,
        wakers: Vec<Waker>,
        buffers: Vec<BufferSlice>,
        #[allow(dead_code)] // Dropped at the end of the thread.
        copies: Vec<RequestCopy<Hoarder>>,
        #[allow(dead_code)] // Dropped at the end of the thread.
        configured: Vec<(Option<Action>, Pattern)>,
    }

    impl Hoard {
        fn fill(&mut self, worker: &Worker) {
            let timer = Timer::new(worker, || OWN.with_borrow(Hoard::use_all));
            timer.arm(Duration::from_millis(1));
            self.timers.push(timer);
            self.jobs.push(Job::new(worker, || {}));
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("an address").to_string();
            let address = SockAddr::parse(address.as_bytes(), 0).expect("an address");
            if let Ok((socket, _)) = Socket::connect(&address) {
                let watcher = IoWatcher::new(worker, socket, |_| {});
                watcher.set_interest(true, true);
                self.watchers.push(watcher);
            }
            self.workers.push(worker.clone());
        }

        fn use_all(&self) {
            for worker in &self.workers {
                worker.log(Level::Warning, "hoarded");
                // Whether that worker still works or not.
                let timer = Timer::new(worker, || {});
                timer.arm(Duration::ZERO);
                Job::new(worker, || {}).later();
            }
            for timer in &self.timers {
                timer.disarm();
                timer.arm(Duration::from_millis(1));
            }
            for job in &self.jobs {
                job.later();
            }
            for watcher in &self.watchers {
                watcher.set_interest(false, true);
                watcher.set_interest(true, true);
                let _ = watcher.socket().send(&[IoSlice::new(b"x")]);
            }
            for waker in &self.wakers {
                waker.wake();
            }
            assert!(self.buffers.iter().all(|part| part.as_ref() == b"kept"));
        }
    }

    impl Drop for Hoard {
        fn drop(&mut self) {
            self.use_all();
        }
    }

    pub struct Hoarder;

    /// Dropped when the plugin is freed, and what is kept with it.
    pub struct Everything;

    impl Drop for Everything {
        fn drop(&mut self) {
            SHARED.lock().expect("no panic").clear();
            OWN.with_borrow(Hoard::use_all);
        }
    }

    pub struct PerWorker(Worker);

    impl Drop for PerWorker {
        fn drop(&mut self) {
            OWN.with_borrow_mut(|own| own.fill(&self.0));
        }
    }

    impl Plugin for Hoarder {
        const NAME: &'static std::ffi::CStr = c"mod_memcached";
        type Shared = Everything;
        type Worker = PerWorker;
        type Request = Noisy;

        fn share(_: Server<'_>) -> Everything {
            Everything
        }

        fn start_worker(_: &Arc<Everything>, worker: Worker) -> PerWorker {
            OWN.with_borrow_mut(|own| own.fill(&worker));
            PerWorker(worker)
        }

        fn stop_worker(_: &PerWorker) {
            OWN.with_borrow(Hoard::use_all);
        }

        fn actions() -> Vec<ActionEntry<Self>> {
            vec![action_entry::<Keep>(), action_entry::<Copy>()]
        }
    }

    /// What a request remembers: it uses the hoard when it is replaced.
    pub struct Noisy(String);

    impl Drop for Noisy {
        fn drop(&mut self) {
            OWN.with_borrow(Hoard::use_all);
            self.0.clear();
        }
    }

    struct Keep {
        then: Option<Action>,
    }

    impl ActionKind for Keep {
        const NAME: &'static std::ffi::CStr = c"hoard.keep";
        type Plugin = Hoarder;
        type Context = Rc<str>;

        fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
            let value = value.ok_or("no block")?;
            let first = || value.as_list()?.next()??.action();
            let then = Some(value.action().or_else(first).ok_or("no block")?);
            let pattern = Pattern::parse(server, c"%{req.path}").ok_or("no pattern")?;
            SHARED
                .lock()
                .expect("no panic")
                .push((then.clone(), pattern));
            Ok(Self { then })
        }

        fn run(&self, vr: &mut VRequest<'_, Hoarder>, context: &mut Option<Box<Rc<str>>>) -> Flow {
            let Some(worker) = vr.worker() else {
                return Flow::GoOn;
            };
            if let Some(context) = context {
                // Kept while the block ran.
                assert_eq!(&***context, "context");
                for _ in 0..3 {
                    let filter = Filter {
                        own: None,
                        more: true,
                    };
                    assert!(vr.add_filter_out(filter));
                }
                return Flow::GoOn;
            }
            let mut key = Vec::new();
            for (_, pattern) in &*SHARED.lock().expect("no panic") {
                pattern.eval(vr, &mut key);
            }
            for round in 0..2 {
                let old = vr.state().map(|state| state.0.clone());
                assert_eq!(old, (round > 0).then(|| "0".into()));
                vr.set_state(Box::new(Noisy(round.to_string())));
            }
            OWN.with_borrow_mut(|own| {
                own.fill(&worker.0);
                own.wakers.extend(vr.waker());
                let mut buffer = Buffer::with_capacity(0);
                buffer.extend(b"kept");
                let mut buffer = Buffer::with_capacity(4);
                buffer.extend(b"kept too");
                own.buffers.push(buffer.slice(0..4));
            });
            *context = Some(Box::new("context".into()));
            // More than a stack has room for without being moved.
            if let Some(then) = &self.then {
                vr.enter(then);
            }
            Flow::WaitForEvent
        }

        fn panicked(&self, _: &mut VRequest<'_, Hoarder>) -> Flow {
            Flow::Error
        }
    }

    /// Runs its block for a copy of the request, and keeps another copy that never
    /// runs.
    struct Copy(Action);

    impl ActionKind for Copy {
        const NAME: &'static std::ffi::CStr = c"hoard.copy";
        type Plugin = Hoarder;
        type Context = ();

        fn configure(_: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
            let value = value.ok_or("no block")?;
            let first = || value.as_list()?.next()??.action();
            Ok(Self(value.action().or_else(first).ok_or("no block")?))
        }

        fn run(&self, vr: &mut VRequest<'_, Hoarder>, _: &mut Option<Box<()>>) -> Flow {
            assert!(!vr.is_copy());
            let Some(worker) = vr.worker().map(|worker| worker.0.clone()) else {
                return Flow::GoOn;
            };
            OWN.with_borrow_mut(|own| own.copies.extend(vr.copy()));
            let Some(copy) = vr.copy() else {
                worker.log(Level::Warning, "no copy");
                return Flow::GoOn;
            };
            let captures = vr.has_captures();
            let prepare = |vr: &mut VRequest<'_, Hoarder>| {
                assert!(vr.is_copy() && vr.copy().is_none());
                vr.remove_request_header(b"Range");
                vr.add_request_header(b"X-Copy", if captures { b"captures" } else { b"1" });
                vr.set_state(Box::new(Noisy("copy".into())));
                vr.enter(&self.0);
            };
            let limit = Duration::from_millis(1500);
            copy.start(&self.0, limit, prepare, move |end| {
                let (status, whole) = (end.status, end.is_whole);
                worker.log(Level::Warning, &format!("copy ended: {status}, {whole}"));
            });
            Flow::GoOn
        }

        fn panicked(&self, _: &mut VRequest<'_, Hoarder>) -> Flow {
            Flow::Error
        }
    }

    struct Filter {
        own: Option<Box<str>>,
        more: bool,
    }

    impl BodyFilter for Filter {
        type Plugin = Hoarder;

        fn handle(
            &mut self,
            vr: Option<&mut VRequest<'_, Hoarder>>,
            io: &mut FilterIo<'_>,
        ) -> Flow {
            let own = self.own.insert("own".into());
            if let Some(vr) = vr {
                vr.set_state(Box::new(Noisy("filter".into())));
                if std::mem::take(&mut self.more) {
                    let added = vr.add_filter_out(Filter {
                        own: None,
                        more: false,
                    });
                    assert!(!added, "too late");
                }
                if let Some((Some(action), _)) = SHARED.lock().expect("no panic").first() {
                    vr.enter(action);
                }
            }
            let mut input = io.input();
            while let Ok(Some(chunk)) = input.read() {
                assert!(!chunk.is_empty());
            }
            assert_eq!(&**own, "own");
            io.forward_all();
            if io.input_gone() || io.input_closed() {
                io.close_output();
            }
            Flow::GoOn
        }
    }

    pub struct Scripts;

    impl ScriptKind for Scripts {
        type Plugin = Hoarder;

        fn start(_: AnswerSignal, _: &PerWorker) -> Self {
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
            Err("nothing is looked up here".into())
        }

        fn next(&self) -> Option<(PendingCall, Answer)> {
            None
        }

        fn failed(&self, _what: &[u8], _error: &[u8]) {}
    }
}
