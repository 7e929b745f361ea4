package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/copytaster/copytaster/monitor/rule"
)

// maxDefinition is the longest name of a definition, in bytes.
const maxDefinition = 64

// expressionText is an expression of the watch language where it stands in
// the file.
type expressionText struct {
	value
	// src is the text without white space around it.
	src string
}

// expressionText reads the text of an expression.
func (d *decoder) expressionText(n *yaml.Node) (expressionText, bool) {
	v, ok := d.text(n)
	return expressionText{v, strings.TrimSpace(v.text)}, ok
}

// offset returns where in the value of the node a column of the expression
// lies, in code points; ok is false where that cannot be told.
func (e expressionText) offset(column int) (n int, ok bool) {
	if e.fromEnv || e.text != e.node.Value { // "$${" moved what stands behind it
		return 0, false
	}
	before := utf8.RuneCountInString(e.text[:strings.Index(e.text, e.src)])
	return before + max(column-1, 0), true
}

// refuse reports why an expression is none.
func (d *decoder) refuse(e expressionText, err error) {
	var wrong *rule.SyntaxError
	switch {
	case e.fromEnv:
		d.fail(e.node, "%s is not a valid rule once its variables are replaced", e.shown())
	case !errors.As(err, &wrong):
		d.fail(e.node, "%v", err)
	default:
		msg := withHint(wrong.Msg, wrong.Hint)
		if at, ok := e.offset(wrong.Column); ok {
			d.failInside(e.node, at, msg)
		} else {
			d.fail(e.node, "%s", msg)
		}
	}
}

// lint keeps what in an expression may not be meant.
func (d *decoder) lint(e expressionText, expr *rule.Expr) {
	for _, w := range expr.Lint() {
		if d.warned++; d.warned > maxProblems {
			return
		}
		line, column := e.node.Line, e.node.Column
		if at, ok := e.offset(w.Column); ok {
			line, column = d.inside(e.node, at)
		} else if e.fromEnv {
			// What it says may quote what must not be shown.
			w.Msg, w.Hint = "the rule may not mean what it says once its variables are replaced", ""
		}
		d.found = append(d.found, finding{
			node:    e.node,
			warning: true,
			Problem: Problem{File: d.file, Line: line, Column: column, Msg: "warning: " + withHint(w.Msg, w.Hint)},
		})
	}
}

func withHint(msg, hint string) string {
	if hint == "" {
		return msg
	}
	return msg + "; " + hint
}

// define reads the named expressions that rules can use; n may be nil.
func (d *decoder) define(n *yaml.Node) rule.Definitions {
	if n == nil {
		return nil
	}
	n = target(n)
	if n.Kind != yaml.MappingNode || !d.untagged(n) {
		d.fail(n, "expected a mapping (`name: expression`), found %s", kindOf(n))
		return nil
	}
	texts := make(map[string]expressionText, len(n.Content)/2)
	lines := make(map[string]int, len(n.Content)/2)
	src := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, content := n.Content[i], n.Content[i+1]
		name := key.Value
		switch {
		case key.Kind != yaml.ScalarNode || !isDefinitionName(name):
			hint := ""
			if bare := strings.TrimPrefix(name, "@"); bare != name && isDefinitionName(bare) {
				hint = ": write " + bare + ", and @" + bare + " where it is used"
			}
			d.fail(key, "the name of a definition is letters, digits, - and _, at most %d bytes%s", maxDefinition, hint)
			continue
		case lines[name] > 0:
			d.fail(key, "the definition in line %d has the same name", lines[name])
			continue
		}
		lines[name] = key.Line
		// What uses a definition with a mistake has none of its own.
		src[name] = placeholder
		if e, ok := d.expressionText(content); ok {
			texts[name], src[name] = e, e.src
		}
	}
	defined, wrong := rule.ParseDefinitions(src)
	if len(wrong) > 0 {
		for name, err := range wrong {
			d.refuse(texts[name], err)
			src[name] = placeholder
		}
		defined, _ = rule.ParseDefinitions(src)
		return defined
	}
	for name, e := range texts {
		d.lint(e, defined[name])
	}
	return defined
}

// placeholder is an expression to go on with.
const placeholder = "placeholder"

func isDefinitionName(s string) bool {
	other := func(r rune) bool { return !isWordRune(r) && r != '-' && r != '_' }
	return s != "" && len(s) <= maxDefinition && !strings.ContainsFunc(s, other)
}
