/* The log: standard error, or files, by level. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

const char *const log_levels[LI_LOG_LEVEL_BACKEND + 1] = { "debug", "info", "warning", "error", "abort", "backend" };

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
	g_string_printf(line, "%s ", stamp);
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

static gboolean is_for_all(const liValue *level) {
	return value_type(level) == LI_VALUE_NONE || g_str_equal(level->data.string->str, "*");
}

static int level_of(const liValue *level) {
	for (int i = 0; i < (int)G_N_ELEMENTS(log_levels); i++)
		if (g_str_equal(level->data.string->str, log_levels[i])) return i;
	return -1;
}

/* A list of pairs, level => target: "stderr", a file's path, or "" for none;
 * `default` is for all levels that are not named. */
gboolean log_check_targets(struct server *srv, const liValue *pairs) {
	gboolean fine = value_type(pairs) == LI_VALUE_LIST;
	for (guint i = 0; fine && i < value_len(pairs); i++) {
		const liValue *level = value_at(value_at(pairs, i), 0), *target = value_at(value_at(pairs, i), 1);
		gboolean named = value_type(level) == LI_VALUE_STRING;
		fine = value_len(value_at(pairs, i)) == 2 && value_type(target) == LI_VALUE_STRING && (named || value_type(level) == LI_VALUE_NONE);
		if (fine && !is_for_all(level) && level_of(level) < 0) {
			LOG(srv, ERROR, "unknown log level '%s'", level->data.string->str);
			return FALSE;
		}
	}
	if (!fine) LOG(srv, ERROR, "log expects a list of pairs, level => target");
	return fine;
}

gboolean log_set_targets(struct server *srv, const liValue *pairs) {
	if (!log_check_targets(srv, pairs)) return FALSE;
	for (int named = 0; named < 2; named++) {
		for (guint i = 0; i < value_len(pairs); i++) {
			const liValue *level = value_at(value_at(pairs, i), 0), *target = value_at(value_at(pairs, i), 1);
			if (is_for_all(level) == (named == 1)) continue;
			for (int l = 0; l < (int)G_N_ELEMENTS(log_levels); l++) {
				if (named && l != level_of(level)) continue;
				g_free(srv->log_targets[l]);
				srv->log_targets[l] = g_strdup(target->data.string->str);
			}
		}
	}
	return TRUE;
}
