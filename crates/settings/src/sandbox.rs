/// Returns the suffix of usernames in a sandbox from the host of its My Domain: `.uat` for
/// `acme--uat.sandbox.my.salesforce.com`. Other hosts have none.
pub fn sandbox_suffix(host: &str) -> Option<String> {
    let (label, _) = host.split_once(".sandbox.my.")?;
    let (_, sandbox) = label.rsplit_once("--")?;
    Some(format!(".{sandbox}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sandbox_suffix_of_hosts() {
        for (host, suffix) in [
            ("acme--uat.sandbox.my.salesforce.com", Some(".uat")),
            ("acme--uat.sandbox.my.sfcrmproducts.cn", Some(".uat")),
            ("acme--x--uat.sandbox.my.salesforce.com", Some(".uat")),
            ("acme.sandbox.my.salesforce.com", None),
            ("acme.my.salesforce.com", None),
            ("test.salesforce.com", None),
        ] {
            assert_eq!(sandbox_suffix(host).as_deref(), suffix, "{host}");
        }
    }
}
