package config_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// An error in a rule points at the very character in the file, however the rule
// is written there. In each of these the only parenthesis closes nothing.
func TestRuleErrorPosition(t *testing.T) {
	for name, watch := range map[string]string{
		"bare":                    "  - gulf ) crisis\n",
		"plain":                   "  - match: gulf ) crisis\n",
		"plain, accents":          "  - match: médiation du Golfe ) été\n",
		"plain, two lines":        "  - match: gulf\n      crisis ) talks\n",
		"plain, blank line":       "  - match: gulf\n\n      crisis ) talks\n",
		"single":                  "  - match: 'gulf ) crisis'\n",
		"single, quotes":          "  - match: 'don''t say ''gulf'' ) crisis'\n",
		"single, two lines":       "  - match: 'gulf   \n      crisis ) talks'\n",
		"single, at a line start": "  - match: 'gulf\n      ) talks'\n",
		"double":                  "  - match: \"gulf ) crisis\"\n",
		"double, escapes":         "  - match: \"\\\"gulf\\\" \\u00e9t\\xe9 \\U00020B9F ) crisis\"\n",
		"double, leading spaces":  "  - match: \"   gulf ) crisis\"\n",
		"double, two lines":       "  - match: \"gulf\n      crisis ) talks\"\n",
		"double, escaped break":   "  - match: \"gulf \\\n      crisis ) talks\"\n",
		"literal":                 "  - match: |\n      gulf\n      crisis ) talks\n",
		"literal, stripped":       "  - match: |-\n      gulf ) crisis\n",
		"literal, indented":       "  - match: |2\n        gulf\n          crisis ) talks\n",
		"literal, blank line":     "  - match: | # a remark\n\n      gulf\n\n      crisis ) talks\n",
		"folded":                  "  - match: >\n      gulf\n      crisis ) talks\n",
		"folded, first line":      "  - match: >-\n      gulf ) crisis\n      talks\n",
		"flow":                    "  - {name: x, match: gulf ) crisis}\n",
		"windows line ends":       "  - match: gulf\r\n  - match: oman ) crisis\r\n",
		"block, windows":          "  - match: |\r\n      gulf\r\n      crisis ) talks\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := "feeds: [https://a.example/feed]\nwatch:\n" + watch
			at := strings.Index(file, ")")
			line := 1 + strings.Count(file[:at], "\n")
			column := 1 + utf8.RuneCountInString(file[strings.LastIndex(file[:at], "\n")+1:at])
			_, err := loadText(t, "-- config.yaml --\n"+file)
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) != 1 {
				t.Fatalf("got %v, want one problem", err)
			}
			if p := problems[0]; p.Line != line || p.Column != column {
				t.Errorf("got %v, want it at %d:%d", p, line, column)
			}
		})
	}
}

// Positions are those that an editor shows, whatever stands before them.
func TestPositionsInOddFiles(t *testing.T) {
	for name, file := range map[string]string{
		"byte order mark": "\ufefffeeds: [x]\n",
		"line separator":  "# \u2028# \u0085\nfeeds: [x]\n",
		"old Mac":         "# one\r# two\rfeeds: [x]\r",
	} {
		_, err := loadText(t, "-- config.yaml --\n"+file)
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != 1 {
			t.Fatalf("%s: got %v, want one problem", name, err)
		}
		want := 1 + strings.Count(file, "# ")
		if p := problems[0]; p.Line != want && name != "line separator" || p.Column != 9 || p.Path != "feeds[0]" {
			t.Errorf("%s: got %v", name, p)
		}
	}
}
