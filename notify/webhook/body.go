package webhook

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/text"
	"github.com/copytaster/copytaster/notify"
)

// maxBody is the size in bytes beyond which an article goes without its
// content_html.
const maxBody = 1 << 20

// message is the body of a request.
type message struct {
	Type      notify.Type `json:"type"`
	Timestamp time.Time   `json:"timestamp"`
	Data      data        `json:"data"`
}

type data struct {
	Alert   string         `json:"alert"`
	Rule    notify.Rule    `json:"rule,omitzero"`
	Article *feeds.Article `json:"article,omitempty"`
	Matches []text.Span    `json:"matches"`
	Excerpt string         `json:"excerpt"`
	Omitted []string       `json:"omitted,omitempty"`
}

// body returns the request body for an alert.
func body(a *notify.Alert) ([]byte, error) {
	m := message{Type: a.Type, Timestamp: a.Time.UTC(), Data: data{
		Alert: a.ID, Rule: a.Rule, Article: a.Article, Matches: a.Matches, Excerpt: a.Excerpt.Text,
	}}
	if m.Data.Matches == nil {
		m.Data.Matches = []text.Span{} // an array, also where a rule asked for no word
	}
	b, err := encode(&m)
	if err == nil && len(b) > maxBody && a.Article != nil && a.Article.ContentHTML != "" {
		short := *a.Article
		short.ContentHTML = ""
		m.Data.Article, m.Data.Omitted = &short, []string{"content_html"}
		b, err = encode(&m)
	}
	return b, err
}

func encode(m *message) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // content_html would grow by a half
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
