/* if CONDITION { } else if ... else { }, with and, or, not and parentheses. */
#include "host.h"

/* Actions for a condition that holds, and for one that doesn't, become a tree of
 * action_new_condition: "a and b" is a condition in the branch of another. */
struct tree {
	gboolean negated;
	struct condition *leaf;
	gboolean is_and;
	struct tree *left, *right;
};

static void tree_free(struct tree *t) {
	if (!t) return;
	condition_release(t->leaf);
	tree_free(t->left);
	tree_free(t->right);
	g_free(t);
}

/* Takes the references `yes` and `no` over. */
static liAction *build(const struct tree *t, liAction *yes, liAction *no) {
	if (t->negated) {
		liAction *swap = yes;
		yes = no;
		no = swap;
	}
	if (t->leaf) {
		condition_acquire(t->leaf);
		return action_new_condition(t->leaf, yes, no);
	}
	if (t->is_and) {
		li_action_acquire(no);
		return build(t->left, build(t->right, yes, no), no);
	}
	li_action_acquire(yes);
	return build(t->left, yes, build(t->right, yes, no));
}

static struct tree *parse_leaf(struct parser *p) {
	if (!lexer_next(&p->lex, &p->error)) return NULL;
	if (p->lex.kind != T_NAME) {
		parser_fail(p, "expected what a condition looks at, like req.path");
		return NULL;
	}
	enum subject subject = subject_from_name(STR(p->lex.word));
	if (subject == SUBJECT_NONE) {
		parser_fail(p, "unknown condition variable '%s'", p->lex.word->str);
		return NULL;
	}
	gchar *key = NULL;
	gchar *op = NULL;
	liValue *v = NULL;
	struct tree *t = NULL;
	if (subject_has_key(subject)) {
		if (!parser_expect(p, "[") || !lexer_next(&p->lex, &p->error)) return NULL;
		if (p->lex.kind != T_STRING) {
			parser_fail(p, "expected a name in quotes");
			return NULL;
		}
		key = g_strdup(p->lex.word->str);
		if (!parser_expect(p, "]")) goto out;
	}
	if (!lexer_next(&p->lex, &p->error)) goto out;
	if (lexer_is(&p->lex, "{") || lexer_is(&p->lex, ")") || lexer_is(&p->lex, "and") || lexer_is(&p->lex, "or")) {
		p->lex.put_back = TRUE;
	} else {
		if (p->lex.kind != T_OPERATOR) {
			parser_fail(p, "expected a comparison");
			goto out;
		}
		op = g_strdup(p->lex.word->str);
		if (!parse_value(p, &v, NULL, TRUE)) goto out;
	}
	struct condition *c = condition_new(p->srv, subject, key, op, v);
	if (!c) {
		parser_fail(p, "this comparison is not possible");
	} else {
		t = g_new0(struct tree, 1);
		t->leaf = c;
	}
out:
	value_free(v);
	g_free(op);
	g_free(key);
	return t;
}

static struct tree *parse_or(struct parser *p);

static struct tree *parse_not(struct parser *p) {
	if (!lexer_next(&p->lex, &p->error)) return NULL;
	if (lexer_is(&p->lex, "not") || lexer_is(&p->lex, "!")) {
		struct tree *t = parse_not(p);
		if (t) t->negated = !t->negated;
		return t;
	}
	if (!lexer_is(&p->lex, "(")) {
		p->lex.put_back = TRUE;
		return parse_leaf(p);
	}
	struct tree *t = parse_or(p);
	if (t && !parser_expect(p, ")")) {
		tree_free(t);
		return NULL;
	}
	return t;
}

static struct tree *chain(struct parser *p, const char *word, struct tree *(*operand)(struct parser *)) {
	struct tree *left = operand(p);
	while (left) {
		if (!lexer_next(&p->lex, &p->error)) break;
		if (!lexer_is(&p->lex, word)) {
			p->lex.put_back = TRUE;
			return left;
		}
		struct tree *right = operand(p);
		if (!right) break;
		struct tree *t = g_new0(struct tree, 1);
		t->is_and = g_str_equal(word, "and");
		t->left = left;
		t->right = right;
		left = t;
	}
	tree_free(left);
	return NULL;
}

static struct tree *parse_and(struct parser *p) { return chain(p, "and", parse_not); }

static struct tree *parse_or(struct parser *p) { return chain(p, "or", parse_and); }

gboolean parse_if(struct parser *p, liAction *list) {
	struct tree *t = parse_or(p);
	if (!t) return FALSE;
	liAction *yes = action_new_list(), *no = action_new_list();
	gboolean fine = parser_expect(p, "{") && parse_actions(p, TRUE, yes) && lexer_next(&p->lex, &p->error);
	if (fine && lexer_is(&p->lex, "else")) {
		fine = lexer_next(&p->lex, &p->error);
		if (fine && lexer_is(&p->lex, "if"))
			fine = parse_if(p, no);
		else if (fine && lexer_is(&p->lex, "{"))
			fine = parse_actions(p, TRUE, no);
		else if (fine)
			fine = parser_fail(p, "expected '{' or 'if' after 'else'");
	} else if (fine) {
		p->lex.put_back = TRUE;
	}
	if (fine) {
		liAction *a = build(t, yes, no);
		action_append(list, a);
		li_action_release(&p->srv->pub, a);
	} else {
		li_action_release(&p->srv->pub, yes);
		li_action_release(&p->srv->pub, no);
	}
	tree_free(t);
	return fine;
}
