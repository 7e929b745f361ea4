package boltstore

import (
	"github.com/oklog/ulid/v2"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// alertVersion is the first byte of an alert's record. Version 1 did not know
// the version of the rule; its records are read as alerts without one.
const alertVersion = 2

// alertHeader stands in front of an alert's compressed text.
type alertHeader struct {
	article ulid.ULID
	// seen is when the article was, at when the alert was recorded.
	seen, at int64
	// deliveries were made, with the ids that follow the alert's.
	deliveries uint64
	rule       string
	// ruleVersion is that of the rule's text, "" where it is not known.
	ruleVersion string
}

func (h *alertHeader) record(id []byte, body []byte) []byte {
	w := make(writer, 0, 40+len(h.rule)+len(h.ruleVersion)+len(body))
	w.byte(alertVersion)
	w.raw(h.article[:])
	w.time(h.at, timeOf(id))
	w.time(h.seen, timeOf(id))
	w.uint(h.deliveries)
	w.string(h.rule)
	w.string(h.ruleVersion)
	w.raw(body)
	return w
}

func splitAlert(id, b []byte) (h alertHeader, body []byte, err error) {
	r := reader{b: b}
	version := r.byte()
	if version < 1 || version > alertVersion {
		return h, nil, errRecord
	}
	copy(h.article[:], r.raw(len(h.article)))
	h.at = r.time(timeOf(id))
	h.seen = r.time(timeOf(id))
	h.deliveries = r.uint()
	h.rule = r.string()
	if version >= 2 {
		h.ruleVersion = r.string()
	}
	return h, r.b, r.err()
}

// appendAlert writes what an alert says beside its header, with its article.
func appendAlert(w *writer, al *notify.Alert, a *feeds.Article, source *feeds.Source) {
	w.string(string(al.Type))
	w.string(al.Rule.Match)
	w.uint(uint64(len(al.Matches)))
	for _, m := range al.Matches {
		w.byte(byte(m.Field))
		w.int(int64(m.Start))
		w.int(int64(m.End))
		w.string(m.Text)
	}
	w.string(al.Excerpt.Text)
	w.uint(uint64(len(al.Excerpt.Marks)))
	for _, m := range al.Excerpt.Marks {
		w.int(int64(m[0]))
		w.int(int64(m[1]))
	}
	appendArticle(w, a, source)
}

// decodeAlert joins what the header and the text of an alert say.
func decodeAlert(id ulid.ULID, h *alertHeader, body []byte) (*notify.Alert, error) {
	r := reader{b: body}
	al := &notify.Alert{ID: id.String(), Time: instant(h.at), Rule: notify.Rule{Name: h.rule, Version: h.ruleVersion}}
	al.Type = notify.Type(r.string())
	al.Rule.Match = r.string()
	for range r.count() {
		al.Matches = append(al.Matches, text.Span{
			Field: text.Field(r.byte()),
			Start: int(r.int()),
			End:   int(r.int()),
			Text:  r.string(),
		})
	}
	al.Excerpt.Text = r.string()
	for range r.count() {
		al.Excerpt.Marks = append(al.Excerpt.Marks, [2]int{int(r.int()), int(r.int())})
	}
	if r.bad {
		return nil, errRecord
	}
	a, err := decodeArticle(r.b)
	if err != nil {
		return nil, err
	}
	a.ID, a.Seen = h.article.String(), instant(h.seen)
	al.Article = a
	return al, nil
}
