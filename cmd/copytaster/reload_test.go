package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// reconfigure writes another configuration and tells the process to read it.
func (p *process) reconfigure(t *testing.T, format string, args ...any) {
	t.Helper()
	writeFile(t, filepath.Join(p.Dir, "config.yaml"), fmt.Sprintf(format, args...))
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// said waits until the process has logged a text so often.
func (p *process) said(t *testing.T, text string, times int) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%q logged %d times", text, times), func() bool {
		select {
		case <-p.done:
			t.Fatalf("ended by itself: %s", p.err.String())
		default:
		}
		return strings.Count(p.err.String(), text) >= times
	})
}

func TestReload(t *testing.T) {
	t.Parallel()
	one, two := newNewsServer(t, 1), newNewsServer(t, 2)
	addr := freeAddress(t)
	dir := configure(t, smallConfig, addr, one.URL)
	writeFile(t, filepath.Join(dir, "token"), "first\n")
	writeFile(t, filepath.Join(dir, "more.opml"), fmt.Sprintf(`<opml version="2.0"><body><outline text="Two" xmlUrl="%s/two.xml"/></body></opml>`, two.URL))
	p := start(t, dir, "run")
	eventually(t, 10*time.Second, "the first alert", func() bool { return strings.Count(p.out.String(), "rule gulf") == 1 })

	// More feeds, by OPML, and another text of the rule.
	const next = `
listen: %s
auth: {token_file: token}
poll: {schedule: "@every 2h", allow_private: [127.0.0.0/8]}
feeds:
  - "%s/feed.xml"
  - opml: more.opml
watch:
  - {name: gulf, match: Gulf crisis (mediation OR broker), alert_backlog: all}
  - {name: second, match: "title:minister", alert_backlog: all}
`
	p.reconfigure(t, next, addr, one.URL)
	p.said(t, "configuration reloaded", 1)
	eventually(t, 10*time.Second, "alerts of the feed that was added", func() bool {
		return strings.Count(p.out.String(), "rule gulf") == 3 && strings.Count(p.out.String(), "rule second") == 2
	})
	ask := func(path, token string) (int, string) {
		t.Helper()
		req, err := http.NewRequest("GET", "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	if status, _ := ask("/opml", "wrong"); status != http.StatusUnauthorized {
		t.Errorf("without the token that is now required: %d", status)
	}
	if status, body := ask("/opml", "first"); status != http.StatusOK || !strings.Contains(body, two.URL) {
		t.Errorf("the feeds after a reload: %d\n%s", status, body)
	}
	if status, body := ask("/watch/second.atom", "first"); status != http.StatusOK || !strings.Contains(body, "day 2") {
		t.Errorf("the output feed of a new rule: %d\n%s", status, body)
	}

	// Mistakes: all are told, and nothing changes, however often.
	p.reconfigure(t, "listen: %s\nfeeds: [\"gopher://x/\"]\nwatch:\n  - (gulf\n", addr)
	p.said(t, "the configuration is refused", 1)
	for _, place := range []string{"config.yaml:2:9: feeds[0]", "config.yaml:4:5: watch[0]"} {
		if !strings.Contains(p.err.String(), place) {
			t.Errorf("nothing about %s in\n%s", place, p.err.String())
		}
	}
	if _, metrics := ask("/metrics", "first"); !strings.Contains(metrics, "copytaster_config_last_reload_successful 0") ||
		!strings.Contains(metrics, "copytaster_config_last_reload_success_timestamp_seconds 1") {
		t.Errorf("metrics after a bad reload:\n%s", metrics)
	}
	if status, body := ask("/opml", "first"); status != http.StatusOK || !strings.Contains(body, two.URL) {
		t.Errorf("the feeds after a bad reload: %d\n%s", status, body)
	}

	// Files that the configuration names are read anew, too. What takes a
	// restart is said, and what belongs to it stays.
	writeFile(t, filepath.Join(dir, "token"), "second\n")
	p.reconfigure(t, next, addr, one.URL)
	p.said(t, "configuration reloaded", 2)
	if status, _ := ask("/opml", "first"); status != http.StatusUnauthorized {
		t.Errorf("with the old token: %d", status)
	}
	p.reconfigure(t, strings.Replace(next, "auth: {token_file: token}", "store: other.db", 1), "127.0.0.1:1", one.URL)
	p.said(t, "configuration reloaded", 3)
	p.said(t, "take a restart", 1)
	if status, _ := ask("/opml", "none"); status != http.StatusUnauthorized {
		t.Errorf("the token went with an address that is not listened on: %d", status)
	}
	_, metrics := ask("/metrics", "second")
	if !strings.Contains(metrics, "copytaster_config_last_reload_successful 1") {
		t.Errorf("metrics after a good reload:\n%s", metrics)
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d\n%s", code, p.err.String())
	}
	if n := one.polls.Load(); n != 1 {
		t.Errorf("reloading made a feed that is not due be polled: %d times", n)
	}

	// Each alert tells which text of its rule matched.
	writeFile(t, filepath.Join(dir, "config.yaml"), fmt.Sprintf(smallConfig, "off", one.URL))
	code, out, stderr := runCommand(t, dir, "deliveries", "list", "--json", "--rule", "gulf")
	if code != 0 {
		t.Fatalf("deliveries list: exit %d\n%s%s", code, out, stderr)
	}
	versions := make(map[string]int)
	for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); {
		var d struct {
			Alert struct {
				Rule struct{ Match, Version string }
			}
		}
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		versions[d.Alert.Rule.Version]++
	}
	if len(versions) != 2 || versions[""] != 0 {
		t.Errorf("alerts by version of the rule: %v", versions)
	}
}

