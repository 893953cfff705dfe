//! The words of an address, from a URL or from `key=value`, as libpq takes them. A complaint never
//! shows a value: any part of a text that is misread may be a password.

use std::collections::BTreeMap;

/// What an address says, by libpq's keywords.
pub(super) type Words = BTreeMap<String, String>;

/// Keywords that mean something here.
const KNOWN: &[&str] = &[
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Keywords that change nothing that matters here.
const PASSED_OVER: &[&str] = &[
    "application_name",
    "client_encoding",
    "fallback_application_name",
    "gssencmode",
    "sslcompression",
    "sslsni",
];

/// Reads an address.
pub(super) fn read(text: &str) -> Result<Words, String> {
    let text = text.trim();
    let url = ["postgres://", "postgresql://"].iter().find_map(|begin| text.strip_prefix(begin));
    match url {
        Some(rest) => of_url(rest),
        None if text.contains("://") => {
            Err("it begins with neither postgres:// nor postgresql://".to_owned())
        }
        None => of_words(text),
    }
}

/// Takes a word, if it is one.
pub(super) fn take(words: &mut Words, key: &str, value: String) -> Result<(), String> {
    if KNOWN.contains(&key) {
        words.insert(key.to_owned(), value);
    } else if !PASSED_OVER.contains(&key) {
        return Err(format!("nothing is known of `{key}`"));
    }
    Ok(())
}

fn of_url(rest: &str) -> Result<Words, String> {
    let mut words = Words::new();
    // As libpq looks for it: up to the first slash.
    let credentials = rest.find(['@', '/']).filter(|at| rest[*at..].starts_with('@'));
    let rest = match credentials {
        Some(at) => {
            let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
            for (key, value) in [("user", user), ("password", password)] {
                if !value.is_empty() {
                    words.insert(key.to_owned(), decoded(value)?);
                }
            }
            &rest[at + 1..]
        }
        None => rest,
    };
    let (rest, parameters) = match rest.split_once('?') {
        Some((rest, parameters)) => (rest, Some(parameters)),
        None => (rest, None),
    };
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    if hosts.contains('@') || database.contains('@') {
        return Err("an `@` stands where none can be".to_owned());
    }
    take_hosts(&mut words, hosts)?;
    if !database.is_empty() {
        words.insert("dbname".to_owned(), decoded(database)?);
    }
    for parameter in parameters.into_iter().flat_map(|all| all.split('&')) {
        take_parameter(&mut words, parameter)?;
    }
    Ok(words)
}

/// The hosts of a URL, with their ports.
fn take_hosts(words: &mut Words, hosts: &str) -> Result<(), String> {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest.split_once(']').ok_or("a `[` is not closed")?;
                let port = port.strip_prefix(':').or(port.is_empty().then_some(""));
                (name, port.ok_or("something else than a port stands after a `]`")?)
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decoded(name)?);
        ports.push(decoded(port)?);
    }
    for (key, values) in [("host", names), ("port", ports)] {
        if values.iter().any(|value| !value.is_empty()) {
            words.insert(key.to_owned(), values.join(","));
        }
    }
    Ok(())
}

fn take_parameter(words: &mut Words, parameter: &str) -> Result<(), String> {
    let (key, value) = parameter.split_once('=').ok_or("a parameter has no value")?;
    let (key, value) = (decoded(key)?, decoded(value)?);
    // As libpq has it, for URLs made for JDBC.
    if (key.as_str(), value.as_str()) == ("ssl", "true") {
        return take(words, "sslmode", "require".to_owned());
    }
    if parameter.contains('@') && !KNOWN.contains(&key.as_str()) {
        return Err("a `?` stands before the `@`".to_owned());
    }
    take(words, &key, value)
}

/// A part of a URL, with `%2F` and the like replaced.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let code = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = code.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(code.filter(|byte| *byte != 0).ok_or("a `%` is followed by no code")?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "a code after `%` is no UTF-8".to_owned())
}

fn of_words(text: &str) -> Result<Words, String> {
    let mut words = Words::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=').ok_or("a word has no `=`")?;
        let key = key.trim_end();
        if key.contains(char::is_whitespace) {
            return Err("a word has no `=`".to_owned());
        }
        let (value, after) = value_of(value.trim_start())?;
        take(&mut words, key, value)?;
        rest = after.trim_start();
    }
    Ok(words)
}

/// The value at the start of a text, and what comes after it.
fn value_of(text: &str) -> Result<(String, &str), String> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            blank if !quoted && blank.is_whitespace() => return Ok((value, &text[at..])),
            other => value.push(other),
        }
    }
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok((value, "")) }
}
