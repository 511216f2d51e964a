//! Date literals: `TODAY`, `LAST_N_DAYS:30`.
//!
//! [Date literals] are in the time zone of the user. The org has only UTC, and weeks that begin on
//! Sunday, as in the locale `en_US`.
//!
//! [Date literals]: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm

use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// A number of days or of months.
#[derive(Clone, Copy)]
struct Unit {
    days: i64,
    months: i8,
}

/// Whether a literal of this name has a number; `None` if there is no such literal.
pub(super) fn has_number(name: &str) -> Option<bool> {
    bounds(name, 1).map(|_| name.contains("_N_") || name.starts_with("N_"))
}

/// Returns the first day of a period, and the first day after it.
pub(super) fn days(name: &str, number: i64, today: Date) -> Option<(Date, Date)> {
    let (unit, from, to) = bounds(name, number)?;
    let start = unit.start(today)?;
    Some((start.checked_add(unit.span(from)?).ok()?, start.checked_add(unit.span(to)?).ok()?))
}

/// Returns a unit, and the period in units from the start of the current one.
fn bounds(name: &str, n: i64) -> Option<(Unit, i64, i64)> {
    let plain = name.replacen("FISCAL_", "", 1);
    match name {
        "TODAY" => return Some((DAY, 0, 1)),
        "YESTERDAY" => return Some((DAY, -1, 0)),
        "TOMORROW" => return Some((DAY, 1, 2)),
        // `LAST` includes today, unlike with other units.
        "LAST_90_DAYS" => return Some((DAY, -90, 1)),
        "NEXT_90_DAYS" => return Some((DAY, 1, 91)),
        "LAST_N_DAYS" => return Some((DAY, n.checked_neg()?, 1)),
        _ => {}
    }
    UNITS.into_iter().find_map(|(word, unit)| {
        // Only quarters and years are fiscal.
        let has_word = matches!(word, "QUARTER" | "YEAR") || plain == name;
        let is = |text: String| has_word && plain == text;
        let after = n.checked_add(1)?;
        let before = n.checked_neg()?;
        if is(format!("N_{word}S_AGO")) {
            return Some((unit, before, before.checked_add(1)?));
        }
        if is(format!("NEXT_N_{word}S")) {
            return Some((unit, 1, after));
        }
        if is(format!("LAST_N_{word}S")) {
            return Some((unit, before, 0));
        }
        if word == "DAY" {
            return None;
        }
        [("LAST", -1), ("THIS", 0), ("NEXT", 1)]
            .into_iter()
            .find(|(prefix, _)| is(format!("{prefix}_{word}")))
            .map(|(_, from)| (unit, from, from + 1))
    })
}

impl Unit {
    /// Returns the first day of the current unit.
    fn start(self, today: Date) -> Option<Date> {
        if self.months > 0 {
            let month = (today.month() - 1) / self.months * self.months + 1;
            return Date::new(today.year(), month, 1).ok();
        }
        let weekday = i64::from(today.weekday().to_sunday_zero_offset());
        today.checked_sub((weekday % self.days).days()).ok()
    }

    fn span(self, units: i64) -> Option<Span> {
        let days = Span::new().try_days(units.checked_mul(self.days)?).ok()?;
        days.try_months(units.checked_mul(self.months.into())?).ok()
    }
}

const DAY: Unit = Unit { days: 1, months: 0 };
const UNITS: [(&str, Unit); 5] = [
    ("DAY", DAY),
    ("WEEK", Unit { days: 7, months: 0 }),
    ("MONTH", Unit { days: 0, months: 1 }),
    ("QUARTER", Unit { days: 0, months: 3 }),
    ("YEAR", Unit { days: 0, months: 12 }),
];

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::days;

    #[test]
    fn periods() {
        let today = date(2027, 1, 15); // a Friday
        let days = |name: &str, number: i64| -> Option<(Date, Date)> { days(name, number, today) };
        for (name, number, start, end) in [
            ("TODAY", 0, date(2027, 1, 15), date(2027, 1, 16)),
            ("YESTERDAY", 0, date(2027, 1, 14), date(2027, 1, 15)),
            ("LAST_N_DAYS", 7, date(2027, 1, 8), date(2027, 1, 16)),
            ("NEXT_N_DAYS", 2, date(2027, 1, 16), date(2027, 1, 18)),
            ("N_DAYS_AGO", 3, date(2027, 1, 12), date(2027, 1, 13)),
            ("LAST_90_DAYS", 0, date(2026, 10, 17), date(2027, 1, 16)),
            ("THIS_WEEK", 0, date(2027, 1, 10), date(2027, 1, 17)),
            ("LAST_N_WEEKS", 2, date(2026, 12, 27), date(2027, 1, 10)),
            ("LAST_MONTH", 0, date(2026, 12, 1), date(2027, 1, 1)),
            ("N_MONTHS_AGO", 2, date(2026, 11, 1), date(2026, 12, 1)),
            ("THIS_QUARTER", 0, date(2027, 1, 1), date(2027, 4, 1)),
            ("LAST_FISCAL_QUARTER", 0, date(2026, 10, 1), date(2027, 1, 1)),
            ("NEXT_YEAR", 0, date(2028, 1, 1), date(2029, 1, 1)),
            ("LAST_N_YEARS", 2, date(2025, 1, 1), date(2027, 1, 1)),
        ] {
            assert_eq!(days(name, number), Some((start, end)), "{name}");
        }
        for name in ["LAST_DAY", "FISCAL_TODAY", "THIS_FISCAL_WEEK", "LAST_FISCAL_FISCAL_YEAR"] {
            assert_eq!(days(name, 0), None, "{name}");
        }
        assert_eq!(days("LAST_N_YEARS", i64::MAX), None);
    }
}
