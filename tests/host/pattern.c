/* Patterns: text with %{req.path}, %1 for captures, $1 for what the caller says,
 * ranges %[1-3], escapes by backslash. */
#include "host.h"

struct part {
	enum {
		PART_TEXT,
		PART_SUBJECT,
		PART_NTH,
		PART_CAPTURE
	} kind;
	GString *text; /* or the subject's key */
	enum subject subject;
	gboolean encoded;
	guint from, to;
};

static void part_clear(gpointer data) {
	struct part *p = data;
	if (p->text) g_string_free(p->text, TRUE);
}

/* "1]", "1-3]", "-3]", "1-]" */
static const char *range(const char *s, struct part *p) {
	char *end;
	gboolean has_from = g_ascii_isdigit(*s);
	p->from = has_from ? (guint)g_ascii_strtoull(s, &end, 10) : G_MAXUINT;
	if (has_from) s = end;
	p->to = p->from;
	if (*s == '-') {
		gboolean has_to = g_ascii_isdigit(*++s);
		if (!has_from && !has_to) return NULL;
		p->to = has_to ? (guint)g_ascii_strtoull(s, &end, 10) : G_MAXUINT;
		if (has_to) s = end;
	} else if (!has_from) {
		return NULL;
	}
	return *s == ']' ? s + 1 : NULL;
}

/* "req.header[X]}" */
static const char *subject(const char *s, struct part *p) {
	p->kind = PART_SUBJECT;
	if (g_str_has_prefix(s, "enc:")) {
		p->encoded = TRUE;
		s += 4;
	}
	gsize len = strcspn(s, "[}");
	p->subject = subject_from_name(s, len);
	if (p->subject == SUBJECT_NONE) return NULL;
	s += len;
	if (*s == '[') {
		gsize key_len = strcspn(++s, "]");
		if (!key_len || s[key_len] != ']') return NULL;
		p->text = g_string_new_len(s, (gssize)key_len);
		s += key_len + 1;
	}
	if (*s != '}' || (subject_has_key(p->subject) && !p->text)) return NULL;
	return s + 1;
}

static const char *placeholder(const char *s, struct part *p) {
	p->kind = *s == '$' ? PART_NTH : PART_CAPTURE;
	char next = *++s;
	if (g_ascii_isdigit(next)) {
		p->from = p->to = (guint)(next - '0');
		return s + 1;
	}
	if (next == '[') return range(s + 1, p);
	return next == '{' && p->kind == PART_CAPTURE ? subject(s + 1, p) : NULL;
}

static const char *literal(const char *s, struct part *p) {
	p->kind = PART_TEXT;
	p->text = g_string_new(NULL);
	for (; *s && *s != '$' && *s != '%'; s++) {
		if (*s == '\\' && (!*++s || !strchr("\\?$%", *s))) return NULL;
		g_string_append_c(p->text, *s);
	}
	return s;
}

liPattern *li_pattern_new(liServer *srv, const gchar *text) {
	GArray *parts = g_array_new(FALSE, TRUE, sizeof(struct part));
	g_array_set_clear_func(parts, part_clear);
	for (const char *s = text; *s;) {
		struct part p = { 0 };
		s = *s == '$' || *s == '%' ? placeholder(s, &p) : literal(s, &p);
		g_array_append_val(parts, p);
		if (!s) {
			LOG(SERVER(srv), ERROR, "could not parse pattern: \"%s\"", text);
			li_pattern_free(parts);
			return NULL;
		}
	}
	return parts;
}

void li_pattern_free(liPattern *pattern) {
	if (pattern) g_array_free(pattern, TRUE);
}

void li_pattern_eval(liVRequest *vr, GString *out, liPattern *pattern, liPatternCB nth, gpointer nth_data, liPatternCB capture, gpointer capture_data) {
	for (guint i = 0; i < pattern->len; i++) {
		struct part *p = &g_array_index(pattern, struct part, i);
		switch (p->kind) {
		case PART_TEXT:
			string_append(out, p->text);
			break;
		case PART_NTH:
			if (nth) nth(out, p->from, p->to, nth_data);
			break;
		case PART_CAPTURE:
			if (capture) capture(out, p->from, p->to, capture_data);
			break;
		case PART_SUBJECT: {
			GString *text = g_string_new(NULL);
			gint64 number;
			if (!subject_text(VREQUEST(vr), p->subject, p->text, text, &number)) g_string_append_printf(text, "%" G_GINT64_FORMAT, number);
			if (p->encoded)
				url_encode(out, text->str);
			else
				g_string_append(out, text->str);
			g_string_free(text, TRUE);
			break;
		}
		}
	}
}

void li_pattern_regex_cb(GString *out, guint from, guint to, gpointer data) {
	GMatchInfo *match = data;
	if (!match) return;
	guint count = (guint)MAX(g_match_info_get_match_count(match), 0);
	if (!count) return;
	gboolean down = from > to;
	guint first = MIN(from, count - 1), last = MIN(to, count - 1);
	if (!down && from >= count) return;
	for (guint i = first;; i = down ? i - 1 : i + 1) {
		gint start, end;
		if (g_match_info_fetch_pos(match, (gint)i, &start, &end) && start >= 0)
			g_string_append_len(out, g_match_info_get_string(match) + start, end - start);
		if (i == last) return;
	}
}

/* Evaluated with the last condition's captures. */
void pattern_append(struct vrequest *vr, GString *out, liPattern *pattern) {
	li_pattern_eval(&vr->pub, out, pattern, NULL, NULL, li_pattern_regex_cb, last_captures(vr));
}
