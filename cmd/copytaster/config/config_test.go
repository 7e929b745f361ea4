package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/match"
)

func mustLoad(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := loadText(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func equalList[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestSmallestConfiguration(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds:
  - https://www.aljazeera.com/xml/rss/all.xml
watch:
  - Gulf crisis mediation
`)
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Path", c.Path, "config.yaml")
	equal(t, "Dir", c.Dir, dir)
	equal(t, "Store", c.Store, filepath.Join(dir, "copytaster.db"))
	equal(t, "Listen", c.Listen, "127.0.0.1:8380")
	equal(t, "PublicURL", c.PublicURL, "http://127.0.0.1:8380/")
	equal(t, "Auth.IsZero", c.Auth.IsZero(), true)
	equal(t, "Retention", c.Retention, 90*24*time.Hour)
	equal(t, "Schedule", c.Poll.Schedule, "@every 15m")
	equal(t, "MinInterval", c.Poll.MinInterval, 5*time.Minute)
	equal(t, "MaxInterval", c.Poll.MaxInterval, 24*time.Hour)
	equal(t, "Workers", c.Poll.Workers, 64)
	equal(t, "PerHost", c.Poll.PerHost, 2)
	equal(t, "Timeout", c.Poll.Timeout, 30*time.Second)
	equal(t, "MaxBody", c.Poll.MaxBody, 16<<20)
	equal(t, "feeds", len(c.Feeds), 1)
	equal(t, "feed", c.Feeds[0].URL, "https://www.aljazeera.com/xml/rss/all.xml")
	equal(t, "endpoint", c.Feeds[0].Endpoint, "")
	equal(t, "rules", len(c.Watch), 1)
	equal(t, "rule", c.Watch[0].Name, "gulf-crisis-mediation")
	equal(t, "match", c.Watch[0].Match, "Gulf crisis mediation")
	equal(t, "parsed", c.Watch[0].Expr != nil, true)
	equal(t, "backlog", c.Watch[0].Backlog, 0)
	equal(t, "backlog all", c.Watch[0].BacklogAll, false)
	equalList(t, "notify", c.Watch[0].Notify, []string{"console"})
	equal(t, "receivers", len(c.Receivers), 1)
	equal(t, "receiver", c.Receivers[0], config.Receiver{Name: "console", Console: true})
}

func TestEverySetting(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
store: data/news.db
listen: "[::]:${PORT}"
public_url: https://news.example.org/copytaster
auth: {user: me, password_file: password}
retention: forever
poll:
  schedule: CRON_TZ=Asia/Qatar */10 * * * *
  min_interval: 1m30s
  max_interval: 1w2d
  workers: ${WORKERS}
  per_host: 1
  timeout: 5s
  max_body: 20MB
  user_agent: Newsroom/1 (+https://news.example.org)
  allow_private: [10.0.0.0/8, 192.168.7.7, "fd00::/8"]
feeds:
  - url: https://feeds.example.com/me.rss
    name: Example Middle East
    tags: [news, gulf, news]
    schedule: "@every 5m"
    language: AR
    headers:
      authorization: Bearer ${CANARY}
      x-api-key_file: key
  - https://b.example/feed
watch:
  - name: gulf-mediation
    match: >
      "gulf crisis" OR
      (qatar talks)
    in: [tag:gulf, Example Middle East, "https://b.example/feed"]
    notify: [desk, console]
    language: en-gb
    alert_backlog: 36h
  - name: all
    match: gulf
    alert_backlog: all
receivers:
  - name: desk
    webhook: {url: "https://hooks.example.org/${CANARY}", secret: ["${SECRET}", whsec_TmV3TmV3TmV3TmV3TmV3TmV3TmV3TmV3]}
    default: true
  - name: night
    webhook: {url_file: url, secret_file: [old, new]}
    default: true
-- password --
canary-0451

-- key --
canary-0451
-- url --
https://hooks.example.org/night
-- old --
whsec_T2xkT2xkT2xkT2xkT2xkT2xkT2xkT2xk
-- new --
whsec_TmV3TmV3TmV3TmV3TmV3TmV3TmV3TmV3
`)
	equal(t, "Store", c.Store, filepath.Join(c.Dir, "data", "news.db"))
	equal(t, "Listen", c.Listen, "[::]:8390")
	equal(t, "PublicURL", c.PublicURL, "https://news.example.org/copytaster/")
	equal(t, "User", c.Auth.User, "me")
	equal(t, "Password", c.Auth.Password.Reveal(), canary+"\n") // one newline goes
	equal(t, "Retention", c.Retention, 0)
	equal(t, "Schedule", c.Poll.Schedule, "CRON_TZ=Asia/Qatar */10 * * * *")
	equal(t, "MinInterval", c.Poll.MinInterval, 90*time.Second)
	equal(t, "MaxInterval", c.Poll.MaxInterval, 9*24*time.Hour)
	equal(t, "Workers", c.Poll.Workers, 7)
	equal(t, "PerHost", c.Poll.PerHost, 1)
	equal(t, "Timeout", c.Poll.Timeout, 5*time.Second)
	equal(t, "MaxBody", c.Poll.MaxBody, 20_000_000)
	equal(t, "UserAgent", c.Poll.UserAgent, "Newsroom/1 (+https://news.example.org)")
	equalList(t, "AllowPrivate", c.Poll.AllowPrivate, []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.7.7/32"), netip.MustParsePrefix("fd00::/8"),
	})

	f := c.Feeds[0]
	equal(t, "Name", f.Name, "Example Middle East")
	equalList(t, "Tags", f.Tags, []string{"gulf", "news"})
	equal(t, "Schedule", f.Schedule, "@every 5m")
	equal(t, "Language", f.Language, "ar")
	equal(t, "Authorization", f.Header.Get("Authorization"), "Bearer "+canary)
	equal(t, "X-Api-Key", f.Header.Get("X-Api-Key"), canary)

	w := c.Watch[0]
	equal(t, "Match", w.Match, `"gulf crisis" OR (qatar talks)`)
	equalList(t, "In", w.In, []match.Scope{{Tag: "gulf"}, {Feed: "Example Middle East"}, {Feed: "https://b.example/feed"}})
	equalList(t, "Notify", w.Notify, []string{"desk", "console"})
	equal(t, "Language", w.Language, "en-GB")
	equal(t, "Backlog", w.Backlog, 36*time.Hour)
	equal(t, "BacklogAll", c.Watch[1].BacklogAll, true)
	equalList(t, "Notify", c.Watch[1].Notify, []string{"desk", "night"})

	equal(t, "receivers", len(c.Receivers), 3)
	equal(t, "implied", c.Receivers[2], config.Receiver{Name: "console", Console: true})
	equal(t, "URL", c.Receivers[0].Webhook.URL.Reveal(), "https://hooks.example.org/"+canary)
	equal(t, "secrets", len(c.Receivers[0].Webhook.Secrets), 2)
	equal(t, "URL", c.Receivers[1].Webhook.URL.Reveal(), "https://hooks.example.org/night")
	equal(t, "secret", c.Receivers[1].Webhook.Secrets[0].Reveal(), "whsec_T2xkT2xkT2xkT2xkT2xkT2xkT2xkT2xk")
	equal(t, "secret", c.Receivers[1].Webhook.Secrets[1].Reveal(), "whsec_TmV3TmV3TmV3TmV3TmV3TmV3TmV3TmV3")
}

// What a feed is called stays the same when its secrets change, and shows none.
func TestFeedURLs(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds:
  - https://me:canary-0451@a.example/feed?x=@y
  - https://canary-0451@b.example/feed
  - https://c.example/feed?key=${CANARY}
  - https://me:${CANARY}@d.example/
  - file:samples/gulf.xml
  - File:///srv/news/my%20feed.xml
  - file:../up.xml
  - HTTPS://E.example/Feed
  - https://f.example/$${x}
`)
	root := string(filepath.Separator)
	want := []struct{ url, request string }{
		{"https://me:xxxxx@a.example/feed?x=@y", "https://me:canary-0451@a.example/feed?x=@y"},
		{"https://xxxxx@b.example/feed", "https://canary-0451@b.example/feed"},
		{"https://c.example/feed?key=${CANARY}", "https://c.example/feed?key=canary-0451"},
		{"https://me:xxxxx@d.example/", "https://me:canary-0451@d.example/"},
		{"file:samples/gulf.xml", "file:" + filepath.Join(c.Dir, "samples", "gulf.xml")},
		{"File:///srv/news/my%20feed.xml", "file:" + filepath.Join(root, "srv", "news", "my feed.xml")},
		{"file:../up.xml", "file:" + filepath.Join(filepath.Dir(c.Dir), "up.xml")},
		{"HTTPS://E.example/Feed", "HTTPS://E.example/Feed"},
		{"https://f.example/$${x}", "https://f.example/${x}"},
	}
	for i, w := range want {
		equal(t, "URL", c.Feeds[i].URL, w.url)
		equal(t, "RequestURL", c.Feeds[i].RequestURL(), w.request)
	}
}

func TestOPML(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds:
  - https://first.example/feed
  - opml: lists/subscriptions.opml
    tags: [imported]
    schedule: "@hourly"
    language: fr
  - url: https://b.example/feed
    name: Mine
    tags: [own]
  - opml: lists/subscriptions.opml
    tags: [again]
-- lists/subscriptions.opml --
<?xml version="1.0"?>
<opml version="2.0"><head/><body>
<outline text="Middle East/Gulf">
 <outline type="rss" text="A" title="A" xmlUrl="https://me:canary-0451@a.example/feed"/>
 <outline type="rss" text="B" title="B" xmlUrl="https://b.example/feed"/>
</outline>
</body></opml>
`)
	var urls []string
	for _, f := range c.Feeds {
		urls = append(urls, f.URL)
	}
	equalList(t, "feeds", urls, []string{"https://first.example/feed", "https://me:xxxxx@a.example/feed", "https://b.example/feed"})
	a, b := c.Feeds[1], c.Feeds[2]
	equal(t, "a name", a.Name, "A")
	equal(t, "a endpoint", a.Endpoint, "https://me:canary-0451@a.example/feed")
	equalList(t, "a tags", a.Tags, []string{"Middle East Gulf", "again", "imported"})
	equal(t, "a schedule", a.Schedule, "@hourly")
	equal(t, "a language", a.Language, "fr")
	equal(t, "b name", b.Name, "Mine")
	equal(t, "b schedule", b.Schedule, "")
	equalList(t, "b tags", b.Tags, []string{"Middle East Gulf", "again", "imported", "own"})
}

