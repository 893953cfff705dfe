//! Numbers of Prometheus, from a server that answers as we like.

use super::project::root;
use migrate::probe::Probe;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;

/// A server that gives each connection these answers, one a request, and tells what it was asked.
fn server(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answers = answers.into_iter();
        for stream in listener.incoming().flatten() {
            let request = request(&stream);
            let _ = tell.send(request);
            let Some(answer) = answers.next() else { return };
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    (format!("http://{address}"), told)
}

/// The head of a request.
fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// What is made of an answer.
fn number(answer: String) -> Result<f64, String> {
    let (url, _told) = server(vec![answer]);
    Probe::new().number(&url, "up", None)
}

fn data(kind: &str, result: &str) -> String {
    let data = format!("{{\"resultType\":\"{kind}\",\"result\":{result}}}");
    answer("200 OK", &format!("{{\"status\":\"success\",\"data\":{data}}}"))
}

#[test]
fn one_number_is_a_number() {
    let one = "[{\"metric\":{\"job\":\"db\"},\"value\":[1764355200.123,\"0.25\"]}]";
    assert_eq!(number(data("vector", one)), Ok(0.25));
    assert_eq!(number(data("scalar", "[1764355200,\"7\"]")), Ok(7.0));
    let none = number(data("scalar", "[1764355200,\"NaN\"]")).expect("it is one");
    assert!(none.is_nan());
}

#[test]
fn what_is_not_one_number_is_an_error() {
    let two = "[{\"metric\":{},\"value\":[1,\"1\"]},{\"metric\":{},\"value\":[1,\"2\"]}]";
    let bad = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}";
    let cases = [
        (data("vector", "[]"), "the query finds nothing"),
        (data("vector", two), "the query gives 2 numbers: have it give their max()"),
        (data("matrix", "[]"), "the query gives a matrix, and no number"),
        (data("scalar", "[1,\"many\"]"), "`many` is no number"),
        (data("scalar", "[1,5]"), "the answer is not one of Prometheus"),
        (answer("200 OK", "<html>"), "the answer is not one of Prometheus"),
        (answer("200 OK", "{\"status\":\"success\"}"), "the answer is not one of Prometheus"),
        (answer("500 Internal Server Error", "oh"), "the answer is HTTP 500"),
        (answer("503 Service Unavailable", &body_of(&data("scalar", "[1,\"1\"]"))), "HTTP 503"),
        (answer("400 Bad Request", bad), "Prometheus says: parse error"),
        (answer("302 Found\r\nLocation: http://127.0.0.1:1/", ""), "the answer is HTTP 302"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_owned(), ""),
        ("nonsense\r\n\r\n".to_owned(), ""),
    ];
    for (answer, said) in cases {
        let error = number(answer.clone()).expect_err(&answer);
        assert!(error.contains(said), "{answer}\n{error}");
    }
    let large = data("scalar", &format!("[1,\"{}\"]", "1".repeat(100_000)));
    assert!(number(large).is_err());
}

fn body_of(answer: &str) -> String {
    answer.split_once("\r\n\r\n").expect("there is a body").1.to_owned()
}

#[test]
fn nobody_is_waited_for() {
    // Nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = closed.local_addr().expect("it has an address");
    drop(closed);
    let refused = Probe::new().number(&format!("http://{address}"), "up", None);
    assert!(refused.expect_err("nobody is there").contains("refused"));
    // Somebody takes the connection and says nothing, or the beginning.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let began = Instant::now();
    let silent = Probe::new().number(&format!("http://{address}"), "up", None);
    assert_eq!(silent, Err("no answer within 2 s".to_owned()));
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
            held.push(stream);
        }
    });
    let silent = Probe::new().number(&format!("http://{address}"), "up", None);
    assert_eq!(silent, Err("no answer within 2 s".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_query_and_the_token_go_along() {
    let (url, told) = server(vec![data("scalar", "[1,\"1\"]")]);
    let query = "max(rate(http_errors_total{job=\"a&b\"}[5m])) + 1";
    assert_eq!(Probe::new().number(&url, query, Some("s3cret")), Ok(1.0));
    let request = told.recv().expect("it was asked");
    let first = request.lines().next().expect("it has a line");
    let path = first.strip_prefix("GET /api/v1/query?query=").expect(first);
    let encoded = path.strip_suffix(" HTTP/1.1").expect(first);
    assert!(!encoded.contains(['&', '+', ' ', '"']), "{encoded}");
    let lower = request.to_lowercase();
    assert!(lower.contains("\nauthorization: bearer s3cret"), "{request}");
    assert!(lower.contains("\nuser-agent: migrate/"), "{request}");
}

#[test]
fn a_password_in_the_address_is_in_no_message() {
    let (url, _told) = server(vec![answer("500 Oh", "")]);
    let url = url.replace("http://", "http://ada:s3cret@");
    for url in [url.as_str(), "http://ada:s3cret@127.0.0.1:1", "http://ada:s3cret@[::", "https://"]
    {
        let error = Probe::new().number(url, "up", Some("t0ken")).expect_err(url);
        assert!(!error.contains("s3cret") && !error.contains("t0ken"), "{error}");
    }
}

#[test]
fn who_speaks_no_tls_is_not_believed() {
    let (url, _told) = server(vec![data("scalar", "[1,\"1\"]")]);
    let url = url.replace("http://", "https://");
    assert!(Probe::new().number(&url, "up", Some("t0ken")).is_err());
}

/// A server that speaks TLS, for whom nobody vouches.
fn encrypted() -> String {
    let file = |name: &str| root().join("tests/data/tls").join(name);
    let certificate = CertificateDer::from_pem_file(file("server.pem")).expect("it is one");
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("it is one");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key is that of the certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(config.clone()).expect("it can be made");
            let _ = connection.complete_io(&mut stream);
        }
    });
    format!("https://localhost:{port}")
}

/// Whom `asks_who_is_not_trusted` asks.
const ASKED: &str = "MIGRATE_TEST_ASKED";

#[test]
#[ignore = "another test runs it, as a process of its own"]
#[expect(clippy::print_stderr, reason = "the test that runs it reads what it says")]
fn asks_who_is_not_trusted() {
    let url = std::env::var(ASKED).expect("another test says whom");
    eprintln!("{:?}", Probe::new().number(&url, "up", Some("t0ken")));
}

#[test]
fn certificates_that_cannot_be_read_are_told_of_where_nobody_is_trusted() {
    let program = std::env::current_exe().expect("tests are a program");
    let asked = |url: &str| {
        let output = Command::new(&program)
            .args(["--exact", "probe::asks_who_is_not_trusted", "--ignored", "--nocapture"])
            .env(ASKED, url)
            .env("SSL_CERT_FILE", "/nowhere/authorities.pem")
            .env_remove("SSL_CERT_DIR")
            .output();
        String::from_utf8(output.expect("the tests run once more").stderr).expect("it is text")
    };
    let cause = "certificates of this machine cannot be read: ";
    let said = asked(&encrypted());
    assert!(said.contains("invalid peer certificate"), "{said}");
    assert!(said.contains(cause) && said.contains("/nowhere/authorities.pem"), "{said}");
    // Who speaks no TLS is another matter.
    let (url, _told) = server(vec![data("scalar", "[1,\"1\"]")]);
    let said = asked(&url.replace("http://", "https://"));
    assert!(said.contains("Err(") && !said.contains(cause), "{said}");
}
