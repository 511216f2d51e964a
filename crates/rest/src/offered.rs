use serde_json::Value;

/// The versions of the API that an org offers, as it lists them at `/services/data/`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Offered(Vec<u16>);

impl Offered {
    /// Reads `[{"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"},…]`; `None` if
    /// the body is no list.
    pub fn of(body: &[u8]) -> Option<Self> {
        let listed: Vec<Value> = serde_json::from_slice(body).ok()?;
        let major = |entry: &Value| entry["version"].as_str()?.strip_suffix(".0")?.parse().ok();
        Some(Self(listed.iter().filter_map(major).collect()))
    }

    /// Is this one among them? 66 is `v66.0`.
    pub fn has(&self, major: u16) -> bool {
        self.0.contains(&major)
    }

    /// The oldest and the newest; `None` if there is none.
    pub fn range(&self) -> Option<(u16, u16)> {
        Some((*self.0.iter().min()?, *self.0.iter().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_salesforce_lists_them() {
        let body = br#"[{"label":"Winter '11","url":"/services/data/v20.0","version":"20.0"},
                        {"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"}]"#;
        let offered = Offered::of(body).unwrap();
        assert_eq!(offered.range(), Some((20, 66)));
        assert!(offered.has(66) && !offered.has(65));
        for (name, body) in [("HTML", "<html>"), ("object", "{}")] {
            assert_eq!(Offered::of(body.as_bytes()), None, "{name}");
        }
        assert_eq!(Offered::of(b"[]").unwrap().range(), None);
    }
}
