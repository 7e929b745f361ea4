package main

import (
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"
)

//go:embed copytaster.service
var unit string

func systemdCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "systemd",
		Short: "Print a hardened systemd unit",
		Long: `Systemd prints a unit file that runs copytaster as a user of its own without
rights it does not need. Its first lines say how to install it.`,
		Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(g.out, unit)
			return err
		},
	}
}
