package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// newsServer serves one feed with validators and counts requests.
type newsServer struct {
	*httptest.Server
	polls, unconditional atomic.Int64
	items                atomic.Int64
}

func newNewsServer(t *testing.T, items int) *newsServer {
	t.Helper()
	n := new(newsServer)
	n.items.Store(int64(items))
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.polls.Add(1)
		count := n.items.Load()
		etag := fmt.Sprintf(`W/"%d"`, count)
		w.Header().Set("ETag", etag)
		switch r.Header.Get("If-None-Match") {
		case etag:
			w.WriteHeader(http.StatusNotModified)
			return
		case "":
			n.unconditional.Add(1)
		}
		fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour Wire</title><link>https://wire.example/</link>")
		for i := count; i > 0; i-- {
			fmt.Fprintf(w, "<item><title>Minister ready to mediate in the Gulf crisis, day %d</title><link>https://wire.example/%d</link><guid isPermaLink='false'>n%d</guid></item>", i, i, i)
		}
		fmt.Fprint(w, "</channel></rss>")
	}))
	t.Cleanup(n.Close)
	return n
}

// freeAddress returns a loopback address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// configure writes a configuration into a new folder and returns the folder.
func configure(t *testing.T, format string, args ...any) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.yaml"), fmt.Sprintf(format, args...))
	return dir
}

const smallConfig = `
listen: %s
poll: {schedule: "@every 1h", allow_private: [127.0.0.0/8]}
feeds: ["%s/feed.xml"]
watch:
  - {name: gulf, match: Gulf crisis mediation, alert_backlog: all}
`

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
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

func TestRunAlertsServesAndIsSilentTheSecondTime(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 3)
	addr := freeAddress(t)
	dir := configure(t, smallConfig, addr, news.URL)

	p := start(t, dir, "run")
	eventually(t, 10*time.Second, "three alerts", func() bool {
		return strings.Count(p.out.String(), "rule gulf") == 3
	})
	for _, format := range []string{"atom", "rss", "json"} {
		status, body := get(t, "http://"+addr+"/feed."+format)
		if status != http.StatusOK || !strings.Contains(body, "Gulf crisis, day 3") {
			t.Errorf("feed.%s: %d\n%s", format, status, body)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/opml", "/all.atom", "/watch/gulf.rss", "/"} {
		if status, body := get(t, "http://"+addr+path); status != http.StatusOK {
			t.Errorf("%s: %d\n%s", path, status, body)
		}
	}
	if _, metrics := get(t, "http://"+addr+"/metrics"); !strings.Contains(metrics, `copytaster_polls_total{outcome="news"} 1`) ||
		!strings.Contains(metrics, `copytaster_deliveries_total{outcome="delivered",receiver="console"} 3`) ||
		!strings.Contains(metrics, "copytaster_outbox_oldest_seconds 0") {
		t.Errorf("metrics:\n%s", metrics)
	}

	// Commands work beside the daemon, which holds the store.
	code, out, stderr := runCommand(t, dir, "search", "--json", "title:mediation")
	if code != 0 || strings.Count(out, "\n") != 3 || !strings.Contains(out, `"guid":"n3"`) {
		t.Errorf("search: exit %d\n%s%s", code, out, stderr)
	}
	if code, out, stderr := runCommand(t, dir, "search", "title:mediation"); code != 0 || !strings.Contains(out, "day 3") {
		t.Errorf("search: exit %d\n%s%s", code, out, stderr)
	}
	if code, out, stderr := runCommand(t, dir, "search", "(gulf"); code != 2 {
		t.Errorf("search with a bad rule: exit %d\n%s%s", code, out, stderr)
	}
	if code, out, stderr := runCommand(t, dir, "feeds", "list"); code != 0 || !strings.Contains(out, "Harbour Wire") || !strings.Contains(out, "ok") {
		t.Errorf("feeds list: exit %d\n%s%s", code, out, stderr)
	}
	code, out, stderr = runCommand(t, dir, "deliveries", "list", "--json", "--state", "delivered")
	if code != 0 || strings.Count(out, "\n") != 3 {
		t.Errorf("deliveries list: exit %d\n%s%s", code, out, stderr)
	}
	var first struct{ ID string }
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&first); err != nil {
		t.Error(err)
	}
	if code, out, stderr := runCommand(t, dir, "deliveries", "replay", "--id", first.ID); code != 0 || out != "1 to be delivered again\n" {
		t.Errorf("replay: exit %d\n%s%s", code, out, stderr)
	}
	eventually(t, 10*time.Second, "the replayed alert", func() bool { return strings.Count(p.out.String(), "rule gulf") == 4 })

	if code, _, stderr := runCommand(t, dir, "run"); code != 1 || !strings.Contains(stderr, "copytaster.db") || !strings.Contains(stderr, "running already") {
		t.Errorf("a second instance: exit %d\n%s", code, stderr)
	}
	if code, _, stderr := runCommand(t, dir, "poll"); code != 1 || !strings.Contains(stderr, "polls by itself") {
		t.Errorf("poll beside the daemon: exit %d\n%s", code, stderr)
	}
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d after SIGTERM\n%s", code, p.err.String())
	}

	polls := news.polls.Load()
	p = start(t, dir, "run")
	eventually(t, 10*time.Second, "ready", func() bool {
		resp, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := p.out.String(); out != "" {
		t.Errorf("the second start says\n%s", out)
	}
	if n := news.polls.Load(); n != polls {
		t.Errorf("the second start polled %d times, an hour early", n-polls)
	}
	// The one unconditional request of the feed's life was the first.
	if code, out, stderr := runCommand(t, dir, "poll"); code != 0 || !strings.Contains(out, "unchanged") {
		t.Errorf("poll: exit %d\n%s%s", code, out, stderr)
	}
	if n := news.unconditional.Load(); n != 1 {
		t.Errorf("%d unconditional requests", n)
	}
}

func TestPollAlertsOnNews(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 2)
	dir := configure(t, strings.Replace(smallConfig, ", alert_backlog: all", "", 1), "off", news.URL)
	code, out, stderr := runCommand(t, dir, "poll")
	if code != 0 || !strings.Contains(out, "2 new, 2 matched before") || strings.Contains(out, "rule gulf") {
		t.Errorf("first poll: exit %d\n%s%s", code, out, stderr)
	}
	news.items.Add(1)
	code, out, stderr = runCommand(t, dir, "poll", news.URL+"/feed.xml")
	if code != 0 || !strings.Contains(out, "1 new, 1 alert") || strings.Count(out, "rule gulf") != 1 || !strings.Contains(out, "day 3") {
		t.Errorf("second poll: exit %d\n%s%s", code, out, stderr)
	}
	if code, _, stderr := runCommand(t, dir, "poll", "Nowhere Times"); code != 2 || !strings.Contains(stderr, "Nowhere Times") {
		t.Errorf("poll of an unknown feed: exit %d\n%s", code, stderr)
	}
	news.Close()
	code, out, stderr = runCommand(t, dir, "poll")
	if code != 1 || !strings.Contains(out, "failed") {
		t.Errorf("poll of a dead server: exit %d\n%s%s", code, out, stderr)
	}
	code, out, _ = runCommand(t, dir, "feeds", "list")
	if code != 0 || !strings.Contains(out, "failing") || !strings.Contains(out, "1 failure in a row") {
		t.Errorf("feeds list: exit %d\n%s", code, out)
	}
}

