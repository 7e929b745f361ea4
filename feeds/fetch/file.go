package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/copytaster/copytaster/feeds"
)

// readFile reads a local feed. Its ETag is made of time and size, so that an
// untouched file is not read again.
func (f *Fetcher) readFile(ctx context.Context, feed *feeds.Feed, path string, v Validators) (*Response, error) {
	if ctx.Err() != nil {
		return nil, Explain(ctx.Err(), "")
	}
	// Asked before opening, which alone can have an effect on a device.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}
	// O_NONBLOCK: the path may have become a pipe since, and opening one waits
	// for a writer.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, fileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}

	r := &Response{Status: http.StatusOK}
	r.Validators = Validators{ETag: fileTag(info, time.Now()), Endpoint: endpointHash(feed, "")}
	if v.ETag != "" && v.ETag == r.Validators.ETag && v.Endpoint == r.Validators.Endpoint {
		r.Status, r.NotModified = http.StatusNotModified, true
		r.Validators.BodyHash = v.BodyHash
		return r, nil
	}
	body, err := f.bodies.read(file)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, fail(KindTooLarge, nil, "file %s is larger than %s (poll.max_body)", path, size(f.bodies.max))
	case err != nil:
		return nil, fileError(path, err)
	}
	r.setBody(body, v)
	return r, nil
}

// fileTag returns what tells a file's versions apart, or "" when the file was
// written so recently that another write might not move its time: file systems
// keep ticks of some milliseconds, a few of a second or two.
func fileTag(info fs.FileInfo, now time.Time) string {
	modified := info.ModTime()
	tick := 100 * time.Millisecond
	if modified.Nanosecond() == 0 {
		tick = 2 * time.Second
	}
	if age := now.Sub(modified); age >= 0 && age < tick {
		return ""
	}
	return fmt.Sprintf("%d-%d", modified.UnixNano(), info.Size())
}

func notRegular(path string, info fs.FileInfo) *Error {
	what := "a device or pipe"
	if info.IsDir() {
		what = "a directory"
	}
	return fail(KindFile, nil, "file %s is %s; a feed must be a regular file", path, what)
}

// fileError names the file once, in plain words where there are any.
func fileError(path string, err error) *Error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(KindFile, fs.ErrNotExist, "file %s does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return fail(KindFile, fs.ErrPermission, "file %s may not be read by this user", path)
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fail(KindFile, nil, "file %s cannot be read: %v", path, err)
}
