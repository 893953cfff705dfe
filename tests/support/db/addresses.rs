//! Where addresses come from: told, a service, variables, the file of passwords.

use super::sessions::said;
use super::world::Own;
use super::world::Run;
use super::world::World;
use super::world::free_port;
use super::world::holds;
use super::world::listening;
use super::world::own_trial;
use crate::server::Install;
use crate::server::Server;
use crate::server::reason;
use libtest_mimic::Trial;
use migrate::db::Session;
use migrate::db::Settings;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

pub(super) fn trials(install: Option<&Install>) -> Vec<Trial> {
    let tests: [(&str, Own); 6] = [
        ("passwords_are_found", passwords_are_found),
        ("services_are_found", services_are_found),
        ("variables_fill_in", variables_fill_in),
        ("passwords_are_never_shown", passwords_are_never_shown),
        ("hosts_are_tried", hosts_are_tried),
        ("who_is_cut_off_comes_back", who_is_cut_off_comes_back),
    ];
    let trial = |(name, test)| own_trial(&format!("addresses::{name}"), install, test);
    tests.into_iter().map(trial).collect()
}

/// The password of the role `clerk`, with all that has to be written otherwise somewhere.
const PASSWORD: &str = r"ge:he\im 'x@/?#%";

/// The same in a URL, in words and in a file of passwords.
const IN_URL: &str = "ge%3Ahe%5Cim%20%27x%40%2F%3F%23%25";
const IN_WORDS: &str = r"'ge:he\\im \'x@/?#%'";
const IN_FILE: &str = r"ge\:he\\im 'x@/?#%";

/// A server that wants passwords of all but its owner.
fn server(install: &Install) -> Result<(Server, u16), String> {
    let access = "local all postgres trust\nlocal all all scram-sha-256\n\
                  host all all 127.0.0.1/32 scram-sha-256\n";
    let (server, port) = listening(install, access, &[], "")?;
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    let password = PASSWORD.replace('\'', "''");
    admin.run_each(&format!(
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE clerk LOGIN PASSWORD '{password}';
         CREATE DATABASE till; CREATE TABLE shop (id int);"
    ))?;
    let till = server.session("till").map_err(|error| reason(&error))?;
    till.run_each("CREATE TABLE shop (id int);")?;
    Ok((server, port))
}

/// The table is known, and no password is in what was said.
fn reads(case: &str, run: &Run) -> Result<(), String> {
    let known = run.success && run.out.contains("\"known\"");
    holds(known, || format!("{case}: {}{}", run.out, run.err))
}

fn is_refused(case: &str, run: &Run, why: &str) -> Result<(), String> {
    let whole = format!("{}{}", run.out, run.err);
    let shown = [PASSWORD, IN_URL, IN_WORDS, IN_FILE].iter().any(|form| whole.contains(form));
    let refused = !run.success && run.out.is_empty() && run.err.contains(why) && !shown;
    holds(refused, || format!("{case}: {:?} {whole}", run.code))
}

fn passwords_are_found(install: &Install) -> Result<(), String> {
    let (server, port) = server(install)?;
    let tcp = format!("postgres://clerk@127.0.0.1:{port}/till");
    let socket = server.address("till").replace("user=postgres", "user=clerk");
    let folder = socket.split(' ').find_map(|word| word.strip_prefix("host=")).unwrap_or_default();
    let entry =
        |line: &str| format!("# host:port:db:user:password\n\n{line}:{IN_FILE}\n*:*:*:*:x\n");
    let with_file =
        |line: &str| Ok::<_, String>(World::new()?.file(".pgpass", &entry(line), 0o600));

    let told = World::new()?.plan(&tcp.replace("clerk@", &format!("clerk:{IN_URL}@")))?;
    reads("told in a URL", &told)?;
    holds(told.err.contains("a password in an argument"), || told.err)?;
    reads("told in words", &World::new()?.plan(&format!("{socket} password={IN_WORDS}"))?)?;
    reads("PGPASSWORD", &World::new()?.with("PGPASSWORD", PASSWORD).plan(&tcp)?)?;
    let variable = tcp.replace("clerk@", &format!("clerk:{IN_URL}@"));
    let variable = World::new()?.with("SHOP", &variable).plan("env:SHOP")?;
    reads("a variable", &variable)?;
    holds(variable.err.is_empty(), || variable.err)?;

    for line in [
        format!("127.0.0.1:{port}:till:clerk"),
        format!("*:{port}:*:clerk"),
        "other:*:*:*:no\n127.0.0.1:*:till:*".to_owned(),
    ] {
        reads(&line, &with_file(&line)?.plan(&tcp)?)?;
    }
    for line in [format!("{folder}:{port}:till:clerk"), "*:*:*:clerk".to_owned()] {
        reads(&line, &with_file(&line)?.plan(&socket)?)?;
    }
    let other = World::new()?.file("words", &entry("*:*:*:*"), 0o600);
    let path = other.path("words");
    reads("PGPASSFILE", &other.with("PGPASSFILE", &path).plan(&tcp)?)?;
    let other = World::new()?.file("words", &entry("*:*:*:*"), 0o600);
    let words = format!(
        "passfile={} host=127.0.0.1 port={port} user=clerk dbname=till",
        other.path("words")
    );
    reads("passfile", &other.plan(&words)?)?;

    // Without a host, the usual folders of sockets, which the file knows as `localhost`.
    let usual = PathBuf::from(format!("/tmp/.s.PGSQL.{port}"));
    symlink(format!("{folder}/.s.PGSQL.{port}"), &usual).map_err(|error| error.to_string())?;
    let url = format!("postgres:///till?user=clerk&port={port}");
    let run = with_file("localhost:*:till:clerk")?.plan(&url);
    fs::remove_file(&usual).map_err(|error| error.to_string())?;
    reads("the usual folders", &run?)?;

    let wrong = with_file("*:*:other:*")?.plan(&tcp)?;
    is_refused("another database's", &wrong, "28P01")?;
    let open = World::new()?.file(".pgpass", &entry("*:*:*:*"), 0o640).plan(&tcp)?;
    is_refused("an open file", &open, "chmod 0600")?;
    is_refused("an open file", &open, "the server wants a password")
}

