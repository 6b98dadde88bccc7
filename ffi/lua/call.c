/* Calls: commands of scripts whose answers are awaited. */
#include "api.h"

mmc_call *mmc_call_new(mmc_scripts *s, int ref, mmc_waker *waker, bool many) {
	mmc_call *call = g_new0(mmc_call, 1);
	*call = (mmc_call){ .scripts = s, .next = s->calls, .waker = waker, .ref = ref, .many = many };
	if (s->calls) s->calls->prev = call;
	s->calls = call;
	s->count++;
	return call;
}

void mmc_call_free(mmc_call *call) {
	mmc_scripts *s = call->scripts;
	if (call->prev) call->prev->next = call->next;
	else s->calls = call->next;
	if (call->next) call->next->prev = call->prev;
	s->count--;
	luaL_unref(s->LL->L, LUA_REGISTRYINDEX, call->ref);
	if (call->waker) mmc_waker_release(call->waker);
	g_free(call);
}
