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
)

// client asks a running daemon through its API: what commands do when the
// daemon holds the store.
type client struct {
	cfg *config.Config
}

// call sends a request and returns the body of a good answer.
func (c client) call(ctx context.Context, method, path string, query url.Values) (io.ReadCloser, error) {
	if c.cfg.Listen == "" {
		return nil, errors.New("the store is in use by a running copytaster, which cannot be asked because of \"listen: off\"")
	}
	u := url.URL{Scheme: "http", Host: reachable(c.cfg.Listen), Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	switch auth := c.cfg.Auth; {
	case auth.Token.Reveal() != "":
		req.Header.Set("Authorization", "Bearer "+auth.Token.Reveal())
	case auth.User != "":
		req.SetBasicAuth(auth.User, auth.Password.Reveal())
	}
	resp, err := http.DefaultClient.Do(req)
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
	if resp.StatusCode == http.StatusBadRequest {
		return nil, usageError{err}
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