fn services_are_found(install: &Install) -> Result<(), String> {
    let (_server, port) = server(install)?;
    let text = format!(
        "# services\n[other]\nhost=nowhere\n\n[shop]\nhost=127.0.0.1\nport={port}\nuser=clerk\n\
         dbname=till\npassword={PASSWORD}\n[shop]\nhost=second\n"
    );
    let own = || Ok::<_, String>(World::new()?.file(".pg_service.conf", &text, 0o600));
    reads("service=", &own()?.plan("service=shop")?)?;
    reads("in a URL", &own()?.plan("postgres://?service=shop")?)?;
    reads("PGSERVICE", &own()?.with("PGSERVICE", "shop").plan("postgres://")?)?;
    let told = own()?.with("PGSERVICE", "shop").plan("postgres:///nowhere")?;
    is_refused("what is told goes first", &told, "database \"nowhere\" does not exist")?;
    let after = own()?.with("PGHOST", "nowhere.invalid").plan("service=shop")?;
    reads("variables come after", &after)?;
    let named = World::new()?.file("mine", &text, 0o600);
    let path = named.path("mine");
    reads("PGSERVICEFILE", &named.with("PGSERVICEFILE", &path).plan("service=shop")?)?;
    let system = World::new()?.file("pg_service.conf", &text, 0o644);
    let path = system.path("");
    reads("PGSYSCONFDIR", &system.with("PGSYSCONFDIR", &path).plan("service=shop")?)?;

    let missing = own()?.plan("service=shopp")?;
    is_refused("no such service", &missing, "there is no service `shopp` in ")?;
    holds(missing.code == Some(2), || format!("{:?}", missing.code))?;
    let nested = "[shop]\nservice=other\n";
    let nested = World::new()?.file(".pg_service.conf", nested, 0o600).plan("service=shop")?;
    is_refused("a service in a service", &nested, "line 2: a service cannot name another")
}

fn variables_fill_in(install: &Install) -> Result<(), String> {
    let (server, port) = server(install)?;
    let number = port.to_string();
    let world = World::new()?
        .with("PGHOST", "127.0.0.1")
        .with("PGPORT", &number)
        .with("PGUSER", "clerk")
        .with("PGDATABASE", "till")
        .with("PGPASSWORD", PASSWORD)
        .with("PGAPPNAME", "somebody else")
        .with("PGCONNECT_TIMEOUT", "7")
        .with("PGOPTIONS", "-c statement_timeout=4321");
    reads("all of it", &world.plan("postgres://")?)?;
    reads("a host by its number", &world.plan("postgres://?hostaddr=127.0.0.1")?)?;
    is_refused("told goes first", &world.plan("user=nobody")?, "28P01")?;

    let question = "SELECT current_database(), current_user, current_setting('statement_timeout'), \
                    current_setting('application_name')";
    let ask = |world: &World, told: Option<&str>| {
        let address = world.resolve(told).map_err(said)?;
        let session = Session::open(&address, &Settings::default()).map_err(said)?;
        let rows = session.greet(question).map_err(said)?;
        let values = (0..4).map(|at| rows[0].get(at).unwrap_or("?").to_owned());
        Ok::<_, String>(values.collect::<Vec<_>>().join(","))
    };
    let found = ask(&world, None)?;
    holds(found == "till,clerk,4321ms,migrate", || found)?;
    let words = server.address("postgres");
    let world = world.with("DATABASE_URL", &format!("{words} password=no"));
    let found = ask(&world, None)?;
    holds(found == "postgres,postgres,4321ms,migrate", || found)?;
    let found = ask(&world, Some("dbname=till"))?;
    holds(found == "till,clerk,4321ms,migrate", || found)?;

    let wrong = World::new()?.with("PGSSLMODE", "sometimes").plan("postgres://")?;
    is_refused("a variable that is misread", &wrong, "there is no such sslmode")?;
    let nobody = World::new()?.with("PGPORT", &free_port()?.to_string()).plan("postgres://")?;
    is_refused("the usual folders", &nobody, "/var/run/postgresql:")?;
    is_refused("the usual folders", &nobody, "/tmp:")
}

