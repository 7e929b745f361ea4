// Package webhook tells receivers by HTTP POST, signed as Standard Webhooks
// 1.0 has it, so that any library for that standard can verify the requests.
//
// # The request
//
// The body is JSON:
//
//	{"type":"article.matched","timestamp":"…","data":{
//	  "alert":"…","rule":{"name":"…","match":"…"},
//	  "article":{…},
//	  "matches":[{"field":"title","start":12,"end":16,"text":"Gulf"}],
//	  "excerpt":"…"}}
//
// timestamp is the alert's time. The body depends on the alert alone: it is
// the same, byte by byte, on every retry and replay. So is the webhook-id
// header, the delivery's id, by which receivers drop repeats; webhook-timestamp
// is the time of the attempt. webhook-signature has a signature for each of the
// configured secrets, so a secret is changed without a gap by listing the old
// and the new one for a while.
//
// The standard advises bodies below 20 kB. Articles are sent whole, with what
// their feed carries as content_html and content_text, and can be larger. Where
// the body would exceed 1 MiB, which is the most that common web servers
// accept, content_html is left out and data.omitted lists it:
// "omitted":["content_html"]. Nothing else is ever left out or shortened, so
// the offsets in matches hold.
//
// # The answer
//
// A 2xx status is success. Everything else fails and is retried, redirects
// included, which are not followed; only 410 (Gone) ends the delivery. With
// 429, 502, 503 and 504 a Retry-After header is passed on (notify.RetryAfter).
// The body of the answer is not looked at.
package webhook
