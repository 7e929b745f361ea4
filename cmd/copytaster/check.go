package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func checkCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Validate the configuration and print every problem",
		Long: `Check reads the configuration as run does and prints every problem with its
place. What can be read but may not be meant, such as AND and OR without
parentheses, is a warning: it is printed, too, and the exit code stays 0.`,
		Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := g.config()
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings {
				fmt.Fprintln(g.err, w)
			}
			_, err = fmt.Fprintf(g.out, "%s is fine: %s, %s, %s\n", g.configPath,
				count(len(cfg.Feeds), "feed"), count(len(cfg.Watch), "rule"), count(len(cfg.Receivers), "receiver"))
			return err
		},
	}
}

// count returns "1 feed", "2 feeds".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
