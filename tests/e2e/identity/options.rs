//! The options that decide which requests share an item.

use testkit::check_config;

const ACTIONS: [&str; 2] = ["memcached.lookup", "memcached.store"];

#[test]
fn accepted() {
    for options in [
        r#""ports" => []"#,
        r#""ports" => [1, 443, 65535]"#,
        r#""guard" => true"#,
        r#""encodings" => []"#,
        r#""encodings" => ["br", "X-GZIP", "deflate"]"#,
        r#""encodings" => ["a", "b", "c", "d", "e", "f", "g", "h"]"#,
        r#""bypass_cookies" => []"#,
        r#""bypass_cookies" => "all""#,
        r#""bypass_cookies" => ["*", "session*", "wp_*_auth", "SID"]"#,
        r#""bypass" => """#,
        r#""bypass" => "%{req.query}""#,
    ] {
        for action in ACTIONS {
            let line = format!("respond 200; {action} [{options}];");
            let checked = check_config(&line);
            assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
        }
    }
}

#[test]
fn refused() {
    let ports = "a list of ports such as [443, 8443], from 1 to 65535";
    let encodings = "a list of at most 8 content codings";
    let cookies = "a list of names of cookies";
    for (options, expected, found) in [
        (r#""ports" => 443"#, ports, "a number"),
        (r#""ports" => ["443"]"#, ports, "a string"),
        (r#""ports" => [0]"#, ports, "0"),
        (r#""ports" => [443, 65536]"#, ports, "65536"),
        (r#""guard" => 1"#, "true or false", "a number"),
        (r#""encodings" => "gzip""#, encodings, "a string"),
        (r#""encodings" => [1]"#, encodings, "a number"),
        (r#""encodings" => ["identity"]"#, encodings, "\"identity\""),
        (r#""encodings" => ["*"]"#, encodings, "\"*\""),
        (r#""encodings" => ["a b"]"#, encodings, "\"a b\""),
        (
            r#""encodings" => ["a", "b", "c", "d", "e", "f", "g", "h", "i"]"#,
            encodings,
            "\"i\"",
        ),
        (r#""bypass_cookies" => "a""#, cookies, "\"a\""),
        (r#""bypass_cookies" => ["a b"]"#, cookies, "\"a b\""),
        (r#""bypass_cookies" => [""]"#, cookies, "\"\""),
        (r#""bypass" => false"#, "a string", "a boolean"),
    ] {
        for action in ACTIONS {
            let line = format!("respond 200; {action} [{options}];");
            let checked = check_config(&line);
            let output = &checked.output;
            assert_eq!(checked.status, Some(1), "{line}\n{output}");
            let name = options.split('"').nth(1).expect("a name");
            let start = format!("{action}: option \"{name}\" must be {expected}");
            let told = output.lines().any(|text| {
                text.contains(&start) && text.trim_end().ends_with(&format!("found {found}"))
            });
            assert!(told, "{line}\n{start} ... found {found}\n{output}");
        }
    }
    let checked = check_config(r#"memcached.lookup ["bypass" => "%{req.nothing}"];"#);
    let told = "option \"bypass\": cannot parse pattern \"%{req.nothing}\"";
    assert!(checked.output.contains(told), "{}", checked.output);
}

#[test]
fn entries_given_twice() {
    for (options, name, entry) in [
        (r#""ports" => [443, 443]"#, "ports", "443"),
        (r#""encodings" => ["br", "BR"]"#, "encodings", "\"BR\""),
        (
            r#""bypass_cookies" => ["sid", "SID"]"#,
            "bypass_cookies",
            "\"SID\"",
        ),
    ] {
        for action in ACTIONS {
            let line = format!("respond 200; {action} [{options}];");
            let output = check_config(&line).output;
            let told = format!("{action}: option \"{name}\": {entry} is given twice");
            assert!(output.contains(&told), "{line}\n{output}");
        }
    }
}

#[test]
fn methods_that_share_items() {
    for (options, is_told) in [
        (r#""methods" => ["GET", "POST"]"#, true),
        (r#""methods" => ["POST"], "key" => "%{req.path}""#, true),
        (
            r#""methods" => ["GET", "POST"], "key" => "%{req.method} %{req.path}""#,
            false,
        ),
        (r#""methods" => ["HEAD"]"#, false),
        (r#""guard" => true"#, false),
    ] {
        for action in ACTIONS {
            let checked = check_config(&format!("respond 200; {action} [{options}];"));
            assert_eq!(checked.status, Some(0), "{}", checked.output);
            let told = format!(
                "(warning) {action}: option \"methods\" has POST, but \"key\" has no %{{req.method}}"
            );
            let output = &checked.output;
            assert_eq!(output.contains(&told), is_told, "{options}\n{output}");
        }
    }
}

#[test]
fn many_names_in_vary() {
    let list = |count: usize| {
        let names: Vec<_> = (0..count).map(|at| format!("\"x-{at}\"")).collect();
        format!("\"headers\" => true, \"vary\" => [{}]", names.join(", "))
    };
    for action in ACTIONS {
        for (count, is_told) in [(8, false), (9, true)] {
            let checked = check_config(&format!("respond 200; {action} [{}];", list(count)));
            assert_eq!(checked.status, Some(0), "{}", checked.output);
            let told = format!("(warning) {action}: option \"vary\" has 9 names");
            assert_eq!(
                checked.output.contains(&told),
                is_told,
                "{}",
                checked.output
            );
        }
    }
}
