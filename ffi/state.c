/* What actions, requests, watchers and scripts share: the plugin as Rust
 * described it, and a slot for each worker. */
#include "internal.h"

#define SAME(ours, hosts) _Static_assert((int)(ours) == (int)(hosts), #ours " is " #hosts)
SAME(MMC_LEVEL_DEBUG, LI_LOG_LEVEL_DEBUG);
SAME(MMC_LEVEL_WARNING, LI_LOG_LEVEL_WARNING);
SAME(MMC_LEVEL_ERROR, LI_LOG_LEVEL_ERROR);
SAME(MMC_FLOW_GO_ON, LI_HANDLER_GO_ON);
SAME(MMC_FLOW_COME_BACK, LI_HANDLER_COMEBACK);
SAME(MMC_FLOW_WAIT_FOR_EVENT, LI_HANDLER_WAIT_FOR_EVENT);
SAME(MMC_FLOW_ERROR, LI_HANDLER_ERROR);
SAME(MMC_VALUE_NONE, LI_VALUE_NONE);
SAME(MMC_VALUE_BOOLEAN, LI_VALUE_BOOLEAN);
SAME(MMC_VALUE_NUMBER, LI_VALUE_NUMBER);
SAME(MMC_VALUE_STRING, LI_VALUE_STRING);
SAME(MMC_VALUE_LIST, LI_VALUE_LIST);
SAME(MMC_VALUE_ACTION, LI_VALUE_ACTION);
SAME(MMC_VALUE_CONDITION, LI_VALUE_CONDITION);
SAME(MMC_ADDRESS_MAX, sizeof(struct sockaddr_storage));

static const mmc_plugin_def *def;
static mmc_slot *slots;
static guint slot_count;

const mmc_plugin_def *mmc_def(void) { return def; }

void mmc_set_def(const mmc_plugin_def *d) { def = d; }

guint mmc_plugin_id;

void mmc_slots_new(guint count) {
	slots = g_new0(mmc_slot, count);
	for (guint i = 0; i < count; i++) {
		mmc_jobs *jobs = &slots[i].jobs;
		g_queue_init(&slots[i].watchers);
		g_queue_init(&slots[i].copies);
		g_queue_init(&jobs->due);
		g_queue_init(&jobs->again);
		g_queue_init(&jobs->last);
	}
	slot_count = count;
}

/* A worker that never stopped keeps its state for good: its loop is gone, and
 * with it the thread that could let go of it. */
void mmc_slots_free(void (*forget)(mmc_slot *)) {
	for (guint i = 0; i < slot_count; i++) {
		forget(&slots[i]);
		mmc_spare_close(&slots[i].spare);
	}
	g_free(slots);
	slots = NULL;
	slot_count = 0;
}

mmc_slot *mmc_slot_of(const liWorker *wrk) { return wrk->ndx < slot_count ? &slots[wrk->ndx] : NULL; }

mmc_rust_worker *mmc_state_of_worker(const liWorker *wrk) {
	mmc_slot *slot = mmc_slot_of(wrk);
	return slot ? slot->state : NULL;
}
