package web

import (
	"container/list"
	"fmt"
	"sync"

	"golang.org/x/sync/singleflight"
)

// cacheSize is how many bytes of rendered documents are kept.
const cacheSize = 32 << 20

// key names a rendered document.
type key struct {
	kind, name, format string
	limit              int
}

// cache keeps the documents that were asked for last, each with the revision of
// the archive that it shows.
type cache struct {
	limit int
	group singleflight.Group

	mu    sync.Mutex
	size  int
	docs  map[key]*list.Element
	order *list.List // of *cached, used last in front
}

type cached struct {
	key      key
	revision uint64
	doc      *document
}

// weight is what a document takes, with its compressed form.
func (c *cached) weight() int { return len(c.doc.body) + len(c.doc.body)/2 + 256 }

func newCache(limit int) *cache {
	return &cache{limit: limit, docs: map[key]*list.Element{}, order: list.New()}
}

// document returns the document as of the revision. Where it has to be
// rendered, callers that ask for the same at once share one rendering.
func (c *cache) document(k key, revision uint64, render func() (*document, error)) (*document, error) {
	if doc := c.lookup(k, revision); doc != nil {
		return doc, nil
	}
	v, err, _ := c.group.Do(fmt.Sprintf("%q %q %q %d %d", k.kind, k.name, k.format, k.limit, revision), func() (any, error) {
		// Another caller may have rendered it since.
		if doc := c.lookup(k, revision); doc != nil {
			return doc, nil
		}
		doc, err := render()
		if err != nil {
			return nil, err
		}
		return c.keep(&cached{k, revision, doc}), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*document), nil
}

func (c *cache) lookup(k key, revision uint64) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.docs[k]; ok && e.Value.(*cached).revision == revision {
		c.order.MoveToFront(e)
		return e.Value.(*cached).doc
	}
	return nil
}

// keep stores a document and returns it, or the older one that turned out to be
// the same: that one may be compressed already.
func (c *cache) keep(n *cached) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.docs[n.key]; ok {
		old := e.Value.(*cached)
		if old.doc.hash == n.doc.hash {
			n.doc = old.doc
		}
		c.drop(e)
	}
	if n.weight() > c.limit/2 {
		return n.doc
	}
	c.docs[n.key] = c.order.PushFront(n)
	c.size += n.weight()
	for c.size > c.limit {
		c.drop(c.order.Back())
	}
	return n.doc
}

func (c *cache) drop(e *list.Element) {
	n := c.order.Remove(e).(*cached)
	delete(c.docs, n.key)
	c.size -= n.weight()
}