// One clear line and exit 1.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 1)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	check := func(what, dir string, words ...string) {
		t.Helper()
		code, _, stderr := runCommand(t, dir, "run")
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		last := lines[len(lines)-1]
		if code != 1 || len(lines) != 1 || !strings.HasPrefix(last, "copytaster: ") {
			t.Errorf("%s: exit %d\n%s", what, code, stderr)
		}
		for _, w := range words {
			if !strings.Contains(last, w) {
				t.Errorf("%s: %q says nothing of %q", what, last, w)
			}
		}
	}
	check("a taken port", configure(t, smallConfig, taken.Addr().String(), news.URL), taken.Addr().String(), "in use")

	dir := configure(t, smallConfig, "off", news.URL)
	writeFile(t, filepath.Join(dir, "copytaster.db"), strings.Repeat("this is no database\n", 2000))
	check("a store that is none", dir, "copytaster.db", "damaged")

	dir = configure(t, smallConfig, "off", news.URL)
	if code, _, stderr := runCommand(t, dir, "poll"); code != 0 {
		t.Fatalf("poll: exit %d\n%s", code, stderr)
	}
	if err := os.Truncate(filepath.Join(dir, "copytaster.db"), 20000); err != nil {
		t.Fatal(err)
	}
	check("a store cut short", dir, "copytaster.db", "damaged")

	dir = configure(t, "store: missing/folder/copytaster.db\n"+smallConfig, "off", news.URL)
	check("a store in no folder", dir, "missing/folder")
}

