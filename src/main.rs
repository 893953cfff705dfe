//! Arguments in, exit code out; all else is in the library.

use std::process::ExitCode;

/// What one thread parses another one frees, which the allocators of many systems are slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    migrate::cli::main(std::env::args_os())
}
