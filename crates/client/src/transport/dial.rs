use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, Sleep, sleep};

use super::deadline::{Deadline, Elapsed, Phase, Timeouts};
use super::origin::Origin;

/// Looks the host up, unless it is an address already, and connects to whichever of its addresses
/// answers first.
pub(crate) async fn dial(
    origin: &Origin,
    timeouts: &Timeouts,
    deadline: &Deadline,
) -> Result<TcpStream, DialError> {
    let addresses = match origin.known_addresses() {
        Some(known) => known,
        None => {
            let lookup = lookup_host((origin.host.as_str(), origin.port));
            found(lookup, timeouts, deadline).await?.collect()
        }
    };
    let stream = deadline
        .run(Phase::Connect, timeouts.connect, first_of(addresses, TcpStream::connect))
        .await?
        .map_err(DialError::Connect)?;
    // Small messages, each waited for: holding them back would only add a round trip.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Why there is no connection, to a host or to a proxy.
#[derive(Debug)]
pub(crate) enum DialError {
    Connect(io::Error),
    Elapsed(Elapsed),
    Lookup(io::Error),
}

impl From<Elapsed> for DialError {
    fn from(elapsed: Elapsed) -> Self {
        Self::Elapsed(elapsed)
    }
}

async fn found<T>(
    lookup: impl Future<Output = io::Result<T>>,
    timeouts: &Timeouts,
    deadline: &Deadline,
) -> Result<T, DialError> {
    let found = deadline.run(Phase::Lookup, timeouts.connect, lookup).await?;
    found.map_err(DialError::Lookup)
}

/// Tries the addresses in turn, the next one when the last has failed or has been silent for
/// [`HEAD_START`]; the first to connect wins ([RFC 8305, Section 5]).
///
/// [RFC 8305, Section 5]: https://www.rfc-editor.org/rfc/rfc8305#section-5
async fn first_of<T, F>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut race = Race {
        waiting: interleaved(addresses),
        running: Vec::new(),
        connect: |address| Box::pin(connect(address)),
        last_error: io::ErrorKind::AddrNotAvailable.into(),
    };
    let mut head_start = pin!(sleep(Duration::ZERO));
    poll_fn(|cx| race.poll(head_start.as_mut(), cx)).await
}

/// The families take turns, beginning with the resolver's first choice ([RFC 8305, Section 4]).
///
/// [RFC 8305, Section 4]: https://www.rfc-editor.org/rfc/rfc8305#section-4
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut mixed = VecDeque::with_capacity(one.len() + other.len());
    while !one.is_empty() || !other.is_empty() {
        mixed.extend(one.pop_front());
        mixed.extend(other.pop_front());
    }
    mixed
}

/// Attempts that run side by side.
struct Race<C, F> {
    waiting: VecDeque<SocketAddr>,
    running: Vec<Pin<Box<F>>>,
    connect: C,
    last_error: io::Error,
}

impl<C, F, T> Race<C, F>
where
    C: Fn(SocketAddr) -> Pin<Box<F>>,
    F: Future<Output = io::Result<T>>,
{
    fn poll(
        &mut self,
        mut head_start: Pin<&mut Sleep>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        loop {
            if let Some(stream) = self.poll_running(cx) {
                return Poll::Ready(Ok(stream));
            }
            let due = self.running.is_empty() || head_start.as_mut().poll(cx).is_ready();
            if due && let Some(address) = self.waiting.pop_front() {
                self.running.push((self.connect)(address));
                head_start.as_mut().reset(Instant::now() + HEAD_START);
            } else if self.running.is_empty() {
                let unknown = io::ErrorKind::AddrNotAvailable.into();
                return Poll::Ready(Err(mem::replace(&mut self.last_error, unknown)));
            } else {
                return Poll::Pending;
            }
        }
    }

    /// Drops the attempts that have failed; the first success ends the race.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<T> {
        let mut index = 0;
        while let Some(attempt) = self.running.get_mut(index) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(stream)) => return Some(stream),
                Poll::Ready(Err(error)) => {
                    self.last_error = error;
                    drop(self.running.swap_remove(index));
                }
            }
        }
        None
    }
}

/// The delay that RFC 8305 recommends.
const HEAD_START: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::pending;

    use super::*;

    const V4: &str = "192.0.2.1:443";
    const V6: &str = "[2001:db8::1]:443";
    const V6_TOO: &str = "[2001:db8::2]:443";

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn b01_a_silent_resolver_is_given_five_seconds() {
        let begun = Instant::now();
        let timeouts = Timeouts::default();
        let deadline = Deadline::after(timeouts.total);
        let silence = found(pending::<io::Result<()>>(), &timeouts, &deadline).await;
        let Err(DialError::Elapsed(elapsed)) = silence else { panic!("{silence:?}") };
        assert_eq!((elapsed.phase, elapsed.after), (Phase::Lookup, Duration::from_secs(5)));
        // The clock of tokio ticks in milliseconds.
        assert!(begun.elapsed() - elapsed.after < Duration::from_millis(2));
    }

    #[tokio::test(start_paused = true)]
    async fn b03_a_dead_ipv6_costs_a_quarter_of_a_second() {
        let begun = Instant::now();
        let found = first_of(addresses(&[V6, V6_TOO, V4]), |address| async move {
            if address.is_ipv6() { pending().await } else { Ok(address) }
        });
        assert_eq!(found.await.unwrap().to_string(), V4);
        assert_eq!(begun.elapsed(), HEAD_START);
    }

    #[tokio::test(start_paused = true)]
    async fn b03_a_refused_ipv6_costs_nothing() {
        let begun = Instant::now();
        let found = first_of(addresses(&[V6, V4]), |address| async move {
            if address.is_ipv6() {
                Err(io::ErrorKind::ConnectionRefused.into())
            } else {
                Ok(address)
            }
        });
        assert_eq!(found.await.unwrap().to_string(), V4);
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_address_may_still_win() {
        let found = first_of(addresses(&[V6, V4]), |address| async move {
            sleep(Duration::from_millis(if address.is_ipv6() { 300 } else { 900 })).await;
            Ok(address)
        });
        assert_eq!(found.await.unwrap().to_string(), V6);
    }

    #[tokio::test(start_paused = true)]
    async fn all_are_tried_and_the_last_error_is_told() {
        let tried = RefCell::new(Vec::new());
        let found = first_of(addresses(&[V6, V6_TOO, V4]), |address| {
            tried.borrow_mut().push(address.to_string());
            async { Err::<(), _>(io::ErrorKind::ConnectionRefused.into()) }
        });
        assert_eq!(found.await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(*tried.borrow(), [V6, V4, V6_TOO]);
    }

    #[tokio::test]
    async fn a_host_without_addresses_is_not_waited_for() {
        let found = first_of(Vec::new(), |_| pending::<io::Result<()>>());
        assert_eq!(found.await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }
}
