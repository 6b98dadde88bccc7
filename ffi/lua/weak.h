/* A server without Lua must be able to load the plugin, so no function of Lua is
 * required by name. Which of them are functions differs between versions. */
#ifndef MMC_LUA_WEAK_H
#define MMC_LUA_WEAK_H

#pragma weak li_lua_get_vrequest
#pragma weak luaL_error
#pragma weak luaL_ref
#pragma weak luaL_unref
#pragma weak lua_checkstack
#pragma weak lua_createtable
#pragma weak lua_getfield
#pragma weak lua_getmetatable
#pragma weak lua_gettop
#pragma weak lua_isstring
#pragma weak lua_pushboolean
#pragma weak lua_pushcclosure
#pragma weak lua_pushfstring
#pragma weak lua_pushinteger
#pragma weak lua_pushlightuserdata
#pragma weak lua_pushlstring
#pragma weak lua_pushnil
#pragma weak lua_pushnumber
#pragma weak lua_pushstring
#pragma weak lua_pushvalue
#pragma weak lua_rawequal
#pragma weak lua_rawget
#pragma weak lua_rawgeti
#pragma weak lua_rawset
#pragma weak lua_rawseti
#pragma weak lua_setfield
#pragma weak lua_setmetatable
#pragma weak lua_settop
#pragma weak lua_tolstring
#pragma weak lua_touserdata
#pragma weak lua_type
#pragma weak lua_typename

#if LUA_VERSION_NUM < 502
#pragma weak lua_call
#pragma weak lua_pcall
#pragma weak lua_tointeger
#pragma weak lua_tonumber
#else
#pragma weak lua_callk
#pragma weak lua_copy
#pragma weak lua_getglobal
#pragma weak lua_pcallk
#pragma weak lua_setglobal
#pragma weak lua_tointegerx
#pragma weak lua_tonumberx
#endif

#if LUA_VERSION_NUM < 503
#pragma weak lua_insert
#pragma weak lua_remove
#pragma weak lua_replace
#else
#pragma weak lua_isinteger
#pragma weak lua_rotate
#endif

#if LUA_VERSION_NUM < 504
#pragma weak lua_newuserdata
#else
#pragma weak lua_newuserdatauv
#endif

#endif
