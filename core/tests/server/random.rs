//! Random scripts for the model.

use memcached_core::testing::server::{model, rights};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happens in whatever order.
    #[test]
    fn nothing_is_lost_mixed_up_or_late(script in proptest::collection::vec(any::<u8>(), 0..600)) {
        model::run(&script);
    }

    /// Likewise with rights to make items, whose versions count on one connection.
    #[test]
    fn no_right_is_lost_or_used_elsewhere(
        script in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        rights::run(&script);
    }
}

/// A value is given out when others on another connection are late.
#[test]
fn a_right_is_told_of_later_than_it_came() {
    rights::run(&[
        20, 8, 0, 71, 0, 74, 7, 27, 72, 0, 0, 0, 0, 54, 0, 0, 94, 0, 0, 14, 0, 0, 54, 0, 0, 14, 0,
        0, 131, 135, 74, 186, 9, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 189, 0, 0,
        0, 0, 0, 0, 29, 54, 0, 0, 14, 0, 0, 96, 35, 120, 96, 235, 16, 53, 32, 0, 14, 0, 0, 26, 0,
        0, 0,
    ]);
}
