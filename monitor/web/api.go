package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/copytaster/copytaster/monitor/store"
	"github.com/copytaster/copytaster/notify"
)

// FeedState is the state of one configured feed as the API tells it. Times are
// UTC; a time that is not known is left out.
type FeedState struct {
	URL  string   `json:"url"`
	Name string   `json:"name,omitempty"`
	Site string   `json:"site,omitempty"`
	Tags []string `json:"tags,omitempty"`
	// Due is when the feed is polled next, Polled when it last was, Succeeded
	// when that last went well.
	Due       time.Time `json:"due,omitzero"`
	Polled    time.Time `json:"polled,omitzero"`
	Succeeded time.Time `json:"succeeded,omitzero"`
	// Failures counts the failed polls since the last good one; ErrorKind and
	// Error are of the last.
	Failures  int    `json:"failures"`
	ErrorKind string `json:"error_kind,omitempty"`
	Error     string `json:"error,omitempty"`
	// Articles counts the articles ever stored, Newest is when the last was.
	Articles int       `json:"articles"`
	Newest   time.Time `json:"newest,omitzero"`
}

// NewFeedState returns what the API tells of a feed.
func NewFeedState(f store.FeedInfo) FeedState {
	return FeedState{
		URL: f.Source.URL, Name: f.Source.Name, Site: f.Source.Site, Tags: f.Source.Tags,
		Due: f.State.Due, Polled: f.State.Polled, Succeeded: f.State.Succeeded,
		Failures: f.State.Failures, ErrorKind: f.State.ErrorKind, Error: f.State.Error,
		Articles: f.State.Articles, Newest: f.State.NewestAt,
	}
}

// apiFeeds answers {"feeds": […]}. The answer is gathered before it is sent: a
// slow client must not hold the store.
func (h *Handler) apiFeeds(w http.ResponseWriter, r *http.Request) {
	if err := checkParams(r.URL.Query()); err != nil {
		fail(w, r, http.StatusBadRequest, "this request takes no parameters")
		return
	}
	var b bytes.Buffer
	b.WriteString(`{"feeds":[`)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	first := true
	err := h.store.Feeds(r.Context(), func(f store.FeedInfo) bool {
		if !f.Configured {
			return true
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		// A state holds nothing that has no JSON.
		_ = enc.Encode(NewFeedState(f))
		return true
	})
	if err != nil {
		h.internal(w, r, fmt.Errorf("read feeds: %w", err))
		return
	}
	b.WriteString("]}\n")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

// deliveries is a page of the outbox. Next, where there may be more, is what to
// give as before.
type deliveries struct {
	Deliveries []notify.Delivery `json:"deliveries"`
	Next       string            `json:"next,omitempty"`
}

func (h *Handler) apiDeliveries(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	q, err := ParseDeliveryQuery(params, time.Now(), "before", "limit")
	if err == nil {
		q.Limit, err = parseLimit(params.Get("limit"))
	}
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	q.Before = params.Get("before")
	list, err := h.store.Deliveries(r.Context(), q)
	if err != nil {
		h.internal(w, r, fmt.Errorf("read deliveries: %w", err))
		return
	}
	out := deliveries{Deliveries: list}
	if list == nil {
		out.Deliveries = []notify.Delivery{}
	}
	if len(list) == q.Limit {
		out.Next = list[len(list)-1].ID
	}
	answer(w, http.StatusOK, out)
}

// apiReplay makes deliveries pending again. At least one filter is required, so
// that nothing is sent twice by accident.
func (h *Handler) apiReplay(w http.ResponseWriter, r *http.Request) {
	params, err := replayParams(r)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		fail(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", tooLarge.Limit))
		return
	}
	var q store.DeliveryQuery
	if err == nil {
		q, err = ParseDeliveryQuery(params, time.Now())
	}
	if err == nil && q == (store.DeliveryQuery{}) {
		err = errors.New("at least one of id, state, receiver, rule, since and until is required")
	}
	if err != nil {
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	n, err := h.store.Replay(r.Context(), q, time.Now().UTC())
	if err != nil {
		h.internal(w, r, fmt.Errorf("replay deliveries: %w", err))
		return
	}
	if n > 0 && h.wake != nil {
		if q.Receiver != "" {
			h.wake(q.Receiver)
		} else {
			h.wake()
		}
	}
	answer(w, http.StatusOK, map[string]int{"replayed": n})
}

// replayParams returns the filters of a replay, from the query or from a body
// of JSON.
func replayParams(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	params := r.URL.Query()
	if len(bytes.TrimSpace(body)) == 0 {
		return params, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, errors.New("a body must be JSON and say so in its Content-Type")
	}
	if len(params) > 0 {
		return nil, errors.New("filters are either in the query or in the body")
	}
	var fields map[string]string
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, errors.New(`the body is no JSON object of strings such as {"rule": "gulf", "since": "2h"}`)
	}
	for name, value := range fields {
		params.Set(name, value)
	}
	return params, nil
}

// ParseDeliveryQuery reads the filters that select deliveries: id, state,
// receiver, rule, and since and until as ParseTime reads them. more names the
// parameters that are allowed beside these.
func ParseDeliveryQuery(params url.Values, now time.Time, more ...string) (store.DeliveryQuery, error) {
	known := append([]string{"id", "state", "receiver", "rule", "since", "until"}, more...)
	if err := checkParams(params, known...); err != nil {
		return store.DeliveryQuery{}, err
	}
	q := store.DeliveryQuery{
		ID: params.Get("id"), State: notify.State(params.Get("state")),
		Receiver: params.Get("receiver"), Rule: params.Get("rule"),
	}
	switch q.State {
	case "", notify.Pending, notify.Delivered, notify.Dead:
	default:
		return q, fmt.Errorf("state %q is none of pending, delivered and dead", q.State)
	}
	var err error
	if q.Since, err = ParseTime(params.Get("since"), now); err != nil {
		return q, fmt.Errorf("since: %w", err)
	}
	if q.Until, err = ParseTime(params.Get("until"), now); err != nil {
		return q, fmt.Errorf("until: %w", err)
	}
	return q, nil
}
