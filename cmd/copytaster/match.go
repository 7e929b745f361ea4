package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
	"github.com/copytaster/copytaster/monitor/rule"
)

func matchCommand(g *globals) *cobra.Command {
	var rules, expr string
	cmd := &cobra.Command{
		Use:   "match (--rules FILE | --rule EXPR) ARTICLES|-",
		Short: "Match JSON-lines articles against rules",
		Long: `Match reads articles, one JSON object a line, from a file or standard input
("-"), and prints {"rule":NAME,"article":ID} for every match, in the order of
the articles and then of the rules. It reads no configuration and keeps nothing.
Matches show as soon as they are found, so the input can be a stream.

A rules file has a line for each rule: its name, a tab, its expression. Empty
lines and lines that start with # are passed over.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := g.loadRules(cmd.Context(), rules, expr)
			if err != nil {
				return err
			}
			in := g.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			return g.match(cmd.Context(), match.New(list), in)
		},
	}
	cmd.Flags().StringVar(&rules, "rules", "", "`file` of rules: name, tab, expression")
	cmd.Flags().StringVar(&expr, "rule", "", "a single rule; its name is \"rule\"")
	cmd.MarkFlagsMutuallyExclusive("rules", "rule")
	cmd.MarkFlagsOneRequired("rules", "rule")
	return cmd
}

func (g *globals) loadRules(ctx context.Context, path, expr string) ([]match.Rule, error) {
	if path == "" {
		e, err := rule.Parse(expr)
		if err != nil {
			return nil, usageError{fmt.Errorf("--rule: %w", err)}
		}
		return []match.Rule{{Name: "rule", Match: expr, Expr: e}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type loaded struct {
		rules    []match.Rule
		problems []error
	}
	var all loaded
	shown := g.progress("rules loaded")
	defer shown.clear()
	err = pipeline(ctx, f, func(first int, lines [][]byte) (l loaded, _ error) {
		for i, line := range lines {
			r, ok, err := parseRule(string(line))
			if err != nil {
				l.problems = append(l.problems, fmt.Errorf("%s:%d: %w", path, first+i, err))
			} else if ok {
				l.rules = append(l.rules, r)
			}
		}
		return l, nil
	}, func(l loaded) error {
		all.rules = append(all.rules, l.rules...)
		all.problems = append(all.problems, l.problems...)
		shown.at(len(all.rules))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(all.problems) > 0 {
		return nil, usageError{errors.Join(all.problems...)}
	}
	return all.rules, nil
}

// parseRule reads a line of a rules file; ok is false for one without a rule.
func parseRule(line string) (r match.Rule, ok bool, err error) {
	if line == "" || strings.HasPrefix(line, "#") {
		return r, false, nil
	}
	name, text, ok := strings.Cut(line, "\t")
	if !ok || name == "" {
		return r, false, errors.New("expected name, tab, expression")
	}
	e, err := rule.Parse(text)
	if err != nil {
		return r, false, fmt.Errorf("rule %s: %w", name, err)
	}
	return match.Rule{Name: name, Match: text, Expr: e}, true, nil
}

// match prints the matches of the articles on in.
func (g *globals) match(ctx context.Context, index *match.Index, in io.Reader) (err error) {
	out := bufio.NewWriter(g.out)
	defer func() { err = errors.Join(err, out.Flush()) }()
	done := 0
	shown := g.progress("articles matched")
	defer shown.clear()
	type matched struct {
		articles int
		lines    bytes.Buffer
	}
	return pipeline(ctx, in, func(first int, lines [][]byte) (*matched, error) {
		m := new(matched)
		enc := newEncoder(&m.lines)
		var hits []int32
		for i, line := range lines {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			var a feeds.Article
			if err := json.Unmarshal(line, &a); err != nil {
				return m, fmt.Errorf("line %d is no article: %w", first+i, err)
			}
			m.articles++
			hits = index.Find(hits[:0], &a)
			for _, i := range hits {
				line := struct {
					Rule    string `json:"rule"`
					Article string `json:"article"`
				}{index.Rule(i).Name, a.ID}
				if err := enc.Encode(line); err != nil {
					return m, err
				}
			}
		}
		return m, nil
	}, func(m *matched) error {
		if _, err := out.Write(m.lines.Bytes()); err != nil {
			return err
		}
		done += m.articles
		shown.at(done)
		// What is found shows at once, also while more input is waited for.
		return out.Flush()
	})
}
