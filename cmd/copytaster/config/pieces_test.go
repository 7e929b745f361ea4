package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// A file that is large enough to be read in pieces means what it would mean if
// it were read as a whole, whatever stands between, around and in the entries.
func TestLargeFiles(t *testing.T) {
	const n = 4500 // enough for a few pieces
	entry := func(i int) string {
		return fmt.Sprintf("- url: https://example%d.org/feeds/rss.xml\n  tags:\n  - t%d\n", i, i%7)
	}
	for name, tt := range map[string]struct {
		before, after string
		change        func(i int, entry string) string
		more          int // feeds beside the n
	}{
		"flush":     {after: "watch:\n- gulf crisis\n"},
		"indented":  {before: "# x\n\nwatch:\n- gulf crisis\n", change: func(_ int, e string) string { return "   " + strings.ReplaceAll(e, "\n", "\n   ") + "\n" }},
		"last":      {before: "watch: [gulf crisis]\n\n", after: "\n\n"},
		"comments":  {after: "# end\nwatch: [gulf crisis]\n", change: func(_ int, e string) string { return "# - no entry\n\n" + e }},
		"windows":   {after: "watch: [gulf crisis]\r\n", change: func(_ int, e string) string { return strings.ReplaceAll(e, "\n", "\r\n") }},
		"own alias": {after: "watch: [gulf crisis]\n", change: func(i int, e string) string { return strings.Replace(e, "- t", "- &a t", 1) }},
		"far alias": {after: "watch: [gulf crisis]\n", more: 1, change: func(i int, e string) string {
			switch i {
			case 0:
				return strings.Replace(e, "tags:\n", "tags: &far\n", 1)
			case n - 1:
				return e + "- {url: https://far.example/, tags: *far}\n"
			}
			return e
		}},
		"dashes in text": {after: "watch: [gulf crisis]\n", change: func(i int, e string) string {
			return e + fmt.Sprintf("  name: \"Feed\n- %d\"\n", i)
		}},
		"dashes in a block": {after: "watch: [gulf crisis]\n", change: func(i int, e string) string {
			return e + fmt.Sprintf("  headers:\n    X-Key: >-\n      a\n      - %d\n", i)
		}},
		"key in a text": {before: "poll:\n  user_agent: \"a\nfeeds:\n- b\nc\"\n", after: "watch: [gulf crisis]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(tt.before + "feeds:\n")
			for i := range n {
				e := entry(i)
				if tt.change != nil {
					e = tt.change(i, e)
				}
				b.WriteString(e)
			}
			b.WriteString(tt.after)
			c := mustLoad(t, "-- config.yaml --\n"+b.String())
			equal(t, "feeds", len(c.Feeds), n+tt.more)
			equal(t, "rules", len(c.Watch), 1)
			for _, i := range []int{0, 999, 1000, n - 1} {
				equal(t, "URL", c.Feeds[i].URL, fmt.Sprintf("https://example%d.org/feeds/rss.xml", i))
				equalList(t, "tags", c.Feeds[i].Tags, []string{fmt.Sprintf("t%d", i%7)})
			}
		})
	}
}

// Mistakes in a file that is read in pieces are told with their places in the
// file.
func TestLargeFileProblems(t *testing.T) {
	var b strings.Builder
	b.WriteString("feeds:\n")
	for i := range 6_000 {
		fmt.Fprintf(&b, "  - url: https://example%d.org/feeds/section/rss.xml\n", i)
	}
	good := b.String()
	last := "  - url: https://example3.org/feeds/section/rss.xml\n    tag: x\n  - opml: missing.opml\nwatch: [gulf )]\n"
	_, err := loadText(t, "-- config.yaml --\n"+good+last)
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{
		"config.yaml:6002:10: feeds[6000].url: the feed is already in line 5",
		"config.yaml:6003:5: feeds[6000].tag: unknown key",
		"config.yaml:6004:11: feeds[6001].opml: cannot read",
		"config.yaml:6005:14: watch[0]: ",
	} {
		if !strings.HasPrefix(problems[i].String(), want) {
			t.Errorf("got %v, want %s", problems[i], want)
		}
	}
	for name, wrong := range map[string]string{
		"config.yaml:6002:3: not valid YAML":         "  : - [\n" + last,
		"config.yaml:6003:1: a second document":      "watch: [gulf]\n---\nfeeds: [x]\n",
		"config.yaml:6002:14: not valid YAML":        "  - url: \"x\" y\n" + last,
		"config.yaml:6002:1: feeds: the key is alre": "feeds:\n" + last,
	} {
		_, err := loadText(t, "-- config.yaml --\n"+good+wrong)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}
