//! The end of a program, which has to come by a time.

use std::process::Child;
use std::process::ExitStatus;
use std::time::Duration;
use std::time::Instant;

/// Waits for the end of a program; none where it does not come by then.
pub(crate) fn ends(child: &mut Child, longest: Duration) -> Result<Option<ExitStatus>, String> {
    let begun = Instant::now();
    loop {
        let status = child.try_wait().map_err(|error| error.to_string())?;
        if status.is_some() || begun.elapsed() > longest {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