// What a variable holds is a value and never more of the configuration.
func TestEnvironmentCannotInject(t *testing.T) {
	c := mustLoad(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\nwatch:\n  - name: x\n    match: ${RULE}\n")
	equal(t, "rules", len(c.Watch), 1)
	equal(t, "match", c.Watch[0].Match, "gulf crisis\nwatch: [injected]")
}

func TestListen(t *testing.T) {
	for _, tt := range []struct{ listen, public string }{
		{`"off"`, ""},
		{"off", ""},
		{"127.0.0.1:0", ""},
		{"localhost:80", "http://localhost:80/"},
		{"127.9.9.9:80", "http://127.9.9.9:80/"},
		{`"[::1]:80"`, "http://[::1]:80/"},
		{":80\nauth: {token: x}", "http://localhost:80/"},
		{"0.0.0.0:80\nauth: {token: x}", "http://localhost:80/"},
		{"news.example.org:80\nauth: {token: x}", "http://news.example.org:80/"},
	} {
		c := mustLoad(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\nlisten: "+tt.listen+"\n")
		equal(t, tt.listen, c.PublicURL, tt.public)
	}
	for _, open := range []string{":80", "0.0.0.0:80", "10.1.1.1:80", "news.example.org:80", `"[::]:80"`, "localhost.example.org:80"} {
		_, err := loadText(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\nlisten: "+open+"\n")
		if err == nil || !strings.Contains(err.Error(), "set auth") {
			t.Errorf("listen %s without auth: got %v", open, err)
		}
	}
}

func TestAliases(t *testing.T) {
	c := mustLoad(t, `-- config.yaml --
feeds:
  - url: https://a.example/feed
    tags: &gulf [gulf, news]
    headers: &key {X-Key: one}
  - {url: https://b.example/feed, tags: *gulf, headers: *key}
`)
	equalList(t, "tags", c.Feeds[1].Tags, []string{"gulf", "news"})
	equal(t, "header", c.Feeds[1].Header.Get("X-Key"), "one")
}

func TestUnreadableFile(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := config.Load("nowhere.yaml", environment)
	if err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("got %v", err)
	}
	if _, ok := err.(config.Problems); ok {
		t.Error("a missing file is no mistake in the configuration")
	}
}

func TestNameOfBareRule(t *testing.T) {
	for rule, want := range map[string]string{
		"Gulf crisis mediation":        "gulf-crisis-mediation",
		`"gulf crisis" (mediat* OR x)`: "gulf-crisis-mediat-or-x",
		"  Médiation  du Golfe ":       "médiation-du-golfe",
		"وساطة أزمة الخليج":            "وساطة-أزمة-الخليج",
		"खाड़ी संकट":                   "खाड़ी-संकट",
		"海湾危机 调停":                      "海湾危机-调停",
		strings.Repeat("word ", 30):    "word-word-word-word-word-word-word-word-word-word-word-word",
		strings.Repeat("x", 100):       strings.Repeat("x", 60),
	} {
		c := mustLoad(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\nwatch:\n  - '"+rule+"'\n")
		equal(t, rule, c.Watch[0].Name, want)
	}
}
