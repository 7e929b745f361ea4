package config

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
	"github.com/copytaster/copytaster/monitor/text"
)

const (
	watchName = iota
	watchMatch
	watchIn
	watchNotify
	watchLanguage
	watchBacklog
)

var watchKeys = []string{"name", "match", "in", "notify", "language", "alert_backlog"}

// watch reads the rules; n may be nil, and the list empty.
func (d *decoder) watch(n *yaml.Node, all []*feeds.Feed, receivers *receivers) []monitor.Watch {
	if n == nil {
		return nil
	}
	entries, ok := d.list(n)
	if !ok {
		return nil
	}
	scopes := scopes{all: all}
	lines := make(map[string]int, len(entries))
	rules := make([]monitor.Watch, 0, len(entries))
	for _, e := range entries {
		e = target(e)
		var w monitor.Watch
		name := e // the node to blame for the name
		if e.Kind == yaml.ScalarNode {
			w.Match, w.Expr = d.expression(e, rule.Options{})
			w.Name = slug(w.Match)
			w.Notify = receivers.standard()
		} else {
			name = d.watched(e, &w, &scopes, receivers)
		}
		switch line := lines[w.Name]; {
		case w.Name == "" && w.Match != "" && name == e:
			d.fail(e, "no name can be made of this rule: write it as `name:` and `match:`")
		case w.Name == "":
		case line > 0 && name == e:
			d.fail(e, "the rule would have the name %q, like that in line %d: write it as `name:` and `match:`", w.Name, line)
		case line > 0:
			d.fail(name, "the rule in line %d has the same name", line)
		default:
			lines[w.Name] = e.Line
		}
		rules = append(rules, w)
	}
	return rules
}

// watched reads a rule with its settings into w and returns the node that
// names it: n itself when the name was made of the rule.
func (d *decoder) watched(n *yaml.Node, w *monitor.Watch, scopes *scopes, receivers *receivers) *yaml.Node {
	k, ok := d.keys(n, watchKeys)
	if !ok {
		return n
	}
	named := n
	w.In = d.scopes(k[watchIn], scopes)
	if k[watchMatch] == nil {
		d.fail(n, "the rule has no match")
	} else {
		w.Match, w.Expr = d.expression(k[watchMatch], rule.Options{Scoped: k[watchIn] != nil})
	}
	if k[watchName] != nil {
		named = k[watchName]
		w.Name = d.name(named)
	} else {
		w.Name = slug(w.Match)
	}
	w.Notify = d.notify(k[watchNotify], receivers)
	w.Language = d.language(k[watchLanguage])
	w.BacklogAll = d.durationOr("all", k[watchBacklog], &w.Backlog, [2]time.Duration{0, longest})
	return named
}

// expression reads a rule of the watch language.
func (d *decoder) expression(n *yaml.Node, o rule.Options) (string, *rule.Expr) {
	e, ok := d.expressionText(n)
	if !ok {
		return "", nil
	}
	o.Define = d.defined
	expr, err := rule.ParseWith(e.src, o)
	if err != nil {
		d.refuse(e, err)
		return "", nil
	}
	d.lint(e, expr)
	return e.src, expr
}

// name reads the name of a rule or a receiver: it stands in addresses and on
// command lines.
func (d *decoder) name(n *yaml.Node) string {
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	other := func(r rune) bool { return !isWordRune(r) && !strings.ContainsRune("-_.", r) }
	if first, _ := utf8.DecodeRuneInString(v.text); !isWordRune(first) ||
		strings.ContainsFunc(v.text, other) || len(v.text) > maxName {
		hint := ""
		if s := slug(v.text); s != "" && !v.fromEnv {
			hint = ", such as " + s
		}
		d.fail(n, "a name begins with a letter or digit and has letters, digits, and - _ . only%s", hint)
		return ""
	}
	return v.text
}

// slug returns the name of a bare rule: its letters and digits of any script in
// lower case, with "-" for what is between them, cut where a word ends to about
// sixty characters. It is "" for a rule without letters and digits.
func slug(rule string) string {
	const most = 60
	var b strings.Builder
	length := 0
	words := strings.FieldsFunc(norm.NFC.String(rule), func(r rune) bool { return !isWordRune(r) })
	for _, w := range words {
		runes := []rune(strings.Map(unicode.ToLower, w))
		if length > 0 && length+1+len(runes) > most {
			break
		}
		if length > 0 {
			b.WriteByte('-')
			length++
		}
		runes = runes[:min(len(runes), most)]
		b.WriteString(string(runes))
		length += len(runes)
	}
	return b.String()
}

// scopes knows what `in:` can name, by folded name: rules take no notice of
// case and accents. It is filled in when a rule has an `in:`.
type scopes struct {
	all         []*feeds.Feed
	tags, feeds map[string]string
}

func (s *scopes) fill() {
	if s.tags != nil {
		return
	}
	s.tags, s.feeds = make(map[string]string), make(map[string]string, len(s.all))
	for _, f := range s.all {
		s.feeds[text.Fold(f.URL)] = f.URL
		if f.Name != "" {
			s.feeds[text.Fold(f.Name)] = f.Name
		}
		for _, t := range f.Tags {
			if _, known := s.tags[t]; !known {
				s.tags[text.Fold(t)] = t
			}
		}
	}
}

// scopes reads which feeds a rule is for; n may be nil.
func (d *decoder) scopes(n *yaml.Node, known *scopes) []match.Scope {
	if n == nil {
		return nil
	}
	list, ok := d.list(n)
	if !ok {
		return nil
	}
	if len(list) == 0 {
		d.fail(n, "the list is empty: leave `in` out for all feeds")
		return nil
	}
	known.fill()
	var in []match.Scope
	for _, e := range list {
		v, ok := d.text(e)
		if !ok {
			continue
		}
		var s match.Scope
		name, isTag := strings.CutPrefix(v.text, "tag:")
		if isTag {
			s.Tag, ok = known.tags[text.Fold(name)]
		} else {
			s.Feed, ok = known.feeds[text.Fold(maskUser(name))]
		}
		switch {
		case ok:
			in = append(in, s)
		case isTag:
			d.fail(v.node, "no feed has the tag %s%s", quote(strings.TrimPrefix(v.node.Value, "tag:")), didYouMean(name, known.tags))
		case known.tags[text.Fold(name)] != "":
			d.fail(v.node, "no feed has the name or URL %s: did you mean the tag, %s?", v.shown(), quote("tag:"+v.node.Value))
		default:
			d.fail(v.node, "no feed has the name or URL %s%s", v.shown(), didYouMean(name, known.feeds))
		}
	}
	return in
}

// didYouMean returns the end of a message about an unknown word.
func didYouMean(s string, known map[string]string) string {
	var words []string
	for _, w := range known {
		if words = append(words, w); len(words) == maxCandidates {
			break
		}
	}
	slices.Sort(words)
	if c := closest(s, words); c != "" {
		return ": did you mean " + quote(c) + "?"
	}
	return ""
}
