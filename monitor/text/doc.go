// Package text turns an article into words: it segments, folds and stems them
// by the article's language, and says where each stands.
package text
