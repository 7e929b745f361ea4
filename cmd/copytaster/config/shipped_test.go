package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/parse"
	"github.com/copytaster/copytaster/monitor/match"
)

const shipped = "../../../config.yaml"

func TestShippedConfiguration(t *testing.T) {
	c, err := config.Load(shipped, environment)
	if err != nil {
		t.Fatal(err)
	}
	path, ok := c.Feeds[len(c.Feeds)-1].LocalFile()
	if !ok {
		t.Fatal("the last feed is not the sample")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	w := c.Watch[0]
	if w.Name != "gulf-crisis-mediation" || !w.BacklogAll || !slices.Equal(w.Notify, []string{"console"}) {
		t.Errorf("the rule is %+v", w)
	}
}

// The sample has one article for the shipped rule, which never says
// "mediation", among many that share some of its words.
func TestShippedRuleOnSample(t *testing.T) {
	c, err := config.Load(shipped, environment)
	if err != nil {
		t.Fatal(err)
	}
	path, _ := c.Feeds[len(c.Feeds)-1].LocalFile()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := parse.Parse(parse.Document{Body: body}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(feed.Items) < 30 {
		t.Errorf("the sample has %d articles", len(feed.Items))
	}
	rules := match.New([]match.Rule{c.Watch[0].Rule})
	var found []*feeds.Article
	for _, item := range feed.Items {
		if item.Article.Published.IsZero() || item.Article.GUID == "" || item.Article.Summary == "" {
			t.Errorf("the article %q lacks something", item.Article.Title)
		}
		if len(rules.Match(item.Article)) > 0 {
			found = append(found, item.Article)
		}
	}
	if len(found) != 1 || !strings.Contains(found[0].ContentText, "willingness to mediate in the Gulf crisis") {
		t.Fatalf("the rule matches %d articles: %+v", len(found), found)
	}
	if strings.Contains(strings.ToLower(found[0].Title+found[0].Summary+found[0].ContentText), "mediation") {
		t.Error("the article says mediation")
	}
}

// What the shipped file shows commented out is right as well: with all of it in
// use there is no problem, and the settings are those without it.
func TestShippedComments(t *testing.T) {
	data, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	option := regexp.MustCompile(`(?m)^( *)# ((?:- |  )*(?:[a-z_]+:( |$)|'"hostage).*)$`)
	text := option.ReplaceAllString(string(data), "$1$2")
	if n := strings.Count(text, "\n#"); n > 14 {
		t.Errorf("%d comment lines at the margin: is an option among them?\n%s", n, text)
	}
	text = strings.ReplaceAll(text, "${DESK_SECRET}", "${SECRET}")
	for _, name := range []string{"FEED_TOKEN", "PASSWORD", "TOKEN"} {
		text = strings.ReplaceAll(text, "${"+name+"}", "${CANARY}")
	}
	text = strings.ReplaceAll(text, "  # or", " # or") // a comment behind a value stays one
	c, err := loadText(t, "-- config.yaml --\n"+text+"-- subscriptions.opml --\n"+
		`<opml version="2.0"><body><outline text="A" xmlUrl="https://a.opml.example/feed"/></body></opml>`+"\n")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(c.Watch) != 3 || len(c.Receivers) != 2 || c.Feeds[len(c.Feeds)-1].Tags[0] != "imported" {
		t.Errorf("some options are still comments: %+v", c)
	}
	standard := mustLoad(t, "-- config.yaml --\nfeeds: [https://a.example/feed]\n")
	if c.Listen != standard.Listen || c.PublicURL != standard.PublicURL || c.Retention != standard.Retention {
		t.Errorf("what is shown as standard is not: %+v", c)
	}
	equal(t, "poll", c.Poll.Schedule, standard.Poll.Schedule)
	equal(t, "poll", c.Poll.MinInterval, standard.Poll.MinInterval)
	equal(t, "poll", c.Poll.MaxInterval, standard.Poll.MaxInterval)
	equal(t, "poll", c.Poll.Workers, standard.Poll.Workers)
	equal(t, "poll", c.Poll.PerHost, standard.Poll.PerHost)
	equal(t, "poll", c.Poll.Timeout, standard.Poll.Timeout)
	equal(t, "poll", c.Poll.MaxBody, standard.Poll.MaxBody)
}
