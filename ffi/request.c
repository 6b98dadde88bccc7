/* Requests, their headers and bodies, filters, buffers. */
#include <string.h>

#include "internal.h"

mmc_worker *mmc_request_worker(mmc_request *r) { return (mmc_worker *)REQ(r)->wrk; }

void *mmc_request_worker_state(mmc_request *r) { return mmc_state_of_worker(REQ(r)->wrk); }

void **mmc_request_state(mmc_request *r) { return &g_ptr_array_index(REQ(r)->plugin_ctx, mmc_plugin_id()); }

mmc_bytes mmc_request_method(mmc_request *r) { return mmc_of_string(REQ(r)->request.http_method_str); }

void mmc_request_set_content_type(mmc_request *r, mmc_bytes otherwise) {
	mmc_bytes type = mmc_of_string(li_mimetype_get(REQ(r), REQ(r)->request.uri.path));
	if (!type.len) type = otherwise;
	li_http_header_overwrite(REQ(r)->response.headers, "Content-Type", strlen("Content-Type"), (const char *)type.ptr, type.len);
}

bool mmc_request_is_handled(mmc_request *r) { return li_vrequest_is_handled(REQ(r)); }

uint32_t mmc_request_progress(mmc_request *r) {
	liVRequestState s = REQ(r)->state;
	return s <= LI_VRS_HANDLE_REQUEST_HEADERS ? 0 : s < LI_VRS_HANDLE_RESPONSE_HEADERS ? 1 : 2;
}

bool mmc_request_handle_direct(mmc_request *r) { return li_vrequest_handle_direct(REQ(r)); }

int32_t mmc_request_status(mmc_request *r) { return REQ(r)->response.http_status; }

void mmc_request_set_status(mmc_request *r, int32_t status) { REQ(r)->response.http_status = status; }

bool mmc_request_header(mmc_request *r, bool response, void **cursor, mmc_bytes *name, mmc_bytes *value) {
	liHttpHeaders *headers = response ? REQ(r)->response.headers : REQ(r)->request.headers;
	GList *link = *cursor ? ((GList *)*cursor)->next : headers->entries.head;
	*cursor = link;
	if (!link) return false;
	const liHttpHeader *h = link->data;
	const uint8_t *str = (const uint8_t *)h->data->str;
	gsize start = (gsize)h->keylen + 2;
	*name = (mmc_bytes){ str, h->keylen };
	*value = start <= h->data->len ? (mmc_bytes){ str + start, h->data->len - start } : (mmc_bytes){ NULL, 0 };
	return true;
}

