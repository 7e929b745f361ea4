// Package parse turns a fetched document into articles: RSS 0.9x, 1.0 and 2.0,
// Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1.
//
// It is pure: bytes go in, articles come out; there is no network, no clock
// and no state. Every document is taken to be hostile.
//
// An XML document passes these stages:
//
//   - charset.go turns it into UTF-8 and clean.go removes what XML forbids,
//     along with junk before the root element (detect.go guesses a charset
//     that nothing names);
//   - tag.go and outline.go walk over it once, much faster than a parser
//     would: they refuse what would harm the parser, and note the root, the
//     items, their ids and what items inherit (package [encoding/xml] in its
//     lenient mode reads the same tokens: a fuzz test says so);
//   - cut.go leaves out the items that were there last time;
//   - gofeed reads what is left, each format by its own parser. Its
//     translators are not used: they lose guid's isPermaLink, all but one
//     author, and which date was which;
//   - rss.go and atom.go make articles, with links (link.go), dates (date.go),
//     sanitised HTML (html.go) and plain text (text.go) of our own.
//
// Only when this fails, or meets tags that do not match, repair.go rewrites
// the markup and it starts again with the outline: see [Result.Repairs].
//
// A JSON document is taken apart item by item in json.go; mend.go
// repairs what is nearly JSON.
package parse
