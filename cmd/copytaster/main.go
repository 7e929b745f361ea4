// Copytaster reads every feed so that people don't have to: it polls feeds,
// keeps every article once, matches each against watch rules and tells people.
//
// Package monitor documents how it is built.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// Exit codes. They are part of the contract with scripts.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	// The first signal asks to stop; stop then gives the signals back, so
	// that a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// stdio is what a command reads from and writes to. Results go to out,
// everything else to err.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, std stdio) int {
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var problems config.Problems
	var usage usageError
	switch {
	case errors.As(err, &problems):
		fmt.Fprintln(std.err, problems)
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(std.err, "copytaster: %v\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(std.err, "copytaster: stopped")
		return exitFailed
	}
	fmt.Fprintf(std.err, "copytaster: %v\n", err)
	return exitFailed
}

// usageError marks an error in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage adds to every argument check of a command that its failure is an
// error of usage.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
		}
		return nil
	}
}

func newRoot(std stdio) *cobra.Command {
	g := &globals{stdio: std}
	root := &cobra.Command{
		Use:   "copytaster",
		Short: "Read every feed so that people don't have to",
		Long: `Copytaster polls RSS, Atom and JSON feeds, keeps every article once, matches
each against watch rules, and tells people through alerts and output feeds.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
		Args: usage(func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q", args[0])
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(std.err)
			_ = cmd.Help()
			return usageError{errors.New("a command is needed")}
		},
	}
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetIn(std.in)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
	})
	root.PersistentFlags().StringVar(&g.configPath, "config", "config.yaml", "configuration `file`")
	root.PersistentFlags().BoolVarP(&g.verbose, "verbose", "v", false, "log what went as expected, too")
	root.AddCommand(
		runCommand(g), checkCommand(g), pollCommand(g),
		parseCommand(g), matchCommand(g), searchCommand(g), explainCommand(g), backtestCommand(g),
		feedsCommand(g), deliveriesCommand(g), receiversCommand(g),
		systemdCommand(g), versionCommand(g),
	)
	return root
}

// version returns the version the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
