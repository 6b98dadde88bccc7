/* Lines for the host's log. */
#include <stdarg.h>

#include "internal.h"

static const char *name_of(liLogLevel level) {
	switch (level) {
	case LI_LOG_LEVEL_DEBUG: return "debug";
	case LI_LOG_LEVEL_INFO: return "info";
	case LI_LOG_LEVEL_WARNING: return "warning";
	default: return "error";
	}
}

/* The host leaves the level to whoever logs. */
void mmc_log(liServer *srv, liWorker *wrk, liLogContext *context, liLogLevel level, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);
	va_end(args);
	li_log_write(srv, wrk, context, level, LI_LOG_FLAG_TIMESTAMP, "(%s) %s", name_of(level), text);
	g_free(text);
}

void mmc_server_log(mmc_server *srv, uint32_t level, mmc_bytes text) {
	mmc_log(SRV(srv), NULL, NULL, (liLogLevel)level, "%.*s", (int)text.len, (const char *)text.ptr);
}

void mmc_worker_log(mmc_worker *wrk, uint32_t level, mmc_bytes text) {
	mmc_log(WRK(wrk)->srv, WRK(wrk), NULL, (liLogLevel)level, "%.*s", (int)text.len, (const char *)text.ptr);
}

void mmc_request_log(mmc_request *r, uint32_t level, mmc_bytes text) {
	mmc_log(REQ(r)->wrk->srv, REQ(r)->wrk, &REQ(r)->log_context, (liLogLevel)level, "%.*s", (int)text.len, (const char *)text.ptr);
}
