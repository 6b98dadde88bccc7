/* Values of the configuration. */
#include "host.h"

liValue *value_new(liValueType type) {
	liValue *v = g_new0(liValue, 1);
	v->type = type;
	if (type == LI_VALUE_LIST) v->data.list = g_ptr_array_new();
	return v;
}

liValue *value_new_string(const char *text, gsize len) {
	liValue *v = value_new(LI_VALUE_STRING);
	v->data.string = g_string_new_len(text, (gssize)len);
	return v;
}

liValue *value_new_number(gint64 n) {
	liValue *v = value_new(LI_VALUE_NUMBER);
	v->data.number = n;
	return v;
}

liValue *value_new_bool(gboolean b) {
	liValue *v = value_new(LI_VALUE_BOOLEAN);
	v->data.boolean = b;
	return v;
}

/* Takes the reference over. */
liValue *value_new_action(struct server *srv, liAction *action) {
	liValue *v = value_new(LI_VALUE_ACTION);
	v->data.val_action.srv = &srv->pub;
	v->data.val_action.action = action;
	return v;
}

liValue *value_copy(const liValue *v) {
	liValue *copy = g_new0(liValue, 1);
	*copy = *v;
	switch (v->type) {
	case LI_VALUE_STRING:
		copy->data.string = g_string_new_len(STR(v->data.string));
		break;
	case LI_VALUE_LIST:
		copy->data.list = g_ptr_array_new();
		for (guint i = 0; i < value_len(v); i++) g_ptr_array_add(copy->data.list, value_copy(value_at(v, i)));
		break;
	case LI_VALUE_ACTION:
		li_action_acquire(v->data.val_action.action);
		break;
	default:
		break;
	}
	return copy;
}

void value_free(liValue *v) {
	if (!v) return;
	switch (v->type) {
	case LI_VALUE_STRING:
		g_string_free(v->data.string, TRUE);
		break;
	case LI_VALUE_LIST:
		for (guint i = 0; i < value_len(v); i++) value_free(value_at(v, i));
		g_ptr_array_free(v->data.list, TRUE);
		break;
	case LI_VALUE_ACTION:
		li_action_release(v->data.val_action.srv, v->data.val_action.action);
		break;
	default:
		break;
	}
	g_free(v);
}

liValue *value_wrap(liValue *v) {
	liValue *list = value_new(LI_VALUE_LIST);
	g_ptr_array_add(list->data.list, v);
	return list;
}

guint value_len(const liValue *v) { return v && v->type == LI_VALUE_LIST ? v->data.list->len : 0; }

liValue *value_at(const liValue *v, guint i) { return i < value_len(v) ? g_ptr_array_index(v->data.list, i) : NULL; }

liValueType value_type(const liValue *v) { return v ? v->type : LI_VALUE_NONE; }

liValue *value_single(liValue *v) { return value_len(v) == 1 ? value_at(v, 0) : v; }

gboolean value_is_nothing(const liValue *v) {
	return value_type(v) == LI_VALUE_NONE || (v->type == LI_VALUE_LIST && v->data.list->len == 0);
}
