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
