package web

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/store"
)

// searchPage is how many articles are read from the archive at once.
const searchPage = 200

// Articles is the part of an archive that is searched. store.Archive states the
// contract.
type Articles interface {
	Articles(ctx context.Context, q store.Query) ([]*feeds.Article, error)
}

// scan is a way through an archive, newest first. While one page is evaluated
// others are read and evaluated, on all cores; a few at a time are held.
type scan[T any] struct {
	archive Articles
	query   store.Query
	// evaluate makes of a page what is wanted of it. It is called from several
	// goroutines.
	evaluate func(page []*feeds.Article) T
	// yield is called with the results in the order of the archive and returns
	// false to end the scan. nothing is read ahead before it has seen the
	// first page.
	yield func(page []*feeds.Article, result T) bool
}

// leaf is a page of the archive on its way through a scan.
type leaf[T any] struct {
	articles []*feeds.Article
	result   T
	err      error
	done     chan struct{}
}

// run goes through the archive until its end, yield returns false, or ctx ends.
// It waits for everything it started.
func (s *scan[T]) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan *leaf[T])
	ordered := make(chan *leaf[T], workers)
	seen := make(chan struct{}) // closed after the first page
	var group errgroup.Group
	group.Go(func() error {
		defer close(ordered)
		defer close(jobs)
		return s.read(ctx, jobs, ordered, seen)
	})
	for range workers {
		group.Go(func() error {
			for p := range jobs {
				p.evaluate(s.evaluate)
				close(p.done)
			}
			return nil
		})
	}
	failed := s.consume(ctx, ordered, seen)
	stop()
	read := group.Wait()
	switch {
	case failed == errEnough:
		return nil
	case failed != nil:
		return failed
	}
	return read
}

// errEnough ends a scan that has yielded enough.
var errEnough = errors.New("enough")

// read reads page after page and gives each to the workers and, in order, to
// the consumer.
func (s *scan[T]) read(ctx context.Context, jobs, ordered chan<- *leaf[T], seen <-chan struct{}) error {
	q := s.query
	q.Limit = searchPage
	for first := true; ; first = false {
		if !first {
			select {
			case <-seen:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		articles, err := s.archive.Articles(ctx, q)
		if err != nil {
			return fmt.Errorf("read articles: %w", err)
		}
		if len(articles) > 0 {
			p := &leaf[T]{articles: articles, done: make(chan struct{})}
			for _, to := range []chan<- *leaf[T]{ordered, jobs} {
				select {
				case to <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if len(articles) < q.Limit {
			return nil
		}
		q.Before = articles[len(articles)-1].ID
	}
}

// consume yields the results in order. A nil error means that there are no
// more.
func (s *scan[T]) consume(ctx context.Context, ordered <-chan *leaf[T], seen chan<- struct{}) error {
	for first := true; ; first = false {
		p, ok := <-ordered
		if !ok {
			return nil
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if p.err != nil {
			return p.err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !s.yield(p.articles, p.result) {
			return errEnough
		}
		if first {
			close(seen)
		}
	}
}

// evaluate sets the result. A panic is the scan's error, not the program's end.
func (p *leaf[T]) evaluate(with func([]*feeds.Article) T) {
	defer func() {
		if v := recover(); v != nil {
			p.err = fmt.Errorf("evaluating articles panicked: %v\n%s", v, debug.Stack())
		}
	}()
	p.result = with(p.articles)
}
