//! Random scripts for the model.

use memcached_core::testing::server::model;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happens in whatever order.
    #[test]
    fn nothing_is_lost_mixed_up_or_late(script in proptest::collection::vec(any::<u8>(), 0..600)) {
        model::run(&script);
    }
}
