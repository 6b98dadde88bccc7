/* Requests and their headers. */
#include <netinet/in.h>
#include <string.h>

#include "internal.h"

mmc_rust_worker *mmc_request_worker(mmc_request *r) { return mmc_state_of_worker(REQ(r)->wrk); }

mmc_rust_request **mmc_request_slot(mmc_request *r) {
	/* While a request is being freed it has no slots any more. */
	const GPtrArray *slots = REQ(r)->plugin_ctx;
	const guint id = mmc_plugin_id;
	if (!slots || id >= slots->len) return NULL;
	return (mmc_rust_request **)&g_ptr_array_index(slots, id);
}

mmc_bytes mmc_request_method(mmc_request *r) { return mmc_of_string(REQ(r)->request.http_method_str); }

mmc_bytes mmc_request_type_of_path(mmc_request *r) {
	return mmc_of_string(li_mimetype_get(REQ(r), REQ(r)->request.uri.path));
}

/* Bytes of an address may lie anywhere; what is copied may not. */
static int32_t port_of(const liSocketAddress *addr) {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (!addr->addr_up.raw || addr->len < sizeof(any)) return -1;
	memcpy(&any, addr->addr_up.raw, sizeof(any));
	if (any.sa_family == AF_INET && addr->len >= sizeof(v4)) {
		memcpy(&v4, addr->addr_up.raw, sizeof(v4));
		return ntohs(v4.sin_port);
	}
	if (any.sa_family == AF_INET6 && addr->len >= sizeof(v6)) {
		memcpy(&v6, addr->addr_up.raw, sizeof(v6));
		return ntohs(v6.sin6_port);
	}
	return -1;
}

mmc_target mmc_request_target(mmc_request *r) {
	const liRequestUri *uri = &REQ(r)->request.uri;
	return (mmc_target){
		.raw = mmc_of_string(uri->raw),
		.original = mmc_of_string(uri->raw_orig_path),
		.current = mmc_of_string(uri->raw_path),
		.path = mmc_of_string(uri->path),
		.secure = g_str_equal(uri->scheme->str, "https"),
		.port = port_of(&REQ(r)->coninfo->local_addr),
	};
}

void mmc_request_set_content_type(mmc_request *r, mmc_bytes otherwise) {
	mmc_bytes type = mmc_request_type_of_path(r);
	if (!type.len) type = otherwise;
	mmc_bytes name = { (const uint8_t *)"Content-Type", strlen("Content-Type") };
	mmc_request_set_response_header(r, name, type);
}

bool mmc_request_is_handled(mmc_request *r) { return li_vrequest_is_handled(REQ(r)); }

mmc_progress mmc_request_progress(mmc_request *r) {
	liVRequestState s = REQ(r)->state;
	if (s <= LI_VRS_HANDLE_REQUEST_HEADERS) return MMC_PROGRESS_NO_HANDLER;
	return s < LI_VRS_HANDLE_RESPONSE_HEADERS ? MMC_PROGRESS_PENDING : MMC_PROGRESS_READY;
}

bool mmc_request_handle_direct(mmc_request *r) { return li_vrequest_handle_direct(REQ(r)); }

int32_t mmc_request_status(mmc_request *r) { return REQ(r)->response.http_status; }

void mmc_request_set_status(mmc_request *r, int32_t status) { REQ(r)->response.http_status = status; }

void *mmc_request_headers(mmc_request *r, bool response) {
	return (response ? REQ(r)->response.headers : REQ(r)->request.headers)->entries.head;
}

void *mmc_header_at(void *place, mmc_bytes *name, mmc_bytes *value) {
	const GList *link = place;
	const liHttpHeader *h = link->data;
	const uint8_t *str = (const uint8_t *)h->data->str;
	gsize start = (gsize)h->keylen + 2;
	*name = (mmc_bytes){ str, h->keylen };
	*value = start <= h->data->len ? (mmc_bytes){ str + start, h->data->len - start } : (mmc_bytes){ NULL, 0 };
	return link->next;
}

