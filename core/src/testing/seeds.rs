//! Files in `fuzz/`: the seeds in the tree, and the corpus and the crashes that
//! a fuzzer left there, if one has run.

use std::path::Path;

/// Runs every file of a fuzz target through the function that the target calls.
///
/// # Panics
/// `run` does, a file cannot be read, or the target has no seeds.
pub fn replay(target: &str, run: impl Fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut seeds = 0;
    for kind in ["seeds", "corpus", "artifacts"] {
        let Ok(files) = fuzz.join(kind).join(target).read_dir() else {
            assert_ne!(kind, "seeds", "no seeds of {target}");
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            // Shown only if the test fails.
            println!("{}", path.display());
            run(&std::fs::read(&path).unwrap());
            seeds += usize::from(kind == "seeds");
        }
    }
    assert!(seeds > 0, "no seeds of {target}");
}
