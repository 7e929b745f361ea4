package parse_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/parse"
)

func TestPlainText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"  two   words \n", "two words"},
		{"wrapped\nline", "wrapped line"},
		{"one\n \n\n two", "one\n\ntwo"},
		{"AT&amp;T &lt;b&gt; &copy; &#8211; &nosuch;", "AT&T <b> © – &nosuch;"},
		{"3 < 4 and 5 > 2", "3 < 4 and 5 > 2"},
		{"a<br>b<br/>c", "a\nb\nc"},
		{"a<br><br><br><br>b", "a\n\nb"},
		{"<p>a</p><p>b</p>", "a\n\nb"},
		{"<p>a</p>\n\n\n<p></p><p>b</p>", "a\n\nb"},
		{"<div>a</div><div>b</div>", "a\nb"},
		{"<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"in<b>tra</b>word <i>x</i>", "intraword x"},
		{"a<script>var x = '<b>';</script>b<style>p{}</style>c", "abc"},
		{"a<script>never ended", "a"},
		{"a<template>hidden <b>x</b></template>b<noscript><img></noscript>", "ab"},
		{"<template>never ended but <b>shown</b>", "never ended but shown"},
		{"<html><head><title>no</title></head><body>yes</body></html>", "yes"},
		{"<svg><title>no</title><svg></svg>no</svg>yes", "yes"},
		{"a<!-- no -->b<!doctype html>c", "abc"},
		{"<pre>one\n  two\n\n\n\nthree</pre>", "one\ntwo\n\nthree"},
		{"soft\u00adhyphen zero\u200bwidth \ufeffmark \u202eturned\u202c nul\x00 bell\x07", "softhyphen zerowidth mark turned nul bell"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"no\u00a0break\u2003wide", "no break wide"},
		{"<b>unclosed <i>tags", "unclosed tags"},
		{"broken <a href='x", "broken"},
		{"<x-unknown>kept</x-unknown>", "kept"},
		{"&amp;lt;b&amp;gt;<br>", "&lt;b&gt;"},
	} {
		if got := parse.PlainText(c.in); got != c.want {
			t.Errorf("PlainText(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestPlainTextOfDeepHTML(t *testing.T) {
	const depth = 200_000
	if got := parse.PlainText(strings.Repeat("<div>", depth) + "x" + strings.Repeat("</div>", depth)); got != "x" {
		t.Errorf("%q", got)
	}
}

// attacks are pieces of HTML that run scripts, load, frame or submit something
// where they are shown as they are.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=//x.example/a.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`,
	`<img src="javascript:alert(1)">`,
	"<img src=\"jav\tascript:alert(1)\">",
	"<img src=\"\x01javascript:alert(1)\">",
	`<img src="data:text/html;base64,PHNjcmlwdD4=">`,
	`<img src="data:image/svg+xml,<svg onload=alert(1)>">`,
	`<img src="mailto:a@example.org">`,
	`<img src="cid:1"><img src="file:///etc/passwd"><img src="ftp://example.org/x.png">`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href="JaVaScRiPt&colon;alert(1)">x</a>`,
	`<a href=" &#106;avascript:alert(1)">x</a>`,
	`<a href="vbscript:x">x</a>`,
	`<a href="data:text/html,x">x</a>`,
	`<a href="//x.example/" onclick="alert(1)" style="position:fixed" id="app" class="c" target="_top" rel="opener">x</a>`,
	`<iframe src="https://x.example/"></iframe>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data="x.swf"></object><embed src="x.swf"><applet code=x>`,
	`<form action="https://x.example/"><input name=a><button formaction="javascript:alert(1)">b</button></form>`,
	`<style>body{background:url(javascript:alert(1))}</style><link rel=stylesheet href=//x.example/a.css>`,
	`<p style="background:url(https://x.example/)">x</p>`,
	`<svg onload=alert(1)><script>alert(1)</script><a xlink:href="javascript:alert(1)">x</a></svg>`,
	`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<textarea></textarea><img src=x onerror=alert(1)></textarea>`,
	`<title><a title="</title><img src=x onerror=alert(1)>">`,
	`<xmp><p title="</xmp><img src=x onerror=alert(1)>">`,
	`<template><img src=x onerror=alert(1)></template>`,
	`<base href="https://x.example/"><meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
	`<video src=x onloadstart=alert(1)></video><audio src=x onerror=alert(1)>`,
	`<details open ontoggle=alert(1)>x</details>`,
	`<!--><img src=x onerror=alert(1)>-->`,
	`<![CDATA[><img src=x onerror=alert(1)>]]>`,
	`<?xml ?><img src=x onerror=alert(1)>`,
	`<a title="&quot; onmouseover=alert(1) x=&quot;" href="https://example.org/?a=&quot;&gt;&lt;script&gt;">x</a>`,
	`<a href='https://example.org/" onclick="alert(1)'>x</a>`,
	`<blockquote cite="javascript:alert(1)">x</blockquote><q cite="y">z</q>`,
	"<a href=\"https://example.org/\u2028\" \x00onclick=alert(1)>x</a>",
	`<img srcset="javascript:alert(1) 2x" src="/ok.png" width="1" height=1>`,
	`<math href="javascript:alert(1)">x</math>`,
	`<isindex action=javascript:alert(1) type=image>`,
	`<marquee onstart=alert(1)>x</marquee>`,
	`<plaintext><img src=x onerror=alert(1)>`,
}

func TestSanitise(t *testing.T) {
	elements := map[string]bool{}
	for _, name := range strings.Fields("a img p blockquote q b i em strong br details div span table tbody tr td") {
		elements[name] = true
	}
	for _, address := range []string{"https://example.org/blog/feed", ""} {
		for _, attack := range attacks {
			body := `<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><content:encoded>` +
				html.EscapeString("<p>before</p>"+attack) + `</content:encoded></item></channel></rss>`
			a := article(t, parse.Document{Body: []byte(body), URL: address})
			if !strings.HasPrefix(a.ContentHTML, "<p>before</p>") {
				t.Errorf("%s: the rest was lost: %q", attack, a.ContentHTML)
			}
			z := html.NewTokenizer(strings.NewReader(a.ContentHTML))
			for z.Next() != html.ErrorToken {
				tok := z.Token()
				if tok.Type == html.TextToken || tok.Type == html.EndTagToken {
					continue
				}
				if !elements[tok.Data] {
					t.Errorf("%s: left %q", attack, tok)
				}
				for _, at := range tok.Attr {
					switch at.Key {
					case "href", "src", "cite":
						if !strings.HasPrefix(at.Val, "https://") {
							t.Errorf("%s: left %q", attack, tok)
						}
					case "rel":
						if at.Val != "nofollow noopener noreferrer" {
							t.Errorf("%s: left %q", attack, tok)
						}
					case "title", "open", "width", "height", "alt":
					default:
						t.Errorf("%s: left %q", attack, tok)
					}
				}
			}
		}
	}
}

func TestSanitiseKeeps(t *testing.T) {
	const in = `<h2>Head</h2><p>A <a href="https://example.org/?a=1&amp;b=%20">link</a>, <a href="mailto:a@example.org">mail</a>, <em>x</em></p><figure><img src="https://example.org/i.png" alt="An image" width="4"/><figcaption>c</figcaption></figure><table><tr><td>1</td></tr></table><pre><code>a &lt; b</code></pre>`
	body := `<rss><channel><item><description>` + html.EscapeString(in) + `</description></item></channel></rss>`
	got := article(t, parse.Document{Body: []byte(body)}).ContentHTML
	want := strings.ReplaceAll(in, `">link`, `" rel="nofollow noopener noreferrer">link`)
	want = strings.ReplaceAll(want, `">mail`, `" rel="nofollow noopener noreferrer">mail`)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func article(t *testing.T, doc parse.Document) *feeds.Article {
	t.Helper()
	res, err := parse.Parse(doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Items) == 0 {
		t.Fatal("no items")
	}
	return res.Items[0].Article
}

func TestKnownItems(t *testing.T) {
	const item = `<item><guid>g</guid><title>t</title><description>&lt;a href="x"&gt;x&lt;/a&gt;</description></item>`
	of := func(mod func(*parse.Document)) uint64 {
		doc := parse.Document{
			Body: []byte(`<rss xml:base="https://example.org/"><channel><title>a</title><language>en</language>` + item + `<item><title>other</title></item></channel></rss>`),
			URL:  "https://example.org/feed?token=1",
		}
		mod(&doc)
		res, err := parse.Parse(doc, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range res.Items {
			if it.Article.GUID == "g" {
				return it.Fingerprint
			}
		}
		t.Fatal("the item is gone")
		return 0
	}
	replace := func(from, to string) func(*parse.Document) {
		return func(d *parse.Document) {
			if !strings.Contains(string(d.Body), from) {
				t.Fatalf("nothing to replace: %q", from)
			}
			d.Body = []byte(strings.ReplaceAll(string(d.Body), from, to))
		}
	}
	first := of(func(*parse.Document) {})
	if first == 0 {
		t.Fatal("no fingerprint")
	}
	for name, mod := range map[string]func(*parse.Document){
		"another title of the feed": replace("<title>a<", "<title>b<"),
		"another item before it":    replace("<item><guid>g", "<item><guid>new</guid></item><item><guid>g"),
		"another query in the URL":  func(d *parse.Document) { d.URL = "https://example.org/feed?token=2" },
		"another time":              func(d *parse.Document) { d.Now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		if of(mod) != first {
			t.Errorf("%s: the item counts as new", name)
		}
	}
	for name, mod := range map[string]func(*parse.Document){
		"another text":         replace("<guid>g</guid><title>t", "<guid>g</guid><title>u"),
		"another language":     replace("<language>en", "<language>fr"),
		"another base":         replace("https://example.org/\"", "https://example.net/\""),
		"another place":        func(d *parse.Document) { d.URL = "https://example.org/other" },
		"another setting":      func(d *parse.Document) { d.Language = "de" },
		"another namespace":    replace("<rss ", `<rss xmlns:x="u" `),
		"language of channel":  replace("<channel>", `<channel xml:lang="en">`),
		"author of the thing":  replace("</guid>", "</guid><author>x</author>"),
		"white space in there": replace("</guid>", "</guid> "),
	} {
		if of(mod) == first {
			t.Errorf("%s: the item counts as known", name)
		}
	}
}
