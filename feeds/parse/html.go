package parse

import (
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// policy is what may stay in an article's HTML. It is never changed and safe
// for concurrent use.
var policy = func() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.RequireNoFollowOnLinks(true)
	return p
}()

// sanitise returns HTML that can be shown in any page: without scripts,
// styles, frames, forms, event handlers and ids, links absolute, to http,
// https and mailto only, and with rel="nofollow noopener noreferrer", images
// from http and https. base resolves relative links; without it they are
// dropped.
func sanitise(s string, base *url.URL) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return finishLinks(strings.TrimSpace(policy.Sanitize(s)), base)
}

// finishLinks does to sanitised HTML what the policy cannot. It relies on its
// form: every < begins a tag, every attribute is quoted in ", and neither
// occurs in text or in values.
func finishLinks(s string, base *url.URL) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			break
		}
		end += i
		if strings.IndexByte(s[i:end], '"') < 0 {
			out.WriteString(s[:end])
			s = s[end:]
			continue
		}
		if out.Cap() == 0 {
			out.Grow(len(s) + 64)
		}
		tag := s[i:end]
		name := strings.IndexByte(tag, ' ')
		if name < 0 {
			name = len(tag)
		}
		out.WriteString(s[:i+name])
		finishAttrs(&out, tag[name:], base)
		s = s[end:]
	}
	out.WriteString(s)
	return out.String()
}

// finishAttrs writes the attributes of one tag.
func finishAttrs(out *strings.Builder, attrs string, base *url.URL) {
	for {
		eq := strings.Index(attrs, `="`)
		if eq < 0 {
			break
		}
		end := strings.IndexByte(attrs[eq+2:], '"')
		if end < 0 {
			break
		}
		name, value := strings.TrimSpace(attrs[:eq]), attrs[eq+2:eq+2+end]
		attrs = attrs[eq+2+end+1:]
		switch name {
		case "id":
			continue
		case "rel":
			value = "nofollow noopener noreferrer"
		case "href", "src", "cite":
			link := html.UnescapeString(value)
			if mail := strings.HasPrefix(strings.ToLower(link), "mailto:"); !mail || name != "href" {
				if link = resolve(base, link); link == "" {
					continue
				}
			}
			value = html.EscapeString(link)
		}
		out.WriteByte(' ')
		out.WriteString(name)
		out.WriteString(`="`)
		out.WriteString(value)
		out.WriteByte('"')
	}
	if strings.HasSuffix(attrs, "/") {
		out.WriteString("/")
	}
}

// onlyLooks reports whether sanitised HTML has no markup but such as only
// changes how text looks, so that its plain text loses nothing.
func onlyLooks(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return true
		}
		s = strings.TrimPrefix(s[i+1:], "/")
		end := strings.IndexAny(s, " />")
		if end < 0 {
			return false
		}
		switch s[:end] {
		case "p", "br", "div", "span", "b", "i", "em", "strong", "u", "small":
		default:
			return false
		}
	}
}
