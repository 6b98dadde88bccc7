//! The options that come with `headers`, and what is said of wrong ones.

use testkit::check_config;

#[test]
fn accepted() {
    for options in [
        r#""headers" => true"#,
        r#""headers" => true, "status" => [200]"#,
        r#""status" => [200, 301, 404, 599], "headers" => true"#,
        r#""headers" => true, "ttl" => 5"#,
        r#""headers" => true, "ttl" => ["200" => 60, "404" => 0]"#,
        r#""headers" => true, "ttl" => ["200" => 60, default => 10]"#,
        r#""headers" => true, "ttl" => []"#,
        r#""headers" => true, "etag" => true"#,
        r#""headers" => true, "vary" => ["accept-encoding", "Accept-Language"]"#,
        r#""headers" => true, "vary" => []"#,
        r#""headers" => true, "status" => []"#,
        // Without headers, what is the default already.
        r#""vary" => []"#,
        r#""status" => []"#,
        r#""status" => [200]"#,
        r#""etag" => false"#,
        r#""ttl" => []"#,
        r#""ttl" => [default => 10]"#,
        r#""headers" => false, "etag" => false, "vary" => []"#,
    ] {
        for action in ["memcached.lookup", "respond 200; memcached.store"] {
            let line = format!("{action} [{options}];");
            let checked = check_config(&line);
            assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
        }
    }
}

#[test]
fn refused() {
    let status = "a list of numbers such as [200, 301, 404], from 200 to 599 without 206 and 304";
    let ttl = "a number of seconds, or a list of seconds by status";
    let vary = "a list of names of request headers";
    for (options, name, expected, found) in [
        (r#""headers" => 1"#, "headers", "true or false", "a number"),
        (r#""status" => 200"#, "status", status, "a number"),
        (r#""status" => ["200"]"#, "status", status, "a string"),
        (r#""status" => [199]"#, "status", status, "199"),
        (r#""status" => [200, 600]"#, "status", status, "600"),
        (r#""status" => [206]"#, "status", status, "206"),
        (r#""status" => [304]"#, "status", status, "304"),
        (r#""status" => [65736]"#, "status", status, "65736"),
        (r#""ttl" => "5""#, "ttl", "a number of seconds", "a string"),
        (r#""ttl" => [5]"#, "ttl", ttl, "a number"),
        (r#""ttl" => ["200" => "5"]"#, "ttl", ttl, "a string"),
        (r#""ttl" => ["206" => 5]"#, "ttl", ttl, "\"206\""),
        (r#""ttl" => ["ok" => 5]"#, "ttl", ttl, "\"ok\""),
        (
            r#""ttl" => ["200" => 4294967296]"#,
            "ttl",
            ttl,
            "4294967296",
        ),
        (r#""etag" => "yes""#, "etag", "true or false", "a string"),
        (r#""vary" => "accept""#, "vary", vary, "a string"),
        (r#""vary" => [5]"#, "vary", vary, "a number"),
        (
            r#""vary" => ["accept language"]"#,
            "vary",
            vary,
            "\"accept language\"",
        ),
        (r#""vary" => ["a", "a:"]"#, "vary", vary, "\"a:\""),
        (r#""vary" => ["*"]"#, "vary", vary, "\"*\""),
    ] {
        let given = if name == "headers" {
            ""
        } else {
            r#""headers" => true, "#
        };
        for action in ["memcached.lookup", "memcached.store"] {
            let line = format!("respond 200; {action} [{given}{options}];");
            let checked = check_config(&line);
            let output = &checked.output;
            assert_eq!(checked.status, Some(1), "{line}\n{output}");
            let start = format!("{action}: option \"{name}\" must be {expected}");
            let told = output.lines().any(|text| {
                text.contains(&start) && text.trim_end().ends_with(&format!("found {found}"))
            });
            assert!(told, "{line}\n{start} ... found {found}\n{output}");
        }
    }
}

#[test]
fn entries_given_twice() {
    for (options, name, entry) in [
        (
            r#""methods" => ["GET", "HEAD", "GET"]"#,
            "methods",
            "\"GET\"",
        ),
        (r#""status" => [404, 404]"#, "status", "404"),
        (r#""vary" => ["Accept", "accept"]"#, "vary", "\"accept\""),
        (r#""ttl" => ["200" => 5, "200" => 6]"#, "ttl", "\"200\""),
        (r#""ttl" => [default => 5, default => 6]"#, "ttl", "default"),
    ] {
        for action in ["memcached.lookup", "memcached.store"] {
            let line = format!("respond 200; {action} [\"headers\" => true, {options}];");
            let checked = check_config(&line);
            let output = &checked.output;
            assert_eq!(checked.status, Some(1), "{line}\n{output}");
            let told = format!("{action}: option \"{name}\": {entry} is given twice");
            assert!(output.contains(&told), "{line}\n{output}");
        }
    }
}

#[test]
fn default_in_quotes_and_without() {
    let ttl = r#"memcached.store ["headers" => true, "ttl" => ["default" => 5]];"#;
    let quoted = r#"memcached.store ["default" => 5];"#;
    let bare = "memcached.store [default => 5];";
    for (line, told) in [
        (
            ttl,
            r#"option "ttl": "default" is no status, write default without quotes"#,
        ),
        (
            quoted,
            r#"default without quotes can stand inside "ttl" => [...]"#,
        ),
        (bare, r#"it can stand inside "ttl" => [...]"#),
    ] {
        let checked = check_config(&format!("respond 200; {line}"));
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{line}\n{output}");
        assert!(output.contains(told), "{line}\n{output}");
    }
}

#[test]
fn what_needs_headers() {
    for (options, name) in [
        (r#""status" => [200, 404]"#, "status"),
        (r#""etag" => true"#, "etag"),
        (r#""vary" => ["accept-encoding"]"#, "vary"),
        (r#""ttl" => ["200" => 5]"#, "ttl"),
        (r#""headers" => false, "etag" => true"#, "etag"),
    ] {
        let checked = check_config(&format!("respond 200; memcached.store [{options}];"));
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{options}\n{output}");
        let told = format!("memcached.store: option \"{name}\" needs \"headers\" => true");
        assert!(output.contains(&told), "{options}\n{output}");
    }
}
