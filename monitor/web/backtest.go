package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/store"
)

const (
	// samples and topFeeds bound what a backtest tells of single articles and
	// feeds.
	samples  = 10
	topFeeds = 20
	// progressEvery is how often a backtest says how far it is.
	progressEvery = 500 * time.Millisecond
)

// BacktestQuery says what to try on the archive.
type BacktestQuery struct {
	Rule match.Rule
	// Against is a rule to compare with, nil for none.
	Against *match.Rule
	// Since limits to articles seen at that time or later when not zero.
	Since time.Time
	// Progress, where it is not nil, is told from time to time how many
	// articles were looked at so far.
	Progress func(scanned int)
}

// Backtest is what a rule would have matched. Days are of UTC.
type Backtest struct {
	Tally
	// Scanned counts the articles that were looked at, the first and the last
	// of which were seen at From and To; both are zero for none.
	Scanned int       `json:"scanned"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	// Against is the same of the rule that was compared with. Gained are the
	// articles that only the first rule matches, Lost those that only the
	// second does. All three are nil without such a rule.
	Against *Tally `json:"against,omitempty"`
	Gained  *Tally `json:"gained,omitempty"`
	Lost    *Tally `json:"lost,omitempty"`
}

// Tally counts articles.
type Tally struct {
	Articles int `json:"articles"`
	// Days has each day with articles, ascending.
	Days []DayCount `json:"days"`
	// Feeds are those with the most articles, at most 20; MoreFeeds counts the
	// others.
	Feeds     []FeedCount `json:"feeds"`
	MoreFeeds int         `json:"more_feeds,omitempty"`
	// Samples are the newest articles, at most 10.
	Samples []Found `json:"samples"`

	days  map[string]int
	feeds map[string]*FeedCount
}

// DayCount counts the articles that were first seen on a day, YYYY-MM-DD.
type DayCount struct {
	Day      string `json:"day"`
	Articles int    `json:"articles"`
}

// FeedCount counts the articles of a feed.
type FeedCount struct {
	URL      string `json:"url"`
	Name     string `json:"name,omitempty"`
	Articles int    `json:"articles"`
}

// hits are the matches of the two rules with one article; nil for no match.
type hits [2]*match.Match

// RunBacktest goes through the archive, newest first, and tells what the rules
// would have matched. It reads in short steps and needs memory for days and
// feeds, not for articles.
//
// Errors: ctx's; the archive's.
func RunBacktest(ctx context.Context, a Articles, q BacktestQuery) (*Backtest, error) {
	const first, second = "first", "second"
	rules := []match.Rule{q.Rule}
	rules[0].Name = first
	if q.Against != nil {
		rules = append(rules, *q.Against)
		rules[1].Name = second
	}
	index := match.New(rules)
	b := new(Backtest)
	tallies := [4]*Tally{&b.Tally, {}, {}, {}} // the rule, against, gained, lost
	s := scan[[]hits]{
		archive: a,
		query:   store.Query{Since: q.Since},
		evaluate: func(page []*feeds.Article) []hits {
			list := make([]hits, len(page))
			for i, article := range page {
				for _, m := range index.Match(article) {
					if m.Rule.Name == first {
						list[i][0] = &m
					} else {
						list[i][1] = &m
					}
				}
			}
			return list
		},
		yield: func(page []*feeds.Article, list []hits) bool {
			for i, hit := range list {
				article := page[i]
				if hit[0] != nil {
					tallies[0].add(article, *hit[0])
				}
				if hit[1] != nil {
					tallies[1].add(article, *hit[1])
				}
				switch {
				case hit[0] != nil && hit[1] == nil:
					tallies[2].add(article, *hit[0])
				case hit[0] == nil && hit[1] != nil:
					tallies[3].add(article, *hit[1])
				}
			}
			if b.Scanned == 0 {
				b.To = page[0].Seen
			}
			b.From = page[len(page)-1].Seen
			b.Scanned += len(page)
			if q.Progress != nil {
				q.Progress(b.Scanned)
			}
			return true
		},
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	for _, t := range tallies {
		t.finish()
	}
	if q.Against != nil {
		b.Against, b.Gained, b.Lost = tallies[1], tallies[2], tallies[3]
	}
	return b, nil
}

func (t *Tally) add(a *feeds.Article, m match.Match) {
	if t.days == nil {
		t.days, t.feeds = make(map[string]int), make(map[string]*FeedCount)
	}
	t.Articles++
	t.days[a.Seen.UTC().Format(time.DateOnly)]++
	if a.Feed != nil {
		f := t.feeds[a.Feed.URL]
		if f == nil {
			f = &FeedCount{URL: a.Feed.URL, Name: cmp.Or(a.Feed.Name, a.Feed.Title)}
			t.feeds[a.Feed.URL] = f
		}
		f.Articles++
	}
	if len(t.Samples) < samples {
		t.Samples = append(t.Samples, newFound(a, m))
	}
}

// finish fills in what is told of days and feeds.
func (t *Tally) finish() {
	t.Days, t.Feeds = []DayCount{}, []FeedCount{}
	if t.Samples == nil {
		t.Samples = []Found{}
	}
	for day, n := range t.days {
		t.Days = append(t.Days, DayCount{day, n})
	}
	slices.SortFunc(t.Days, func(a, b DayCount) int { return cmp.Compare(a.Day, b.Day) })
	for _, f := range t.feeds {
		t.Feeds = append(t.Feeds, *f)
	}
	slices.SortFunc(t.Feeds, func(a, b FeedCount) int {
		return cmp.Or(cmp.Compare(b.Articles, a.Articles), cmp.Compare(a.URL, b.URL))
	})
	if len(t.Feeds) > topFeeds {
		t.MoreFeeds = len(t.Feeds) - topFeeds
		t.Feeds = t.Feeds[:topFeeds:topFeeds]
	}
	t.days, t.feeds = nil, nil
}

// RuleText is a rule as the API is told of it, in the names of the
// configuration. In holds scopes as they stand there: "tag:TAG", or a feed's
// name or URL.
type RuleText struct {
	Match    string   `json:"match"`
	In       []string `json:"in,omitempty"`
	Language string   `json:"language,omitempty"`
}

// NewRuleText returns the text of a rule, with what it names written out.
func NewRuleText(r match.Rule) RuleText {
	t := RuleText{Match: r.Expr.String(), Language: r.Language}
	for _, s := range r.In {
		if s.Tag != "" {
			t.In = append(t.In, "tag:"+s.Tag)
		} else {
			t.In = append(t.In, s.Feed)
		}
	}
	return t
}

// rule is the inverse of NewRuleText.
func (t RuleText) rule(define rule.Definitions) (match.Rule, error) {
	r := match.Rule{Name: "rule", Match: t.Match, Language: t.Language}
	for _, name := range t.In {
		if len(name) > 4 && name[:4] == "tag:" {
			r.In = append(r.In, match.Scope{Tag: name[4:]})
		} else {
			r.In = append(r.In, match.Scope{Feed: name})
		}
	}
	var err error
	r.Expr, err = rule.ParseWith(t.Match, rule.Options{Scoped: len(r.In) > 0, Define: define})
	return r, err
}

// BacktestRequest is the body of a request for a backtest. Since is as
// ParseTime reads it.
type BacktestRequest struct {
	Rule    RuleText  `json:"rule"`
	Against *RuleText `json:"against,omitempty"`
	Since   string    `json:"since,omitempty"`
}

// BacktestLine is a line of the answer: how far it is, and in the last line the
// result.
type BacktestLine struct {
	Scanned int       `json:"scanned"`
	Result  *Backtest `json:"result,omitempty"`
}

func (q BacktestRequest) query(define rule.Definitions) (b BacktestQuery, err error) {
	if b.Rule, err = q.Rule.rule(define); err != nil {
		return b, fmt.Errorf("rule: %w", err)
	}
	if q.Against != nil {
		against, err := q.Against.rule(define)
		if err != nil {
			return b, fmt.Errorf("against: %w", err)
		}
		b.Against = &against
	}
	if b.Since, err = ParseTime(q.Since, time.Now()); err != nil {
		return b, fmt.Errorf("since: %w", err)
	}
	return b, nil
}

// apiBacktest tries a rule, which need not be a configured one, on the archive.
// It answers in lines of JSON: see BacktestLine.
func (h *Handler) apiBacktest(w http.ResponseWriter, r *http.Request) {
	var req BacktestRequest
	q, err := BacktestQuery{}, readJSON(r, &req)
	if err == nil {
		q, err = req.query(h.define)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		fail(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", tooLarge.Limit))
		return
	case err != nil:
		fail(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if !h.enter(r.Context()) {
		return
	}
	defer h.leave()
	out := newLines(w)
	told := time.Now()
	q.Progress = func(scanned int) {
		if now := time.Now(); now.Sub(told) > progressEvery {
			told = now
			out.write(BacktestLine{Scanned: scanned})
		}
	}
	b, err := RunBacktest(r.Context(), h.store, q)
	switch {
	case err != nil && out.begun && r.Context().Err() == nil:
		h.log.Error("a backtest broke off", "error", err)
		// Half an answer must not look like a whole one.
		panic(http.ErrAbortHandler)
	case err != nil:
		h.internal(w, r, err)
	default:
		out.write(BacktestLine{Scanned: b.Scanned, Result: b})
	}
}

// readJSON reads a request's body, which must be JSON and say so.
func readJSON(r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errors.New("the body must be JSON and say so in its Content-Type")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("the body is not the JSON that is expected: %w", err)
	}
	return nil
}
