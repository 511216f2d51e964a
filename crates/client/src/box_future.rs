use std::pin::Pin;

/// A boxed future, so that sources and caches can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
