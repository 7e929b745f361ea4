package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/monitor/store/boltstore"
	"github.com/copytaster/copytaster/notify"
)

// kills returns how often the kill test kills; COPYTASTER_KILLS asks for more.
func kills(t *testing.T) int {
	v := os.Getenv("COPYTASTER_KILLS")
	if v == "" {
		return 100
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("COPYTASTER_KILLS: %v", err)
	}
	return n
}

// TestKill kills the daemon at random moments while publishers publish and a
// receiver fails a third of the time. In the end every article is stored once,
// every alert recorded once, and every delivery made, repeats under one id.
func TestKill(t *testing.T) {
	t.Run("failing receiver", func(t *testing.T) {
		t.Parallel()
		testKill(t, func(int) bool { return true })
	})
	t.Run("receiver down for the first half", func(t *testing.T) {
		t.Parallel()
		testKill(t, func(kill int) bool { return kill >= kills(t)/2 })
	})
}

func testKill(t *testing.T, up func(kill int) bool) {
	const secret = "whsec_Y29weXRhc3RlciBraWxsIHRlc3Qgc2VjcmV0IDAxMjM="
	pub := newPublisher(3)
	feeds := httptest.NewServer(pub)
	defer feeds.Close()
	desk := newDesk(t, secret)
	hook := httptest.NewServer(desk)
	defer hook.Close()

	dir := t.TempDir()
	var cfg strings.Builder
	fmt.Fprintf(&cfg, "listen: off\npoll: {schedule: '@every 1s', min_interval: 1s, allow_private: [127.0.0.0/8]}\n")
	fmt.Fprintf(&cfg, "receivers:\n  - {name: desk, webhook: {url: '%s', secret: %s}}\n", hook.URL, secret)
	fmt.Fprintf(&cfg, "watch:\n  - {name: copper, match: copper, notify: [desk], alert_backlog: all}\nfeeds:\n")
	for i := range pub.feeds {
		fmt.Fprintf(&cfg, "  - %s/%d.xml\n", feeds.URL, i)
	}
	writeFile(t, filepath.Join(dir, "config.yaml"), cfg.String())

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	moments := rand.New(rand.NewPCG(seed, 1))
	for i := range kills(t) {
		desk.setUp(up(i))
		p := start(t, dir, "run")
		// Between a start that has hardly begun and one that has polled
		// everything and is delivering.
		life := time.NewTimer(time.Duration(20+moments.IntN(400)) * time.Millisecond)
		for alive := true; alive; {
			select {
			case <-life.C:
				alive = false
			case <-p.done:
				t.Fatalf("life %d: the daemon ended by itself: %v\n%s", i, p.waitErr, p.err.String())
			case <-time.After(time.Duration(10+moments.IntN(60)) * time.Millisecond):
				pub.publish(moments.IntN(len(pub.feeds)), 1+moments.IntN(4))
			}
		}
		p.kill()
	}

	// What waits for its third attempt would wait for minutes.
	if code, _, stderr := runCommand(t, dir, "deliveries", "replay", "--state", "pending"); code != 0 {
		t.Fatalf("replay: exit %d\n%s", code, stderr)
	}
	desk.setUp(true)
	desk.stopFailing()
	p := start(t, dir, "run")
	published, matching := pub.all()
	eventually(t, time.Minute, "every alert delivered", func() bool { return desk.heard() >= len(matching) })
	// The last word is the store's: polls go on until it holds everything.
	if code := p.stop(t); code != 0 {
		t.Fatalf("exit %d after SIGTERM\n%s", code, p.err.String())
	}
	if code, stdout, stderr := runCommand(t, dir, "poll"); code != 0 {
		t.Fatalf("poll: exit %d\n%s%s", code, stdout, stderr)
	}
	checkStore(t, filepath.Join(dir, "copytaster.db"), published, matching)
	desk.check(t, matching)
	t.Logf("%d articles, %d alerts, %d requests to the receiver", len(published), len(matching), desk.requests)
}

