/* Prints the facts as the headers have them that this is compiled with. Not a
 * part of the plugin: what it prints for our headers and for real ones must be
 * the same, and here a difference is shown instead of ending the build. */
#include <lighttpd/base.h>
#include <lighttpd/core_lua.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE(type, bytes) printf("size %s %zu\n", #type, sizeof(type));
#define OFFSET(type, member, bytes) printf("offset %s.%s %zu\n", #type, #member, offsetof(type, member));
#define NUMBER(name, value) printf("number %s %lld\n", #name, (long long)(name));
#define FUNCTION(name, result, parameters) \
	printf("function %s is%s %s\n", #name, __builtin_types_compatible_p(__typeof__(name), result parameters) ? "" : " not", #result " " #parameters);
#define CALLBACK(type, result, parameters) \
	printf("callback %s is%s %s\n", #type, __builtin_types_compatible_p(type, result(*) parameters) ? "" : " not", #result " " #parameters);

int main(void) {
#include "abi.def"
	return 0;
}
