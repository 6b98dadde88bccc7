/* Socket addresses as text: 1.2.3.4:80, [::1]:80, unix:/path; no host names. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "host.h"

static const liSocketAddress none = { 0, { NULL } };

static liSocketAddress copy(const void *addr, socklen_t len) {
	liSocketAddress a = { len, { g_memdup2(addr, len) } };
	return a;
}

/* "", or ":80" */
static gboolean port(const char *s, guint default_port, in_port_t *out) {
	guint64 n = default_port;
	if (*s) {
		char *end;
		if (s[0] != ':' || !g_ascii_isdigit(s[1])) return FALSE;
		n = g_ascii_strtoull(s + 1, &end, 10);
		if (*end || n > 65535) return FALSE;
		if (n == 0) n = default_port;
	}
	*out = htons((guint16)n);
	return TRUE;
}

liSocketAddress li_sockaddr_from_string(const GString *text, guint default_port) {
	const char *s = text->str;
	if (g_str_has_prefix(s, "unix:/")) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };
		if (text->len - 5 >= sizeof(un.sun_path)) return none;
		memcpy(un.sun_path, s + 5, text->len - 5);
		return copy(&un, sizeof(un));
	}
	char host[INET6_ADDRSTRLEN];
	gboolean bracket = *s == '[';
	if (bracket) s++;
	gboolean six = bracket || (strchr(s, ':') && strchr(strchr(s, ':') + 1, ':'));
	gsize len = strcspn(s, bracket ? "]" : (six ? "" : ":"));
	if (len >= sizeof(host)) return none;
	memcpy(host, s, len);
	host[len] = '\0';
	s += len;
	if (bracket && *s++ != ']') return none;
	if (six) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
		if (inet_pton(AF_INET6, host, &in6.sin6_addr) != 1 || !port(s, default_port, &in6.sin6_port)) return none;
		return copy(&in6, sizeof(in6));
	}
	struct sockaddr_in in = { .sin_family = AF_INET };
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1 || !port(s, default_port, &in.sin_port)) return none;
	return copy(&in, sizeof(in));
}

GString *li_sockaddr_to_string(liSocketAddress addr, GString *out, gboolean with_port) {
	if (!out) out = g_string_new(NULL);
	g_string_truncate(out, 0);
	char host[INET6_ADDRSTRLEN];
	if (!SOCKADDR(&addr)) return out;
	switch (SOCKADDR(&addr)->sa_family) {
	case AF_INET: {
		struct sockaddr_in in;
		memcpy(&in, addr.addr_up.raw, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		g_string_append(out, host);
		if (with_port) g_string_append_printf(out, ":%u", ntohs(in.sin_port));
		break;
	}
	case AF_INET6: {
		struct sockaddr_in6 in6;
		memcpy(&in6, addr.addr_up.raw, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		if (with_port)
			g_string_append_printf(out, "[%s]:%u", host, ntohs(in6.sin6_port));
		else
			g_string_append(out, host);
		break;
	}
	case AF_UNIX:
		g_string_append_printf(out, "unix:%s", ((struct sockaddr_un *)(void *)addr.addr_up.raw)->sun_path);
		break;
	default:
		break;
	}
	return out;
}

liSocketAddress li_sockaddr_dup(liSocketAddress addr) {
	if (!addr.addr_up.raw) return none;
	addr.addr_up.raw = g_memdup2(addr.addr_up.raw, addr.len);
	return addr;
}

void li_sockaddr_clear(liSocketAddress *addr) {
	g_free(addr->addr_up.raw);
	*addr = none;
}
