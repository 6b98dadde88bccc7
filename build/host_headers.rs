//! A build against the headers of a server, older or newer than the one that our own
//! declarations are of. What differs is said, and the library fits that server alone.

use std::path::PathBuf;
use std::process::Command;

/// What such a server has, or lacks if it is older: the name of what the C is told where it
/// is missing, and C that compiles only where it is there.
const NEWER: [(&str, &str); 2] = [
    (
        "MMC_NO_ENV_REF",
        "int member(liLuaState *LL) { return LL->li_env_ref; }",
    ),
    (
        "MMC_NO_PROXY_PROTOCOL",
        "void (*function(void))(liConnection *) { return li_connection_proxy_protocol_init; }",
    ),
];

/// Has the shim compiled with the headers in these folders.
pub(crate) fn use_them(shim: &mut cc::Build, folders: &[PathBuf]) {
    let mut ours = shim.clone();
    ours.include("include");
    for folder in folders {
        println!("cargo::rerun-if-changed={}", folder.display());
        super::system(shim, folder);
    }
    shim.define("HAVE_CONFIG_H", None)
        .define("MMC_HOST_HEADERS", None);
    for (missing, code) in NEWER {
        let text = format!("#include <lighttpd/base.h>\n{code}\n");
        if compile(shim, &text).is_err() {
            shim.define(missing, None);
            ours.define(missing, None);
        }
    }
    let probe = std::fs::read_to_string("ffi/abi_probe.c").expect("our own file");
    let ours = facts(&compile(&ours, &probe).unwrap_or_else(|error| panic!("{error}")));
    let theirs = compile(shim, &probe)
        .unwrap_or_else(|error| panic!("these headers of lighttpd2 do not do: {error}"));
    for (ours, theirs) in ours.iter().zip(facts(&theirs)) {
        if *ours != theirs {
            let (name, number) = ours.rsplit_once(' ').expect("a name and a number");
            let their_number = theirs.rsplit(' ').next().unwrap_or_default();
            println!(
                "cargo::warning=this lighttpd2 differs: {name} is {their_number} instead of {number}"
            );
        }
    }
}

/// The lines in which the probe says what it was compiled with.
fn facts(assembler: &str) -> Vec<String> {
    let lines = assembler.lines();
    lines
        .filter_map(|line| line.split_once("# fact: "))
        .map(|(_, fact)| fact.to_owned())
        .collect()
}

/// What becomes of some C, as assembler; or what the compiler says against it.
fn compile(build: &cc::Build, text: &str) -> Result<String, String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let source = out.join("probe.c");
    std::fs::write(&source, text).expect("OUT_DIR can be written to");
    let mut command: Command = build.get_compiler().to_command();
    command.args(["-w", "-O1", "-S", "-I", "ffi", "-o", "-"]);
    let output = command.arg(source).output().expect("the compiler runs");
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
