/* Lua, of whichever version the process has: 5.1 to 5.5, or none, so nothing is required by
 * name. What the versions have in common is declared by functions.def, and what they do in
 * other ways is done by functions whose names begin with any_; `mmc_lua` tells them apart.
 * Lua's own headers would tie the plugin to one of them. */
#ifndef MMC_LUA_LUA_H
#define MMC_LUA_LUA_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "../lua_vrequest.h"

typedef double lua_Number;
/* As long in 5.1 and 5.2, where it is a ptrdiff_t. */
typedef long long lua_Integer;
_Static_assert(sizeof(lua_Integer) == sizeof(ptrdiff_t), "a machine of 64 bits");
typedef int (*lua_CFunction)(lua_State *);
typedef intptr_t lua_KContext;
typedef int (*lua_KFunction)(lua_State *, int, lua_KContext);

#define FUNCTION(first, last, result, alias, name, parameters) \
	result alias parameters __asm__(#name) __attribute__((weak));
#include "functions.def"
#undef FUNCTION
#pragma weak li_lua_get_vrequest

#define LUA_TNIL 0
#define LUA_TNUMBER 3
#define LUA_TSTRING 4
#define LUA_TTABLE 5
#define LUA_TFUNCTION 6
#define LUA_TUSERDATA 7
#define LUA_MINSTACK 20

/* Which Lua it is, 501 to 505, once mmc_lua_find has found that; 0 without one. */
extern int mmc_lua;
/* Finds that out for the Lua of this state; 0 if scripts cannot use the API. */
int mmc_lua_find(lua_State *);

/* Indices that are no places on the stack. */
#define MMC_GLOBALS_51 (-10002)
static inline int mmc_registry(void) {
	if (mmc_lua == 501) return -10000;
	return mmc_lua < 505 ? -1001000 : -(INT_MAX / 2 + 1000);
}
#define LUA_REGISTRYINDEX (mmc_registry())
static inline int lua_upvalueindex(int i) {
	return (mmc_lua == 501 ? MMC_GLOBALS_51 : mmc_registry()) - i;
}

static inline void any_call(lua_State *L, int arguments, int results) {
	if (mmc_lua == 501) call_51(L, arguments, results);
	else if (mmc_lua == 502) callk_52(L, arguments, results, 0, NULL);
	else callk_53(L, arguments, results, 0, NULL);
}

static inline int any_pcall(lua_State *L, int arguments, int results, int handler) {
	if (mmc_lua == 501) return pcall_51(L, arguments, results, handler);
	if (mmc_lua == 502) return pcallk_52(L, arguments, results, handler, 0, NULL);
	return pcallk_53(L, arguments, results, handler, 0, NULL);
}

static inline void any_getglobal(lua_State *L, const char *name) {
	if (mmc_lua == 501) lua_getfield(L, MMC_GLOBALS_51, name);
	else getglobal_52(L, name);
}

static inline void any_setglobal(lua_State *L, const char *name) {
	if (mmc_lua == 501) lua_setfield(L, MMC_GLOBALS_51, name);
	else setglobal_52(L, name);
}

static inline lua_Integer any_tointeger(lua_State *L, int at) {
	return mmc_lua == 501 ? tointeger_51(L, at) : tointegerx_52(L, at, NULL);
}

static inline lua_Number any_tonumber(lua_State *L, int at) {
	return mmc_lua == 501 ? tonumber_51(L, at) : tonumberx_52(L, at, NULL);
}

/* Before 5.3 every number is a floating-point one. */
static inline int mmc_has_integers(void) { return mmc_lua >= 503; }

static inline int any_isinteger(lua_State *L, int at) { return mmc_has_integers() && isinteger_53(L, at); }

static inline void any_insert(lua_State *L, int at) {
	if (mmc_lua < 503) insert_51(L, at);
	else rotate_53(L, at, 1);
}

static inline void any_remove(lua_State *L, int at) {
	if (mmc_lua < 503) {
		remove_51(L, at);
	} else {
		rotate_53(L, at, -1);
		lua_settop(L, -2);
	}
}

static inline void any_replace(lua_State *L, int at) {
	if (mmc_lua < 503) {
		replace_51(L, at);
	} else {
		copy_53(L, -1, at);
		lua_settop(L, -2);
	}
}

static inline void any_rawgeti(lua_State *L, int at, int i) {
	if (mmc_lua < 503) rawgeti_51(L, at, i);
	else rawgeti_53(L, at, i);
}

static inline void any_rawseti(lua_State *L, int at, int i) {
	if (mmc_lua < 503) rawseti_51(L, at, i);
	else rawseti_53(L, at, i);
}

static inline void *any_newuserdata(lua_State *L, size_t size) {
	return mmc_lua < 504 ? newuserdata_51(L, size) : newuserdatauv_54(L, size, 1);
}

#endif
