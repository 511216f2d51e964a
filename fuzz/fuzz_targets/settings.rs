//! Records and profiles.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgtoken_settings::{Draft, Layer, Unread};

fuzz_target!(|input: &[u8]| {
    for layer in [
        Layer::from_record(input, "record.json", None),
        Layer::from_profile(input, "config.toml", None),
    ] {
        let mut draft = Draft::new([layer]);
        // Each need is asked for once.
        for _ in 0..64 {
            let Some(need) = draft.next_need() else { break };
            draft.refuse(&need, Unread::NoTerminal);
        }
        assert_eq!(draft.next_need(), None);
        if let Err(problems) = draft.check() {
            assert!(problems.iter().count() > 0);
        }
    }
});
