/* Actions: static, static_no_fail. A file becomes a chunk of a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static void fail(liVRequest *vr, int status) {
	if (li_vrequest_handle_direct(vr)) vr->response.http_status = status;
}

static int status_of(int error) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return 404;
	case EACCES:
		return 403;
	case ENAMETOOLONG:
		return 414;
	default:
		return 500;
	}
}

/* Sets ETag and Last-Modified; whether the client's copy is still good. */
static gboolean validators(liVRequest *vr, const struct stat *st) {
	char etag[64], modified[64];
	snprintf(etag, sizeof(etag), "\"%llx-%llx\"", (unsigned long long)st->st_mtime, (unsigned long long)st->st_size);
	struct tm tm;
	gmtime_r(&st->st_mtime, &tm);
	strftime(modified, sizeof(modified), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	header_set(vr->response.headers, "ETag", etag);
	header_set(vr->response.headers, "Last-Modified", modified);
	const liHttpHeader *none_match = header_find(vr->request.headers, "If-None-Match");
	if (none_match && !strstr(header_value(none_match), etag)) return FALSE;
	const liHttpHeader *since = header_find(vr->request.headers, "If-Modified-Since");
	if (!since) return none_match != NULL;
	struct tm theirs = { 0 };
	if (!strptime(header_value(since), "%a, %d %b %Y %H:%M:%S GMT", &theirs)) return FALSE;
	return timegm(&theirs) >= st->st_mtime;
}

/* One range "bytes=a-b", "a-", "-n"; anything else gets the whole file. 0 for
 * none, 206 or 416. */
static int range(liVRequest *vr, goffset size, goffset *from, goffset *to) {
	const liHttpHeader *h = header_find(vr->request.headers, "Range");
	if (!h || !g_str_has_prefix(header_value(h), "bytes=")) return 0;
	const char *s = header_value(h) + strlen("bytes=");
	char *end;
	if (*s == '-') {
		gint64 n = g_ascii_strtoll(s + 1, &end, 10);
		if (end == s + 1 || *end) return 0;
		*from = MAX(size - n, 0);
		*to = size - 1;
		return n > 0 && size > 0 ? 206 : 416;
	}
	*from = g_ascii_strtoll(s, &end, 10);
	if (end == s || *end != '-') return 0;
	s = end + 1;
	*to = *s ? g_ascii_strtoll(s, &end, 10) : size - 1;
	if (*s && *end) return 0;
	*to = MIN(*to, size - 1);
	return *from < size && *from <= *to ? 206 : 416;
}

static void serve(struct vrequest *vr, int fd, const struct stat *st) {
	liVRequest *pub = &vr->pub;
	if (validators(pub, st)) {
		close(fd);
		pub->response.http_status = 304;
		return;
	}
	struct file *file = file_new(fd);
	const GString *type = li_mimetype_get(pub, vr->pub.physical.path);
	goffset from = 0, to = st->st_size - 1;
	int status = 0;
	if (vr->settings[SETTING_RANGES].boolean) {
		header_set(pub->response.headers, "Accept-Ranges", "bytes");
		status = range(pub, st->st_size, &from, &to);
	}
	pub->response.http_status = status ? status : 200;
	if (status) {
		char text[96];
		if (status == 206)
			snprintf(text, sizeof(text), "bytes %lld-%lld/%lld", (long long)from, (long long)to, (long long)st->st_size);
		else
			snprintf(text, sizeof(text), "bytes */%lld", (long long)st->st_size);
		header_set(pub->response.headers, "Content-Range", text);
	}
	if (status != 416) {
		header_set(pub->response.headers, "Content-Type", type ? type->str : "application/octet-stream");
		queue_append_file(pub->direct_out, file, from, to - from + 1);
	}
	file_release(file);
}

static liHandlerResult run(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	gboolean may_fail = param == NULL;
	if (li_vrequest_is_handled(vr)) return LI_HANDLER_GO_ON;
	const char *method = vr->request.http_method_str->str;
	if (!g_str_equal(method, "GET") && !g_str_equal(method, "HEAD")) {
		if (!may_fail) return LI_HANDLER_GO_ON;
		fail(vr, 405);
		header_set(vr->response.headers, "Allow", "GET, HEAD");
		return LI_HANDLER_GO_ON;
	}
	const GString *path = VREQUEST(vr)->pub.physical.path;
	if (!path->len || path->str[path->len - 1] == '/') return LI_HANDLER_GO_ON;
	struct stat st;
	int fd = open(path->str, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		int status = status_of(errno);
		if (fd >= 0) close(fd);
		if (may_fail) fail(vr, status);
		return LI_HANDLER_GO_ON;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		if (may_fail && !S_ISDIR(st.st_mode)) fail(vr, 403);
		return LI_HANDLER_GO_ON;
	}
	if (!li_vrequest_handle_direct(vr)) {
		close(fd);
		return LI_HANDLER_ERROR;
	}
	serve(VREQUEST(vr), fd, &st);
	return LI_HANDLER_GO_ON;
}

static liAction *create(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	if (!value_is_nothing(v)) {
		LOG(SERVER(srv), ERROR, "static action doesn't have parameters");
		return NULL;
	}
	return li_action_new_function(run, NULL, NULL, userdata);
}

const liPluginAction static_actions[] = {
	{ "static", create, NULL }, { "static_no_fail", create, GINT_TO_POINTER(1) },
	{ NULL, NULL, NULL }
};
