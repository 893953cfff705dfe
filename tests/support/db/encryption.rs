//! Certificates that the `openssl` program makes: for the right host, and for another.

use super::sessions::said;
use super::world::World;
use super::world::holds;
use super::world::listening;
use super::world::own_trial;
use crate::server::Install;
use crate::server::reason;
use libtest_mimic::Trial;
use migrate::db::Go;
use migrate::db::Session;
use migrate::db::Settings;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(super) fn trials(install: Option<&Install>) -> Vec<Trial> {
    vec![
        own_trial("encryption::names_are_compared", install, names_are_compared),
        own_trial("encryption::clients_are_known", install, clients_are_known),
        own_trial("encryption::a_server_for_itself", install, a_server_for_itself),
    ]
}

fn openssl(folder: &Path, words: &[&str]) -> Result<(), String> {
    let output = Command::new("openssl").args(words).current_dir(folder).output();
    let output = output.map_err(|error| format!("openssl: {error}"))?;
    let why = || String::from_utf8_lossy(&output.stderr).into_owned();
    holds(output.status.success(), why)
}

/// An authority, and a key with its certificate for a host.
fn certificates(folder: &Path, host: &str) -> Result<(String, String), String> {
    let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout"];
    let authority = ["authority.key", "-out", "authority.pem", "-subj", "/CN=authority"];
    openssl(folder, &[&key[..], &authority[..]].concat())?;
    signed(folder, "server", host)
}

/// A certificate of that authority, and its key: files of that name.
fn signed(folder: &Path, file: &str, name: &str) -> Result<(String, String), String> {
    let [key, request, certificate] = ["key", "csr", "crt"].map(|end| format!("{file}.{end}"));
    let subject = format!("/CN={name}");
    let words = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &request];
    openssl(folder, &[&words[..], &["-subj", &subject]].concat())?;
    fs::write(folder.join("names"), format!("subjectAltName=DNS:{name}\n")).map_err(said)?;
    let sign = ["x509", "-req", "-in", &request, "-CA", "authority.pem", "-CAkey"];
    let signed = ["authority.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out"];
    openssl(folder, &[&sign[..], &signed[..], &[&certificate]].concat())?;
    let read = |name: &str| fs::read_to_string(folder.join(name)).map_err(said);
    Ok((read(&certificate)?, read(&key)?))
}

fn names_are_compared(install: &Install) -> Result<(), String> {
    for (host, right) in [("localhost", true), ("elsewhere.example", false)] {
        let world = World::new()?;
        let (certificate, key) = certificates(world.home.path(), host)?;
        let files = [("server.crt", certificate.as_str()), ("server.key", key.as_str())];
        let access = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        let (server, port) = listening(install, access, &files, "ssl = on\n")?;
        let admin = server.session("postgres").map_err(|error| reason(&error))?;
        admin.run("CREATE TABLE shop (id int)").map_err(|error| reason(&error))?;
        let world = world.with("PGSSLROOTCERT", "authority.pem").with("PGUSER", "postgres");
        let url = |mode: &str| format!("postgres://localhost:{port}/postgres?sslmode={mode}");
        let run = world.plan(&url("verify-full"))?;
        let why = if right { run.success } else { run.err.contains("not valid for name") };
        holds(why && run.success == right, || format!("{host}: {}{}", run.out, run.err))?;
        let run = world.plan(&url("verify-ca"))?;
        holds(run.success, || format!("{host}: {}", run.err))?;
        if right {
            is_cancelled(&world, &url("require"))?;
        }
    }
    Ok(())
}

