package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/notify"
)

const (
	// maxAnswer is how much of an answer's body is read, so that the
	// connection can be used again, and maxWait for how long.
	maxAnswer = 64 << 10
	maxWait   = 2 * time.Second
	// idle is how many connections are kept open between requests, enough for
	// the dispatcher's usual concurrency.
	idle = 16
)

// Options says where to send webhooks and how.
type Options struct {
	// URL is where requests go, http or https. It is a secret as a whole:
	// errors show its host alone. A user and password in it are sent as basic
	// authentication.
	URL string
	// Secrets sign the requests, all of them each request: "whsec_" and 24 to
	// 64 bytes in base64. With none, requests are not signed and the receiver
	// cannot tell who sends them.
	Secrets []string
	// AllowPrivate lists networks that may be reached although they are not
	// public.
	AllowPrivate []netip.Prefix
	// UserAgent says who asks; "" is "copytaster".
	UserAgent string
	// Timeout bounds a request as a whole; 0 is 30 s.
	Timeout time.Duration
}

// Webhook is a notify.Notifier that sends webhooks to one address.
type Webhook struct {
	url       string // without user and password
	host      string
	basic     *url.Userinfo
	signers   []*standardwebhooks.Webhook
	userAgent string
	timeout   time.Duration
	transport *http.Transport
}

// New returns a webhook. Its errors say what is wrong with the options and
// show no secret.
func New(o Options) (*Webhook, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, errors.New("url is not an absolute http or https URL")
	}
	w := &Webhook{
		host:      u.Host,
		basic:     u.User,
		userAgent: o.UserAgent,
		timeout:   o.Timeout,
		transport: fetch.NewTransport(o.AllowPrivate),
	}
	w.transport.MaxIdleConnsPerHost = idle
	if w.userAgent == "" {
		w.userAgent = "copytaster"
	}
	if w.timeout == 0 {
		w.timeout = 30 * time.Second
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	w.url = u.String()
	for i, secret := range o.Secrets {
		s, err := signer(secret)
		if err != nil {
			return nil, fmt.Errorf("secret %d of %d: %w", i+1, len(o.Secrets), err)
		}
		w.signers = append(w.signers, s)
	}
	return w, nil
}

// signer reads a secret ("whsec_" and 24 to 64 bytes in base64, Standard
// Webhooks 1.0, "Signature scheme").
func signer(secret string) (*standardwebhooks.Webhook, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil, errors.New(`does not begin with "whsec_"`)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errors.New(`what follows "whsec_" is not base64`)
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("has %d bytes; 24 to 64 are needed", len(key))
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// Notify sends the delivery's alert once.
func (w *Webhook) Notify(ctx context.Context, d notify.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	req, err := w.request(ctx, d)
	if err != nil {
		return notify.Permanent(fmt.Errorf("write webhook: %w", err))
	}
	// The bare transport, unlike a client, follows no redirect.
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		return fetch.Explain(err, w.host)
	}
	defer resp.Body.Close()
	defer time.AfterFunc(maxWait, cancel).Stop()
	// What has been said is said: an answer that breaks off later is no failure.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return w.judge(resp)
}

// Close closes idle connections.
func (w *Webhook) Close() { w.transport.CloseIdleConnections() }

func (w *Webhook) request(ctx context.Context, d notify.Delivery) (*http.Request, error) {
	if d.Alert == nil {
		return nil, errors.New("the delivery has no alert")
	}
	b, err := body(d.Alert)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("the url cannot be asked")
	}
	if w.basic != nil {
		password, _ := w.basic.Password()
		req.SetBasicAuth(w.basic.Username(), password)
	}
	now := time.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.userAgent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, d.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	var signatures []string
	for _, s := range w.signers {
		signature, err := s.Sign(d.ID, now, b)
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) > 0 {
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	}
	return req, nil
}

// judge says what an answer means for the delivery.
func (w *Webhook) judge(resp *http.Response) error {
	status := resp.StatusCode
	if status >= 200 && status <= 299 {
		return nil
	}
	err := fmt.Errorf("%s answered %s", w.host, strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)))
	switch {
	case status >= 300 && status <= 399:
		return fmt.Errorf("%w: redirects are not followed; configure the address that it leads to", err)
	case status == http.StatusGone:
		return notify.Permanent(fmt.Errorf("%w: it wants no more webhooks", err))
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway,
		status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return notify.RetryAfter(err, fetch.ParseRetryAfter(resp.Header.Get("Retry-After"), time.Now()))
	}
	return err
}
