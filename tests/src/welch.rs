//! Whether two samples of times differ by more than chance.

/// Collects the times of one class of what is timed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    count: f64,
    mean: f64,
    /// The sum of the squares of what lies off the mean (Welford).
    squares: f64,
}

impl Sample {
    /// Takes one more.
    pub fn add(&mut self, time: f64) {
        self.count += 1.0;
        let off = time - self.mean;
        self.mean += off / self.count;
        self.squares += off * (time - self.mean);
    }

    /// Welch's t of two samples of two times or more; beyond 4.5 either way chance has no part in it.
    pub fn t(&self, other: &Self) -> f64 {
        let error = |sample: &Self| sample.squares / (sample.count - 1.0) / sample.count;
        (self.mean - other.mean) / (error(self) + error(other)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(times: &[f64]) -> Sample {
        times.iter().fold(Sample::default(), |mut sample, time| {
            sample.add(*time);
            sample
        })
    }

    // Worked by hand: means 3 and 6, variances 2.5 and 10, so t = -3 / sqrt(0.5 + 2).
    #[test]
    fn d23_t_of_two_small_samples() {
        let (one, other) = (sample(&[1.0, 2.0, 3.0, 4.0, 5.0]), sample(&[2.0, 4.0, 6.0, 8.0]));
        let t = one.t(&sample(&[2.0, 4.0, 6.0, 8.0, 10.0]));
        assert!((t + 3.0 / 2.5_f64.sqrt()).abs() < 1e-12, "{t}");
        assert!(one.t(&one).abs() < 1e-12);
        assert!(one.t(&other) < 0.0 && other.t(&one) > 0.0);
    }
}
