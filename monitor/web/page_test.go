package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// wellFormed reads a page as XML, which forgives nothing: every element is
// closed where it should be, every attribute quoted, every character escaped.
func wellFormed(page string) error {
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Entity = map[string]string{}
	for {
		_, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := range n.ChildNodes() {
		walk(c, visit)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestPage(t *testing.T) {
	m := filled()
	m.add(&feeds.Article{
		ID: ulidAt(20), URL: "javascript:alert(1)", Title: `<script>alert("1")</script>`, Summary: "</article>&" + strings.Repeat("é", 500),
		Language: `en" onload="x`, Feed: &feeds.Source{Name: "<i>Feed</i>"},
	}, gulfFeed, "a/b")
	m.add(&feeds.Article{ID: ulidAt(21), Summary: "A note without a title"}, gulfFeed, "a/b")
	o := options(m)
	s := serve(t, o)
	a := s.want(http.StatusOK, "/")
	if got := a.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if err := wellFormed(a.body); err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	ids, count := map[string]bool{}, map[string]int{}
	var hrefs, alternates, style []string
	walk(root, func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		count[n.Data]++
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = true
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || at.Key == "style" {
				t.Errorf("<%s> has %s", n.Data, at.Key)
			}
		}
		switch n.Data {
		case "a":
			hrefs = append(hrefs, attr(n, "href"))
		case "link":
			if attr(n, "rel") == "alternate" {
				alternates = append(alternates, attr(n, "href"))
			}
		case "style":
			style = append(style, n.FirstChild.Data)
		}
	})
	if count["script"]+count["img"]+count["i"]+count["form"] != 0 {
		t.Errorf("elements %v", count)
	}
	if count["html"] != 1 || count["title"] != 1 || count["main"] != 1 || count["h1"] != 1 || count["article"] != 5 {
		t.Errorf("elements %v", count)
	}
	if len(alternates) != 3 || len(style) != 1 {
		t.Fatalf("alternates %v, %d styles", alternates, len(style))
	}
	sum := sha256.Sum256([]byte(style[0]))
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
		t.Errorf("the policy %q does not allow the page's style", policy)
	}
	for _, want := range []string{
		"gulf-mediation", "NEAR/10 mediat*", "Story 5 of the Gulf crisis", "503 Service Unavailable", "3 feeds, 6 articles",
		"A note without a title", "Final &lt;b&gt;score&lt;/b&gt; &amp; more", "copytaster 1.2.3",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, "gone.example") || strings.Contains(a.body, "hidden") {
		t.Error("the page shows what it should not")
	}

	base, _ := url.Parse(s.url + "/")
	checked := 0
	for _, href := range append(hrefs, alternates...) {
		u, err := base.Parse(href)
		if err != nil {
			t.Errorf("link %q: %v", href, err)
			continue
		}
		switch {
		case u.Scheme == "javascript":
			t.Errorf("link %q", href)
		case strings.HasPrefix(href, "#"):
			if u.Fragment != "ZgotmplZ" && !ids[u.Fragment] {
				t.Errorf("link %q leads nowhere", href)
			}
		case u.Host == base.Host:
			s.want(http.StatusOK, u.RequestURI())
			checked++
		}
	}
	if checked < 15 {
		t.Errorf("only %d links lead into the site", checked)
	}
	s.want(http.StatusNotModified, "/", "If-None-Match", a.Header.Get("ETag"))
	s.want(http.StatusNotFound, "/index.html")
}

func TestPageOfAnEmptyStore(t *testing.T) {
	o := options(&memory{})
	o.Feeds, o.Rules = nil, nil
	a := serve(t, o).want(http.StatusOK, "/")
	if err := wellFormed(a.body); err != nil || !strings.Contains(a.body, "Nothing matched so far") || strings.Contains(a.body, "failing") {
		t.Errorf("%v\n%s", err, a.body)
	}
}

func TestPageStaysSmall(t *testing.T) {
	m := filled()
	m.infos = nil
	for n := range 1000 {
		m.infos = append(m.infos, store.FeedInfo{Configured: true, Source: feeds.Source{URL: fmt.Sprintf("https://f%d.example/", n)}, State: store.State{Failures: n + 1}})
	}
	o := options(m)
	for n := range 1000 {
		o.Rules = append(o.Rules, notify.Rule{Name: fmt.Sprintf("rule-%d", n), Match: "gulf"})
	}
	a := serve(t, o).want(http.StatusOK, "/")
	if !strings.Contains(a.body, "rule-100") || !strings.Contains(a.body, "and 802 more") || len(a.body) > 200<<10 {
		t.Errorf("%d bytes of page do not show the first of 1002 rules", len(a.body))
	}
	if !strings.Contains(a.body, "f999.example") || !strings.Contains(a.body, "f950.example") || strings.Contains(a.body, "f949.example") || !strings.Contains(a.body, "1000 failing") {
		t.Error("the page does not show the 50 of 1000 feeds that failed most often")
	}
}

func TestOPML(t *testing.T) {
	s := serve(t, options(filled()))
	a := s.want(http.StatusOK, "/opml")
	if got := a.Header.Get("Content-Type"); got != "text/x-opml; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	type outline struct {
		Text     string    `xml:"text,attr"`
		URL      string    `xml:"xmlUrl,attr"`
		Outlines []outline `xml:"outline"`
	}
	var doc struct {
		Version string    `xml:"version,attr"`
		Body    []outline `xml:"body>outline"`
	}
	if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	urls := map[string]string{}
	var collect func([]outline)
	collect = func(list []outline) {
		for _, o := range list {
			if o.URL != "" {
				urls[o.URL] = o.Text
			}
			collect(o.Outlines)
		}
	}
	collect(doc.Body)
	if doc.Version != "2.0" || len(urls) != 2 || urls[gulfFeed.URL] != "Example Wire" || urls[sportFeed.URL] != "Sport" {
		t.Errorf("version %q, feeds %v", doc.Version, urls)
	}
	if strings.Contains(a.body, "hidden") || strings.Contains(a.body, "samples") {
		t.Error("the OPML shows what is nobody's business")
	}
	s.want(http.StatusNotModified, "/opml", "If-None-Match", a.Header.Get("ETag"))
}
