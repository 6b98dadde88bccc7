/* The log: standard error, or files, by level. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

static const char *const levels[] = { "debug", "info", "warning", "error", "abort", "backend" };

gboolean li_log_write(liServer *server, liWorker *wrk, liLogContext *context, liLogLevel level, guint flags, const gchar *format, ...) {
	(void)context;
	(void)flags;
	struct server *srv = SERVER(server ? server : wrk->srv);
	const char *target = srv->log_targets[level];
	if (!target || !*target) return TRUE;
	char stamp[64];
	time_t now = time(NULL);
	struct tm tm;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%d/%b/%Y %H:%M:%S %Z", &tm);
	GString *line = g_string_new(NULL);
	g_string_printf(line, "%s (%s) ", stamp, levels[level]);
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(line, format, args);
	va_end(args);
	g_string_append_c(line, '\n');
	int fd = STDERR_FILENO;
	g_mutex_lock(&srv->log_lock);
	if (target[0] == '/') fd = open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	gboolean written = fd >= 0 && write(fd, line->str, line->len) == (ssize_t)line->len;
	if (fd >= 0 && fd != STDERR_FILENO) close(fd);
	g_mutex_unlock(&srv->log_lock);
	g_string_free(line, TRUE);
	return written;
}

static void set(struct server *srv, guint level, const char *target) {
	g_free(srv->log_targets[level]);
	srv->log_targets[level] = g_strdup(target);
}

/* A list of pairs, level => target: "stderr", a file's path, or nothing; "*" is
 * for the levels that are not named, "default" likewise. */
gboolean log_set_targets(struct server *srv, const liValue *pairs) {
	for (int named = 0; named < 2; named++) {
		for (guint i = 0; i < value_len(pairs); i++) {
			liValue *pair = value_at(pairs, i);
			if (value_len(pair) != 2 || value_type(value_at(pair, 1)) != LI_VALUE_STRING) return FALSE;
			const char *level = value_type(value_at(pair, 0)) == LI_VALUE_STRING ? value_at(pair, 0)->data.string->str : "*";
			const char *target = value_at(pair, 1)->data.string->str;
			gboolean all = g_str_equal(level, "*") || g_str_equal(level, "default");
			if (all == (named == 1)) continue;
			gboolean known = all;
			for (guint l = 0; l < G_N_ELEMENTS(levels); l++) {
				if (!all && !g_str_equal(level, levels[l])) continue;
				set(srv, l, target);
				known = TRUE;
			}
			if (!known) {
				LOG(srv, ERROR, "unknown log level '%s'", level);
				return FALSE;
			}
		}
	}
	return TRUE;
}