void mmc_request_set_response_header(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	li_http_header_overwrite(REQ(r)->response.headers, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
}

void mmc_request_add_response_header(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	li_http_header_insert(REQ(r)->response.headers, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
}

void mmc_request_remove_response_header(mmc_request *r, mmc_bytes name) {
	li_http_header_remove(REQ(r)->response.headers, (const char *)name.ptr, name.len);
}

void mmc_request_set_environment(mmc_request *r, mmc_bytes name, mmc_bytes value) {
	li_environment_set(&REQ(r)->env, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
}

bool mmc_request_append_body(mmc_request *r, mmc_buffer *buffer, size_t offset, size_t len) {
	if (!REQ(r)->direct_out) return false;
	li_buffer_acquire((liBuffer *)buffer);
	li_chunkqueue_append_buffer2(REQ(r)->direct_out, (liBuffer *)buffer, offset, len);
	return true;
}

void mmc_request_enter(mmc_request *r, mmc_action *a) { li_action_enter(REQ(r), (liAction *)a); }

bool mmc_request_debug(mmc_request *r) { return REQ(r)->options[LI_CORE_OPTION_DEBUG_REQUEST_HANDLING].boolean; }

/* A reference to a job stays valid when the request is gone, and does nothing. */
mmc_waker *mmc_request_waker(mmc_request *r) {
	liVRequest *vr = REQ(r);
	liJobRef *ref = li_vrequest_get_ref(vr);
	/* Where a request's job and the worker's queue lie shows at run time; on a
	 * server that has them elsewhere no request may ever wait. */
	if (ref->job == &vr->job && ref->queue == &vr->wrk->loop.jobqueue) return (mmc_waker *)ref;
	li_job_ref_release(ref);
	static gint told = 0;
	if (g_atomic_int_compare_and_exchange(&told, 0, 1))
		mmc_log(vr->wrk->srv, vr->wrk, NULL, LI_LOG_LEVEL_ERROR,
			"mod_memcached: this server does not fit the plugin: a request's job is not where it should be; memcached is not asked");
	return NULL;
}

void mmc_waker_wake(mmc_waker *w) { li_job_later_ref((liJobRef *)w); }

void mmc_waker_release(mmc_waker *w) { li_job_ref_release((liJobRef *)w); }

typedef struct {
	const mmc_filter_def *def;
	void *data;
} filter;

#define FLT(p) ((liFilter *)(p))
#define CFLT(p) ((const liFilter *)(p))

static liHandlerResult filter_handle(liVRequest *vr, liFilter *f) {
	filter *own = f->param;
	return (liHandlerResult)own->def->handle((mmc_request *)vr, (mmc_filter *)f, own->data);
}

static void filter_free(liVRequest *vr, liFilter *f) {
	(void)vr;
	filter *own = f->param;
	own->def->destroy(own->data);
	g_free(own);
}

bool mmc_request_add_filter_out(mmc_request *r, const mmc_filter_def *def, void *data) {
	filter *own = g_new(filter, 1);
	*own = (filter){ def, data };
	if (li_vrequest_add_filter_out(REQ(r), filter_handle, filter_free, NULL, own)) return true;
	g_free(own);
	return false;
}

bool mmc_filter_has_input(const mmc_filter *f) { return CFLT(f)->in != NULL; }

bool mmc_filter_input_closed(const mmc_filter *f) { return CFLT(f)->in && CFLT(f)->in->is_closed; }

uint64_t mmc_filter_input_len(const mmc_filter *f) { return CFLT(f)->in ? (uint64_t)CFLT(f)->in->length : 0; }

bool mmc_filter_output_closed(const mmc_filter *f) { return CFLT(f)->out->is_closed; }

void mmc_filter_forward_all(mmc_filter *f) {
	if (FLT(f)->in) li_chunkqueue_steal_all(FLT(f)->out, FLT(f)->in);
}

void mmc_filter_discard_all(mmc_filter *f) {
	if (FLT(f)->in) li_chunkqueue_skip_all(FLT(f)->in);
}

void mmc_filter_close_output(mmc_filter *f) { FLT(f)->out->is_closed = TRUE; }

bool mmc_filter_read(mmc_filter *f, void **cursor, uint64_t *offset, mmc_bytes *bytes) {
	*bytes = (mmc_bytes){ NULL, 0 };
	if (!FLT(f)->in) return true;
	if (!*cursor) *cursor = FLT(f)->in->queue.head;
	while (*cursor) {
		liChunkIter iter = { *cursor };
		char *data = NULL;
		off_t len = 0;
		/* Asking behind a chunk's end is an error to the host, and the only
		 * sign of that end. A file that broke off is found out by the sum of
		 * all bytes, which the caller compares. */
		if (li_chunkiter_read(iter, (off_t)*offset, 64 * 1024, &data, &len, NULL) == LI_HANDLER_GO_ON && len > 0) {
			*bytes = (mmc_bytes){ (const uint8_t *)data, (size_t)len };
			*offset += (uint64_t)len;
			return true;
		}
		if (*offset == 0) return false;
		*offset = 0;
		*cursor = ((GList *)*cursor)->next;
	}
	return true;
}

#define BUF(p) ((liBuffer *)(p))
#define CBUF(p) ((const liBuffer *)(p))

mmc_buffer *mmc_buffer_new(size_t size) { return (mmc_buffer *)li_buffer_new_slice(size); }
void mmc_buffer_acquire(mmc_buffer *b) { li_buffer_acquire(BUF(b)); }
void mmc_buffer_release(mmc_buffer *b) { li_buffer_release(BUF(b)); }
bool mmc_buffer_is_unique(const mmc_buffer *b) { return g_atomic_int_get(&CBUF(b)->refcount) == 1; }
uint8_t *mmc_buffer_start(const mmc_buffer *b) { return (uint8_t *)CBUF(b)->addr; }
size_t mmc_buffer_capacity(const mmc_buffer *b) { return CBUF(b)->alloc_size; }
size_t mmc_buffer_used(const mmc_buffer *b) { return CBUF(b)->used; }
void mmc_buffer_set_used(mmc_buffer *b, size_t used) { BUF(b)->used = used; }
