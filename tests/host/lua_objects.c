/* What a script sees of a request: vr, vr.con, vr.req, vr.req.uri, vr.resp, headers,
 * vr.env, vr.out. */
#include "lua_host.h"

enum kind {
	VR,
	CON,
	REQ,
	URI_OBJECT,
	RESP,
	HEADERS,
	ENV,
	OUT,
	KINDS
};
static const char *const kinds[] = { "vrequest", "coninfo", "request", "uri", "response", "headers", "environment", "chunkqueue" };

struct object {
	enum kind kind;
	gpointer target;
};

static void push(lua_State *L, enum kind kind, gpointer target) {
	struct object *o = lua_newuserdata(L, sizeof(*o));
	*o = (struct object){ kind, target };
	lua_getfield(L, LUA_REGISTRYINDEX, kinds[kind]);
	lua_setmetatable(L, -2);
}

void lua_push_vrequest(lua_State *L, struct vrequest *vr) { push(L, VR, vr); }

static gpointer get(lua_State *L, int at, enum kind kind) {
	struct object *o = lua_touserdata(L, at);
	if (!o || lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at)) return NULL;
	lua_getfield(L, LUA_REGISTRYINDEX, kinds[kind]);
	gboolean is_one = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return is_one ? o->target : NULL;
}

liVRequest *li_lua_get_vrequest(lua_State *L, int at) { return get(L, at, VR); }

static gpointer check(lua_State *L, enum kind kind) {
	gpointer target = get(L, 1, kind);
	if (!target) luaL_error(L, "expected a %s", kinds[kind]);
	return target;
}

static int push_string(lua_State *L, const GString *s) {
	lua_pushlstring(L, s->str, s->len);
	return 1;
}

static int vr_index(lua_State *L, const char *key) {
	struct vrequest *vr = check(L, VR);
	if (g_str_equal(key, "req"))
		push(L, REQ, vr);
	else if (g_str_equal(key, "con") && !vr->con)
		lua_pushnil(L);
	else if (g_str_equal(key, "con"))
		push(L, CON, vr->con);
	else if (g_str_equal(key, "resp"))
		push(L, RESP, vr);
	else if (g_str_equal(key, "env"))
		push(L, ENV, &vr->pub.env);
	else if (g_str_equal(key, "out") && !vr->pub.direct_out)
		lua_pushnil(L);
	else if (g_str_equal(key, "out"))
		push(L, OUT, vr->pub.direct_out);
	else if (g_str_equal(key, "is_handled"))
		lua_pushboolean(L, li_vrequest_is_handled(&vr->pub));
	else if (g_str_equal(key, "has_response"))
		lua_pushboolean(L, vr->pub.state >= LI_VRS_HANDLE_RESPONSE_HEADERS);
	else
		return 0;
	return 1;
}

static int con_index(lua_State *L, const char *key) {
	struct connection *con = check(L, CON);
	if (g_str_equal(key, "remote")) return push_string(L, con->remote_ip);
	return g_str_equal(key, "local") ? push_string(L, con->local_ip) : 0;
}

static int request_index(lua_State *L, const char *key) {
	struct vrequest *vr = check(L, REQ);
	if (g_str_equal(key, "headers"))
		push(L, HEADERS, vr->pub.request.headers);
	else if (g_str_equal(key, "uri"))
		push(L, URI_OBJECT, vr);
	else if (g_str_equal(key, "http_method"))
		return push_string(L, vr->pub.request.http_method_str);
	else if (g_str_equal(key, "http_version"))
		lua_pushstring(L, vr->http_version ? "HTTP/1.1" : "HTTP/1.0");
	else if (g_str_equal(key, "content_length"))
		lua_pushinteger(L, (lua_Integer)vr->content_length);
	else
		return 0;
	return 1;
}

static GString *uri_part(lua_State *L, const char *key) {
	static const char *const names[] = { "raw", "raw_path", "raw_orig_path", "scheme", "authority", "path", "query", "host" };
	struct vrequest *vr = check(L, URI_OBJECT);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i], key)) return ((GString **)URI(vr))[i];
	return NULL;
}

static int response_index(lua_State *L, const char *key) {
	struct vrequest *vr = check(L, RESP);
	if (g_str_equal(key, "headers"))
		push(L, HEADERS, vr->pub.response.headers);
	else if (g_str_equal(key, "status"))
		lua_pushinteger(L, vr->pub.response.http_status);
	else
		return 0;
	return 1;
}

static int headers_index(lua_State *L, const char *key) {
	GString *text = g_string_new(NULL);
	if (header_join(check(L, HEADERS), key, text))
		push_string(L, text);
	else
		lua_pushnil(L);
	g_string_free(text, TRUE);
	return 1;
}

static int env_index(lua_State *L, const char *key) {
	const GString *value = li_environment_get(check(L, ENV), key, strlen(key));
	if (value) return push_string(L, value);
	lua_pushnil(L);
	return 1;
}

/* Methods first, then what the object has under that name. */
static int on_index(lua_State *L) {
	enum kind kind = (enum kind)lua_tointeger(L, lua_upvalueindex(1));
	lua_getmetatable(L, 1);
	lua_pushvalue(L, 2);
	lua_rawget(L, -2);
	if (!lua_isnil(L, -1)) return 1;
	const char *key = luaL_checkstring(L, 2);
	const GString *part = NULL;
	int found = 0;
	switch (kind) {
	case VR: found = vr_index(L, key); break;
	case CON: found = con_index(L, key); break;
	case REQ: found = request_index(L, key); break;
	case RESP: found = response_index(L, key); break;
	case HEADERS: found = headers_index(L, key); break;
	case ENV: found = env_index(L, key); break;
	case URI_OBJECT:
		part = uri_part(L, key);
		found = part ? push_string(L, part) : 0;
		break;
	case OUT:
		found = g_str_equal(key, "is_closed");
		lua_pushboolean(L, ((liChunkQueue *)check(L, OUT))->is_closed);
		break;
	case KINDS: break;
	}
	return found ? 1 : luaL_error(L, "cannot read attribute %s in %s", key, kinds[kind]);
}

