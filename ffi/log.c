/* Lines for the host's log. */
#include <stdarg.h>

#include "internal.h"

static const char *name_of(mmc_level level) {
	switch (level) {
	case MMC_LEVEL_DEBUG: return "debug";
	case MMC_LEVEL_WARNING: return "warning";
	default: return "error";
	}
}

/* What "%.*s" takes for a length. */
static int length_of(mmc_bytes text) { return text.len < G_MAXINT ? (int)text.len : G_MAXINT; }

/* The host leaves the level to whoever logs. */
void mmc_log(liServer *srv, liWorker *wrk, liLogContext *context, mmc_level level, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);
	va_end(args);
	li_log_write(srv, wrk, context, (liLogLevel)level, LI_LOG_FLAG_TIMESTAMP, "(%s) %s", name_of(level), text);
	g_free(text);
}

void mmc_server_log(mmc_server *srv, mmc_level level, mmc_bytes text) {
	mmc_log(SRV(srv), NULL, NULL, level, "%.*s", length_of(text), (const char *)text.ptr);
}

void mmc_worker_log(mmc_worker *wrk, mmc_level level, mmc_bytes text) {
	mmc_log(WRK(wrk)->srv, WRK(wrk), NULL, level, "%.*s", length_of(text), (const char *)text.ptr);
}

void mmc_request_log(mmc_request *r, mmc_level level, mmc_bytes text) {
	mmc_log(REQ(r)->wrk->srv, REQ(r)->wrk, &REQ(r)->log_context, level, "%.*s", length_of(text), (const char *)text.ptr);
}
