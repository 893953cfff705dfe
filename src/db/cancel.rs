//! Asking a server to cancel what a session does, and seeing that it was asked.

use super::Address;
use super::error::chain;
use super::hosts::Host;
use super::tls;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::CancelToken;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a request may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Asks the server, and waits until it has passed the request on: a request that is still under way
/// when the session goes on could hit its next statement.
pub(super) async fn cancel(
    token: &CancelToken,
    address: &Address,
    host: &Host,
) -> Result<(), String> {
    let tls = tls::connector(address).map_err(|error| error.to_string())?;
    let asked = timeout(WITHIN, reach(token, host, tls)).await;
    asked.map_err(|_| format!("no answer for {} s", WITHIN.as_secs())).flatten()
}

async fn reach(token: &CancelToken, host: &Host, tls: MakeRustlsConnect) -> Result<(), String> {
    let io = |cause: io::Error| cause.to_string();
    #[cfg(unix)]
    if host.is_socket() {
        let path = std::path::Path::new(&host.name).join(format!(".s.PGSQL.{}", host.port));
        let stream = tokio::net::UnixStream::connect(path).await.map_err(io)?;
        let stream = stream.into_std().map_err(io)?;
        let end = tokio::net::UnixStream::from_std(stream.try_clone().map_err(io)?).map_err(io)?;
        let stream = tokio::net::UnixStream::from_std(stream).map_err(io)?;
        return ask(token, stream, end, tls, &host.name).await;
    }
    let stream = match host.ip {
        Some(ip) => TcpStream::connect((ip, host.port)).await,
        None => TcpStream::connect((host.name.as_str(), host.port)).await,
    };
    let stream = stream.map_err(io)?.into_std().map_err(io)?;
    let end = TcpStream::from_std(stream.try_clone().map_err(io)?).map_err(io)?;
    ask(token, TcpStream::from_std(stream).map_err(io)?, end, tls, &host.name).await
}

/// Asks over a stream, and waits at a copy of it until the server closes it.
async fn ask<S>(
    token: &CancelToken,
    stream: S,
    mut end: S,
    mut tls: MakeRustlsConnect,
    name: &str,
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tls = MakeTlsConnect::<Unended<S>>::make_tls_connect(&mut tls, name);
    let tls = tls.map_err(|cause| cause.to_string())?;
    token.cancel_query_raw(Unended(stream), tls).await.map_err(|cause| chain(&cause))?;
    let mut rest = Vec::new();
    // What is closed with an error is closed as well.
    match end.read_to_end(&mut rest).await {
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A stream whose end is not told to the other side: a request ends when the server closes it, as
/// with libpq. `PgBouncer` 1.18 dies of a client that hangs up while it passes the request on.
struct Unended<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Unended<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        into: &mut ReadBuf,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unended<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
