package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/monitor/store"
)

// client asks a running daemon through its API: what commands do when the
// daemon holds the store.
type client struct {
	cfg *config.Config
}

// call sends a request and returns the body of a good answer. It is
// store.ErrNotFound that there is no such thing.
func (c client) call(ctx context.Context, method, path string, query url.Values) (io.ReadCloser, error) {
	return c.send(ctx, method, path+"?"+query.Encode(), nil)
}

// post is call with a body of JSON.
func (c client) post(ctx context.Context, path string, body io.Reader) (io.ReadCloser, error) {
	return c.send(ctx, http.MethodPost, path, body)
}

func (c client) send(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	if c.cfg.Listen == "" {
		return nil, errors.New("the store is in use by a running copytaster, which cannot be asked because of \"listen: off\"")
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+reachable(c.cfg.Listen)+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch auth := c.cfg.Auth; {
	case auth.Token.Reveal() != "":
		req.Header.Set("Authorization", "Bearer "+auth.Token.Reveal())
	case auth.User != "":
		req.SetBasicAuth(auth.User, auth.Password.Reveal())
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("the store is in use, but no copytaster answers on %s: %w", c.cfg.Listen, rootCause(err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var answer struct {
		Error string `json:"error"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer) != nil || answer.Error == "" {
		answer.Error = resp.Status
	}
	err = fmt.Errorf("ask the running copytaster: %s", answer.Error)
	switch resp.StatusCode {
	case http.StatusBadRequest:
		return nil, usageError{err}
	case http.StatusNotFound:
		return nil, fmt.Errorf("%w: %s", store.ErrNotFound, answer.Error)
	}
	return nil, err
}

// reachable turns an address to listen on into one to connect to.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// ask decodes the JSON answer to a request into v.
func (c client) ask(ctx context.Context, method, path string, query url.Values, v any) error {
	body, err := c.call(ctx, method, path, query)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return fmt.Errorf("read the running copytaster's answer: %w", err)
	}
	return nil
}
