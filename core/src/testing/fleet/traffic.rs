//! Who asks for what, and when.

use super::settings::Settings;
use crate::testing::chance::Chance;

/// A visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When he comes, in microseconds.
    pub at: u64,
    /// The worker that he comes to.
    pub worker: u32,
    /// The page that he asks for.
    pub key: u32,
    /// What he wants.
    pub wish: Wish,
    /// What else is left to chance.
    pub luck: u64,
}

/// What a visitor wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The page.
    Page,
    /// The same, with credentials.
    Personal,
    /// To look whether it is there, without the right to make it.
    Look,
}

/// Visitors in the order of time.
#[derive(Clone, Debug)]
pub struct Traffic {
    settings: Settings,
    chance: Chance,
    at: f64,
}

impl Traffic {
    /// Those of a seed.
    #[must_use]
    pub fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            settings: settings.clone(),
            chance: Chance::new(seed ^ 0x7F4A_7C15),
            at: 0.0,
        }
    }

    /// A key by its popularity.
    pub(super) fn key(chance: &mut Chance, settings: &Settings) -> u32 {
        let keys = f64::from(settings.keys);
        let part = fraction(chance);
        let rank = if (settings.skew - 1.0).abs() < 1e-6 {
            (keys + 1.0).powf(part)
        } else {
            let power = 1.0 - settings.skew;
            (((keys + 1.0).powf(power) - 1.0) * part + 1.0).powf(1.0 / power)
        };
        (rank as u32).saturating_sub(1).min(settings.keys - 1)
    }

    /// A visitor who comes now, for this key.
    pub(super) fn visitor(chance: &mut Chance, settings: &Settings, at: u64, key: u32) -> Arrival {
        let around = &settings.around;
        let number = chance.below(1000) as u32;
        let wish = if number < around.looking {
            Wish::Look
        } else if number < around.looking + around.personal {
            Wish::Personal
        } else {
            Wish::Page
        };
        Arrival {
            at,
            worker: chance.below(settings.workers.into()) as u32,
            key,
            wish,
            luck: chance.below(1 << 50),
        }
    }
}

impl Iterator for Traffic {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let settings = &self.settings;
        self.at += -fraction(&mut self.chance).ln() * 1e6 / settings.rate;
        if self.at >= settings.secs as f64 * 1e6 {
            return None;
        }
        let key = Self::key(&mut self.chance, settings);
        Some(Self::visitor(
            &mut self.chance,
            settings,
            self.at as u64,
            key,
        ))
    }
}

/// A number above 0, up to 1.
pub(super) fn fraction(chance: &mut Chance) -> f64 {
    (chance.below(1 << 53) + 1) as f64 / (1_u64 << 53) as f64
}
