package text

import "fmt"

// Field is a part of an article that people read and rules match.
type Field uint8

// The fields, in the order in which evidence is reported. They are apart: no
// phrase or distance crosses from one into the next. Their names are the
// article's JSON names.
const (
	Title Field = iota + 1
	Summary
	Content
	// The next are no part of what people read as the article. Code points of
	// a list are counted in its entries joined by "\n".
	Authors
	Categories
	URL

	fields
)

var fieldNames = [...]string{
	Title: "title", Summary: "summary", Content: "content_text",
	Authors: "authors", Categories: "categories", URL: "url",
}

func (f Field) String() string {
	if f == 0 || int(f) >= len(fieldNames) {
		return fmt.Sprintf("field(%d)", uint8(f))
	}
	return fieldNames[f]
}

// MarshalText writes the field's name.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a field's name.
func (f *Field) UnmarshalText(b []byte) error {
	for i, name := range fieldNames {
		if name == string(b) && i > 0 {
			*f = Field(i)
			return nil
		}
	}
	return fmt.Errorf("unknown field %q", b)
}

// Span is a stretch of an article's text: one piece of evidence for a match.
type Span struct {
	Field Field `json:"field"`
	// Start and End count Unicode code points of the field; End is exclusive.
	Start int `json:"start"`
	End   int `json:"end"`
	// Text is what stands there.
	Text string `json:"text"`
}

// Excerpt is a short piece of an article's text on one line, chosen to show
// why it matched.
type Excerpt struct {
	Text string `json:"text"`
	// Marks are the matched words in Text as [start, end) in code points,
	// ascending and without overlap.
	Marks [][2]int `json:"marks,omitempty"`
}
