package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What looks into the archive works with the store and beside the daemon that
// holds it, with the same results.
func TestArchiveCommands(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 30)
	addr := freeAddress(t)
	dir := configure(t, smallConfig+`  - {name: third, match: "title:(minister day)", in: ["`+news.URL+`/feed.xml"]}
define:
  one: =1 OR =2
`, addr, news.URL)
	if code, _, stderr := runCommand(t, dir, "poll"); code != 0 {
		t.Fatalf("poll: exit %d\n%s", code, stderr)
	}
	var id string
	ask := func(t *testing.T) map[string]string {
		said := make(map[string]string)
		run := func(args ...string) string {
			t.Helper()
			code, out, stderr := runCommand(t, dir, args...)
			if code != 0 || stderr != "" {
				t.Errorf("%q: exit %d\n%s%s", args, code, out, stderr)
			}
			said[strings.Join(args, " ")] = out
			return out
		}
		if out := run("search", "--json", "gulf @one"); strings.Count(out, "\n") != 2 {
			t.Errorf("search:\n%s", out)
		} else {
			var first struct{ ID string }
			if err := json.NewDecoder(strings.NewReader(out)).Decode(&first); err != nil {
				t.Fatal(err)
			}
			id = first.ID
		}
		for _, name := range []string{id, "https://wire.example/2"} {
			if out := run("explain", "gulf -@one", name); !strings.Contains(out, "The article does not match.") || !strings.Contains(out, "✗ -(=1 OR =2)") || !strings.Contains(out, "day «2»") || !strings.Contains(out, "rule gulf matched in version ") {
				t.Errorf("explain:\n%s", out)
			}
		}
		if out := run("explain", "--json", "rule:third", id); !strings.Contains(out, `"matches":true`) || !strings.Contains(out, `"clause":"feed:`+news.URL) {
			t.Errorf("explain --json:\n%s", out)
		}
		out := run("backtest", "gulf", "--against", "gulf @one")
		for _, want := range []string{"30 of 30 articles match", "gulf @one, which matches 2: 28 gained, 0 lost", time.Now().UTC().Format(time.DateOnly) + "        30 ███", "     30  Harbour Wire", "Gained, the newest:", "day 30"} {
			if !strings.Contains(out, want) {
				t.Errorf("backtest does not say %q:\n%s", want, out)
			}
		}
		for line := range strings.Lines(out) {
			if n := len([]rune(strings.TrimSpace(line))); n > 80 && !strings.Contains(line, "://") {
				t.Errorf("a line of %d characters: %s", n, line)
			}
		}
		if out := run("backtest", "third", "--since", "1h", "--json"); !strings.Contains(out, `"articles":30`) || strings.Count(out, `"excerpt"`) != 10 {
			t.Errorf("backtest --json:\n%s", out)
		}
		if out := run("backtest", "zebra"); !strings.Contains(out, "0 of 30 articles match") {
			t.Errorf("backtest without matches:\n%s", out)
		}
		for _, args := range [][]string{
			{"explain", "gulf", "01KB3J9Q6T7X0M4Z5YB8V2W1CD"}, {"explain", "gulf", "https://wire.example/none"},
		} {
			if code, out, stderr := runCommand(t, dir, args...); code != 1 || !strings.Contains(stderr, "no article in the archive") {
				t.Errorf("%q: exit %d\n%s%s", args, code, out, stderr)
			}
		}
		for _, args := range [][]string{
			{"backtest", "(gulf"}, {"backtest", "rule:nosuch"}, {"backtest", "gulf", "--against", "@nosuch"}, {"backtest", "gulf", "--since", "yesterday"},
			{"search", "@nosuch"}, {"explain", "gulf"},
		} {
			if code, out, stderr := runCommand(t, dir, args...); code != 2 || out != "" {
				t.Errorf("%q: exit %d\n%s%s", args, code, out, stderr)
			}
		}
		return said
	}
	alone := ask(t)
	p := start(t, dir, "run")
	eventually(t, 10*time.Second, "ready", func() bool {
		resp, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	for args, beside := range ask(t) {
		if alone[args] != beside && !strings.Contains(args, "backtest") { // which says since when
			t.Errorf("%s says\n%s\nand beside the daemon\n%s", args, alone[args], beside)
		}
	}
	if status, body := get(t, "http://"+addr+"/search.atom?q=gulf+%40one&limit=1"); status != http.StatusOK || !strings.Contains(body, "day 2<") {
		t.Errorf("/search.atom: %d\n%s", status, body)
	}
	p.stop(t)
}
