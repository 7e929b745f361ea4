package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"github.com/copytaster/copytaster/monitor/store"
)

// The layout of a bbolt file, version 2: bbolt's internal/common.
const (
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	pageHeader     = 16 // id(8) flags(2) count(2) overflow(4)
	elementSize    = 16
	metaSize       = 64
	bucketSize     = 16
	flagBranch     = 0x01
	flagLeaf       = 0x02
	flagBucket     = 0x01 // of a leaf element
	maxPageSize    = 16 << 20
	maxTreeDepth   = 64
	maxBucketDepth = 2
)

// checkFile walks all pages of the file at path that hold data and returns
// ErrDamaged when one is not as it should be. bbolt reads the same pages when
// it opens the file, to find the free ones, but in a goroutine of its own,
// where what it meets in a damaged file ends the process. Nobody may write to
// the file meanwhile.
func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return explain(path, err)
	}
	defer f.Close()
	c := pageChecker{f: f}
	err = c.run()
	if errors.Is(err, store.ErrDamaged) {
		return damaged(path, c.reason)
	}
	return explain(path, err)
}

type pageChecker struct {
	f        *os.File
	size     int64
	pageSize int64
	pages    uint64
	seen     []uint64 // a bit for each page
	buffers  [][]byte // one for each level of the tree
	reason   string
}

func (c *pageChecker) bad(format string, args ...any) error {
	c.reason = fmt.Sprintf(format, args...)
	return store.ErrDamaged
}

// meta is the part of a meta page that matters here.
type meta struct {
	pageSize, root, pages, tx uint64
}

func (c *pageChecker) run() error {
	info, err := c.f.Stat()
	if err != nil {
		return err
	}
	c.size = info.Size()
	m, ok, err := c.meta()
	if err != nil {
		return err
	}
	if !ok {
		return c.bad("it is not a store, or its first pages are lost")
	}
	c.pageSize, c.pages = int64(m.pageSize), m.pages
	if m.pages > uint64(c.size/c.pageSize) {
		return c.bad("the file is %d bytes long and should have %d pages of %d bytes", c.size, m.pages, m.pageSize)
	}
	c.seen = make([]uint64, m.pages/64+1)
	c.seen[0] = 3
	return c.tree(m.root, bounds{}, 0, 0)
}

// meta returns the newer of the two meta pages that is whole.
func (c *pageChecker) meta() (newest meta, ok bool, err error) {
	try := func(offset, pageSize int64) (m meta, ok bool, err error) {
		b := make([]byte, pageHeader+metaSize)
		if _, err := c.f.ReadAt(b, offset); err != nil {
			if err == io.EOF {
				return m, false, nil
			}
			return m, false, err
		}
		b = b[pageHeader:]
		order := binary.NativeEndian
		sum := fnv.New64a()
		sum.Write(b[:metaSize-8])
		m = meta{
			pageSize: uint64(order.Uint32(b[8:])),
			root:     order.Uint64(b[16:]),
			pages:    order.Uint64(b[40:]),
			tx:       order.Uint64(b[48:]),
		}
		ok = order.Uint32(b) == boltMagic && order.Uint32(b[4:]) == boltVersion &&
			order.Uint64(b[56:]) == sum.Sum64() &&
			m.pageSize >= 512 && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0 &&
			(pageSize == 0 || pageSize == int64(m.pageSize))
		return m, ok, nil
	}
	newest, ok, err = try(0, 0)
	if err != nil {
		return newest, false, err
	}
	// The second one stands a page further, however long a page is.
	for size := int64(512); size <= maxPageSize; size <<= 1 {
		if ok && size != int64(newest.pageSize) {
			continue
		}
		m, found, err := try(size, size)
		if err != nil {
			return newest, false, err
		}
		if found && (!ok || m.tx > newest.tx) {
			return m, true, nil
		}
	}
	return newest, ok, nil
}

// bounds are the keys that a page may hold: [low, high), each nil for none.
type bounds struct{ low, high []byte }

