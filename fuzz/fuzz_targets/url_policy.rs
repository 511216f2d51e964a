//! What an assertion may be sent to.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orgtoken_oauth::{AllowedHosts, Audience, InstanceUrl, LoginUrl};

fuzz_target!(|text: &str| {
    let none = AllowedHosts::none();
    if let Ok(url) = LoginUrl::parse(text, &none) {
        assert_is_of_salesforce(url.host());
    }
    if let Ok(url) = InstanceUrl::parse(text, &none) {
        assert_is_of_salesforce(url.host());
    }
    if let Ok(audience) = Audience::parse(text, &none) {
        assert_is_of_salesforce(audience.host());
    }
    let _ = AllowedHosts::parse(text.split(','));
});

fn assert_is_of_salesforce(host: &str) {
    assert!(host.ends_with(".salesforce.com") || host.ends_with(".salesforce.mil"), "{host}");
}
