//! Disturbs the memcached that all servers share.

use std::thread;
use std::time::Duration;

use testkit::{Cutter, Memcached, random_bytes};

use super::ledger::STANDSTILL;

pub(crate) struct Killer {
    pub memcached: Memcached,
    /// One of the servers reaches it through this.
    pub cutter: Cutter,
    pub strikes: u64,
    /// How often it was killed, stopped, cleared, cut off.
    pub kinds: [u64; 4],
}

impl Killer {
    /// Disturbs it in some way for some time, then leaves it alone for a while.
    pub(crate) fn strike(&mut self) {
        let dice = random_bytes(self.strikes, 4);
        self.strikes += 1;
        let time = STANDSTILL * u32::from(dice[1]) / 256;
        let kind = usize::from(dice[0] % 4);
        self.kinds[kind] += 1;
        match kind {
            0 => {
                self.memcached.kill();
                thread::sleep(time);
                self.memcached.restart();
            }
            1 => {
                self.memcached.suspend();
                thread::sleep(time);
                self.memcached.resume();
            }
            2 => assert_eq!(self.memcached.command("flush_all"), "OK"),
            _ => {
                for _ in 0..=dice[2] % 4 {
                    self.cutter.cut();
                    thread::sleep(time / 16);
                }
            }
        }
        thread::sleep(Duration::from_millis(500 + u64::from(dice[3]) * 12));
    }
}
