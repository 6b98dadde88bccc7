/* Values of the configuration, patterns, addresses. */
#include <string.h>

#include "internal.h"

#define VAL(p) ((const liValue *)(p))

mmc_value_kind mmc_value_kind_of(const mmc_value *v) { return (mmc_value_kind)VAL(v)->type; }

int64_t mmc_value_number(const mmc_value *v) {
	return VAL(v)->type == LI_VALUE_BOOLEAN ? VAL(v)->data.boolean != 0 : VAL(v)->data.number;
}

mmc_bytes mmc_value_string(const mmc_value *v) { return mmc_of_string(VAL(v)->data.string); }

size_t mmc_value_list_len(const mmc_value *v) { return VAL(v)->data.list->len; }

mmc_value *mmc_value_list_at(const mmc_value *v, size_t i) { return g_ptr_array_index(VAL(v)->data.list, i); }

mmc_action *mmc_value_action(const mmc_value *v, mmc_server **server) {
	li_action_acquire(VAL(v)->data.val_action.action);
	*server = (mmc_server *)VAL(v)->data.val_action.srv;
	return (mmc_action *)VAL(v)->data.val_action.action;
}

void mmc_action_acquire(mmc_action *a) { li_action_acquire((liAction *)a); }

/* Rust may drop an action wherever and whenever it likes, the host's functions
 * for it are there until the plugin is freed. The lock is recursive: an action
 * can own others. */
static GRecMutex lock;
static bool is_open;

static void set_open(bool open) {
	g_rec_mutex_lock(&lock);
	is_open = open;
	g_rec_mutex_unlock(&lock);
}

void mmc_config_open(void) { set_open(true); }

void mmc_config_close(void) { set_open(false); }

void mmc_action_release(mmc_server *srv, mmc_action *a) {
	g_rec_mutex_lock(&lock);
	if (is_open) li_action_release(SRV(srv), (liAction *)a);
	g_rec_mutex_unlock(&lock);
}

mmc_pattern *mmc_pattern_new(mmc_server *srv, const char *text) { return (mmc_pattern *)li_pattern_new(SRV(srv), text); }

void mmc_pattern_free(mmc_pattern *p) {
	g_rec_mutex_lock(&lock);
	if (is_open) li_pattern_free((liPattern *)p);
	g_rec_mutex_unlock(&lock);
}

mmc_bytes mmc_pattern_eval(mmc_pattern *p, mmc_request *req) {
	liVRequest *vr = REQ(req);
	GArray *captures = vr->action_stack.regex_stack;
	GMatchInfo *match = NULL;
	if (captures->len > 0)
		match = g_array_index(captures, liActionRegexStackElement, captures->len - 1).match_info;
	GString *dest = vr->wrk->tmp_str;
	g_string_truncate(dest, 0);
	li_pattern_eval(vr, dest, (liPattern *)p, NULL, NULL, li_pattern_regex_cb, match);
	return mmc_of_string(dest);
}

size_t mmc_sockaddr_parse(mmc_bytes text, uint16_t default_port, uint8_t *out, size_t room) {
	GString *s = g_string_new_len((const char *)text.ptr, (gssize)text.len);
	liSocketAddress addr = li_sockaddr_from_string(s, default_port);
	g_string_free(s, TRUE);
	size_t len = addr.addr_up.raw ? addr.len : 0;
	if (len > room) len = 0;
	if (len) memcpy(out, addr.addr_up.raw, len);
	li_sockaddr_clear(&addr);
	return len;
}

size_t mmc_sockaddr_show(mmc_bytes bytes, uint8_t *out, size_t room) {
	/* An address is aligned, the bytes need not be. */
	struct sockaddr_storage storage;
	liSocketAddress addr;
	addr.len = (socklen_t)MIN(bytes.len, sizeof(storage));
	addr.addr_up.raw = (char *)&storage;
	memset(&storage, 0, sizeof(storage));
	memcpy(&storage, bytes.ptr, addr.len);
	GString *s = li_sockaddr_to_string(addr, NULL, TRUE);
	size_t len = s->len < room ? s->len : room;
	memcpy(out, s->str, len);
	g_string_free(s, TRUE);
	return len;
}
