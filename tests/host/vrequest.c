/* A request's life: actions before and after the content handler, then the body. */
#include "host.h"

static void on_job(liJob *job);

static void pump(struct vrequest *vr) {
	if (vr->con)
		connection_pump(vr->con);
	else
		stream_pump(vr);
}

void vrequest_share(struct vrequest *vr, enum shared_setting which, liOptionPtrValue *value) {
	if (value) g_atomic_int_inc(&value->refcount);
	li_release_optionptr(vr->pub.wrk->srv, vr->shared_settings[which]);
	vr->shared_settings[which] = value;
}

static void on_pump(liJob *job) {
	struct vrequest *vr = (struct vrequest *)(void *)((char *)job - offsetof(struct vrequest, pump_job));
	pump(vr);
}

struct vrequest *vrequest_new(struct worker *wrk, liConInfo *info, struct connection *con) {
	struct vrequest *vr = g_new0(struct vrequest, 1);
	struct server *srv = SERVER(wrk->pub.srv);
	vr->con = con;
	vr->pub.wrk = &wrk->pub;
	vr->pub.coninfo = info;
	vr->pub.options = vr->settings;
	vr->pub.optionptrs = vr->shared_settings;
	environment_init(&vr->pub.env);
	vr->pub.plugin_ctx = g_ptr_array_new();
	g_ptr_array_set_size(vr->pub.plugin_ctx, (gint)srv->plugins->len);
	vr->pub.request.http_method_str = g_string_new(NULL);
	vr->pub.request.headers = li_http_headers_new();
	vr->pub.response.headers = li_http_headers_new();
	GString **texts = (GString **)URI(vr);
	for (gsize i = 0; i < sizeof(struct uri) / sizeof(GString *); i++) texts[i] = g_string_new(NULL);
	texts = (GString **)&vr->pub.physical;
	for (gsize i = 0; i < sizeof(liPhysical) / sizeof(GString *); i++) texts[i] = g_string_new(NULL);
	vr->request_body = g_string_new(NULL);
	vr->lua_ref = NO_LUA_REF;
	vr->filters = g_ptr_array_new();
	queue_init(&vr->body);
	action_stack_init(vr);
	li_job_init(&vr->pub.job, on_job);
	li_job_init(&vr->pump_job, on_pump);
	vrequest_reset(vr);
	return vr;
}

/* Whoever waits for this request is told that it is gone, in the order that the
 * real server has: the filters that nobody takes their output, the source,
 * actions, plugins, and the filters once more. */
void vrequest_reset(struct vrequest *vr) {
	struct server *srv = SERVER(vr->pub.wrk->srv);
	vr->pub.direct_out = NULL;
	if (vr->connected) filters_output_gone(vr);
	if (vr->backend) {
		backend_free(vr->backend);
		vr->backend = NULL;
	}
	if (vr->connected && !vr->body.is_closed && !vr->body_gone) {
		vr->body_gone = TRUE;
		filters_run(vr);
	}
	action_stack_reset(vr);
	if (vr->pub.state != LI_VRS_CLEAN) plugins_vrclose(vr);
	vr->pub.state = LI_VRS_CLEAN;
	for (guint i = 0; i < vr->pub.plugin_ctx->len; i++) g_ptr_array_index(vr->pub.plugin_ctx, i) = NULL;
	headers_reset(vr->pub.request.headers);
	headers_reset(vr->pub.response.headers);
	GString **texts = (GString **)URI(vr);
	for (gsize i = 0; i < sizeof(struct uri) / sizeof(GString *); i++) g_string_truncate(texts[i], 0);
	texts = (GString **)&vr->pub.physical;
	for (gsize i = 0; i < sizeof(liPhysical) / sizeof(GString *); i++) g_string_truncate(texts[i], 0);
	g_string_truncate(vr->pub.request.http_method_str, 0);
	g_string_truncate(vr->request_body, 0);
	vr->content_length = 0;
	vr->pub.response.http_status = 0;
	lua_request_gone(vr);
	filters_reset(vr);
	li_chunkqueue_skip_all(&vr->body);
	queue_init(&vr->body);
	vr->body_gone = vr->connected = vr->backend_failed = FALSE;
	job_detach(&vr->pub.job);
	job_detach(&vr->pump_job);
	vr->output.out = NULL;
	vr->shown_bytes = 0;
	vr->shown_closed = FALSE;
	g_hash_table_remove_all(vr->pub.env.table);
	memcpy(vr->settings, srv->settings, sizeof(vr->settings));
	for (enum shared_setting i = 0; i < SHARED_COUNT; i++) vrequest_share(vr, i, g_array_index(srv->pub.optionptr_def_values, liOptionPtrValue *, i));
}

void vrequest_free(struct vrequest *vr) {
	vrequest_reset(vr);
	for (enum shared_setting i = 0; i < SHARED_COUNT; i++) vrequest_share(vr, i, NULL);
	g_hash_table_destroy(vr->pub.env.table);
	li_job_clear(&vr->pub.job);
	li_job_clear(&vr->pump_job);
	action_stack_clear(vr);
	g_ptr_array_free(vr->pub.plugin_ctx, TRUE);
	li_http_headers_free(vr->pub.request.headers);
	li_http_headers_free(vr->pub.response.headers);
	GString **texts = (GString **)URI(vr);
	for (gsize i = 0; i < sizeof(struct uri) / sizeof(GString *); i++) g_string_free(texts[i], TRUE);
	texts = (GString **)&vr->pub.physical;
	for (gsize i = 0; i < sizeof(liPhysical) / sizeof(GString *); i++) g_string_free(texts[i], TRUE);
	g_string_free(vr->pub.request.http_method_str, TRUE);
	g_string_free(vr->request_body, TRUE);
	g_ptr_array_free(vr->filters, TRUE);
	g_free(vr);
}

