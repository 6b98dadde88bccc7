//! What the model counts, to be compared with the server's counters.

use crate::server::Stats;

/// What the server's counters should say.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) refused: u64,
    pub(super) cancelled: u64,
    pub(super) replies: u64,
    pub(super) failed: u64,
    pub(super) faults: u64,
    pub(super) connects: u64,
    pub(super) bytes_read: u64,
    pub(super) bytes_written: u64,
}

impl Counted {
    /// `asked` requests were accepted, and `pending` of them are not complete,
    /// or cancelled with a reply that is still to come.
    pub(super) fn check(&self, stats: &Stats, asked: u64, pending: u64) {
        assert_eq!(stats.requests, asked);
        assert_eq!(stats.refused.total(), self.refused);
        assert_eq!(stats.cancelled, self.cancelled);
        assert_eq!(stats.replies, self.replies);
        assert_eq!(stats.failed.total(), self.failed);
        let over = stats.replies + stats.failed.total() + stats.cancelled;
        assert!(stats.requests - over <= pending);
        assert_eq!(stats.connects, self.connects);
        assert_eq!(stats.faults, self.faults);
        assert_eq!(stats.bytes_read, self.bytes_read);
        assert_eq!(stats.bytes_written, self.bytes_written);
    }
}
