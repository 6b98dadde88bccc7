/* A program that tests/lua_versions.rs links with each version of Lua: prints which one it
 * has found, and fails if something is not alike in all of them. */
#include "versions.c"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of Lua, and needed here alone. */
lua_State *luaL_newstate(void);
/* Of the host: that it is there is one condition. */
liVRequest *li_lua_get_vrequest(lua_State *L, int at) {
	(void)L;
	(void)at;
	return NULL;
}

#define CHECK(is) \
	do { \
		if (!(is)) { \
			printf("%d: %s\n", __LINE__, #is); \
			exit(1); \
		} \
	} while (0)

static bool is(lua_State *L, int at, const char *text) {
	const char *there = lua_tolstring(L, at, NULL);
	return there && strcmp(there, text) == 0;
}

/* Gives its upvalue and its argument; raises an error without one. */
static int function(lua_State *L) {
	if (lua_gettop(L) == 0) return luaL_error(L, "no %s", "argument");
	lua_pushvalue(L, lua_upvalueindex(1));
	any_insert(L, 1);
	return 2;
}

int main(void) {
	lua_State *L = luaL_newstate();
	CHECK(L && mmc_lua_find(L));

	/* A call through a global variable, and what it raises. */
	lua_pushstring(L, "upvalue");
	lua_pushcclosure(L, function, 1);
	any_setglobal(L, "name");
	any_getglobal(L, "name");
	lua_pushinteger(L, 7);
	any_call(L, 1, 2);
	CHECK(lua_gettop(L) == 2 && is(L, 1, "upvalue") && any_tointeger(L, 2) == 7 && any_tonumber(L, 2) == 7.0);
	CHECK((any_isinteger(L, 2) != 0) == (mmc_has_integers() != 0));
	any_getglobal(L, "name");
	CHECK(any_pcall(L, 0, 0, 0) != 0 && is(L, -1, "no argument"));
	lua_settop(L, 0);

	/* The stack: a b c, with each of the three ways to change it. */
	for (const char *s = "abc"; *s; s++) lua_pushlstring(L, s, 1);
	any_insert(L, 1);
	CHECK(is(L, 1, "c") && is(L, 2, "a") && is(L, 3, "b"));
	any_replace(L, 1);
	CHECK(lua_gettop(L) == 2 && is(L, 1, "b") && is(L, 2, "a"));
	any_remove(L, 1);
	CHECK(lua_gettop(L) == 1 && is(L, 1, "a"));

	/* Tables, the registry among them. */
	lua_createtable(L, 2, 0);
	lua_pushvalue(L, 1);
	any_rawseti(L, 2, 2);
	any_rawgeti(L, 2, 2);
	CHECK(is(L, -1, "a"));
	int ref = luaL_ref(L, LUA_REGISTRYINDEX);
	any_rawgeti(L, LUA_REGISTRYINDEX, ref);
	CHECK(is(L, -1, "a") && lua_type(L, 2) == LUA_TTABLE);
	luaL_unref(L, LUA_REGISTRYINDEX, ref);

	void *memory = any_newuserdata(L, 100);
	CHECK(memory == lua_touserdata(L, -1) && lua_type(L, -1) == LUA_TUSERDATA);
	printf("%d\n", mmc_lua);
	return 0;
}