void vrequest_wake(struct vrequest *vr) { li_job_later(&vr->pub.wrk->loop.jobqueue, &vr->pub.job); }

void vrequest_pump_later(struct vrequest *vr) { li_job_later(&vr->pub.wrk->loop.jobqueue, &vr->pump_job); }

void vrequest_start(struct vrequest *vr) {
	vr->pub.state = LI_VRS_HANDLE_REQUEST_HEADERS;
	li_action_enter(&vr->pub, SERVER(vr->pub.wrk->srv)->main_action);
	vrequest_wake(vr);
}

void vrequest_error(struct vrequest *vr) {
	vr->pub.state = LI_VRS_ERROR;
	if (!vr->con) stream_broken(vr);
	vrequest_wake(vr);
}

gboolean vrequest_handle_indirect(struct vrequest *vr) {
	if (vr->pub.state >= LI_VRS_READ_CONTENT) return FALSE;
	vr->pub.state = LI_VRS_READ_CONTENT;
	return TRUE;
}

void vrequest_headers_ready(struct vrequest *vr) {
	vr->pub.state = LI_VRS_HANDLE_RESPONSE_HEADERS;
	vrequest_wake(vr);
}

void vrequest_backend_failed(struct vrequest *vr) {
	vr->backend_failed = TRUE;
	vrequest_wake(vr);
}

gboolean li_vrequest_handle_direct(liVRequest *pub) {
	struct vrequest *vr = VREQUEST(pub);
	if (!vrequest_handle_indirect(vr)) return FALSE;
	pub->direct_out = &vr->body;
	vr->body.is_closed = TRUE;
	vrequest_headers_ready(vr);
	return TRUE;
}

gboolean li_vrequest_is_handled(liVRequest *vr) { return vr->state >= LI_VRS_READ_CONTENT; }

liJobRef *li_vrequest_get_ref(liVRequest *vr) { return job_ref(&vr->wrk->loop.jobqueue, &vr->job); }

/* Whether the actions are through, for now. */
static gboolean run_actions(struct vrequest *vr) {
	if (vr->backend_failed && vr->pub.state == LI_VRS_HANDLE_REQUEST_HEADERS) {
		/* No action that follows is run. */
		vr->backend_failed = FALSE;
		vr->pub.action_stack.backend_failed = TRUE;
		action_stack_reset(vr);
		vr->pub.action_stack.backend_failed = FALSE;
		li_vrequest_handle_direct(&vr->pub);
		vr->pub.response.http_status = 503;
	}
	switch (action_execute(vr)) {
	case LI_HANDLER_GO_ON:
		break;
	case LI_HANDLER_COMEBACK:
		vrequest_wake(vr);
		return FALSE;
	case LI_HANDLER_WAIT_FOR_EVENT:
		return FALSE;
	case LI_HANDLER_ERROR:
		vrequest_error(vr);
		return FALSE;
	}
	if (vr->pub.state == LI_VRS_HANDLE_REQUEST_HEADERS) {
		VR_DEBUG(vr, "actions didn't handle request");
		li_vrequest_handle_direct(&vr->pub);
		vr->pub.response.http_status = 404;
	}
	return TRUE;
}

static void on_job(liJob *job) {
	struct vrequest *vr = (struct vrequest *)(void *)((char *)job - offsetof(struct vrequest, pub.job));
	if (vr->pub.state == LI_VRS_HANDLE_REQUEST_HEADERS && !run_actions(vr)) return;
	if (vr->pub.state == LI_VRS_HANDLE_RESPONSE_HEADERS) {
		if (!run_actions(vr)) return;
		vr->pub.state = LI_VRS_WRITE_CONTENT;
		if (vr->pub.direct_out) vr->pub.direct_out->is_closed = TRUE;
		vr->connected = TRUE;
		pump(vr);
		return;
	}
	if (vr->pub.state != LI_VRS_ERROR) return;
	if (vr->con)
		connection_close(vr->con);
	else
		vr->pub.coninfo->callbacks->handle_response_error(&vr->pub);
}

liVRequest *li_vrequest_new(liWorker *wrk, liConInfo *info) { return &vrequest_new(WORKER(wrk), info, NULL)->pub; }

void li_vrequest_start(liVRequest *vr) { (void)vr; }

void li_vrequest_handle_request_headers(liVRequest *vr) {
	if (vr->state == LI_VRS_CLEAN) vr->state = LI_VRS_HANDLE_REQUEST_HEADERS;
	vrequest_wake(VREQUEST(vr));
}

void li_vrequest_free(liVRequest *vr) { vrequest_free(VREQUEST(vr)); }

static struct vrequest *of_request(const liRequest *request) { return (struct vrequest *)(void *)((char *)request - offsetof(struct vrequest, pub.request)); }

void li_request_copy(liRequest *to, const liRequest *from) {
	of_request(to)->http_version = of_request(from)->http_version;
	g_string_assign(to->http_method_str, from->http_method_str->str);
	GString **texts = (GString **)&to->uri, *const *others = (GString *const *)&from->uri;
	for (gsize i = 0; i < sizeof(struct uri) / sizeof(GString *); i++) {
		g_string_truncate(texts[i], 0);
		string_append(texts[i], others[i]);
	}
	headers_reset(to->headers);
	for (GList *l = from->headers->entries.head; l; l = l->next) {
		const liHttpHeader *h = l->data;
		const char *value = header_value(h);
		li_http_header_insert(to->headers, h->data->str, h->keylen, value, strlen(value));
	}
	to->content_length = from->content_length;
}