void mmc_request_set_response_header(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	liHttpHeaders *headers = REQ(r)->response.headers;
	if (headers->entries.head)
		li_http_header_overwrite(headers, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
	else
		mmc_insert_header(REQ(r), headers, name, value);
}

void mmc_request_add_response_header(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	mmc_insert_header(REQ(r), REQ(r)->response.headers, name, value);
}

void mmc_request_remove_response_header(mmc_request *r, mmc_bytes name) {
	li_http_header_remove(REQ(r)->response.headers, (const char *)name.ptr, name.len);
}

void mmc_request_add_request_header(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	li_http_header_insert(REQ(r)->request.headers, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
}

void mmc_request_remove_request_header(mmc_request *r, mmc_bytes name) {
	li_http_header_remove(REQ(r)->request.headers, (const char *)name.ptr, name.len);
}

void mmc_request_set_environment(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	mmc_insert_variable(REQ(r), name, value);
}

void mmc_request_change_environment(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	GString *set = li_environment_get(&REQ(r)->env, (const char *)name.ptr, name.len);
	if (!set) {
		mmc_request_set_environment(r, name, value);
		return;
	}
	g_string_truncate(set, 0);
	g_string_append_len(set, (const char *)value.ptr, (gssize)value.len);
}

bool mmc_request_append_body(mmc_request *r, mmc_buffer *buffer, size_t offset, size_t len) {
	if (!REQ(r)->direct_out) return false;
	li_buffer_acquire((liBuffer *)buffer);
	li_chunkqueue_append_buffer2(REQ(r)->direct_out, (liBuffer *)buffer, offset, len);
	return true;
}

void mmc_request_enter(mmc_request *r, mmc_action *a) {
	li_action_enter(REQ(r), (liAction *)a);
	/* Without the lock of mmc_action_release, which all workers would take for
	 * each of their requests: a plugin that runs an action is not freed. */
	li_action_release(REQ(r)->wrk->srv, (liAction *)a);
}

bool mmc_request_debug(mmc_request *r) { return REQ(r)->options[LI_CORE_OPTION_DEBUG_REQUEST_HANDLING].boolean; }

/* A reference to a job stays valid when the request is gone, and does nothing. */
mmc_waker *mmc_request_waker(mmc_request *r) {
	liVRequest *vr = REQ(r);
	liJobRef *ref = li_vrequest_get_ref(vr);
	/* Only at run time is it known whether a request's job and the worker's queue
	 * are where they are expected; on a server that has them elsewhere no request
	 * may ever wait. */
	if (ref->job == &vr->job && ref->queue == &vr->wrk->loop.jobqueue) return (mmc_waker *)ref;
	li_job_ref_release(ref);
	static gint logged = 0;
	if (g_atomic_int_compare_and_exchange(&logged, 0, 1))
		mmc_log(vr->wrk->srv, vr->wrk, NULL, MMC_LEVEL_ERROR,
			"mod_memcached: this server does not fit the plugin: a request's job is not where it should be; memcached is not asked");
	return NULL;
}

void mmc_waker_wake(mmc_waker *w) { li_job_later_ref((liJobRef *)w); }

void mmc_waker_acquire(mmc_waker *w) { li_job_ref_acquire((liJobRef *)w); }

void mmc_waker_release(mmc_waker *w) { li_job_ref_release((liJobRef *)w); }

/* A backend that cannot be had before the response's headers, or breaks off after
 * them. */
bool mmc_request_has_failed(mmc_request *r) { return REQ(r)->action_stack.backend_failed || REQ(r)->state == LI_VRS_ERROR; }

bool mmc_request_has_captures(mmc_request *r) { return REQ(r)->action_stack.regex_stack->len > 0; }

bool mmc_request_is_copy(mmc_request *r) { return mmc_is_copy(REQ(r)); }
