package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

const (
	// maxFile is the largest configuration or OPML file that is read: room
	// for some 200,000 feeds with all they can have.
	maxFile = 32 << 20
	// maxDepth is how deep the YAML may nest. The configuration itself needs
	// 6 levels; each counts once or twice.
	maxDepth = 32
)

// readFile returns the content of a file of at most maxFile bytes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var buf bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if info.Size() > maxFile {
			return nil, errTooLarge
		}
		buf.Grow(int(info.Size()) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(f, maxFile+1)); err != nil {
		return nil, err
	}
	if buf.Len() > maxFile {
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}

var errTooLarge = fmt.Errorf("is larger than %d MiB: list feeds in several OPML files", maxFile>>20)

// parse returns the root of the only YAML document in the source, or nil after
// reporting why there is none.
func (d *decoder) parse() *yaml.Node {
	root, err := d.compose(d.source)
	if err != nil {
		d.syntax(err)
		return nil
	}
	if !d.unfolds(root) {
		return nil
	}
	return root
}

// errSecond tells that there is a second document.
type errSecond struct{ line, column int }

func (errSecond) Error() string { return "a second document" }

// compose returns the root of the only YAML document in source.
func (d *decoder) compose(source []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(source),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, err
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		return nil, err
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, errSecond{second.Line, second.Column}
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, io.EOF
	}
	return doc.Content[0], nil
}

// readable reports whether the source is UTF-8 without control characters.
func (d *decoder) readable() bool {
	if bytes.HasPrefix(d.source, []byte("\xff\xfe")) || bytes.HasPrefix(d.source, []byte("\xfe\xff")) {
		d.failAt(1, 1, "the file is UTF-16: save it as UTF-8")
		return false
	}
	d.source = bytes.TrimPrefix(d.source, []byte("\ufeff"))
	for i := 0; i < len(d.source); {
		r, size := utf8.DecodeRune(d.source[i:])
		var msg string
		switch {
		case r == utf8.RuneError && size == 1:
			msg = "not valid UTF-8: save the file as UTF-8"
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			msg = fmt.Sprintf("the control character U+%04X must not be in the file", r)
		default:
			i += size
			continue
		}
		line, column := d.position(i)
		d.failAt(line, column, msg)
		return false
	}
	return true
}

// syntax reports an error of the YAML parser. Of its messages only those are
// repeated that quote nothing from the file.
func (d *decoder) syntax(err error) {
	if errors.Is(err, io.EOF) {
		d.failAt(1, 1, "the file is empty: it needs at least `feeds:` with a list of URLs")
		return
	}
	var second errSecond
	if errors.As(err, &second) {
		d.failAt(second.line, second.column, "a second document begins here: a configuration is one, without ---")
		return
	}
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		d.failAt(1, 1, "is not readable as YAML")
		return
	}
	line, column := le.Mark.Line, le.Mark.Column
	if line == 0 || strings.Contains(le.Message, "end of stream") && le.ContextMark.Line > 0 {
		// What has no end is best looked for where it begins.
		line, column = le.ContextMark.Line, le.ContextMark.Column
	}
	switch {
	case strings.Contains(le.Message, "max depth"):
		d.failAt(line, column, fmt.Sprintf("the YAML nests deeper than %d levels", maxDepth))
	case le.Stage == yaml.ComposerStage:
		d.failAt(line, column, "not valid YAML: an alias without its anchor; a value that begins with * must be in quotes")
	case le.Stage == yaml.ScannerStage || le.Stage == yaml.ParserStage:
		msg := "not valid YAML: " + le.Message
		if le.ContextMark.Line > 0 && (le.ContextMark.Line != line || le.ContextMark.Column != column) {
			msg += fmt.Sprintf(" (%s that begins at %d:%d)", le.ContextMsg, le.ContextMark.Line, le.ContextMark.Column)
		}
		if hint := d.syntaxHint(le, line, column); hint != "" {
			msg += "; " + hint
		}
		d.failAt(line, column, msg)
	default:
		d.failAt(line, column, "not valid YAML")
	}
}

// syntaxHint says what people who wrote such YAML usually meant.
func (d *decoder) syntaxHint(le *yaml.LoadError, line, column int) string {
	before, after := d.around(line, column)
	switch {
	case strings.TrimLeft(before, " \t") == "" && strings.ContainsRune(before+firstRune(after), '\t'):
		return "indent with spaces, not with tabs"
	case strings.Contains(le.Message, "cannot start any token") && after != "":
		return fmt.Sprintf("put a value that begins with %s in quotes", firstRune(after))
	case strings.Contains(le.Message, "mapping values are not allowed"):
		return "put a value that contains a colon and a space in quotes"
	case strings.HasPrefix(le.Message, "did not find expected") && strings.HasSuffix(strings.TrimRight(before, " "), `"`):
		return `a value that begins with " ends with the next ": put the whole value in '…'`
	case strings.HasPrefix(le.Message, "did not find expected") && strings.HasSuffix(strings.TrimRight(before, " "), "'"):
		return `a value that begins with ' ends with the next ': put the whole value in "…"`
	}
	return ""
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
