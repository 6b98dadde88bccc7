/* What conditions and patterns look at, and comparisons with it. */
#include <sys/stat.h>

#include "host.h"

static const struct {
	const char *name;
	enum subject subject;
} names[] = {
	{ "req.path", SUBJECT_PATH },
	{ "req.raw_path", SUBJECT_RAW_PATH },
	{ "req.host", SUBJECT_HOST },
	{ "req.scheme", SUBJECT_SCHEME },
	{ "req.query", SUBJECT_QUERY },
	{ "req.method", SUBJECT_METHOD },
	{ "req.length", SUBJECT_LENGTH },
	{ "req.header", SUBJECT_HEADER },
	{ "req.env", SUBJECT_ENV },
	{ "req.environment", SUBJECT_ENV },
	{ "req.is_handled", SUBJECT_HANDLED },
	{ "req.remoteip", SUBJECT_REMOTE_IP },
	{ "req.localip", SUBJECT_LOCAL_IP },
	{ "resp.status", SUBJECT_STATUS },
	{ "resp.header", SUBJECT_RESPONSE_HEADER },
	{ "phys.path", SUBJECT_PHYS_PATH },
	{ "phys.exists", SUBJECT_PHYS_EXISTS },
	{ "phys.docroot", SUBJECT_PHYS_DOCROOT },
	{ "phys.is_file", SUBJECT_PHYS_ISFILE },
	{ "phys.is_dir", SUBJECT_PHYS_ISDIR },
};
static const char *const long_forms[][2] = { { "request.", "req." }, { "response.", "resp." }, { "physical.", "phys." } };

enum subject subject_from_name(const char *text, gsize len) {
	GString *name = g_string_new_len(text, (gssize)len);
	for (gsize i = 0; i < G_N_ELEMENTS(long_forms); i++) {
		if (!g_str_has_prefix(name->str, long_forms[i][0])) continue;
		g_string_erase(name, 0, (gssize)strlen(long_forms[i][0]));
		g_string_prepend(name, long_forms[i][1]);
	}
	enum subject found = SUBJECT_NONE;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i].name, name->str)) found = names[i].subject;
	g_string_free(name, TRUE);
	return found;
}

gboolean subject_has_key(enum subject s) { return s == SUBJECT_HEADER || s == SUBJECT_ENV || s == SUBJECT_RESPONSE_HEADER; }

static gint64 stat_says(struct vrequest *vr, enum subject s) {
	struct stat st;
	if (stat(vr->pub.physical.path->str, &st) != 0) return FALSE;
	return s == SUBJECT_PHYS_EXISTS || (s == SUBJECT_PHYS_ISFILE ? S_ISREG(st.st_mode) : S_ISDIR(st.st_mode));
}

gboolean subject_text(struct vrequest *vr, enum subject s, const GString *key, GString *out, gint64 *number) {
	const GString *text = NULL;
	switch (s) {
	case SUBJECT_PATH: text = URI(vr)->path; break;
	case SUBJECT_RAW_PATH: text = URI(vr)->raw_path; break;
	case SUBJECT_HOST: text = URI(vr)->host; break;
	case SUBJECT_SCHEME: text = URI(vr)->scheme; break;
	case SUBJECT_QUERY: text = URI(vr)->query; break;
	case SUBJECT_METHOD: text = vr->pub.request.http_method_str; break;
	case SUBJECT_REMOTE_IP: text = vr->pub.coninfo->remote_addr_str; break;
	case SUBJECT_LOCAL_IP: text = vr->pub.coninfo->local_addr_str; break;
	case SUBJECT_PHYS_PATH: text = vr->pub.physical.path; break;
	case SUBJECT_PHYS_DOCROOT: text = vr->pub.physical.doc_root; break;
	case SUBJECT_ENV: text = li_environment_get(&vr->pub.env, STR(key)); break;
	case SUBJECT_HEADER: header_join(vr->pub.request.headers, key->str, out); break;
	case SUBJECT_RESPONSE_HEADER: header_join(vr->pub.response.headers, key->str, out); break;
	case SUBJECT_LENGTH: *number = vr->content_length; return FALSE;
	case SUBJECT_STATUS: *number = vr->pub.response.http_status; return FALSE;
	case SUBJECT_HANDLED: *number = li_vrequest_is_handled(&vr->pub); return FALSE;
	case SUBJECT_PHYS_EXISTS:
	case SUBJECT_PHYS_ISFILE:
	case SUBJECT_PHYS_ISDIR: *number = stat_says(vr, s); return FALSE;
	case SUBJECT_NONE: break;
	}
	if (text) string_append(out, text);
	return TRUE;
}

struct condition {
	gint refcount;
	enum subject subject;
	GString *key;
	gboolean negated;
	char op; /* '=' '^' '$' '~' '<' 'l' (<=), '?' for truth */
	gboolean against_number;
	gint64 number;
	GString *text;
	GRegex *regex;
};

