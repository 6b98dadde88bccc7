/* Says the facts as the headers have them that this is compiled with: as comments of
 * the assembler, so that nothing need be run and a compiler for another machine
 * will do. Not a part of the plugin. */
#include <lighttpd/base.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>
#include <stddef.h>

#include "lua_vrequest.h"

/* Releases of clang-format differ about these colons. */
/* clang-format off */
#define SAY(what, number) __asm__ volatile("# fact: " what " %c0" : : "i"(number));
/* clang-format on */
#define SIZE(type, bytes) SAY("size " #type, sizeof(type))
#define OFFSET(type, member, bytes) SAY("offset " #type "." #member, offsetof(type, member))
#define NUMBER(name, value) SAY("number " #name, (long long)(name))
#define FUNCTION(name, result, parameters) \
	SAY("function " #name ": " #result " " #parameters, __builtin_types_compatible_p(__typeof__(name), result parameters))
#define CALLBACK(type, result, parameters) \
	SAY("callback " #type ": " #result " " #parameters, __builtin_types_compatible_p(type, result(*) parameters))

void facts(void);
void facts(void) {
#include "abi.def"
}
