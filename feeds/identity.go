package feeds

import (
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Key identifies an article within its feed: a truncated SHA-256 of what makes
// the article itself.
type Key [12]byte

// Identity is how one article of a document is recognised later.
type Identity struct {
	// Key is made of the verbatim id, else the canonical link, else title and
	// date.
	Key Key
	// Aliases are weaker signs of the same article: the id without scheme and
	// host, the canonical link, title with day. One alone proves nothing (a
	// planet's blogs share "/?p=12", a status page gives every item one link):
	// see Same.
	Aliases []Key
	// Revision changes when the text that a reader sees changes, and not with
	// markup, tracking links or dates.
	Revision uint64
}

// Same reports whether an article whose own key is unknown is a known one
// under a new id, given how many of its aliases point at that known article:
// two must agree, or the only one it has.
func (id Identity) Same(agreeing int) bool {
	return agreeing >= 2 || agreeing == 1 && len(id.Aliases) == 1
}

// Identify returns the identity of each article of one document, in order.
// taken holds the keys of the document's other articles, those that were
// recognised without being read again.
//
// An id that stands on several articles of a document tells them apart no
// more: such articles are keyed by id and link, and if that is not enough by
// title as well. Articles that agree in all three are the same; the later ones
// get the same key, and the caller keeps the first.
//
// An alias that several articles of a document share is no sign of any of
// them, and an article that loses one so and is left with a single other has
// none.
func Identify(articles []*Article, taken []Key) []Identity {
	ids := make([]Identity, len(articles))
	uses := make(map[Key]int, len(articles)+len(taken))
	for _, k := range taken {
		uses[k]++
	}
	for i, a := range articles {
		ids[i] = Identity{Key: key(a, 0), Aliases: aliases(a), Revision: Revision(a)}
		uses[ids[i].Key]++
	}
	for level := 1; level <= 2; level++ {
		next := make(map[Key]int)
		for i, a := range articles {
			if uses[ids[i].Key] > 1 {
				ids[i].Key = key(a, level)
				next[ids[i].Key]++
			}
		}
		uses = next
	}
	dropShared(ids)
	return ids
}

// dropShared takes away the aliases that do not tell articles apart.
func dropShared(ids []Identity) {
	owner := make(map[Key]Key)
	shared := make(map[Key]bool)
	for _, id := range ids {
		for _, a := range id.Aliases {
			if of, ok := owner[a]; ok && of != id.Key {
				shared[a] = true
			}
			owner[a] = id.Key
		}
	}
	if len(shared) == 0 {
		return
	}
	for i := range ids {
		id := &ids[i]
		before := len(id.Aliases)
		id.Aliases = slices.DeleteFunc(id.Aliases, func(a Key) bool { return shared[a] })
		if len(id.Aliases) < before && len(id.Aliases) < 2 {
			id.Aliases = nil
		}
	}
}

// key returns the article's key: level 0 as the feed wants it, 1 with the
// link, 2 with link and title.
func key(a *Article, level int) Key {
	link := CanonicalLink(a.URL)
	var parts []string
	switch {
	case a.GUID != "":
		parts = []string{"id", a.GUID}
	case link != "":
		parts = []string{"link", link}
	case !dated(a).IsZero():
		return hash("title", fold(a.Title), dated(a).UTC().Format(time.RFC3339))
	default:
		return hash("text", fold(a.Title), fold(a.Summary), fold(a.ContentText))
	}
	if level >= 1 {
		parts = append(parts, link)
	}
	if level >= 2 {
		parts = append(parts, fold(a.Title))
	}
	return hash(parts...)
}

// dated returns when the feed says the article appeared, the zero time when it
// does not say. When we saw it is no part of what it is.
func dated(a *Article) time.Time {
	if a.Published.IsZero() {
		return a.Updated
	}
	return a.Published
}

func aliases(a *Article) []Key {
	var keys []Key
	add := func(k Key) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if p := hostFree(a.GUID); p != "" {
		add(hash("path", p))
	}
	if link := CanonicalLink(a.URL); link != "" {
		add(hash("alias-link", link))
	}
	if title := fold(a.Title); title != "" {
		day := ""
		if t := dated(a); !t.IsZero() {
			day = t.UTC().Format(time.DateOnly)
		}
		add(hash("title-day", title, day))
	}
	return keys
}

// hostFree returns an id that is a URL without scheme and host, or "" when
// nothing telling is left.
func hostFree(guid string) string {
	_, rest, ok := strings.Cut(guid, "://")
	if !ok {
		return ""
	}
	_, path, ok := strings.Cut(rest, "/")
	if !ok || path == "" {
		return ""
	}
	return path
}

// Revision returns a fingerprint of what a reader sees of the article: title,
// summary and content text, with white space folded.
func Revision(a *Article) uint64 {
	k := hash("revision", words(a.Title), words(a.Summary), words(a.ContentText))
	return binary.BigEndian.Uint64(k[:8])
}

func hash(parts ...string) Key {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	var sum [sha256.Size]byte
	return Key(h.Sum(sum[:0])[:len(Key{})])
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func fold(s string) string { return strings.ToLower(words(s)) }

// CanonicalLink returns a link in the form in which links to the same page are
// equal: without scheme, "www.", default port, fragment, trailing slash and
// tracking parameters, the host in lower case, the other parameters sorted. It
// is for comparing, not for following. What is no absolute http link comes
// back as it is.
func CanonicalLink(link string) string {
	link = strings.TrimSpace(link)
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return link
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	params := strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' })
	params = slices.DeleteFunc(params, tracking)
	if len(params) == 0 {
		return host + path
	}
	slices.Sort(params)
	return host + path + "?" + strings.Join(params, "&")
}

// tracking reports whether a query parameter says how a reader came to a page
// rather than which page it is.
func tracking(param string) bool {
	name, _, _ := strings.Cut(strings.ToLower(param), "=")
	for _, prefix := range []string{"utm_", "at_", "mtm_", "pk_", "hsa_", "ns_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid",
		"mc_cid", "mc_eid", "cmpid", "ocid", "icid", "ncid", "spm", "ref_src", "smid", "traffic_source",
		"_hsenc", "_hsmi", "xtor", "wt_mc", "wt.mc_id", "guccounter", "guce_referrer", "guce_referrer_sig":
		return true
	}
	return false
}
