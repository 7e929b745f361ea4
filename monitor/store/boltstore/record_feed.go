package boltstore

import (
	"bytes"
	"encoding/binary"
	"net/url"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// recordVersion is the first byte of every record that is not of fixed size.
const recordVersion = 1

// profile is what is known of a feed that rarely changes: its record in the
// bucket feeds.
type profile struct {
	id         feeds.FeedID
	configured bool
	host       string
	// source is as the configuration has it.
	source feeds.Source
	// title, site and language are the document's own.
	title, site, language string
}

// subscribed returns the part of a profile record that a Sync states.
func subscribed(sub *store.Subscription) []byte {
	var w writer
	w.string(sub.Host)
	w.string(sub.Source.URL)
	w.string(sub.Source.Name)
	w.string(sub.Source.Title)
	w.string(sub.Source.Site)
	w.strings(sub.Source.Tags)
	return w
}

// profileRecord puts a record together of what Sync and polls say.
func profileRecord(id feeds.FeedID, configured bool, sub, document []byte) []byte {
	w := make(writer, 0, 22+len(sub)+len(document))
	w.byte(recordVersion)
	if configured {
		w.byte(1)
	} else {
		w.byte(0)
	}
	w.raw(id[:])
	w.section(sub)
	w.raw(document)
	return w
}

// documented returns the part of a profile record that a poll states.
func documented(st *store.State) []byte {
	var w writer
	w.string(st.Title)
	w.string(st.Site)
	w.string(st.Language)
	return w
}

// splitProfile takes a record apart without decoding its two parts.
func splitProfile(b []byte) (id feeds.FeedID, configured bool, sub, document []byte, err error) {
	r := reader{b: b}
	if r.byte() != recordVersion {
		return id, false, nil, nil, errRecord
	}
	configured = r.byte() == 1
	copy(id[:], r.raw(len(id)))
	sub = r.section()
	return id, configured, sub, r.b, r.err()
}

// hostOf returns the host in the part of a profile that Sync states; it is
// part of the record.
func hostOf(sub []byte) []byte {
	r := reader{b: sub}
	return r.section()
}

func decodeProfile(b []byte) (p profile, err error) {
	var sub, document []byte
	p.id, p.configured, sub, document, err = splitProfile(b)
	if err != nil {
		return p, err
	}
	r := reader{b: sub}
	p.host = r.string()
	p.source.URL = r.string()
	p.source.Name = r.string()
	p.source.Title = r.string()
	p.source.Site = r.string()
	p.source.Tags = r.strings()
	d := reader{b: document}
	p.title, p.site, p.language = d.string(), d.string(), d.string()
	if r.bad || d.bad {
		return p, errRecord
	}
	return p, nil
}

// shown returns the source as articles show it: what the document says of
// itself goes before what a list of subscriptions said of it, and a feed
// without a configured name goes by its title, else by its host.
func (p *profile) shown() feeds.Source {
	s := p.source
	if p.title != "" {
		s.Title = p.title
	}
	if p.site != "" {
		s.Site = p.site
	}
	if s.Name == "" {
		s.Name = s.Title
	}
	if s.Name == "" {
		if u, err := url.Parse(s.URL); err == nil {
			s.Name = u.Host
		}
	}
	if s.Name == "" {
		s.Name = s.URL
	}
	return s
}

// condition is what is known of a feed that changes with every poll: its
// record in the bucket states. Times are in milliseconds.
type condition struct {
	// since is when the wait for due began.
	since, due           int64
	polled, succeeded    int64
	retryAfter           int64
	newest               int64
	articles             uint64
	failures             uint64
	endpoint, bodyHash   uint64
	etag, lastModified   string
	errorKind, errorText string
}

func (c *condition) record() []byte {
	w := make(writer, 0, 48+len(c.etag)+len(c.lastModified)+len(c.errorKind)+len(c.errorText))
	w.byte(recordVersion)
	w.int(c.since)
	w.time(c.due, c.since)
	w.time(c.polled, c.since)
	w.time(c.succeeded, c.since)
	w.time(c.retryAfter, c.since)
	w.time(c.newest, c.since)
	w.uint(c.articles)
	w.uint(c.failures)
	w.uint64(c.endpoint)
	w.uint64(c.bodyHash)
	w.string(c.etag)
	w.string(c.lastModified)
	w.string(c.errorKind)
	w.string(c.errorText)
	return w
}

// conditionTimes reads no more of a record than the schedule needs.
func conditionTimes(b []byte) (c condition, err error) {
	r := reader{b: b}
	c.times(&r)
	return c, r.err()
}

func (c *condition) times(r *reader) {
	if r.byte() != recordVersion {
		r.fail()
	}
	c.since = r.int()
	c.due = r.time(c.since)
	c.polled = r.time(c.since)
	c.succeeded = r.time(c.since)
	c.retryAfter = r.time(c.since)
	c.newest = r.time(c.since)
	c.articles = r.uint()
	c.failures = r.uint()
}

func decodeCondition(b []byte) (c condition, err error) {
	r := reader{b: b}
	c.times(&r)
	c.endpoint = r.uint64()
	c.bodyHash = r.uint64()
	c.etag = r.string()
	c.lastModified = r.string()
	c.errorKind = r.string()
	c.errorText = r.string()
	return c, r.err()
}

// take carries over what a poll states; the store's own counts stay.
func (c *condition) take(st *store.State, at int64) {
	c.since = at
	c.due = millis(st.Due)
	c.polled = millis(st.Polled)
	c.succeeded = millis(st.Succeeded)
	c.retryAfter = millis(st.RetryAfter)
	c.failures = uint64(max(st.Failures, 0))
	c.endpoint, c.bodyHash = st.Endpoint, st.BodyHash
	c.etag, c.lastModified = st.ETag, st.LastModified
	c.errorKind, c.errorText = st.ErrorKind, st.Error
}

// state joins what the two records of a feed say.
func state(c *condition, p *profile) store.State {
	return store.State{
		Due:          instant(c.due),
		Polled:       instant(c.polled),
		Succeeded:    instant(c.succeeded),
		ETag:         c.etag,
		LastModified: c.lastModified,
		Endpoint:     c.endpoint,
		BodyHash:     c.bodyHash,
		Failures:     int(c.failures),
		ErrorKind:    c.errorKind,
		Error:        c.errorText,
		RetryAfter:   instant(c.retryAfter),
		Title:        p.title,
		Site:         p.site,
		Language:     p.language,
		Articles:     int(c.articles),
		NewestAt:     instant(c.newest),
	}
}

const itemSize = 8 + len(feeds.Key{})

func windowRecord(items []store.Item) []byte {
	b := make([]byte, 0, len(items)*itemSize)
	for _, it := range items {
		b = binary.BigEndian.AppendUint64(b, it.Fingerprint)
		b = append(b, it.Key[:]...)
	}
	return b
}

func decodeWindow(b []byte) ([]store.Item, error) {
	if len(b)%itemSize != 0 {
		return nil, errRecord
	}
	items := make([]store.Item, 0, len(b)/itemSize)
	for ; len(b) > 0; b = b[itemSize:] {
		items = append(items, store.Item{
			Fingerprint: binary.BigEndian.Uint64(b),
			Key:         feeds.Key(b[8:itemSize]),
		})
	}
	return items, nil
}

// movedKeys returns the keys that only the first of two windows holds.
func movedKeys(from, to []byte) []feeds.Key {
	if bytes.Equal(from, to) {
		return nil
	}
	kept := make(map[feeds.Key]struct{}, len(to)/itemSize)
	for ; len(to) >= itemSize; to = to[itemSize:] {
		kept[feeds.Key(to[8:itemSize])] = struct{}{}
	}
	var moved []feeds.Key
	for ; len(from) >= itemSize; from = from[itemSize:] {
		key := feeds.Key(from[8:itemSize])
		if _, ok := kept[key]; !ok {
			kept[key] = struct{}{} // a key can stand in a window more than once
			moved = append(moved, key)
		}
	}
	return moved
}
