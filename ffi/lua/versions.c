/* Which Lua the process has. It may be none, or another one than the headers
 * that this was compiled with. */
#include "api.h"

/* Each of these functions came with one version, and later ones have it too; the
 * first exists up to 5.1 only. */
extern const char has_setfenv[] __asm__("lua_setfenv") __attribute__((weak));
extern const char has_callk[] __asm__("lua_callk") __attribute__((weak));
extern const char has_rotate[] __asm__("lua_rotate") __attribute__((weak));
extern const char has_newuserdatauv[] __asm__("lua_newuserdatauv") __attribute__((weak));
extern const char has_openselectedlibs[] __asm__("luaL_openselectedlibs") __attribute__((weak));

int mmc_lua_version_of_host(void) {
	if (has_openselectedlibs) return 505;
	if (has_newuserdatauv) return 504;
	if (has_rotate) return 503;
	if (has_callk) return 502;
	return has_setfenv ? 501 : 0;
}
