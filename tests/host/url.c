/* Paths of URLs: decoding, encoding, dots. */
#include "host.h"

/* As the real server does it: control bytes become underscores, an escape that
 * is none is left out. */
void url_decode(GString *s) {
	gsize to = 0;
	for (gsize from = 0; from < s->len; from++) {
		guchar c = (guchar)s->str[from];
		if (c == '%' && from + 2 < s->len) {
			int high = g_ascii_xdigit_value(s->str[from + 1]), low = g_ascii_xdigit_value(s->str[from + 2]);
			from += 2;
			if (high < 0 || low < 0) continue;
			c = (guchar)(high * 16 + low);
		}
		s->str[to++] = c < 32 || c == 127 ? '_' : (char)c;
	}
	g_string_truncate(s, to);
}

void url_encode(GString *out, const char *s) {
	for (; *s; s++) {
		if (g_ascii_isalnum(*s) || strchr("-._/!()*", *s))
			g_string_append_c(out, *s);
		else
			g_string_append_printf(out, "%%%02x", (guchar)*s);
	}
}

/* Takes "//", "/./" and "/../" out. */
void path_simplify(GString *path) {
	gchar **parts = g_strsplit(path->str, "/", -1);
	GPtrArray *kept = g_ptr_array_new();
	gboolean folder = FALSE;
	for (gchar **p = parts; *p; p++) {
		folder = g_str_equal(*p, "") || g_str_equal(*p, ".") || g_str_equal(*p, "..");
		if (!folder)
			g_ptr_array_add(kept, *p);
		else if (g_str_equal(*p, "..") && kept->len > 0)
			g_ptr_array_set_size(kept, (gint)kept->len - 1);
	}
	g_string_truncate(path, 0);
	for (guint i = 0; i < kept->len; i++) g_string_append_printf(path, "/%s", (char *)g_ptr_array_index(kept, i));
	if (folder || path->len == 0) g_string_append_c(path, '/');
	g_ptr_array_free(kept, TRUE);
	g_strfreev(parts);
}