/// Whatever goes wrong, and however the password was told.
fn passwords_are_never_shown(install: &Install) -> Result<(), String> {
    let (_server, port) = server(install)?;
    let dead = free_port()?;
    let world = World::new()?.file(".pgpass", &format!("*:*:*:*:{IN_FILE}\n"), 0o600);
    let told = |host: &str, more: &str| format!("postgres://clerk:{IN_URL}@{host}/till{more}");
    let here = format!("127.0.0.1:{port}");
    for (address, why) in [
        (told(&here, "").replace("clerk:", "nobody:"), "28P01"),
        (told(&here, "?sslmode=require"), "TLS"),
        (told(&here, "?sslmode=verify-full&sslrootcert=none.pem"), "none.pem"),
        (told(&here, "?options=-c%20no_such=1"), "no_such"),
        (told(&here, "?options=-c%20work_mem%3Dmuch"), "work_mem"),
        (told(&here, "x"), "does not exist"),
        (told(&here, "?colour=red"), "nothing is known of `colour`"),
        (told(&here, "?connect_timeout=soon"), "`connect_timeout` is no number"),
        (told(&format!("127.0.0.1:{dead}"), ""), "refused"),
        (told("nowhere.invalid", ""), "nowhere.invalid"),
        (format!("host=127.0.0.1 port={dead} password={IN_WORDS}"), "refused"),
        (format!("host=127.0.0.1 port={dead}x password={IN_WORDS}"), "`port` is no port"),
        (format!("postgres://nobody@{here}/till"), "28P01"),
    ] {
        is_refused(&address, &world.plan(&address)?, why)?;
    }
    Ok(())
}

/// Several hosts: who does not answer is passed over, who is not what is wanted too.
fn hosts_are_tried(install: &Install) -> Result<(), String> {
    let (_server, port) = server(install)?;
    let dead = free_port()?;
    let silent = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let silent = silent.local_addr().map_err(|error| error.to_string()).map(|at| (silent, at))?;
    let world = World::new()?.with("PGPASSWORD", PASSWORD).with("PGUSER", "clerk");
    let hosts = |first: u16| format!("postgres://127.0.0.1:{first},127.0.0.1:{port}/till");
    reads("a dead one first", &world.plan(&hosts(dead))?)?;
    let began = Instant::now();
    let url = format!("{}?connect_timeout=1", hosts(silent.1.port()));
    reads("a silent one first", &world.plan(&url)?)?;
    holds(began.elapsed() < Duration::from_secs(8), || "it took long".to_owned())?;
    let all =
        format!("postgres://127.0.0.1:{dead},127.0.0.1:{}/till?connect_timeout=1", silent.1.port());
    let run = world.plan(&all)?;
    is_refused("none", &run, &format!("127.0.0.1:{dead}: error connecting to server"))?;
    is_refused("none", &run, "no answer for 1 s")?;
    for (wanted, fits) in [
        ("read-write", true),
        ("primary", true),
        ("prefer-standby", true),
        ("standby", false),
        ("read-only", false),
    ] {
        let run = world.plan(&format!("{}?target_session_attrs={wanted}", hosts(dead)))?;
        if fits {
            reads(wanted, &run)?;
        } else {
            is_refused(wanted, &run, "target_session_attrs")?;
        }
    }
    reads("any order", &world.plan(&format!("{}?load_balance_hosts=random", hosts(dead)))?)
}

/// A connection that is closed while it is made is tried again, but not forever.
fn who_is_cut_off_comes_back(_: &Install) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let tries = Arc::new(AtomicUsize::new(0));
    let count = tries.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    let run = World::new()?.plan(&format!("postgres://clerk@127.0.0.1:{port}/till"))?;
    is_refused("cut off", &run, "no connection to")?;
    let tries = tries.load(Ordering::SeqCst);
    holds(tries == 6, || format!("{tries} tries"))
}
