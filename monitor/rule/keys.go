package rule

import (
	"strings"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
)

// Key returns the value as it is compared. A fact holds for an article when
// FactKeys gives its kind with its key.
func (n *Fact) Key() string { return n.key }

// FactKeys calls yield with the kind and key of every fact that holds for an
// article in a language, a canonical tag or "". It may repeat itself. name
// must do what NameKey does.
func FactKeys(a *feeds.Article, language string, name func(string) string, yield func(Kind, string)) {
	for host := hostOf(a.URL); host != ""; {
		yield(Site, host)
		_, host, _ = strings.Cut(host, ".")
	}
	if s := a.Feed; s != nil {
		yield(Feed, name(s.Name))
		yield(Feed, name(s.Title))
		yield(Feed, name(s.URL))
		for _, tag := range s.Tags {
			yield(Tag, name(tag))
		}
	}
	for tag := language; tag != ""; {
		yield(Lang, tag)
		i := strings.LastIndexByte(tag, '-')
		tag = tag[:max(i, 0)]
	}
}

// NameKey returns the key of a feed's name, title, URL or tag.
func NameKey(s string) string { return nameKey(s) }

// Holds reports what Eval does, without evidence.
func (e *Expr) Holds(d *text.Document, a *feeds.Article) bool {
	ev := evaluation{d: d, a: a}
	return ev.holds(e.root, false, Anywhere)
}

// Glob reports whether a folded word has the form of a Word's Pattern.
func Glob(pattern, word string) bool { return glob(pattern, word) }
