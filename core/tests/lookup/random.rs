//! Random scripts for lookups and their naive twin.

use memcached_core::testing::lookup;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever happens in whatever order.
    #[test]
    fn no_wake_up_is_lost_and_no_result_is_old(
        script in proptest::collection::vec(any::<u8>(), 0..400)
    ) {
        lookup::run(&script);
    }
}
