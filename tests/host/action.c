/* Actions and the stack of those that run. */
#include "host.h"

struct frame {
	liAction *action;
	gpointer context;
	guint position;
	gboolean finished, matched;
};

static liAction *action_new(enum action_kind kind) {
	liAction *a = g_new0(liAction, 1);
	a->refcount = 1;
	a->kind = kind;
	return a;
}

liAction *li_action_new_function(liActionFuncCB run, liActionCleanupCB cleanup, liActionFreeCB free, gpointer param) {
	liAction *a = action_new(ACTION_FUNCTION);
	a->run = run;
	a->cleanup = cleanup;
	a->free = free;
	a->param = param;
	return a;
}

liAction *action_new_list(void) {
	liAction *a = action_new(ACTION_LIST);
	a->list = g_ptr_array_new();
	return a;
}

/* Takes all three references over. */
liAction *action_new_condition(struct condition *c, liAction *then, liAction *otherwise) {
	liAction *a = action_new(ACTION_CONDITION);
	a->condition = c;
	a->then = then;
	a->otherwise = otherwise;
	return a;
}

void action_append(liAction *list, liAction *element) {
	if (element->kind == ACTION_NOTHING) return;
	li_action_acquire(element);
	g_ptr_array_add(list->list, element);
}

void li_action_acquire(liAction *a) { g_atomic_int_inc(&a->refcount); }

void li_action_release(liServer *srv, liAction *a) {
	if (!a || !g_atomic_int_dec_and_test(&a->refcount)) return;
	if (a->free) a->free(srv, a->param);
	if (a->list) {
		for (guint i = a->list->len; i-- > 0;) li_action_release(srv, g_ptr_array_index(a->list, i));
		g_ptr_array_free(a->list, TRUE);
	}
	condition_release(a->condition);
	li_action_release(srv, a->then);
	li_action_release(srv, a->otherwise);
	g_free(a);
}

static GArray *stack_of(struct vrequest *vr) { return vr->frames; }

static struct frame *top(struct vrequest *vr) {
	GArray *s = stack_of(vr);
	return s->len ? &g_array_index(s, struct frame, s->len - 1) : NULL;
}

void action_stack_init(struct vrequest *vr) {
	vr->frames = g_array_new(FALSE, TRUE, sizeof(struct frame));
	vr->pub.action_stack.regex_stack = g_array_new(FALSE, FALSE, sizeof(liActionRegexStackElement));
}

static void pop_captures(struct vrequest *vr) {
	GArray *captures = vr->pub.action_stack.regex_stack;
	if (!captures->len) return;
	liActionRegexStackElement *e = &g_array_index(captures, liActionRegexStackElement, captures->len - 1);
	g_match_info_free(e->match_info);
	if (e->string) g_string_free(e->string, TRUE);
	g_array_set_size(captures, captures->len - 1);
}

static void pop(struct vrequest *vr) {
	GArray *stack = stack_of(vr);
	struct frame f = g_array_index(stack, struct frame, stack->len - 1);
	g_array_set_size(stack, stack->len - 1);
	if (f.context && f.action->cleanup) f.action->cleanup(&vr->pub, f.action->param, f.context);
	if (f.matched) pop_captures(vr);
	li_action_release(vr->pub.wrk->srv, f.action);
}

void action_stack_reset(struct vrequest *vr) {
	while (top(vr)) pop(vr);
}

void action_stack_clear(struct vrequest *vr) {
	action_stack_reset(vr);
	g_array_free(vr->frames, TRUE);
	g_array_free(vr->pub.action_stack.regex_stack, TRUE);
}

void li_action_enter(liVRequest *pub, liAction *a) {
	struct frame f = { .action = a };
	li_action_acquire(a);
	g_array_append_val(stack_of(VREQUEST(pub)), f);
}

static liHandlerResult run_function(struct vrequest *vr, guint index) {
	liAction *a = top(vr)->action;
	/* It may enter others, which moves the frames, its context with them. */
	liHandlerResult result = a->run(&vr->pub, a->param, &top(vr)->context);
	struct frame *f = &g_array_index(stack_of(vr), struct frame, index);
	if (result == LI_HANDLER_GO_ON) f->finished = TRUE;
	/* One that waits and entered another runs again after that one. */
	if (result == LI_HANDLER_WAIT_FOR_EVENT && f != top(vr)) return LI_HANDLER_GO_ON;
	return result;
}

liHandlerResult action_execute(struct vrequest *vr) {
	for (struct frame *f; (f = top(vr));) {
		liAction *a = f->action;
		if (f->finished) {
			pop(vr);
			continue;
		}
		switch (a->kind) {
		case ACTION_NOTHING:
			pop(vr);
			break;
		case ACTION_LIST:
			if (f->position >= a->list->len)
				pop(vr);
			else
				li_action_enter(&vr->pub, g_ptr_array_index(a->list, f->position++));
			break;
		case ACTION_CONDITION: {
			liHandlerResult ready = condition_is_ready(vr, a->condition);
			if (ready == LI_HANDLER_ERROR) action_stack_reset(vr);
			if (ready != LI_HANDLER_GO_ON) return ready;
			f->finished = TRUE;
			f->matched = condition_uses_regex(a->condition);
			liAction *branch = condition_check(vr, a->condition) ? a->then : a->otherwise;
			if (branch) li_action_enter(&vr->pub, branch);
			break;
		}
		case ACTION_FUNCTION: {
			liHandlerResult result = run_function(vr, stack_of(vr)->len - 1);
			if (result == LI_HANDLER_ERROR) action_stack_reset(vr);
			if (result != LI_HANDLER_GO_ON) return result;
			break;
		}
		}
	}
	return LI_HANDLER_GO_ON;
}

GMatchInfo *last_captures(struct vrequest *vr) {
	GArray *captures = vr->pub.action_stack.regex_stack;
	return captures->len ? g_array_index(captures, liActionRegexStackElement, captures->len - 1).match_info : NULL;
}
