package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/feeds/fetch"
	"github.com/copytaster/copytaster/feeds/parse"
)

func parseCommand(g *globals) *cobra.Command {
	var base, contentType string
	var private bool
	cmd := &cobra.Command{
		Use:   "parse FILE|URL|-",
		Short: "Print what a feed document says, as JSON",
		Long: `Parse reads a feed document from a file, a URL or standard input ("-") and
prints it as one JSON object: {"feed":{...},"articles":[...]}. The id of an
article is what copytaster would tell it by within the feed, "repairs" names what
had to be mended to read the document. The command reads no configuration and
keeps nothing.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := g.document(cmd.Context(), args[0], private)
			if err != nil {
				return err
			}
			if base != "" {
				doc.URL = base
			}
			if contentType != "" {
				doc.ContentType = contentType
			}
			return g.parse(doc)
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "resolve relative links against this `URL`")
	cmd.Flags().StringVar(&contentType, "content-type", "", "the Content-Type that the document came with")
	cmd.Flags().BoolVar(&private, "allow-private", false, "let a URL lead into private networks")
	return cmd
}

// maxDocument is the largest document that parse takes, in bytes.
const maxDocument = 16 << 20

func (g *globals) document(ctx context.Context, arg string, private bool) (parse.Document, error) {
	if arg == "-" {
		b, err := readDocument(g.in)
		return parse.Document{Body: b}, err
	}
	if strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://") {
		o := fetch.Options{UserAgent: "copytaster/" + version(), MaxBody: maxDocument}
		if private {
			o.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		}
		f := fetch.New(o)
		defer f.Close()
		resp, err := f.Fetch(ctx, &feeds.Feed{URL: arg}, fetch.Validators{})
		if err != nil {
			return parse.Document{}, err
		}
		return parse.Document{Body: resp.Body, ContentType: resp.ContentType, URL: resp.URL}, nil
	}
	f, err := os.Open(arg)
	if err != nil {
		return parse.Document{}, err
	}
	defer f.Close()
	b, err := readDocument(f)
	return parse.Document{Body: b}, err
}

func readDocument(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = fmt.Errorf("the document is larger than %d MiB", maxDocument>>20)
	}
	return b, err
}

func (g *globals) parse(doc parse.Document) error {
	doc.Now = time.Now()
	res, err := parse.Parse(doc, nil)
	if err != nil {
		return err
	}
	type feed struct {
		URL      string `json:"url,omitempty"`
		Title    string `json:"title,omitempty"`
		Site     string `json:"site,omitempty"`
		Language string `json:"language,omitempty"`
		// What had to be mended to read the document.
		Repairs []string `json:"repairs,omitempty"`
	}
	out := struct {
		Feed     feed             `json:"feed"`
		Articles []*feeds.Article `json:"articles"`
	}{feed{doc.URL, res.Title, res.Site, res.Language, res.Repairs}, make([]*feeds.Article, 0, len(res.Items))}
	for _, it := range res.Items {
		out.Articles = append(out.Articles, it.Article)
	}
	for i, id := range feeds.Identify(out.Articles, nil) {
		out.Articles[i].ID = hex.EncodeToString(id.Key[:])
	}
	enc := newEncoder(g.out)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// newEncoder returns a JSON encoder that leaves HTML readable.
func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}