// checkStore compares the store with what was published.
func checkStore(t *testing.T, path string, published, matching map[string]bool) {
	t.Helper()
	st, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx := context.Background()
	stored := make(map[string]int)
	for before := ""; ; {
		page, err := st.Articles(ctx, store.Query{Before: before, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			stored[a.GUID]++
			before = a.ID
		}
	}
	once(t, "stored", stored, published)

	alerts := make(map[string]int)
	for before := ""; ; {
		page, err := st.Deliveries(ctx, store.DeliveryQuery{Before: before, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, d := range page {
			if d.State != notify.Delivered {
				t.Errorf("delivery %s is %s", d.ID, d.State)
			}
			alerts[d.Alert.Article.GUID]++
			before = d.ID
		}
	}
	once(t, "alerted on", alerts, matching)
}

// once checks that got counts each of want once and nothing else.
func once(t *testing.T, what string, got map[string]int, want map[string]bool) {
	t.Helper()
	for guid := range want {
		if got[guid] != 1 {
			t.Errorf("%s is %s %d times", guid, what, got[guid])
		}
	}
	for guid := range got {
		if !want[guid] {
			t.Errorf("%s is %s, but should not be", guid, what)
		}
	}
}

// publisher serves feeds that grow, with validators: a "304" hides from a
// reader what it has not recorded.
type publisher struct {
	mu    sync.Mutex
	feeds [][]string // the titles of each feed's articles, oldest first
}

func newPublisher(n int) *publisher {
	p := &publisher{feeds: make([][]string, n)}
	for i := range p.feeds {
		p.publish(i, 5)
	}
	return p
}

// publish adds n articles to a feed; every third is about copper.
func (p *publisher) publish(feed, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		title := "Tin prices hold"
		if len(p.feeds[feed])%3 == 0 {
			title = "Copper prices fall"
		}
		p.feeds[feed] = append(p.feeds[feed], title)
	}
}

func guid(feed, n int) string { return fmt.Sprintf("item-%d-%d", feed, n) }

// all returns the guids of everything published and of what is about copper.
func (p *publisher) all() (published, matching map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	published, matching = make(map[string]bool), make(map[string]bool)
	for i, titles := range p.feeds {
		for n, title := range titles {
			published[guid(i, n)] = true
			if strings.HasPrefix(title, "Copper") {
				matching[guid(i, n)] = true
			}
		}
	}
	return published, matching
}

// shown is how many articles a document holds: more than are published while
// a life lasts, as with a publisher who knows the readers.
const shown = 200

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var feed int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d.xml", &feed); err != nil {
		http.NotFound(w, r)
		return
	}
	p.mu.Lock()
	titles := p.feeds[feed]
	p.mu.Unlock()
	etag := fmt.Sprintf(`"%d"`, len(titles))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, "<rss version='2.0'><channel><title>Wire %d</title><link>https://wire.example/</link>", feed)
	for n := len(titles) - 1; n >= max(0, len(titles)-shown); n-- {
		fmt.Fprintf(w, "<item><title>%s (%d)</title><link>https://wire.example/%d/%d</link><guid isPermaLink='false'>%s</guid></item>",
			titles[n], n, feed, n, guid(feed, n))
	}
	io.WriteString(w, "</channel></rss>")
}

// desk is a webhook receiver that fails a third of the time and notes what it
// hears.
type desk struct {
	t        *testing.T
	verifier *webhooks.Webhook

	mu       sync.Mutex
	up       bool
	steady   bool
	requests int
	tried    map[string]bool            // webhook ids that were refused or accepted
	ids      map[string]map[string]bool // article guid → webhook ids it came under
	accepted map[string]bool            // article guids
}

func newDesk(t *testing.T, secret string) *desk {
	v, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, verifier: v, tried: make(map[string]bool), ids: make(map[string]map[string]bool), accepted: make(map[string]bool)}
}

func (d *desk) setUp(up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.up = up
}

func (d *desk) stopFailing() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steady = true
}

// heard counts the articles that were accepted.
func (d *desk) heard() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.accepted)
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the daemon died in the middle of it
	}
	if err := d.verifier.Verify(body, r.Header); err != nil {
		d.t.Errorf("signature: %v", err)
	}
	var msg struct {
		Data struct {
			Article struct{ GUID string }
		}
	}
	if err := json.Unmarshal(body, &msg); err != nil {
		d.t.Errorf("body: %v", err)
	}
	id, guid := r.Header.Get("webhook-id"), msg.Data.Article.GUID
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	if d.ids[guid] == nil {
		d.ids[guid] = make(map[string]bool)
	}
	d.ids[guid][id] = true
	// Half of the first attempts fail and no others: a third of all.
	h := fnv.New32a()
	io.WriteString(h, id)
	first := !d.tried[id]
	d.tried[id] = true
	if !d.up || first && !d.steady && h.Sum32()%2 == 0 {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	d.accepted[guid] = true
	w.WriteHeader(http.StatusNoContent)
}

func (d *desk) check(t *testing.T, matching map[string]bool) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for guid := range matching {
		if !d.accepted[guid] {
			t.Errorf("%s was never delivered", guid)
		}
		if n := len(d.ids[guid]); n > 1 {
			t.Errorf("%s came under %d ids", guid, n)
		}
	}
	for guid := range d.accepted {
		if !matching[guid] {
			t.Errorf("%s was delivered, but does not match", guid)
		}
	}
}