static int headers_set(lua_State *L) {
	size_t len, value_len;
	liHttpHeaders *headers = check(L, HEADERS);
	const char *key = luaL_checklstring(L, 2, &len);
	if (lua_isnoneornil(L, 3)) {
		li_http_header_remove(headers, key, len);
		return 0;
	}
	const char *value = luaL_checklstring(L, 3, &value_len);
	li_http_header_overwrite(headers, key, len, value, value_len);
	return 0;
}

static int env_set(lua_State *L) {
	size_t len, value_len;
	liEnvironment *env = check(L, ENV);
	const char *key = luaL_checklstring(L, 2, &len);
	if (lua_isnoneornil(L, 3)) {
		GString *name = g_string_new_len(key, (gssize)len);
		g_hash_table_remove(env->table, name);
		g_string_free(name, TRUE);
		return 0;
	}
	const char *value = luaL_checklstring(L, 3, &value_len);
	li_environment_set(env, key, len, value, value_len);
	return 0;
}

static int on_newindex(lua_State *L) {
	enum kind kind = (enum kind)lua_tointeger(L, lua_upvalueindex(1));
	const char *key = luaL_checkstring(L, 2);
	if (kind == HEADERS) return headers_set(L);
	if (kind == ENV) return env_set(L);
	if (kind == RESP && g_str_equal(key, "status")) {
		((struct vrequest *)check(L, RESP))->pub.response.http_status = (gint)luaL_checkinteger(L, 3);
		return 0;
	}
	GString *part = kind == URI_OBJECT ? uri_part(L, key) : NULL;
	if (!part) return luaL_error(L, "cannot write attribute %s in %s", key, kinds[kind]);
	g_string_assign(part, luaL_checkstring(L, 3));
	return 0;
}

static int vr_log(lua_State *L) {
	struct vrequest *vr = check(L, VR);
	GString *text = lua_text_of_arguments(L, 2);
	li_log_write(vr->pub.wrk->srv, vr->pub.wrk, &vr->pub.log_context, (liLogLevel)lua_tointeger(L, lua_upvalueindex(1)), LI_LOG_FLAG_TIMESTAMP, "(lua): %s", text->str);
	g_string_free(text, TRUE);
	return 0;
}

static int vr_handle_direct(lua_State *L) {
	lua_pushboolean(L, li_vrequest_handle_direct(check(L, VR)));
	return 1;
}

static int headers_add(lua_State *L) {
	size_t len, value_len;
	liHttpHeaders *headers = check(L, HEADERS);
	const char *key = luaL_checklstring(L, 2, &len), *value = luaL_checklstring(L, 3, &value_len);
	if (lua_toboolean(L, lua_upvalueindex(1)))
		header_append(headers, key, len, value, value_len);
	else
		li_http_header_insert(headers, key, len, value, value_len);
	return 0;
}

static int headers_clear(lua_State *L) {
	headers_reset(check(L, HEADERS));
	return 0;
}

static int out_add(lua_State *L) {
	size_t len;
	liChunkQueue *out = check(L, OUT);
	if (!lua_isstring(L, 2)) return luaL_error(L, "chunkqueue add expects simple string");
	const char *bytes = lua_tolstring(L, 2, &len);
	queue_append_bytes(out, bytes, len);
	return 0;
}

static const struct method {
	enum kind kind;
	const char *name;
	lua_CFunction function;
	int upvalue;
} methods[] = {
	{ VR, "print", vr_log, LI_LOG_LEVEL_ERROR },
	{ VR, "error", vr_log, LI_LOG_LEVEL_ERROR },
	{ VR, "warning", vr_log, LI_LOG_LEVEL_WARNING },
	{ VR, "info", vr_log, LI_LOG_LEVEL_INFO },
	{ VR, "debug", vr_log, LI_LOG_LEVEL_DEBUG },
	{ VR, "handle_direct", vr_handle_direct, 0 },
	{ HEADERS, "set", headers_set, 0 },
	{ HEADERS, "unset", headers_set, 0 },
	{ HEADERS, "insert", headers_add, FALSE },
	{ HEADERS, "append", headers_add, TRUE },
	{ HEADERS, "clear", headers_clear, 0 },
	{ ENV, "set", env_set, 0 },
	{ ENV, "unset", env_set, 0 },
	{ OUT, "add", out_add, 0 },
};

void lua_objects_init(lua_State *L) {
	for (int kind = 0; kind < KINDS; kind++) {
		luaL_newmetatable(L, kinds[kind]);
		lua_pushboolean(L, FALSE);
		lua_setfield(L, -2, "__metatable");
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, on_index, 1);
		lua_setfield(L, -2, "__index");
		lua_pushinteger(L, kind);
		lua_pushcclosure(L, on_newindex, 1);
		lua_setfield(L, -2, "__newindex");
		for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
			if ((int)methods[i].kind != kind) continue;
			if (methods[i].function == headers_add)
				lua_pushboolean(L, methods[i].upvalue);
			else
				lua_pushinteger(L, methods[i].upvalue);
			lua_pushcclosure(L, methods[i].function, 1);
			lua_setfield(L, -2, methods[i].name);
		}
		lua_pop(L, 1);
	}
}
