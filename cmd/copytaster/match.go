package main

import (
	"bufio"
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

A rules file has a line for each rule: its name, a tab, its expression. Empty
lines and lines that start with # are passed over.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := loadRules(rules, expr)
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

func loadRules(path, expr string) ([]match.Rule, error) {
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
	var list []match.Rule
	var problems []error
	lines := lineScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, text, ok := strings.Cut(line, "\t")
		if !ok || name == "" {
			problems = append(problems, fmt.Errorf("%s:%d: expected name, tab, expression", path, n))
			continue
		}
		e, err := rule.Parse(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: rule %s: %w", path, n, name, err))
			continue
		}
		list = append(list, match.Rule{Name: name, Match: text, Expr: e})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(problems) > 0 {
		return nil, usageError{errors.Join(problems...)}
	}
	return list, nil
}

// lineScanner scans lines of up to 64 MiB.
func lineScanner(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 64<<20)
	return s
}

func (g *globals) match(ctx context.Context, index *match.Index, in io.Reader) (err error) {
	out := bufio.NewWriter(g.out)
	defer func() { err = errors.Join(err, out.Flush()) }()
	enc := newEncoder(out)
	lines := lineScanner(in)
	for n := 1; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var a feeds.Article
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return fmt.Errorf("line %d is no article: %w", n, err)
		}
		for _, m := range index.Match(&a) {
			hit := struct {
				Rule    string `json:"rule"`
				Article string `json:"article"`
			}{m.Rule.Name, a.ID}
			if err := enc.Encode(hit); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read articles: %w", err)
	}
	return nil
}