// tree checks the page with the given id and what hangs below it.
func (c *pageChecker) tree(id uint64, in bounds, depth, bucket int) error {
	if depth > maxTreeDepth {
		return c.bad("page %d: the tree is too deep", id)
	}
	page, err := c.page(id, depth)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	switch flags := order.Uint16(page[8:]); flags {
	case flagLeaf:
		return c.leaf(id, page, in, depth, bucket)
	case flagBranch:
	default:
		return c.bad("page %d: it is of kind %#x, which does not belong there", id, flags)
	}
	count := int(order.Uint16(page[10:]))
	if count == 0 || pageHeader+count*elementSize > len(page) {
		return c.bad("page %d: it cannot have %d branches", id, count)
	}
	var last []byte
	child := func(i int) (key []byte, below uint64, ok bool) {
		at := pageHeader + i*elementSize
		key, ok = slice(page, at, order.Uint32(page[at:]), order.Uint32(page[at+4:]))
		return key, order.Uint64(page[at+8:]), ok
	}
	for i := range count {
		key, below, ok := child(i)
		if !ok || !ascending(last, key, in) {
			return c.bad("page %d: branch %d has no proper key", id, i)
		}
		next := bounds{key, in.high}
		if i+1 < count {
			if next.high, _, ok = child(i + 1); !ok {
				return c.bad("page %d: branch %d has no proper key", id, i+1)
			}
		}
		if err := c.tree(below, next, depth+1, bucket); err != nil {
			return err
		}
		last = key
	}
	return nil
}

func (c *pageChecker) leaf(id uint64, page []byte, in bounds, depth, bucket int) error {
	order := binary.NativeEndian
	count := int(order.Uint16(page[10:]))
	if pageHeader+count*elementSize > len(page) {
		return c.bad("page %d: it cannot have %d entries", id, count)
	}
	var last []byte
	for i := range count {
		at := pageHeader + i*elementSize
		flags, pos := order.Uint32(page[at:]), order.Uint32(page[at+4:])
		keySize, valueSize := order.Uint32(page[at+8:]), order.Uint32(page[at+12:])
		entry, ok := slice(page, at, pos, keySize+valueSize)
		if !ok || keySize+valueSize < keySize || !ascending(last, entry[:keySize], in) || flags > flagBucket {
			return c.bad("page %d: entry %d is not whole", id, i)
		}
		last = entry[:keySize]
		if flags != flagBucket {
			continue
		}
		value := entry[keySize:]
		if bucket+1 >= maxBucketDepth || len(value) < bucketSize {
			return c.bad("page %d: entry %d is not a bucket", id, i)
		}
		var err error
		if root := order.Uint64(value); root != 0 {
			err = c.tree(root, bounds{}, depth+1, bucket+1)
		} else if inline := value[bucketSize:]; len(inline) < pageHeader || order.Uint16(inline[8:]) != flagLeaf {
			err = c.bad("page %d: entry %d is not a bucket", id, i)
		} else {
			err = c.leaf(id, inline, bounds{}, depth, bucket+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ascending reports whether a key follows the one before it and keeps within
// bounds.
func ascending(last, key []byte, in bounds) bool {
	if last != nil && bytes.Compare(last, key) >= 0 {
		return false
	}
	if in.low != nil && bytes.Compare(key, in.low) < 0 {
		return false
	}
	return in.high == nil || bytes.Compare(key, in.high) < 0
}

// slice returns the size bytes that stand pos after at.
func slice(page []byte, at int, pos, size uint32) ([]byte, bool) {
	from := uint64(at) + uint64(pos)
	if from+uint64(size) > uint64(len(page)) {
		return nil, false
	}
	return page[from : from+uint64(size)], true
}

// page reads a page that was not met before.
func (c *pageChecker) page(id uint64, depth int) ([]byte, error) {
	if id < 2 || id >= c.pages {
		return nil, c.bad("page %d is not in the file", id)
	}
	for len(c.buffers) <= depth {
		c.buffers = append(c.buffers, make([]byte, c.pageSize))
	}
	page := c.buffers[depth][:c.pageSize]
	if _, err := c.f.ReadAt(page, int64(id)*c.pageSize); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	order := binary.NativeEndian
	overflow := uint64(order.Uint32(page[12:]))
	if order.Uint64(page) != id || overflow >= c.pages || id+overflow >= c.pages {
		return nil, c.bad("page %d: it says to be another", id)
	}
	for i := id; i <= id+overflow; i++ {
		if c.seen[i/64]&(1<<(i%64)) != 0 {
			return nil, c.bad("page %d is used twice", i)
		}
		c.seen[i/64] |= 1 << (i % 64)
	}
	if overflow > 0 {
		rest := int64(overflow) * c.pageSize
		page = append(page, make([]byte, rest)...)
		c.buffers[depth] = page[:cap(page)]
		if _, err := c.f.ReadAt(page[c.pageSize:], (int64(id)+1)*c.pageSize); err != nil {
			return nil, fmt.Errorf("read page %d: %w", id, err)
		}
	}
	return page, nil
}
