package parse_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds/parse"
)

// hostile are documents that harm a naive reader, each with the error that it
// must end in and part of its text; nil where it is read within bounds.
var hostile = []struct {
	name string
	make func() string
	err  error
	text string
}{
	{"nested extension tags", func() string {
		return rssOf(strings.Repeat("<x:a>", 3<<20))
	}, parse.ErrLimit, "nested deeper than 1000"},
	{"nested unknown tags, closed", func() string {
		return rssOf("<item><d>" + strings.Repeat("<b>", 500_000) + strings.Repeat("</b>", 500_000) + "</d></item>")
	}, parse.ErrLimit, "nested deeper than 1000"},
	{"nested in a feed without items", func() string {
		return "<feed>" + strings.Repeat("<b>", 5<<20)
	}, parse.ErrLimit, "nested deeper"},
	{"thousands of namespaces in one tag", func() string {
		return `<rss ` + namespaces(0, 2000) + `><channel>` + strings.Repeat("<item><title>t</title></item>", 20_000) + `</channel></rss>`
	}, parse.ErrLimit, "1000 attributes"},
	{"namespaces in one tag", func() string {
		return `<rss ` + namespaces(0, 65) + `><channel>` + strings.Repeat("<item><title>t</title></item>", 20_000) + `</channel></rss>`
	}, parse.ErrLimit, "64 namespace declarations"},
	{"namespaces in nested tags", func() string {
		var b strings.Builder
		b.WriteString("<rss><channel>")
		for i := range 900 {
			fmt.Fprintf(&b, "<x %s>", namespaces(i*60, 60))
		}
		b.WriteString(strings.Repeat("<y/>", 400_000))
		return b.String()
	}, parse.ErrLimit, "namespaces"},
	{"attributes in one tag", func() string {
		return rssOf("<item " + strings.Repeat("a ", 7<<20) + "/>")
	}, parse.ErrLimit, "1000 attributes"},
	{"attributes in many tags", func() string {
		return rssOf("<item>" + strings.Repeat("<x:y "+strings.Repeat("a ", 900)+"/>", 4000) + "</item>")
	}, parse.ErrLimit, "1000000 attributes"},
	{"empty elements", func() string {
		return rssOf("<item>" + strings.Repeat("<a/>", 4<<20) + "</item>")
	}, parse.ErrLimit, "elements"},
	{"many elements", func() string {
		return rssOf("<item>" + strings.Repeat("<a/>", 100_000) + "</item>")
	}, nil, ""},
	{"a million items", func() string {
		return rssOf(strings.Repeat("<item/>", 490_000))
	}, nil, ""},
	{"a million items of JSON", func() string {
		return `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat(`{},`, 1<<20) + `{}]}`
	}, nil, ""},
	{"deep JSON", func() string {
		return `{"version":"https://jsonfeed.org/version/1","items":` + strings.Repeat(`[`, 15<<20)
	}, parse.ErrMalformed, ""},
	{"text in an extension broken by CDATA", func() string {
		return rssOf("<item><x:y>" + strings.Repeat("a<![CDATA[b]]>", 1<<20) + "</x:y></item>")
	}, parse.ErrLimit, "CDATA"},
	{"text in an extension broken by comments", func() string {
		return rssOf("<item><x:y>" + strings.Repeat("a<!---->", 2<<20) + "</x:y></item>")
	}, parse.ErrLimit, "comments"},
	{"text in an extension broken by declarations", func() string {
		return rssOf("<item><x:y>" + strings.Repeat("a<!b>", 400_000) + "</x:y></item>")
	}, nil, ""},
	{"comments without an end before the root", func() string {
		return strings.Repeat("<!--", 4<<20)
	}, parse.ErrNotFeed, ""},
	{"declarations without an end before the root", func() string {
		return strings.Repeat("<!", 8<<20)
	}, parse.ErrNotFeed, ""},
	{"tags before the root", func() string {
		return strings.Repeat("<a>", 5<<20) + "<rss>"
	}, parse.ErrNotFeed, ""},
	{"billion laughs", func() string {
		d := `<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">`
		for c := 'b'; c < 'z'; c++ {
			d += fmt.Sprintf(`<!ENTITY %c "%s">`, c, strings.Repeat("&"+string(c-1)+";", 10))
		}
		return d + `]>` + rssOf("<item><title>&y;</title></item>")
	}, nil, ""},
	{"a giant text", func() string {
		return rssOf("<item><description>" + strings.Repeat("words and ", 1<<18) + "</description></item>")
	}, nil, ""},
	{"a giant tag", func() string {
		return rssOf("<item><" + strings.Repeat("a", 2<<20) + "/></item>")
	}, nil, ""},
	{"a giant attribute", func() string {
		return rssOf(`<item><enclosure url="https://example.org/` + strings.Repeat("a", 2<<20) + `"/></item>`)
	}, nil, ""},
	{"CDATA without an end", func() string {
		return rssOf("<item><title><![CDATA[" + strings.Repeat("x", 15<<20))
	}, parse.ErrMalformed, "cut off"},
	{"a comment without an end", func() string {
		return rssOf("<item><!-- " + strings.Repeat("- ", 1<<20))
	}, nil, ""},
	{"zero bytes", func() string { return strings.Repeat("\x00", 4<<20) }, parse.ErrNotFeed, ""},
	{"references to illegal characters", func() string {
		return rssOf("<item><title>" + strings.Repeat("&#1;", 1<<20) + "</title></item>")
	}, nil, ""},
	{"ampersands", func() string {
		return rssOf("<item><title>" + strings.Repeat("&", 1<<18) + "</title><guid>" + strings.Repeat("&", 1<<18) + "</guid></item>")
	}, nil, ""},
	{"HTML that grows when it is parsed", func() string {
		var fonts strings.Builder
		for i := range 400 {
			fmt.Fprintf(&fonts, `<font a="%d"/>`, i)
		}
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="&#120;html"><div><p/>` + fonts.String() +
			strings.Repeat("<p/>x", 30_000) + `</div></content></entry></feed>`
	}, nil, ""},
	{"HTML that grows, as type html", func() string {
		return `<feed><entry><summary x:type="text" type='HTML'><table>` + strings.Repeat("<b/><p/><a/>x", 20_000) + `</table></summary></entry></feed>`
	}, nil, ""},
	{"deep HTML", func() string {
		return rssOf("<item><description><![CDATA[" + strings.Repeat("<div>", 200_000) + "]]></description></item>")
	}, nil, ""},
	{"unsound HTML", func() string {
		return rssOf("<item><description><![CDATA[" + strings.Repeat("<a href='", 1<<17) + "]]></description></item>")
	}, nil, ""},
	{"HTML of attributes", func() string {
		return rssOf("<item><description><![CDATA[<a " + strings.Repeat("href=//x ", 1<<17) + ">]]></description></item>")
	}, nil, ""},
	{"tags in a title", func() string {
		return rssOf("<item><title>" + strings.Repeat("&lt;a&gt;", 1<<17) + "</title></item>")
	}, nil, ""},
	{"categories", func() string {
		return rssOf("<item>" + strings.Repeat("<category>&lt;b&gt;x&lt;/b&gt;</category>", 50_000) + "</item>")
	}, nil, ""},
	{"media contents", func() string {
		return rssOf("<item>" + strings.Repeat(`<media:content url="https://example.org/" medium="video"/>`, 50_000) + "</item>")
	}, nil, ""},
	{"comments without an end", func() string {
		return rssOf("<item><title>" + strings.Repeat("<!--", 1<<18) + "</title>")
	}, nil, ""},
	{"CDATA sections without an end", func() string {
		return rssOf("<item>" + strings.Repeat("<title><![CDATA[x</title>", 40_000))
	}, nil, ""},
	{"instructions without an end", func() string {
		return rssOf("<item><title>" + strings.Repeat("<?a", 1<<16))
	}, nil, ""},
	{"stray brackets", func() string {
		return rssOf("<item><title>" + strings.Repeat("<", 1<<18) + "</title></item>")
	}, nil, ""},
	{"stray ends of CDATA", func() string {
		return rssOf("<item><title>" + strings.Repeat("]]>", 1<<16) + "</title></item>")
	}, nil, ""},
	{"end tags of nothing", func() string {
		return rssOf("<item>" + strings.Repeat("</a>", 1<<18) + "</item>")
	}, nil, ""},
	{"end tags of nothing in depth", func() string {
		return rssOf("<item><title>" + strings.Repeat("<a>", 190) + strings.Repeat("</b>", 1<<16) + "</title></item>")
	}, nil, ""},
	{"unknown tags that never end, around a giant text", func() string {
		return rssOf("<item><title>" + strings.Repeat("<zz>", 190) + strings.Repeat("words and ", 1<<17) + "</title></item>")
	}, nil, ""},
	{"quotes without an end", func() string {
		return rssOf("<item><title>" + strings.Repeat(`<a b="`, 1<<15) + strings.Repeat(`<a b='`, 1<<15))
	}, nil, ""},
	{"roots", func() string {
		return strings.Repeat("<rss><channel>", 1<<16) + "<item></item>" + strings.Repeat("</rss>", 1<<16)
	}, parse.ErrLimit, "nested deeper"},
	{"channels", func() string {
		return "<rss>" + strings.Repeat("<channel><item/></channel>", 1<<15) + "</rss>"
	}, nil, ""},
	{"commas of JSON", func() string {
		return `{"version":"https://jsonfeed.org/version/1","items":[{}` + strings.Repeat(` ,`, 1<<19) + `]}`
	}, nil, ""},
	{"comments of JSON", func() string {
		return `{"version":"https://jsonfeed.org/version/1","items":[{}` + strings.Repeat(`/* `, 1<<19)
	}, nil, ""},
	{"bytes of no charset", func() string {
		return rssOf("<item><title>" + strings.Repeat("\xff\x81", 1<<17) + "</title></item>")
	}, nil, ""},
	{"mismatched tags", func() string {
		return rssOf("<item>" + strings.Repeat("<b><i></b>", 50_000) + "</item>")
	}, nil, ""},
}

