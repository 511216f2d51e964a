use std::pin::Pin;

/// Work to be awaited, boxed so that sources and stores are objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
