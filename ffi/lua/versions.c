/* Which Lua the process has. */
#include "lua.h"

int mmc_lua;

/* Each of these functions came with one version, and later ones have it too; the
 * first exists up to 5.1 only. */
extern const char has_setfenv[] __asm__("lua_setfenv") __attribute__((weak));
extern const char has_callk[] __asm__("lua_callk") __attribute__((weak));
extern const char has_rotate[] __asm__("lua_rotate") __attribute__((weak));
extern const char has_newuserdatauv[] __asm__("lua_newuserdatauv") __attribute__((weak));
extern const char has_openselectedlibs[] __asm__("luaL_openselectedlibs") __attribute__((weak));

int mmc_lua_find(lua_State *L) {
	if (!li_lua_get_vrequest) return 0;
	int found = has_setfenv ? 501 : 0;
	if (has_callk) found = 502;
	if (has_rotate) found = 503;
	if (has_newuserdatauv) found = has_openselectedlibs ? 505 : 504;
	/* One that is newer than all that are known says so. */
	if (found >= 504 && version_54(L) != found) found = 0;
	mmc_lua = found;
	return found;
}