func rssOf(inside string) string {
	return `<rss version="2.0" xmlns:x="urn:x" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>t</title>` + inside + `</channel></rss>`
}

func namespaces(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:n%d="u"`, from+i)
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			doc := parse.Document{Body: []byte(c.make()), URL: "https://example.org/"}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			res, err := parse.Parse(doc, nil)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			size := len(doc.Body)
			t.Logf("%d KB: %v, %d MB allocated, %.1f times the document; %v", size>>10, took, (after.TotalAlloc-before.TotalAlloc)>>20,
				float64(after.TotalAlloc-before.TotalAlloc)/float64(size), err)
			if took > 10*time.Second { // far less, but under the race detector
				t.Errorf("it took %v", took)
			}
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if c.err != nil {
				if !strings.Contains(err.Error(), c.text) {
					t.Errorf("error %q does not say %q", err, c.text)
				}
				if len(err.Error()) > 300 {
					t.Errorf("error of %d bytes", len(err.Error()))
				}
				return
			}
			if len(res.Items) > 20_000 {
				t.Errorf("%d items", len(res.Items))
			}
		})
	}
}

// TestLimitsLeaveRealFeedsAlone reads a feed that is far richer than any of
// the samples that the limits were set by.
func TestLimitsLeaveRealFeedsAlone(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<rss ` + namespaces(0, 58) + `><channel>`)
	for i := range 2000 {
		fmt.Fprintf(&b, "<item><guid>%d</guid><title>t</title>%s%s</item>", i, strings.Repeat("<n1:x>", 40), strings.Repeat("</n1:x>", 40))
	}
	b.WriteString(`</channel></rss>`)
	res, err := parse.Parse(parse.Document{Body: []byte(b.String())}, nil)
	if err != nil || len(res.Items) != 2000 {
		t.Fatalf("%v", err)
	}
}

func TestItemsBeyondTheLimit(t *testing.T) {
	var b strings.Builder
	for i := range 20_005 {
		fmt.Fprintf(&b, "<item><guid>%d</guid></item>", i)
	}
	res, err := parse.Parse(parse.Document{Body: []byte(rssOf(b.String()))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Items) != 20_000 || res.Items[0].Article.GUID != "0" || res.Items[19_999].Article.GUID != "19999" {
		t.Errorf("%d items", len(res.Items))
	}
}