static gboolean take_operator(struct condition *c, const char *op) {
	if (!op) {
		c->op = '?';
	} else if (g_str_equal(op, "==") || g_str_equal(op, "!=")) {
		c->op = '=';
		c->negated = op[0] == '!';
	} else if (strlen(op) == 2 && strchr("^$~", op[1]) && strchr("=!", op[0])) {
		c->op = op[1];
		c->negated = op[0] == '!';
	} else if (op[0] == '<' || op[0] == '>') {
		/* a > b is not a <= b, a >= b is not a < b */
		c->op = (op[0] == '<') == (op[1] == '=') ? 'l' : '<';
		c->negated = op[0] == '>';
	} else {
		return FALSE;
	}
	return TRUE;
}

struct condition *condition_new(struct server *srv, enum subject subject, const char *key, const char *op, const liValue *v) {
	struct condition *c = g_new0(struct condition, 1);
	c->refcount = 1;
	c->subject = subject;
	if (key) c->key = g_string_new(key);
	gboolean fine = take_operator(c, op);
	if (fine && v && v->type == LI_VALUE_NUMBER) {
		c->against_number = TRUE;
		c->number = v->data.number;
		fine = c->op == '=' || c->op == '<' || c->op == 'l';
	} else if (fine && v && v->type == LI_VALUE_STRING) {
		c->text = g_string_new_len(STR(v->data.string));
		fine = c->op != '<' && c->op != 'l';
	} else if (v) {
		fine = FALSE;
	}
	if (fine && c->op == '~') {
		GError *error = NULL;
		c->regex = g_regex_new(c->text->str, G_REGEX_RAW, 0, &error);
		if (!c->regex) {
			LOG(srv, ERROR, "failed to compile regex \"%s\": %s", c->text->str, error->message);
			g_error_free(error);
			fine = FALSE;
		}
	}
	if (fine) return c;
	condition_release(c);
	return NULL;
}

/* What it looks at may be on its way. */
liHandlerResult condition_is_ready(struct vrequest *vr, const struct condition *c) {
	if (c->subject != SUBJECT_STATUS && c->subject != SUBJECT_RESPONSE_HEADER) return LI_HANDLER_GO_ON;
	if (vr->pub.state >= LI_VRS_HANDLE_RESPONSE_HEADERS) return LI_HANDLER_GO_ON;
	if (vr->pub.state != LI_VRS_HANDLE_REQUEST_HEADERS) return LI_HANDLER_WAIT_FOR_EVENT;
	VR_LOG(vr, ERROR, "no content handler stands before a condition on the response");
	return LI_HANDLER_ERROR;
}

void condition_acquire(struct condition *c) { g_atomic_int_inc(&c->refcount); }

void condition_release(struct condition *c) {
	if (!c || !g_atomic_int_dec_and_test(&c->refcount)) return;
	if (c->key) g_string_free(c->key, TRUE);
	if (c->text) g_string_free(c->text, TRUE);
	if (c->regex) g_regex_unref(c->regex);
	g_free(c);
}

gboolean condition_uses_regex(const struct condition *c) { return c->regex != NULL; }

/* What matched is kept for patterns after the condition, whether or not that held. */
static gboolean match(struct vrequest *vr, const struct condition *c, GString *subject) {
	liActionRegexStackElement e = { subject, NULL };
	gboolean matched = g_regex_match(c->regex, subject->str, 0, &e.match_info);
	if (matched) {
		g_array_append_val(vr->pub.action_stack.regex_stack, e);
	} else {
		g_match_info_free(e.match_info);
		g_string_free(subject, TRUE);
	}
	return matched;
}

gboolean condition_check(struct vrequest *vr, const struct condition *c) {
	GString *text = g_string_new(NULL);
	gint64 number = 0;
	gboolean is_text = subject_text(vr, c->subject, c->key, text, &number);
	gboolean result = FALSE;
	if (c->op == '?') {
		result = is_text ? text->len > 0 : number != 0;
	} else if (c->against_number) {
		if (is_text) number = g_ascii_strtoll(text->str, NULL, 10);
		result = c->op == '=' ? number == c->number : (c->op == '<' ? number < c->number : number <= c->number);
	} else {
		if (!is_text) g_string_append_printf(text, "%" G_GINT64_FORMAT, number);
		switch (c->op) {
		case '=': result = g_string_equal(text, c->text); break;
		case '^': result = g_str_has_prefix(text->str, c->text->str); break;
		case '$': result = g_str_has_suffix(text->str, c->text->str); break;
		default: return match(vr, c, text) != c->negated;
		}
	}
	g_string_free(text, TRUE);
	return result != c->negated;
}
