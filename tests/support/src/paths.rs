//! Where the programs are that a test runs.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder of the project.
pub fn project_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("tests/support in a project")
}

/// The folder that cargo puts a profile's results in.
fn profile_dir() -> PathBuf {
    let test = env::current_exe().expect("a program knows where it is");
    let dir = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    dir.to_path_buf()
}

/// The library under test: `MOD_MEMCACHED_SO`, or what `cargo build` made
/// (cargo itself does not build a cdylib for a test).
pub fn plugin_library() -> PathBuf {
    let path = env::var_os("MOD_MEMCACHED_SO").map_or_else(
        || profile_dir().join("libmod_memcached.so"),
        |given| project_root().join(given),
    );
    assert!(
        path.exists(),
        "{}: no such file; run `cargo build` first",
        path.display()
    );
    path
}

/// The library built with the feature `deliberate-panic`: `PANICKING_SO`, or
/// what `make test` puts into a folder of its own.
pub fn panicking_library() -> PathBuf {
    let given = env::var_os("PANICKING_SO")
        .unwrap_or_else(|| "target/panic/debug/libmod_memcached.so".into());
    made_by("panic-library", given)
}

/// The library without default features, which `make test` puts into a folder of its own.
pub fn small_library() -> PathBuf {
    made_by(
        "small-library",
        "target/small/debug/libmod_memcached.so".into(),
    )
}

fn made_by(target: &str, file: OsString) -> PathBuf {
    let path = project_root().join(file);
    assert!(
        path.exists(),
        "{}: no such file; run `make {target}` first",
        path.display()
    );
    path
}

/// What `make run` puts behind the cache, which `cargo build --workspace` makes.
pub(crate) fn slow_application() -> PathBuf {
    let path = profile_dir().join("slow-application");
    assert!(
        path.exists(),
        "{}: no such file; run `cargo build --workspace` first",
        path.display()
    );
    path
}

/// The server that the tests run on.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its worker program.
    pub worker: PathBuf,
    /// Its folder of modules; the stand-in has none, all it has is built in.
    pub modules: Option<PathBuf>,
}

impl Host {
    /// The real server if `LIGHTTPD2_WORKER` names one, else the stand-in, of
    /// which `STAND_IN` can name another build. The real one's modules are in `LIGHTTPD2_MODULE_DIR`, or where an
    /// installation has them beside the program.
    pub fn find() -> Self {
        let Some(worker) = env::var_os("LIGHTTPD2_WORKER").filter(|path| !path.is_empty()) else {
            let stand_in =
                env::var_os("STAND_IN").unwrap_or_else(|| "target/host/lighttpd2-worker".into());
            let worker = project_root().join(stand_in);
            assert!(
                worker.exists(),
                "{}: no such file; run `make host` first, or name a real one with LIGHTTPD2_WORKER",
                worker.display()
            );
            return Self {
                worker,
                modules: None,
            };
        };
        let worker = PathBuf::from(worker);
        let modules = env::var_os("LIGHTTPD2_MODULE_DIR")
            .map(PathBuf::from)
            .or_else(|| installed_modules(&worker));
        let modules = modules.unwrap_or_else(|| {
            panic!("say with LIGHTTPD2_MODULE_DIR where lighttpd2's modules are")
        });
        Self {
            worker,
            modules: Some(modules),
        }
    }

    /// The same, but that the stand-in is the one without Lua.
    pub fn find_without_lua() -> Self {
        let mut host = Self::find();
        if !host.is_real() {
            let folder = host.worker.parent().expect("a folder");
            host.worker = folder.join("without-lua/lighttpd2-worker");
        }
        host
    }

    /// Whether it is lighttpd2 itself.
    pub fn is_real(&self) -> bool {
        self.modules.is_some()
    }
}

/// `PREFIX/lib/lighttpd-VERSION` or `PREFIX/lib/ARCHITECTURE/lighttpd-VERSION`
/// for a program in `PREFIX/sbin` or `PREFIX/libexec`.
fn installed_modules(worker: &Path) -> Option<PathBuf> {
    let lib = worker.parent()?.parent()?.join("lib");
    let is_modules = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lighttpd-") && path.is_dir()
    };
    let folders = |dir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let outer = folders(&lib);
    let inner = outer.iter().flat_map(|dir| folders(dir));
    inner.chain(outer.clone()).find(is_modules)
}
