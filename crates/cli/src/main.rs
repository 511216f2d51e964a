//! The program `orgtoken`: everything it does is in the library beside it.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Keys and tokens pass through buffers of other crates: what is freed is wiped.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    orgtoken::main()
}