/// A request to cancel is encrypted as well.
fn is_cancelled(world: &World, url: &str) -> Result<(), String> {
    let roots = world.path("authority.pem");
    let address = world.resolve(Some(&format!("{url}&sslrootcert={roots}"))).map_err(said)?;
    let session = Session::open(&address, &Settings::default()).map_err(said)?;
    let rows = session.greet("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let rows = rows.map_err(said)?;
    holds(rows[0].get(0) == Some("t"), || format!("{rows:?}"))?;
    let sleep = "SELECT pg_sleep(30)";
    let answer = session.watched(sleep, Duration::from_millis(100), &mut || Go::Cancel);
    let error = answer.err().ok_or("it is not cancelled")?;
    holds(error.sqlstate() == Some("57014"), || error.to_string())
}

/// A server that lets nobody in without a certificate.
fn clients_are_known(install: &Install) -> Result<(), String> {
    let world = World::new()?;
    let home = world.home.path().to_owned();
    let (certificate, key) = certificates(&home, "localhost")?;
    let authority = fs::read_to_string(home.join("authority.pem")).map_err(said)?;
    let files = [
        ("server.crt", certificate.as_str()),
        ("server.key", key.as_str()),
        ("ca.crt", authority.as_str()),
    ];
    let access = "local all all trust\nhostssl all all 127.0.0.1/32 cert\n";
    let settings = "ssl = on\nssl_ca_file = 'ca.crt'\n";
    let (server, port) = listening(install, access, &files, settings)?;
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    admin.run("CREATE TABLE shop (id int)").map_err(|error| reason(&error))?;
    signed(&home, "client", "postgres")?;
    signed(&home, "stranger", "stranger")?;
    let own = home.join(".postgresql");
    fs::create_dir(&own).map_err(said)?;
    let url = format!("postgres://postgres@localhost:{port}/postgres?sslmode=verify-full");
    let named = |name: &str| format!("{url}&sslcert={name}.crt&sslkey={name}.key");
    let says = |address: &str, wanted: &str| {
        let run = world.plan(address)?;
        let so = run.success == wanted.is_empty() && run.err.contains(wanted);
        holds(so, || format!("{address}: {wanted}: {}{}", run.out, run.err))
    };
    says(&url, "sslrootcert=FILE")?;
    fs::copy(home.join("authority.pem"), own.join("root.crt")).map_err(said)?;
    says(&url, "certificate")?;
    says(&named("client"), "")?;
    says(&named("stranger"), "certificate authentication failed")?;
    says(&named("nobody"), "`sslcert`: nobody.crt")?;
    says(&format!("{url}&sslcert=client.key&sslkey=client.key"), "holds no certificate")?;
    let lock = ["pkey", "-in", "client.key", "-aes256", "-passout", "pass:secret", "-out"];
    openssl(&home, &[&lock[..], &["locked.key"]].concat())?;
    says(&format!("{url}&sslcert=client.crt&sslkey=locked.key"), "passphrase")?;
    fs::copy(home.join("client.crt"), own.join("postgresql.crt")).map_err(said)?;
    fs::copy(home.join("client.key"), own.join("postgresql.key")).map_err(said)?;
    says(&url, "")?;
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(own.join("postgresql.key"), everybody).map_err(said)?;
    says(&url, "chmod 0600")?;
    let gently = url.replace("verify-full", "prefer");
    says(&gently, "is not used")
}

/// A server whose certificate nobody but itself has signed, and that is trusted as such.
fn a_server_for_itself(install: &Install) -> Result<(), String> {
    let world = World::new()?;
    let home = world.home.path().to_owned();
    let words = ["req", "-new", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
    let files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "own.key", "-out"];
    openssl(&home, &[&words[..], &files, &["own.crt"]].concat())?;
    let read = |name: &str| fs::read_to_string(home.join(name)).map_err(said);
    let (certificate, key) = (read("own.crt")?, read("own.key")?);
    let files = [("server.crt", certificate.as_str()), ("server.key", key.as_str())];
    let access = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    let (server, port) = listening(install, access, &files, "ssl = on\n")?;
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    admin.run("CREATE TABLE shop (id int)").map_err(|error| reason(&error))?;
    certificates(&home, "elsewhere.example")?;
    for (host, mode, roots, wanted) in [
        ("localhost", "verify-full", "own.crt", ""),
        ("127.0.0.1", "verify-ca", "own.crt", ""),
        ("127.0.0.1", "verify-full", "own.crt", "not valid for name"),
        ("localhost", "verify-ca", "authority.pem", "invalid peer certificate"),
    ] {
        let url = format!("postgres://postgres@{host}:{port}/postgres?sslmode={mode}");
        let run = world.plan(&format!("{url}&sslrootcert={roots}"))?;
        let so = run.success == wanted.is_empty() && run.err.contains(wanted);
        holds(so, || format!("{host} {mode} {roots}: {}{}", run.out, run.err))?;
    }
    Ok(())
}