// When the disk is full the daemon ends with a line that says so, and the next
// start, with room again, has everything.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 2000)
	dir := configure(t, strings.Replace(smallConfig, "listen: %s", "listen: %s\nretention: forever", 1), "off", news.URL)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// The shell limits the size of the files that the program writes, to 2.25
	// MiB: enough for the empty store. A write beyond fails as on a full disk.
	limited := exec.Command("sh", "-c", `ulimit -f 4608; exec "$0" run`, path)
	limited.Dir = dir
	var stdout, stderr buffer
	limited.Stdout, limited.Stderr = &stdout, &stderr
	done := make(chan error, 1)
	if err := limited.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { done <- limited.Wait() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = limited.Process.Kill()
		t.Fatalf("goes on with a full disk:\n%s", stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if last := lines[len(lines)-1]; limited.ProcessState.ExitCode() != 1 || !strings.HasPrefix(last, "copytaster: ") || !strings.Contains(last, "no space left") {
		t.Errorf("exit %d\n%s", limited.ProcessState.ExitCode(), stderr.String())
	}
	code, out, errs := runCommand(t, dir, "poll")
	if code != 0 {
		t.Errorf("poll with room again: exit %d\n%s", code, errs)
	}
	printed := stdout.String() + out
	for day := 1; day <= 2000; day++ {
		if !strings.Contains(printed, fmt.Sprintf(", day %d\n", day)) {
			t.Fatalf("no alert for day %d", day)
		}
	}
}

// A feed that does not answer and a receiver that does not either must not
// hold up the end.
func TestStopsInTime(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 1)
	var reached atomic.Int64
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer hang.Close()
	dir := configure(t, smallConfig+`    notify: [desk]
receivers:
  - {name: desk, webhook: {url: "%s", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}
`, "off", news.URL, hang.URL)
	cfg, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(cfg), "feeds: [", `feeds: ["`+hang.URL+`/feed.xml", `, 1)
	text = strings.Replace(text, "alert_backlog: all}\n    notify: [desk]", "alert_backlog: all, notify: [desk]}", 1)
	writeFile(t, filepath.Join(dir, "config.yaml"), text)

	p := start(t, dir, "run")
	eventually(t, 10*time.Second, "feed and webhook hang", func() bool {
		select {
		case <-p.done:
			t.Fatalf("ended by itself: %s", p.err.String())
		default:
		}
		return reached.Load() == 2
	})
	asked := time.Now()
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d\n%s", code, p.err.String())
	}
	if took := time.Since(asked); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	// Neither counts as failed.
	code, out, stderr := runCommand(t, dir, "deliveries", "list", "--json")
	if code != 0 || !strings.Contains(out, `"attempts":0`) || !strings.Contains(out, `"state":"pending"`) {
		t.Errorf("deliveries list: exit %d\n%s%s", code, out, stderr)
	}
	code, out, stderr = runCommand(t, dir, "feeds", "list", "--json")
	if code != 0 || strings.Count(out, `"failures":0`) != 2 {
		t.Errorf("feeds list: exit %d\n%s%s", code, out, stderr)
	}
}

func TestTellsSystemd(t *testing.T) {
	t.Parallel()
	news := newNewsServer(t, 1)
	dir := configure(t, smallConfig, "off", news.URL)
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := startEnv(t, dir, []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=300000"}, "run")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	await := func(want string) {
		t.Helper()
		for {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("waiting for %s: %v\n%s", want, err, p.err.String())
			}
			if strings.Contains(string(buf[:n]), want) {
				return
			}
		}
	}
	await("READY=1")
	await("WATCHDOG=1")
	await("WATCHDOG=1")
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d", code)
	}
	await("STOPPING=1")
}

// What is secret stays so, wherever copytaster speaks.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	addr := freeAddress(t)
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "no entry for %s with %s", r.URL, r.Header)
	}))
	defer refuse.Close()
	news := newNewsServer(t, 1)
	dir := configure(t, `
listen: %[1]s
poll: {schedule: "@every 1h", allow_private: [127.0.0.0/8]}
feeds:
  - "%[2]s/feed.xml"
  - {url: "%[3]s/feed.xml?key=${KEY}", headers: {Authorization: "Bearer ${KEY}"}}
  - {url: "http://me:${KEY}@%[4]s/feed.xml"}
watch:
  - {name: gulf, match: Gulf crisis mediation, alert_backlog: all, notify: [desk]}
receivers:
  - {name: desk, webhook: {url: "%[3]s/hook/${KEY}", secret: "whsec_${BASE64}"}}
`, addr, news.URL, refuse.URL, strings.TrimPrefix(refuse.URL, "http://"))
	env := []string{"KEY=" + canary, "BASE64=YzRuNHJ5YzRuNHJ5YzRuNHJ5YzRuNHJ5"}
	p := startEnv(t, dir, env, "run", "-v")
	var said strings.Builder
	eventually(t, 10*time.Second, "a failed delivery", func() bool {
		select {
		case <-p.done:
			t.Fatalf("ended by itself: %s", p.err.String())
		default:
		}
		return strings.Contains(p.err.String(), "desk")
	})
	for _, path := range []string{"/", "/metrics", "/opml", "/api/v1/feeds", "/api/v1/deliveries", "/all.json", "/feed.atom"} {
		_, body := get(t, "http://"+addr+path)
		said.WriteString(body)
	}
	for _, args := range [][]string{{"feeds", "list"}, {"deliveries", "list", "--json"}, {"check"}, {"receivers", "test", "desk"}} {
		c := startEnv(t, dir, env, args...)
		c.exit(t, 40*time.Second)
		said.WriteString(c.out.String() + c.err.String())
	}
	p.stop(t)
	said.WriteString(p.out.String() + p.err.String())
	for _, secret := range []string{canary, "YzRuNHJ5"} {
		if i := strings.Index(said.String(), secret); i >= 0 {
			t.Errorf("a secret shows: …%s…", said.String()[max(0, i-200):min(said.Len(), i+50)])
		}
	}
	if !strings.Contains(said.String(), "403") {
		t.Error("the failures do not show at all")
	}
}
