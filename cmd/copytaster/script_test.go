package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run the program as "copytaster".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"copytaster": main})
}

// TestScripts runs the command lines in testdata/script as a user would and
// compares what they print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
