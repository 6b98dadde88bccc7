/* Which servers a script means. What it says becomes bytes that a connection keeps; Rust
 * says whether they are any good, and finds the servers anew for each command. */
#include <math.h>
#include <string.h>

#include "api.h"

static const char new_form[] = "memcached.new(address, ...) or memcached.new({address, ...}, [options])";
static const char pool_form[] = "memcached.pool(name)";

/* So many shares of the keys a server may have. */
#define WEIGHT_MAX 1000
/* 30 days: memcached takes more for a date. */
#define FAILOVER_TTL_MAX (30 * 24 * 60 * 60)

/* Fields are collected in a table, the last one from the top of the stack. */
typedef struct {
	int table, count;
} fields;

static const char *type_name(lua_State *L, int at) { return lua_typename(L, lua_type(L, at)); }

static fields new_fields(lua_State *L, const char *kind) {
	lua_createtable(L, 8, 0);
	fields f = { .table = lua_gettop(L), .count = 1 };
	lua_pushstring(L, kind);
	any_rawseti(L, f.table, 1);
	return f;
}

static void add_field(lua_State *L, fields *f) { any_rawseti(L, f->table, ++f->count); }

/* Adds the text at a place of the stack. */
static void add_text(lua_State *L, fields *f, int at, const char *form, const char *what) {
	if (lua_type(L, at) != LUA_TSTRING) luaL_error(L, "%s: %s must be a string, not a %s", form, what, type_name(L, at));
	size_t len;
	const char *text = lua_tolstring(L, at, &len);
	if (strlen(text) != len) luaL_error(L, "%s: %s with a zero in it: \"%s\"", form, what, text);
	lua_pushvalue(L, at);
	add_field(L, f);
}

/* Adds the whole number at the top of the stack, from 1 to `most`. */
static void add_number(lua_State *L, fields *f, const char *what, int most) {
	int at = lua_gettop(L);
	double number = lua_type(L, at) == LUA_TNUMBER ? (double)any_tonumber(L, at) : 0;
	if (!(number >= 1 && number <= most && floor(number) == number))
		luaL_error(L, "%s: %s must be a whole number from 1 to %d", new_form, what, most);
	lua_pushfstring(L, "%d", (int)number);
	add_field(L, f);
}

/* Adds hash, failover and failover_ttl of the table at `at`, or that there are none. */
static void add_options(lua_State *L, fields *f, int at) {
	static const char *const names[] = { "hash", "failover", "failover_ttl" };
	int top = lua_gettop(L);
	bool given = at && lua_type(L, at) != LUA_TNIL;
	if (given && lua_type(L, at) != LUA_TTABLE)
		luaL_error(L, "%s: options must be a table, not a %s", new_form, type_name(L, at));
	size_t known = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		lua_pushstring(L, names[i]);
		if (given) {
			lua_rawget(L, at);
		} else {
			lua_settop(L, top);
			lua_pushnil(L);
		}
		if (lua_type(L, -1) == LUA_TNIL) {
			lua_pushstring(L, "");
			add_field(L, f);
		} else {
			known++;
			if (i == 2) add_number(L, f, names[i], FAILOVER_TTL_MAX);
			else add_text(L, f, lua_gettop(L), new_form, names[i]);
		}
		lua_settop(L, top);
	}
	if (!given) return;
	lua_pushnil(L);
	while (lua_next(L, at)) {
		if (known-- == 0) luaL_error(L, "%s: options are hash, failover and failover_ttl", new_form);
		lua_settop(L, top + 1);
	}
	lua_settop(L, top);
}

/* Adds the servers of the list at `at`, which has so many entries. */
static void add_list(lua_State *L, fields *f, int at, int count) {
	int top = lua_gettop(L);
	for (int i = 1; i <= count; i++) {
		any_rawgeti(L, at, i);
		add_text(L, f, top + 1, new_form, "address");
		lua_pushstring(L, "1");
		add_field(L, f);
		lua_settop(L, top);
	}
}

/* Adds those of a table of weights. */
static void add_weights(lua_State *L, fields *f, int at) {
	int top = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, at)) {
		add_text(L, f, top + 1, new_form, "address");
		add_number(L, f, "a weight", WEIGHT_MAX);
		lua_settop(L, top + 1);
	}
	lua_settop(L, top);
}

/* The result is a connection to the servers of the fields. */
static int make_connection(lua_State *L, const fields *f, const char *form) {
	size_t len = 0;
	for (int i = 1; i <= f->count; i++) {
		size_t more;
		any_rawgeti(L, f->table, i);
		lua_tolstring(L, -1, &more);
		len += more + 1;
		lua_settop(L, f->table);
	}
	mmc_connection *con = any_newuserdata(L, sizeof(mmc_connection) + len);
	con->len = 0;
	for (int i = 1; i <= f->count; i++) {
		size_t more;
		any_rawgeti(L, f->table, i);
		const char *text = lua_tolstring(L, -1, &more);
		memcpy(con->servers + con->len, text, more + 1);
		con->len += more + 1;
		lua_settop(L, f->table + 1);
	}
	uint8_t error[400];
	size_t wrong = mmc_def()->scripts->connect((mmc_bytes){ con->servers, con->len }, error, sizeof(error));
	if (wrong) {
		lua_pushlstring(L, (const char *)error, wrong);
		return luaL_error(L, "%s: %s", form, lua_tolstring(L, -1, NULL));
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_setmetatable(L, -2);
	return 1;
}

static int of_table(lua_State *L, int given) {
	if (given > 2) return luaL_error(L, "%s: wrong number of arguments", new_form);
	int numbers = 0, names = 0;
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		if (lua_type(L, given + 1) == LUA_TNUMBER) numbers++;
		else names++;
		lua_settop(L, given + 1);
	}
	lua_settop(L, given);
	if (numbers && names) return luaL_error(L, "%s: all servers have a weight, or none has", new_form);
	fields f = new_fields(L, names ? "weights" : "list");
	add_options(L, &f, given == 2 ? 2 : 0);
	if (names) add_weights(L, &f, 1);
	else add_list(L, &f, 1, numbers);
	return make_connection(L, &f, new_form);
}

int mmc_connection_new(lua_State *L) {
	int given = lua_gettop(L);
	if (!given) return luaL_error(L, "%s: wrong number of arguments", new_form);
	if (lua_type(L, 1) == LUA_TTABLE) return of_table(L, given);
	fields f = new_fields(L, "list");
	add_options(L, &f, 0);
	for (int i = 1; i <= given; i++) {
		add_text(L, &f, i, new_form, "address");
		lua_pushstring(L, "1");
		add_field(L, &f);
	}
	return make_connection(L, &f, new_form);
}

int mmc_connection_pool(lua_State *L) {
	if (lua_gettop(L) != 1) return luaL_error(L, "%s: wrong number of arguments", pool_form);
	fields f = new_fields(L, "pool");
	add_text(L, &f, 1, pool_form, "name");
	return make_connection(L, &f, pool_form);
}
