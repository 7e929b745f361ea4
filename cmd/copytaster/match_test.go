package main_test

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The order is that of the articles, then of the rules, however many cores have
// a part in it.
func TestMatchOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var rules, articles, want strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&rules, "r%d\tnumber =w%d\n", i, i%7)
	}
	for i := range 3000 {
		fmt.Fprintf(&articles, `{"id":"a%d","title":"Number w%d","summary":"%s"}`+"\n", i, i%50, strings.Repeat("x ", i%300))
		if i%50 >= 7 {
			continue
		}
		for r := i % 50; r < 2000; r += 7 {
			fmt.Fprintf(&want, `{"rule":"r%d","article":"a%d"}`+"\n", r, i)
		}
	}
	writeFile(t, filepath.Join(dir, "rules.tsv"), rules.String())
	writeFile(t, filepath.Join(dir, "articles.jsonl"), articles.String())
	code, out, stderr := runCommand(t, dir, "match", "--rules", "rules.tsv", "articles.jsonl")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if out != want.String() {
		got, wanted := strings.Split(out, "\n"), strings.Split(want.String(), "\n")
		for i := range min(len(got), len(wanted)) {
			if got[i] != wanted[i] {
				t.Fatalf("line %d is %s, want %s", i+1, got[i], wanted[i])
			}
		}
		t.Fatalf("%d lines, want %d", len(got), len(wanted))
	}

	// What stands before a mistake is still printed, and the mistake has the
	// number of its line.
	writeFile(t, filepath.Join(dir, "articles.jsonl"), articles.String()+"\n{broken\n")
	code, out, stderr = runCommand(t, dir, "match", "--rules", "rules.tsv", "articles.jsonl")
	if code != 1 || out != want.String() || !strings.Contains(stderr, "line 3002 is no article") {
		t.Errorf("exit %d, %d bytes of %d\n%s", code, len(out), want.Len(), stderr)
	}
}

// A stream is matched as it comes, and can be left while nothing comes.
func TestMatchStream(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "match", "--rule", "gulf", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for i := range 3 {
		if _, err := io.WriteString(in, fmt.Sprintf(`{"id":"a%d","title":"The Gulf"}`+"\n", i)); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, "the match", func() bool { return strings.Count(stdout.String(), "\n") == i+1 })
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 || stderr.String() != "copytaster: stopped\n" {
		t.Errorf("exit %d\n%s", code, stderr.String())
	}
}
