//! What `ffi/lua` believes of Lua is so in every version that servers have.

use std::path::{Path, PathBuf};
use std::process::Command;

use lua_src::{Build, Version};
use object::{Object, ObjectSymbol};

const VERSIONS: [(Version, u32); 5] = [
    (Version::Lua51, 501),
    (Version::Lua52, 502),
    (Version::Lua53, 503),
    (Version::Lua54, 504),
    (Version::Lua55, 505),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lua itself of this version: its headers and a library.
fn lua(version: Version, folder: &Path) -> lua_src::Artifacts {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Build::new()
        .out_dir(folder)
        .target(&triple)
        .host(&triple)
        .opt_level("0")
        .debug(false)
        .build(version)
}

fn compile(arguments: &[&str], folders: &[PathBuf], text: &str, output: &Path) {
    let source = output.with_extension("c");
    std::fs::write(&source, text).expect("a file");
    let glib = pkg_config(&["--cflags", "glib-2.0"]);
    let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .arg("-o")
        .arg(output)
        .arg(&source)
        .args(
            folders
                .iter()
                .map(|folder| format!("-I{}", folder.display())),
        )
        .args(glib)
        .args(arguments)
        .output()
        .expect("a C compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("pkg-config")
        .args(arguments)
        .output()
        .expect("pkg-config runs");
    let flags = String::from_utf8(output.stdout).expect("flags are text");
    flags.split_whitespace().map(str::to_owned).collect()
}

/// A function of `functions.def`, and which versions have it.
struct Function {
    versions: std::ops::RangeInclusive<u32>,
    result: String,
    name: String,
    parameters: String,
}

fn functions() -> Vec<Function> {
    let text = std::fs::read_to_string(root().join("ffi/lua/functions.def")).expect("our own");
    let facts = text
        .lines()
        .filter_map(|line| line.strip_prefix("FUNCTION("));
    let functions: Vec<_> = facts
        .map(|fact| {
            let fact = fact.strip_suffix(')').expect("a fact");
            let parts: Vec<_> = fact.splitn(6, ", ").collect();
            let version = |text: &str| text.parse::<u32>().expect("a version");
            Function {
                versions: version(parts[0])..=version(parts[1]),
                result: parts[2].to_owned(),
                name: parts[4].to_owned(),
                parameters: parts[5].to_owned(),
            }
        })
        .collect();
    assert!(functions.len() > 40, "the list is read");
    functions
}

/// Types and numbers, against the headers of Lua itself.
#[test]
fn declarations() {
    for (version, number) in VERSIONS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lua = lua(version, folder.path());
        let mut lines = vec![format!(
            "#include <limits.h>\n#include <lua.h>\n#include <lauxlib.h>\n\
             #define IS(name, type) __builtin_types_compatible_p(__typeof__(name), type)\n\
             _Static_assert(LUA_VERSION_NUM == {number}, \"version\");\n\
             _Static_assert(sizeof(lua_Integer) == 8 && IS((lua_Number)0, double), \"numbers\");"
        )];
        for function in functions() {
            let Function {
                result,
                name,
                parameters,
                ..
            } = &function;
            if !function.versions.contains(&number) {
                continue;
            }
            let results = match result.as_str() {
                "void" => vec!["void", "int", "const char *"],
                result => vec![result],
            };
            let types = results
                .iter()
                .map(|result| format!("IS({name}, {result} {parameters})"));
            let any = types.collect::<Vec<_>>().join(" || ");
            lines.push(format!("_Static_assert({any}, \"{number}: {name}\");"));
        }
        // What `lua.h` of ours says, in the words of theirs.
        let registry = match number {
            501 => "-10000",
            505 => "-(INT_MAX / 2 + 1000)",
            _ => "-1001000",
        };
        let upvalue = if number == 501 {
            "-10003"
        } else {
            "LUA_REGISTRYINDEX - 1"
        };
        for (name, value) in [
            ("LUA_REGISTRYINDEX", registry),
            ("lua_upvalueindex(1)", upvalue),
            ("LUA_TNIL", "0"),
            ("LUA_TNUMBER", "3"),
            ("LUA_TSTRING", "4"),
            ("LUA_TTABLE", "5"),
            ("LUA_TFUNCTION", "6"),
            ("LUA_TUSERDATA", "7"),
            ("LUA_MINSTACK", "20"),
        ] {
            lines.push(format!(
                "_Static_assert(({name}) == ({value}), \"{number}: {name}\");"
            ));
        }
        let object = folder.path().join("declarations.o");
        compile(
            &["-c"],
            &[lua.include_dir().into()],
            &lines.join("\n"),
            &object,
        );
    }
}

/// The same source finds out which Lua it runs with, and what differs between versions
/// does what it does in 5.1.
#[test]
fn every_version_is_known_and_works_alike() {
    let program = root().join("tests/lua_versions.c");
    let text = std::fs::read_to_string(program).expect("our own file");
    for (version, number) in VERSIONS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lua = lua(version, folder.path());
        let program = folder.path().join("program");
        let mut arguments = vec![
            // All of Lua, since what is weak brings no part of a library along.
            "-Wl,--whole-archive".to_owned(),
            format!("-L{}", lua.lib_dir().display()),
        ];
        arguments.extend(lua.libs().iter().map(|name| format!("-l{name}")));
        arguments.push("-Wl,--no-whole-archive".to_owned());
        arguments.extend(["-lm", "-ldl"].map(str::to_owned));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let folders = [root().join("ffi/lua"), root().join("include")];
        compile(&arguments, &folders, &text, &program);
        let output = Command::new(&program).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{number}: {said}");
        assert_eq!(said.trim(), number.to_string());
    }
}

/// Nothing of Lua is required by name: a server without it loads the library.
#[test]
fn all_of_lua_is_weak() {
    let bytes = std::fs::read(testkit::plugin_library()).expect("the library");
    let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
    let of_lua: Vec<_> = file
        .dynamic_symbols()
        .filter(ObjectSymbol::is_undefined)
        .map(|symbol| (symbol.name().expect("a name").to_owned(), symbol.is_weak()))
        .filter(|(name, _)| name.starts_with("lua"))
        .collect();
    for function in functions() {
        let name = function.name;
        assert!(of_lua.contains(&(name.clone(), true)), "{name} is not used");
    }
    for (name, is_weak) in of_lua {
        assert!(is_weak, "{name} is required");
    }
}