// A delivery that hangs while its receiver is moved is made to the new place,
// and none is lost.
func TestReloadMovesReceiver(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 3)
	hanging := make(chan struct{}, 10)
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		hanging <- struct{}{}
		<-r.Context().Done()
	}))
	defer stuck.Close()
	var taken atomic.Int64
	var version atomic.Value
	good := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			Data struct {
				Rule struct{ Version string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err == nil {
			version.Store(body.Data.Rule.Version)
			taken.Add(1)
		}
	}))
	defer good.Close()
	const cfg = `
listen: off
poll: {schedule: "@every 1h", allow_private: [127.0.0.0/8]}
feeds: ["%s/feed.xml"]
watch:
  - {name: gulf, match: Gulf crisis mediation, alert_backlog: all}
receivers:
  - {name: desk, default: true, webhook: {url: "%s", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}
`
	dir := configure(t, cfg, news.URL, stuck.URL)
	p := start(t, dir, "run")
	for range 3 {
		<-hanging
	}
	p.reconfigure(t, cfg, news.URL, good.URL)
	eventually(t, 15*time.Second, "three deliveries to the new place", func() bool { return taken.Load() == 3 })
	if v, _ := version.Load().(string); len(v) != 8 {
		t.Errorf("the webhook tells the rule's version as %q", v)
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d\n%s", code, p.err.String())
	}
	if code, out, stderr := runCommand(t, dir, "deliveries", "list", "--json", "--state", "delivered"); code != 0 || strings.Count(out, "\n") != 3 {
		t.Errorf("deliveries list: exit %d\n%s%s", code, out, stderr)
	}
}

func TestReloadTellsSystemd(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 1)
	dir := configure(t, smallConfig, "off", news.URL)
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := startEnv(t, dir, []string{"NOTIFY_SOCKET=" + socket}, "run")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	next := func() string {
		t.Helper()
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.err.String())
		}
		return string(buf[:n])
	}
	if got := next(); got != "READY=1" {
		t.Fatalf("said %q at the start", got)
	}
	p.reconfigure(t, "feeds: 7\n")
	if got := next(); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("said %q when asked to reload", got)
	}
	if got := next(); got != "READY=1" {
		t.Errorf("said %q after the reload", got)
	}
	p.stop(t)
}
