package config_test

import (
	"strings"
	"testing"
)

func TestDefine(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds: [https://a.example/feed]
define:
  mediators: (@gulf-states OR "united nations")
  gulf-states: qatar OR oman
  not-sport: -football
watch:
  - {name: a, match: crisis @mediators @not-sport}
`)
	plain := mustLoad(t, `-- config.yaml --
feeds: [https://a.example/feed]
watch:
  - {name: a, match: crisis (qatar OR oman OR "united nations") -football}
`)
	equal(t, "the rule with its definitions", c.Watch[0].Expr.String(), plain.Watch[0].Expr.String())
	equal(t, "its version", c.Watch[0].Version(), plain.Watch[0].Version())
	equal(t, "the rule as it is told", c.Watch[0].Match, "crisis @mediators @not-sport")
	equal(t, "definitions", len(c.Define), 3)
	equal(t, "definitions of a file without any", len(plain.Define), 0)
	mustLoad(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\ndefine:\n")
}

func TestWarnings(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds: [https://a.example/feed]
define:
  states: qatar OR oman kuwait
watch:
  - crisis @states
  - name: mixed
    match: >-
      gulf crisis
      OR mediation
  - name: fine
    match: gulf (crisis OR mediation)
  - name: hidden
    match: ${RULE} canary-0451 OR gulf
`)
	if len(c.Warnings) != 3 {
		t.Fatalf("%d warnings:\n%v", len(c.Warnings), c.Warnings)
	}
	for i, start := range []string{
		"config.yaml:3:17: define.states: warning: ",
		"config.yaml:9:7: watch[1].match: warning: ",
		"config.yaml:13:",
	} {
		if got := c.Warnings[i].String(); !strings.HasPrefix(got, start) || !strings.Contains(got, ": warning: ") {
			t.Errorf("warning %d is %q, want it to begin with %q", i, got, start)
		}
	}
	if got := c.Warnings[2].String(); !strings.Contains(got, "watch[3].match") || strings.Contains(got, "injected") {
		t.Errorf("a warning about what comes from the environment: %q", got)
	}
}
