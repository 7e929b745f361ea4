package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"
)

const (
	// maxLine is the longest line of input, in bytes.
	maxLine = 64 << 20
	// chunkLines and chunkBytes bound what is worked on at a time.
	chunkLines = 256
	chunkBytes = 256 << 10
)

// chunk is some lines of input on their way through a pipeline.
type chunk[T any] struct {
	first  int // number of the first line, from 1
	lines  [][]byte
	result T
	err    error
	done   chan struct{}
}

// pipeline reads lines, has work done on some of them at a time on all cores, and
// passes the results on in the order of the input. It reads ahead a few chunks
// and no more. The first error, in the order of the input, ends it.
func pipeline[T any](ctx context.Context, in io.Reader, work func(first int, lines [][]byte) (T, error), pass func(T) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan *chunk[T])
	ordered := make(chan *chunk[T], 2*workers)
	var group errgroup.Group
	group.Go(func() error {
		defer close(ordered)
		defer close(jobs)
		return cut(in, func(c *chunk[T]) error {
			for _, to := range []chan<- *chunk[T]{ordered, jobs} {
				select {
				case to <- c:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range workers {
		group.Go(func() error {
			for c := range jobs {
				c.result, c.err = work(c.first, c.lines)
				close(c.done)
			}
			return nil
		})
	}
	err := deliver(ctx, ordered, pass)
	stop()
	// A reader that waits for input cannot be told to stop: it is left, and
	// ends with the process.
	if err != nil {
		return err
	}
	return group.Wait()
}

// deliver passes results on in their order.
func deliver[T any](ctx context.Context, ordered <-chan *chunk[T], pass func(T) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c, ok := <-ordered:
			if !ok {
				return nil
			}
			select {
			case <-c.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			// What came before an error in the same chunk is passed on, too.
			if err := pass(c.result); err != nil {
				return err
			}
			if c.err != nil {
				return c.err
			}
		}
	}
}

// cut cuts input into chunks. A line that is there is not held back while the
// next one is waited for.
func cut[T any](in io.Reader, put func(*chunk[T]) error) error {
	r := bufio.NewReaderSize(in, chunkBytes)
	number := 1
	for {
		c := &chunk[T]{first: number, done: make(chan struct{})}
		size := 0
		for len(c.lines) < chunkLines && size < chunkBytes {
			line, err := readLine(r)
			if err != nil && err != io.EOF {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if err == io.EOF && len(line) == 0 {
				if len(c.lines) > 0 {
					return put(c)
				}
				return nil
			}
			c.lines = append(c.lines, line)
			size += len(line)
			number++
			if !hasLine(r) {
				break
			}
		}
		if err := put(c); err != nil {
			return err
		}
	}
}

// hasLine reports whether another line can be read without waiting.
func hasLine(r *bufio.Reader) bool {
	b, _ := r.Peek(r.Buffered())
	return bytes.IndexByte(b, '\n') >= 0
}

// readLine returns the next line without its end, or what is left before
// io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("longer than %d MiB", maxLine>>20)
		}
		if err != bufio.ErrBufferFull {
			return bytes.TrimRight(line, "\r\n"), err
		}
	}
}
