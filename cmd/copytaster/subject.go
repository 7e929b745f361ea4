package main

import (
	"fmt"
	"strings"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
)

// rulePrefix marks the name of a configured rule where an expression could
// stand.
const rulePrefix = "rule:"

// expression returns the rule that a command line means: "rule:NAME" a
// configured one, with the feeds and the language that it is limited to,
// anything else an expression. Errors are of usage.
func expression(cfg *config.Config, arg string) (match.Rule, error) {
	if name, ok := strings.CutPrefix(arg, rulePrefix); ok {
		if r, ok := named(cfg, name); ok {
			return r, nil
		}
		known := make([]string, 0, len(cfg.Watch))
		for _, w := range cfg.Watch[:min(len(cfg.Watch), 20)] {
			known = append(known, w.Name)
		}
		return match.Rule{}, usageError{fmt.Errorf("no rule is called %q; there are %q", name, known)}
	}
	e, err := rule.ParseWith(arg, rule.Options{Define: cfg.Define})
	if err != nil {
		return match.Rule{}, usageError{err}
	}
	return match.Rule{Name: arg, Match: arg, Expr: e}, nil
}

// ruleOrExpression is expression for commands that are about rules: the bare
// name of one means it, too.
func ruleOrExpression(cfg *config.Config, arg string) (match.Rule, error) {
	if r, ok := named(cfg, arg); ok {
		return r, nil
	}
	return expression(cfg, arg)
}

func named(cfg *config.Config, name string) (match.Rule, bool) {
	for i := range cfg.Watch {
		if cfg.Watch[i].Name == name {
			return cfg.Watch[i].Rule, true
		}
	}
	return match.Rule{}, false
}
