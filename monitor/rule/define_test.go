package rule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/monitor/rule"
)

func TestDefinitions(t *testing.T) {
	d, errs := rule.ParseDefinitions(map[string]string{
		"mediators": "qatar OR oman OR @swiss", "swiss": `switzerland | "swiss confederation"`, "noise": "-football -golf",
		"ان_1": "الخليج", "empty": "",
		"one": "@two x", "two": "y @one", "self": "a @self", "uses": "@one OR b", "unknown": "a @nobody", "bad name": "a", "never": "a -a",
	})
	for name, want := range map[string]string{
		"mediators": `qatar OR oman OR switzerland OR "swiss confederation"`, "swiss": `switzerland OR "swiss confederation"`,
		"noise": "-football -golf", "ان_1": "الخليج",
	} {
		if d[name] == nil || d[name].String() != want {
			t.Errorf("@%s: %v, %v", name, d[name], errs[name])
		}
	}
	for name, want := range map[string]string{
		"empty": "column 1: expected a word", "two": "column 3: @one stands for itself", "one": "column 1: @two has an error of its own",
		"self": "column 3: @self stands for itself", "uses": "column 1: @one has an error", "unknown": "column 3: no expression is defined as @nobody",
		"bad name": "column 1: the name “bad name”", "never": "column 4: this can never match",
	} {
		if d[name] != nil || errs[name] == nil || !strings.HasPrefix(errs[name].Error(), want) {
			t.Errorf("@%s: %v, want …%s…", name, errs[name], want)
		}
	}
	for src, want := range map[string]string{
		"@mediators talks":             `(qatar OR oman OR switzerland OR "swiss confederation") talks`,
		"(@swiss | x) NEAR/2 talks":    `(switzerland OR "swiss confederation" OR x) NEAR/2 talks`,
		"gulf @noise":                  "gulf -football -golf",
		"title:@swiss @ان_1":           `title:(switzerland OR "swiss confederation") الخليج`,
		"2 OF(@swiss,gulf,-@swiss)":    `2 OF (switzerland OR "swiss confederation", gulf, -(switzerland OR "swiss confederation"))`,
		"ATLEAST/2 @swiss":             `ATLEAST/2 (switzerland OR "swiss confederation")`,
		"@noise":                       "! column 1: expected something that must occur",
		"gulf @nobody":                 "! column 6: no expression is defined as @nobody",
		"gulf NEAR (x OR @noise)":      "! column 17: NEAR cannot look for what must not occur",
		"a @Mediators":                 "! column 3: no expression is defined as @Mediators (did you mean @mediators?)",
		"football @noise":              "! column 10: this can never match",
		"mail a@b.example":             `mail "a b.example"`,
		strings.Repeat("@swiss ", 500): "",
	} {
		e, err := rule.ParseWith(src, rule.Options{Define: d})
		got := ""
		if err != nil {
			var syntax *rule.SyntaxError
			if !errors.As(err, &syntax) {
				t.Errorf("%s: %#v", src, err)
			}
			got = "! " + err.Error()
		} else if want != "" {
			got = e.String()
		}
		if strings.HasPrefix(want, "!") && !strings.HasPrefix(got, want) || !strings.HasPrefix(want, "!") && got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
}

// Definitions that multiply one another, or go very deep, end in an error.
func TestDefinitionsAreBounded(t *testing.T) {
	start := time.Now()
	src := map[string]string{"d0": "gulf OR oman"}
	for i := 1; i < 60; i++ {
		src[fmt.Sprintf("d%d", i)] = strings.Repeat(fmt.Sprintf("@d%d ", i-1), 10)
	}
	for i := range 3000 {
		src[fmt.Sprintf("chain%04d", i)] = fmt.Sprintf("-(x @chain%04d)", i+1)
	}
	_, errs := rule.ParseDefinitions(src)
	for name, want := range map[string]string{"d6": "more than a million words", "chain0000": "error of its own"} {
		if errs[name] == nil || !strings.Contains(errs[name].Error(), want) {
			t.Errorf("@%s: %v", name, errs[name])
		}
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestLint(t *testing.T) {
	for src, want := range map[string]string{
		"gulf OR (oman talks)":    "",
		"(gulf OR oman) talks":    "",
		"gulf OR oman":            "",
		"a gulf OR oman b":        "8 read as “(a gulf) OR (oman b)”",
		"x (a | b c)":             "6 read as “a OR (b c)”",
		"-a b OR c":               "6 read as “(-a b) OR c”",
		"gulf or oman":            "6 “or” is looked for as a word",
		"Gulf and not Near":       "6 “and” is looked for as a word; 10 “not” is looked for as a word; 14 “Near” is looked for as a word",
		"2 OF a AROUND":           "3 “OF” is looked for; 8 “AROUND” is looked for",
		`gulf "or" oman "a or b"`: "",
		"ab* gulf":                "1 very wide",
		`x "the *ab" y`:           "8 very wide",
		"abc* a?b gulf":           "",
		"/a.b/ x":                 "1 tried on every article",
		"/ab|c/ x":                "1 tried on every article",
		"/(ab)+c|x?de/ x":         "",
		"ATLEAST/1 x":             "1 no more than",
		"a 2 OF (a, b)":           "3 asks for all",
		"1 OF (a, b)":             "1 asks for any",
		"2 OF (a, b, c)":          "",
	} {
		e := parse(t, src)
		var got []string
		for _, w := range e.Lint() {
			got = append(got, fmt.Sprintf("%d %s", w.Column, w.Msg))
			if w.Hint == "" || w.String() == "" {
				t.Errorf("%s: %q has no hint", src, w.Msg)
			}
		}
		wants := strings.Split(want, "; ")
		if want == "" {
			wants = nil
		}
		ok := len(got) == len(wants)
		for i := range wants {
			column, msg, _ := strings.Cut(wants[i], " ")
			ok = ok && strings.HasPrefix(got[i], column+" ") && strings.Contains(got[i], msg)
		}
		if !ok {
			t.Errorf("%s: %q, want %q", src, got, wants)
		}
	}
}
